#include "boot/event.h"

#include "boot/codec.h"

const char *
event_kind_name(enum event_kind kind)
{
	static const char *const names[EVENT_KINDS] = {
	    [EVENT_OFFER] = "offer",
	    [EVENT_LEASE] = "lease",
	    [EVENT_LOADER] = "loader",
	    [EVENT_SCRIPT] = "script",
	    [EVENT_MENU] = "menu",
	    [EVENT_KERNEL] = "kernel",
	    [EVENT_INITRD] = "initrd",
	    [EVENT_FILE] = "file",
	    [EVENT_IMAGE] = "image",
	    [EVENT_FAILED] = "failed",
	    [EVENT_REFUSED] = "refused",
	    [EVENT_REPORT] = "report",
	};

	return kind < EVENT_KINDS ? names[kind] : "unknown";
}

const char *
event_phase_name(enum event_phase phase)
{
	static const char *const names[PHASE_COUNT] = {
	    [PHASE_POINT] = "point",
	    [PHASE_START] = "start",
	    [PHASE_PROGRESS] = "progress",
	    [PHASE_END] = "end",
	    [PHASE_CUT] = "cut",
	};

	return phase < PHASE_COUNT ? names[phase] : "unknown";
}

void
event_encode(const struct event *e, struct strbuf *out)
{
	strbuf_le(out, e->seq, 8);
	strbuf_le(out, e->time, 8);
	strbuf_le(out, e->kind, 1);
	strbuf_le(out, e->phase, 1);
	codec_put_mac(out, e->mac);
	strbuf_le(out, e->ip, 4);
	strbuf_le(out, e->bytes, 8);
	strbuf_le(out, e->total, 8);
	strbuf_le(out, e->duration_ms, 4);
	codec_put_span(out, e->image);
	codec_put_span(out, e->file);
	codec_put_span(out, e->note);
}

const char *
event_decode(const void *bytes, size_t len, struct event *out)
{
	struct reader r = reader_over(bytes, len);
	struct event e = {.seq = reader_le64(&r)};

	e.time = reader_le64(&r);
	e.kind = (enum event_kind)codec_enum(&r, EVENT_KINDS);
	e.phase = (enum event_phase)codec_enum(&r, PHASE_COUNT);
	e.mac = codec_mac(&r);
	e.ip = reader_le32(&r);
	e.bytes = reader_le64(&r);
	e.total = reader_le64(&r);
	e.duration_ms = reader_le32(&r);
	e.image = codec_span(&r);
	e.file = codec_span(&r);
	e.note = codec_span(&r);
	if (codec_end(&r))
		return r.fault;
	*out = e;
	return NULL;
}
