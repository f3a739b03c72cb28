/*
 * codec.h - how the shared data types are laid out between processes.
 *
 * Numbers are little-endian; a text is its bytes and a NUL; a span is a
 * 16-bit length and its bytes.  Reading treats the bytes as hostile: a value
 * that does not fit its type makes the reader fail (base/reader.h).
 *
 * Not a format for disks or the network: both ends are one build.
 */
#ifndef HOBNAIL_BOOT_CODEC_H
#define HOBNAIL_BOOT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/reader.h"
#include "base/strbuf.h"

#define CODEC_SPAN_MAX 4096U /* bytes of one span */

/* A C string; NULL counts as "". */
static inline void
codec_put_text(struct strbuf *out, const char *text)
{
	if (!text)
		text = "";
	strbuf_add(out, text, strlen(text) + 1);
}

/* A span, cut at CODEC_SPAN_MAX. */
static inline void
codec_put_span(struct strbuf *out, struct span s)
{
	size_t len = s.len < CODEC_SPAN_MAX ? s.len : CODEC_SPAN_MAX;

	strbuf_le(out, len, 2);
	strbuf_add(out, s.data, len);
}

static inline void
codec_put_mac(struct strbuf *out, struct mac mac)
{
	strbuf_add(out, mac.b, sizeof(mac.b));
}

static inline struct span
codec_span(struct reader *r)
{
	size_t len = reader_le16(r);

	if (len > CODEC_SPAN_MAX)
		reader_fail(r, "text too long");
	return reader_span(r, len);
}

static inline struct mac
codec_mac(struct reader *r)
{
	struct mac mac;

	reader_copy(r, mac.b, sizeof(mac.b));
	return mac;
}

/* One byte below `count`: an enumeration. */
static inline unsigned int
codec_enum(struct reader *r, unsigned int count)
{
	unsigned int value = reader_u8(r);

	if (value >= count) {
		reader_fail(r, "value out of range");
		return 0;
	}
	return value;
}

static inline bool
codec_bool(struct reader *r)
{
	return codec_enum(r, 2) == 1;
}

/* How many elements follow, each of at least `size` bytes: never more than
 * the bytes that are left can hold. */
static inline size_t
codec_count(struct reader *r, size_t size)
{
	size_t count = reader_le32(r);

	if (count > reader_left(r) / size) {
		reader_fail(r, "more elements than bytes");
		return 0;
	}
	return count;
}

/* All was read and nothing is left: NULL, or why not. */
static inline const char *
codec_end(struct reader *r)
{
	if (!r->fault && reader_left(r))
		reader_fail(r, "bytes behind the end");
	return r->fault;
}

#endif
