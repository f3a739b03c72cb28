#include "boot/lease.h"

#include "boot/codec.h"

#define HOSTNAME_MAX 64U /* bytes */

void
lease_encode(const struct lease *l, struct strbuf *out)
{
	struct span name = l->hostname;

	if (name.len > HOSTNAME_MAX)
		name.len = HOSTNAME_MAX;
	strbuf_le(out, l->ip, 4);
	codec_put_mac(out, l->mac);
	strbuf_le(out, l->state, 1);
	strbuf_le(out, l->expires, 8);
	codec_put_span(out, name);
}

const char *
lease_decode(const void *bytes, size_t len, struct lease *out)
{
	struct reader r = reader_over(bytes, len);
	struct lease l = {.ip = reader_le32(&r)};

	l.mac = codec_mac(&r);
	l.state = (enum lease_state)codec_enum(&r, LEASE_STATES);
	l.expires = reader_le64(&r);
	l.hostname = codec_span(&r);
	if (l.hostname.len > HOSTNAME_MAX)
		reader_fail(&r, "host name too long");
	if (codec_end(&r))
		return r.fault;
	*out = l;
	return NULL;
}
