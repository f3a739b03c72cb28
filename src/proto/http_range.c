#include "proto/http_range.h"

#include <stdbool.h>

#include "base/text.h"

/* The number at the start of `*s`, cut off it; what passes 2^64 is its
 * largest value.  False where no digit stands. */
static bool
take_number(struct span *s, uint64_t *value)
{
	size_t len = 0;
	uint64_t n = 0;

	for (; len < s->len && text_digit(s->data[len]); len++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(
		        n, (uint64_t)(s->data[len] - '0'), &n))
			n = UINT64_MAX;
	*s = span_skip(*s, len);
	*value = n;
	return len > 0;
}

static bool
take_minus(struct span *s)
{
	bool there = s->len && s->data[0] == '-';

	if (there)
		*s = span_skip(*s, 1);
	return there;
}

/*
 * 32-bit builds of iPXE print the 32 bits of an offset as a signed number
 * (ipxe issue 767), so that reads from 2 to 4 GiB ask for `-A--B`, or `A--B`
 * where the range crosses 2 GiB.  Neither is valid otherwise; the numbers lack
 * 2^32.
 */
static bool
unwrapped(bool negative, uint64_t *value)
{
	if (!negative)
		return true;
	if (*value == 0 || *value > (uint64_t)1 << 31)
		return false;
	*value = ((uint64_t)1 << 32) - *value;
	return true;
}

static enum http_range
part(uint64_t from, uint64_t to, uint64_t size, uint64_t out[2])
{
	if (to < from)
		return HTTP_RANGE_NONE;
	if (from >= size)
		return HTTP_RANGE_BEYOND;
	out[0] = from;
	out[1] = (to < size ? to + 1 : size) - from;
	return HTTP_RANGE_PART;
}

static enum http_range
suffix(uint64_t count, uint64_t size, uint64_t out[2])
{
	if (count == 0 || size == 0)
		return HTTP_RANGE_BEYOND;
	out[1] = count < size ? count : size;
	out[0] = size - out[1];
	return HTTP_RANGE_PART;
}

static enum http_range
parse(struct span s, uint64_t size, uint64_t out[2])
{
	bool first_negative = take_minus(&s), last_negative;
	uint64_t from, to;

	if (!take_number(&s, &from))
		return HTTP_RANGE_NONE;
	if (first_negative && s.len == 0)
		return suffix(from, size, out);
	if (!take_minus(&s))
		return HTTP_RANGE_NONE;
	if (s.len == 0)
		return first_negative ? HTTP_RANGE_NONE
		                      : part(from, UINT64_MAX, size, out);
	last_negative = take_minus(&s);
	if (!take_number(&s, &to) || s.len)
		return HTTP_RANGE_NONE;
	if (first_negative && !last_negative)
		return HTTP_RANGE_NONE;
	if (!unwrapped(first_negative, &from) || !unwrapped(last_negative, &to))
		return HTTP_RANGE_NONE;
	return part(from, to, size, out);
}

enum http_range
http_range_parse(
    struct span value, uint64_t size, uint64_t *first, uint64_t *length)
{
	uint64_t out[2] = {0, 0};
	enum http_range range;

	if (value.len < 6 || !span_is_nocase(span_of(value.data, 6), "bytes="))
		return HTTP_RANGE_NONE;
	range = parse(span_skip(value, 6), size, out);
	if (range == HTTP_RANGE_PART) {
		*first = out[0];
		*length = out[1];
	}
	return range;
}
