/*
 * writer.h - put fields into a buffer of fixed size, never past its end.
 *
 * The first step that does not fit sets `fault` and writes nothing; nor do
 * later ones.  So a builder writes straight through and asks once, at its
 * end.  The buffer is the caller's.
 */
#ifndef HOBNAIL_BASE_WRITER_H
#define HOBNAIL_BASE_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

struct writer {
	uint8_t *start;
	uint8_t *at;       /* next byte to write */
	uint8_t *end;      /* one past the last byte */
	const char *fault; /* NULL while all has fitted */
};

static inline struct writer
writer_over(void *buf, size_t len)
{
	uint8_t *start = buf;

	return (struct writer){.start = start, .at = start, .end = start + len};
}

static inline size_t
writer_len(const struct writer *w)
{
	return (size_t)(w->at - w->start);
}

static inline size_t
writer_left(const struct writer *w)
{
	return w->fault ? 0 : (size_t)(w->end - w->at);
}

/* Room for `len` bytes, which the caller fills; NULL with the fault set. */
static inline uint8_t *
writer_room(struct writer *w, size_t len)
{
	uint8_t *room = w->at;

	if (w->fault || len > writer_left(w)) {
		w->fault = "does not fit the buffer";
		return NULL;
	}
	w->at += len;
	return room;
}

static inline void
writer_bytes(struct writer *w, const void *bytes, size_t len)
{
	uint8_t *room = writer_room(w, len);

	if (room && len)
		memcpy(room, bytes, len);
}

static inline void
writer_span(struct writer *w, struct span s)
{
	writer_bytes(w, s.data, s.len);
}

static inline void
writer_zero(struct writer *w, size_t len)
{
	uint8_t *room = writer_room(w, len);

	if (room && len)
		memset(room, 0, len);
}

static inline void
writer_be(struct writer *w, uint64_t value, size_t width)
{
	uint8_t *room = writer_room(w, width);

	for (size_t i = width; room && i > 0; i--, value >>= 8)
		room[i - 1] = (uint8_t)value;
}

static inline void
writer_le(struct writer *w, uint64_t value, size_t width)
{
	uint8_t *room = writer_room(w, width);

	for (size_t i = 0; room && i < width; i++, value >>= 8)
		room[i] = (uint8_t)value;
}

static inline void
writer_u8(struct writer *w, uint8_t value)
{
	writer_be(w, value, 1);
}

static inline void
writer_be16(struct writer *w, uint16_t value)
{
	writer_be(w, value, 2);
}

static inline void
writer_be32(struct writer *w, uint32_t value)
{
	writer_be(w, value, 4);
}

static inline void
writer_be64(struct writer *w, uint64_t value)
{
	writer_be(w, value, 8);
}

static inline void
writer_le32(struct writer *w, uint32_t value)
{
	writer_le(w, value, 4);
}

static inline void
writer_le64(struct writer *w, uint64_t value)
{
	writer_le(w, value, 8);
}

/* Text with its final NUL. */
static inline void
writer_string(struct writer *w, const char *text)
{
	writer_bytes(w, text, strlen(text) + 1);
}

#endif
