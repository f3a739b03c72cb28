#include "boot/script.h"

#include <stdbool.h>

#include "base/text.h"

void
script_add(struct strbuf *out, const char *literal)
{
	strbuf_text(out, literal);
}

static bool
separates(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

/* The next word of `*s`; empty at the end. */
static struct span
next_word(struct span *s)
{
	struct span word;

	while (s->len && separates(s->data[0]))
		*s = span_skip(*s, 1);
	word = span_of(s->data, 0);
	while (word.len < s->len && !separates(s->data[word.len]))
		word.len++;
	*s = span_skip(*s, word.len);
	return word;
}

static bool
ends_command(struct span word)
{
	return span_is(word, "||") || span_is(word, "&&") || span_is(word, ";");
}

/* The first character of a word, which may say what the word is. */
static void
put_first(struct strbuf *out, struct span *word)
{
	if (ends_command(*word))
		*word = span_of(word->data, 1);
	if (span_is(*word, ";")) {
		strbuf_char(out, ',');
		*word = span_skip(*word, 1);
	} else if (word->len && word->data[0] == '#') {
		strbuf_char(out, '*');
		*word = span_skip(*word, 1);
	}
}

/* Add one byte; '{' never stands behind '$', so no expansion begins. */
static void
put_byte(struct strbuf *out, char c)
{
	if (c == '{' && out->len && out->data[out->len - 1] == '$')
		c = '(';
	strbuf_char(out, c);
}

void
script_text(struct strbuf *out, struct span text, size_t max)
{
	size_t start = out->len, end = max ? start + max : SIZE_MAX;
	struct span word;

	for (word = next_word(&text); word.len; word = next_word(&text)) {
		if (out->len > start && out->len < end)
			strbuf_char(out, ' ');
		put_first(out, &word);
		while (word.len && out->len < end) {
			size_t len = text_utf8(word);

			if (len == 1)
				put_byte(out, word.data[0]);
			else
				strbuf_char(out, '?');
			word = span_skip(word, len ? len : 1);
		}
		if (out->len >= end || out->fault)
			break;
	}
}

void
script_word(struct strbuf *out, struct span word)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i], low = text_lower(c);
		bool fine = (low >= 'a' && low <= 'z') || text_digit(c) ||
		            c == '.' || c == '_' || c == '-';

		strbuf_char(out, fine ? c : '_');
	}
}

void
script_path(struct strbuf *out, struct span path)
{
	text_percent_encode(out, path);
}

void
script_cmdline(struct strbuf *out, struct span cmdline, const char *base)
{
	static const char variable[] = "${base}";
	bool first = true;
	struct span word;

	for (word = next_word(&cmdline); word.len; word = next_word(&cmdline)) {
		if (!first)
			strbuf_char(out, ' ');
		first = false;
		put_first(out, &word);
		while (word.len) {
			if (span_starts(word, variable)) {
				strbuf_text(out, base);
				word = span_skip(word, sizeof(variable) - 1);
				continue;
			}
			put_byte(out, word.data[0]);
			word = span_skip(word, 1);
		}
	}
}

void
script_end(struct strbuf *out)
{
	if (out->len && out->data[out->len - 1] == '\\')
		out->data[out->len - 1] = '/';
	strbuf_char(out, '\n');
}
