#include "base/text.h"

#include <string.h>
#include <strings.h>

bool
streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool
streq_nocase(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

bool
span_is_nocase(struct span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.data, text, s.len) == 0;
}

char
text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
text_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
text_hex_digit(char c)
{
	if (text_digit(c))
		return c - '0';
	c = text_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *
text_number(struct span s, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;

	if (s.len == 0)
		return "not a number";
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit;

		if (!text_digit(s.data[i]))
			return "not a number";
		digit = (uint64_t)(s.data[i] - '0');
		if (digit > max || sum > (max - digit) / 10)
			return "number too large";
		sum = sum * 10 + digit;
	}
	*value = sum;
	return NULL;
}

size_t
text_utf8(struct span s)
{
	const unsigned char *b = (const unsigned char *)s.data;
	size_t more;
	uint32_t code;
	static const uint32_t lowest[] = {0, 0x80, 0x800, 0x10000};

	if (s.len == 0)
		return 0;
	if (b[0] < 0x80)
		return 1;
	if (b[0] >= 0xc2 && b[0] < 0xe0)
		more = 1;
	else if (b[0] >= 0xe0 && b[0] < 0xf0)
		more = 2;
	else if (b[0] >= 0xf0 && b[0] < 0xf5)
		more = 3;
	else
		return 0;
	if (s.len <= more)
		return 0;
	code = b[0] & (0x3fU >> more);
	for (size_t i = 1; i <= more; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (b[i] & 0x3fU);
	}
	if (code < lowest[more] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	return more + 1;
}

/* C1 controls, bidirectional marks and line separators fool a terminal. */
static bool
deceptive(struct span c)
{
	const unsigned char *b = (const unsigned char *)c.data;

	if (c.len == 2)
		return b[0] == 0xc2 && b[1] < 0xa0;
	if (c.len == 3 && b[0] == 0xe2 && b[1] == 0x80)
		return b[2] >= 0x8b && b[2] <= 0xae;
	return c.len == 3 && b[0] == 0xe2 && b[1] == 0x81 && b[2] >= 0xa6;
}

static bool
shows_as_itself(struct span c)
{
	if (c.len != 1)
		return c.len > 1 && !deceptive(c);
	return c.data[0] >= ' ' && c.data[0] < 0x7f && c.data[0] != '"' &&
	       c.data[0] != '\\';
}

void
text_escape(struct strbuf *out, struct span s)
{
	while (s.len) {
		struct span c = span_of(s.data, text_utf8(s));

		if (shows_as_itself(c)) {
			strbuf_span(out, c);
		} else {
			c.len = 1;
			strbuf_printf(out, "\\x%02x", (unsigned char)s.data[0]);
		}
		s = span_skip(s, c.len);
	}
}

void
text_percent_encode(struct strbuf *out, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.data[i];
		char low = text_lower(c);

		if ((low >= 'a' && low <= 'z') || text_digit(c) ||
		    (c && strchr("-._~/", c)))
			strbuf_char(out, c);
		else
			strbuf_printf(out, "%%%02X", (unsigned char)c);
	}
}

void
text_size(struct strbuf *out, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;
	uint64_t tenths;

	if (bytes < 1024) {
		strbuf_printf(out, "%llu B", (unsigned long long)bytes);
		return;
	}
	while (bytes >= 1024ULL * 1024 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	tenths = bytes * 10 / 1024;
	unit++;
	if (tenths < 100)
		strbuf_printf(out, "%llu.%llu %s",
		    (unsigned long long)tenths / 10,
		    (unsigned long long)tenths % 10, units[unit]);
	else
		strbuf_printf(out, "%llu %s", (unsigned long long)tenths / 10,
		    units[unit]);
}
