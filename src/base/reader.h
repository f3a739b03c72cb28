/*
 * reader.h - take fields from bytes nobody has checked yet.
 *
 * A reader never passes its end.  The first step that would do so sets
 * `fault` and empties the reader; from then on every step yields zero.  So a
 * parser reads straight through and asks once, at its end.  What a reader
 * hands out points into the caller's bytes and lives as long as they do.
 */
#ifndef HOBNAIL_BASE_READER_H
#define HOBNAIL_BASE_READER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

struct reader {
	const uint8_t *at;  /* next byte to take */
	const uint8_t *end; /* one past the last byte */
	const char *fault;  /* what went wrong first; NULL while all is well */
};

static inline struct reader
reader_over(const void *bytes, size_t len)
{
	static const uint8_t nothing[1];
	const uint8_t *at = len ? (const uint8_t *)bytes : nothing;

	return (struct reader){.at = at, .end = at + len};
}

static inline size_t
reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

/* Give up, keeping the first reason. */
static inline void
reader_fail(struct reader *r, const char *fault)
{
	if (!r->fault)
		r->fault = fault;
	r->at = r->end;
}

/* The next `len` bytes, or NULL with the fault set. */
static inline const uint8_t *
reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *taken = r->at;

	if (r->fault || len > reader_left(r)) {
		reader_fail(r, "packet ends inside a field");
		return NULL;
	}
	r->at += len;
	return taken;
}

static inline void
reader_skip(struct reader *r, size_t len)
{
	(void)reader_bytes(r, len);
}

/* The next `len` bytes copied to `to`; zeroes with the fault set. */
static inline void
reader_copy(struct reader *r, void *to, size_t len)
{
	const uint8_t *bytes = reader_bytes(r, len);

	if (bytes)
		memcpy(to, bytes, len);
	else
		memset(to, 0, len);
}

static inline uint8_t
reader_u8(struct reader *r)
{
	const uint8_t *b = reader_bytes(r, 1);

	return b ? b[0] : 0;
}

static inline uint64_t
reader_be(struct reader *r, size_t width)
{
	const uint8_t *b = reader_bytes(r, width);
	uint64_t value = 0;

	for (size_t i = 0; b && i < width; i++)
		value = value << 8 | b[i];
	return value;
}

static inline uint64_t
reader_le(struct reader *r, size_t width)
{
	const uint8_t *b = reader_bytes(r, width);
	uint64_t value = 0;

	for (size_t i = width; b && i > 0; i--)
		value = value << 8 | b[i - 1];
	return value;
}

static inline uint16_t
reader_be16(struct reader *r)
{
	return (uint16_t)reader_be(r, 2);
}

static inline uint32_t
reader_be32(struct reader *r)
{
	return (uint32_t)reader_be(r, 4);
}

static inline uint64_t
reader_be64(struct reader *r)
{
	return reader_be(r, 8);
}

static inline uint16_t
reader_le16(struct reader *r)
{
	return (uint16_t)reader_le(r, 2);
}

static inline uint32_t
reader_le32(struct reader *r)
{
	return (uint32_t)reader_le(r, 4);
}

static inline uint64_t
reader_le64(struct reader *r)
{
	return reader_le(r, 8);
}

/* The next `len` bytes as a span; absent with the fault set. */
static inline struct span
reader_span(struct reader *r, size_t len)
{
	const uint8_t *bytes = reader_bytes(r, len);

	return span_of(bytes, bytes ? len : 0);
}

/* The next NUL-terminated text; "" with the fault set. */
static inline const char *
reader_string(struct reader *r)
{
	const uint8_t *nul = memchr(r->at, 0, reader_left(r));

	if (!nul) {
		reader_fail(r, "text without its final NUL");
		return "";
	}
	return (const char *)reader_bytes(r, (size_t)(nul + 1 - r->at));
}

#endif
