/*
 * strbuf.h - text or bytes that grow while they are written.
 *
 * `data` is always NUL-terminated behind `len` bytes once something was
 * added.  A buffer with a cap stops growing there and sets `fault`; what did
 * not fit is dropped whole.  Clear it when done.
 */
#ifndef HOBNAIL_BASE_STRBUF_H
#define HOBNAIL_BASE_STRBUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct strbuf {
	char *data;        /* NULL while empty */
	size_t len;        /* bytes, without the NUL */
	size_t room;       /* bytes allocated */
	size_t cap;        /* most bytes wanted; 0: no cap */
	const char *fault; /* "too much" once the cap was hit */
};

void strbuf_clear(struct strbuf *b);
void strbuf_add(struct strbuf *b, const void *bytes, size_t len);
void strbuf_span(struct strbuf *b, struct span s);
void strbuf_text(struct strbuf *b, const char *text);
void strbuf_char(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *format, ...) PRINTF(2, 3);

/* Add `width` bytes of `value`, least significant first. */
void strbuf_le(struct strbuf *b, uint64_t value, size_t width);

/* Remove the first `len` bytes. */
void strbuf_drop(struct strbuf *b, size_t len);

/* The content as a span that lives until the next change. */
struct span strbuf_view(const struct strbuf *b);

/* The content as a C string, "" where nothing was added. */
const char *strbuf_cstr(const struct strbuf *b);

#endif
