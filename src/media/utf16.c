#include "media/utf16.h"

static void
put(struct strbuf *out, uint32_t code)
{
	if (code < 0x80) {
		strbuf_char(out, (char)code);
		return;
	}
	if (code < 0x800) {
		strbuf_char(out, (char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			strbuf_char(out, (char)(0xe0 | code >> 12));
		} else {
			strbuf_char(out, (char)(0xf0 | code >> 18));
			strbuf_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		strbuf_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	strbuf_char(out, (char)(0x80 | (code & 0x3f)));
}

void
utf16_text(struct strbuf *out, const uint16_t *units, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t code = units[i];

		if (code >= 0xd800 && code < 0xdc00 && i + 1 < count &&
		    units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000) {
			code = 0x10000 + ((code - 0xd800) << 10) +
			       (units[++i] - 0xdc00U);
		} else if (code >= 0xd800 && code < 0xe000) {
			code = 0xfffd;
		}
		put(out, code);
	}
}
