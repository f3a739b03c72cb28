#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
strbuf_clear(struct strbuf *b)
{
	free(b->data);
	*b = (struct strbuf){.cap = b->cap};
}

/* Make room for `len` more bytes and a NUL; false at the cap. */
static bool
grow(struct strbuf *b, size_t len)
{
	size_t room = b->room ? b->room : 64;

	if (b->fault || (b->cap && len > b->cap - b->len)) {
		b->fault = "too much";
		return false;
	}
	while (room - b->len <= len)
		room *= 2;
	if (room != b->room) {
		b->data = mem_resize(b->data, room);
		b->room = room;
	}
	return true;
}

void
strbuf_add(struct strbuf *b, const void *bytes, size_t len)
{
	if (!grow(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
strbuf_span(struct strbuf *b, struct span s)
{
	strbuf_add(b, s.data, s.len);
}

void
strbuf_text(struct strbuf *b, const char *text)
{
	strbuf_add(b, text, strlen(text));
}

void
strbuf_char(struct strbuf *b, char c)
{
	strbuf_add(b, &c, 1);
}

void
strbuf_printf(struct strbuf *b, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !grow(b, (size_t)len))
		return;
	va_start(args, format);
	(void)vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

void
strbuf_le(struct strbuf *b, uint64_t value, size_t width)
{
	for (; width > 0; width--, value >>= 8)
		strbuf_char(b, (char)(value & 0xff));
}

void
strbuf_drop(struct strbuf *b, size_t len)
{
	if (len > b->len)
		len = b->len;
	if (len == 0)
		return;
	b->len -= len;
	memmove(b->data, b->data + len, b->len + 1);
}

struct span
strbuf_view(const struct strbuf *b)
{
	return span_of(strbuf_cstr(b), b->len);
}

const char *
strbuf_cstr(const struct strbuf *b)
{
	return b->data ? b->data : "";
}
