/*
 * span.h - some bytes or text that somebody else owns.
 *
 * A span is a value: a pointer and a length.  Text in a span is not
 * NUL-terminated.  An absent span has `data` NULL; an empty one has not.
 */
#ifndef HOBNAIL_BASE_SPAN_H
#define HOBNAIL_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *data; /* not NUL-terminated */
	size_t len;       /* bytes */
};

static inline struct span
span_of(const void *data, size_t len)
{
	return (struct span){.data = (const char *)data, .len = len};
}

/* The text of a C string, or an absent span for NULL. */
static inline struct span
span_text(const char *text)
{
	return span_of(text, text ? strlen(text) : 0);
}

static inline bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool
span_is(struct span s, const char *text)
{
	return span_equal(s, span_text(text));
}

static inline bool
span_starts(struct span s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && memcmp(s.data, prefix, len) == 0;
}

static inline bool
span_ends(struct span s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.data && s.len >= len &&
	       memcmp(s.data + s.len - len, suffix, len) == 0;
}

/* What is left of `s` behind its first `n` bytes (at most all of it). */
static inline struct span
span_skip(struct span s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return span_of(s.data + n, s.len - n);
}

/*
 * Cut the part before the first `stop` off the front of `*s` and return it;
 * `*s` becomes what follows `stop`.  Without a `stop` all of `*s` is returned
 * and `*s` becomes absent.
 */
static inline struct span
span_cut(struct span *s, char stop)
{
	const char *at = s->len ? memchr(s->data, stop, s->len) : NULL;
	struct span head = *s;

	if (!at) {
		*s = span_of(NULL, 0);
		return head;
	}
	head.len = (size_t)(at - s->data);
	*s = span_skip(*s, head.len + 1);
	return head;
}

#endif
