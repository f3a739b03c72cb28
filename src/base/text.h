/*
 * text.h - small questions about text, and text made safe to show.
 */
#ifndef HOBNAIL_BASE_TEXT_H
#define HOBNAIL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/strbuf.h"

bool streq(const char *a, const char *b);
bool streq_nocase(const char *a, const char *b);
bool span_is_nocase(struct span s, const char *text);

/* ASCII only; every other byte is itself. */
char text_lower(char c);
bool text_digit(char c);
int text_hex_digit(char c); /* 0..15, or -1 */

/*
 * The decimal number that is all of `s`, at most `max`.  NULL, or why it is
 * none; `*value` is written on success only.
 */
MUST_USE const char *text_number(struct span s, uint64_t max, uint64_t *value);

/*
 * Add hostile text to a log line, a terminal or an error message: printable
 * ASCII and valid UTF-8 letters stay, all else becomes \xNN; so do quote and
 * backslash.
 */
void text_escape(struct strbuf *out, struct span s);

/* Add `s` with every byte but unreserved ones and '/' as %NN (RFC 3986). */
void text_percent_encode(struct strbuf *out, struct span s);

/* Add bytes as a person reads them: "512 B", "1.4 GiB". */
void text_size(struct strbuf *out, uint64_t bytes);

/* How many bytes the valid UTF-8 character at the start of `s` takes; 0 if
 * there is none (RFC 3629). */
size_t text_utf8(struct span s);

#endif
