/*
 * ipxe_model.h - how iPXE reads a script, for tests.
 *
 * After ipxe: src/image/script.c (lines, labels), src/core/exec.c (words,
 * `||`, `&&`, `;`, comments) and src/core/settings.c (expansion).  It does not
 * run anything: model_script() writes down what would be run, one command per
 * line, with the words of free text left out, so that two scripts can be
 * compared by their structure.
 */
#ifndef HOBNAIL_TESTS_IPXE_MODEL_H
#define HOBNAIL_TESTS_IPXE_MODEL_H

#include <stdbool.h>
#include <string.h>

#include "base/strbuf.h"

static inline bool
model_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word of a line, or an empty one. */
static inline struct span
model_word(struct span *line)
{
	struct span word;

	while (line->len && model_space(line->data[0]))
		*line = span_skip(*line, 1);
	word = span_of(line->data, 0);
	while (word.len < line->len && !model_space(line->data[word.len]))
		word.len++;
	*line = span_skip(*line, word.len);
	return word;
}

/* Settings that a word would expand, each as "${name}". */
static inline void
model_expansions(struct span word, struct strbuf *out)
{
	for (size_t at = 0; at + 1 < word.len; at++) {
		const char *end;

		if (word.data[at] != '$' || word.data[at + 1] != '{')
			continue;
		end = memchr(word.data + at, '}', word.len - at);
		if (!end)
			continue;
		strbuf_char(out, ' ');
		strbuf_add(
		    out, word.data + at, (size_t)(end + 1 - word.data) - at);
	}
}

/* The commands of one logical line. */
static inline void
model_line(struct span line, struct strbuf *out)
{
	bool first = true;
	struct span word;

	for (word = model_word(&line); word.len; word = model_word(&line)) {
		if (word.data[0] == '#')
			break;
		if (span_is(word, "||") || span_is(word, "&&") ||
		    span_is(word, ";")) {
			strbuf_char(out, ' ');
			strbuf_span(out, word);
			strbuf_char(out, '\n');
			first = true;
			continue;
		}
		if (first)
			strbuf_span(out, word);
		first = false;
		model_expansions(word, out);
	}
	strbuf_char(out, '\n');
}

static inline void
model_script(struct span script, struct strbuf *out)
{
	struct strbuf line = {0};

	while (script.data) {
		struct span part = span_cut(&script, '\n');

		strbuf_span(&line, part);
		if (line.len && line.data[line.len - 1] == '\r')
			line.len--;
		if (line.len && line.data[line.len - 1] == '\\') {
			line.len--;
			continue;
		}
		model_line(strbuf_view(&line), out);
		strbuf_clear(&line);
	}
	strbuf_clear(&line);
}

#endif
