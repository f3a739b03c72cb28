#include "cmd/columns.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/text.h"

struct columns
columns_with(const char *const *titles, size_t count)
{
	return (struct columns){.titles = titles, .count = count};
}

void
columns_clear(struct columns *c)
{
	for (size_t i = 0; i < c->rows * c->count; i++)
		free(c->cells[i]);
	for (size_t i = 0; i < c->rows; i++)
		free(c->notes[i]);
	free(c->cells);
	free(c->notes);
	*c = (struct columns){0};
}

void
columns_add(struct columns *c, const struct strbuf *cells, const char *note)
{
	size_t at = c->rows * c->count;

	c->cells = mem_resize(c->cells, (at + c->count) * sizeof(*c->cells));
	c->notes = mem_resize(c->notes, (c->rows + 1) * sizeof(*c->notes));
	for (size_t i = 0; i < c->count; i++)
		c->cells[at + i] =
		    mem_text(strbuf_cstr(&cells[i]), cells[i].len);
	c->notes[c->rows] = note[0] ? mem_text(note, strlen(note)) : NULL;
	c->rows++;
}

/* How many characters a terminal shows, near enough. */
static size_t
width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void
print_row(const struct columns *c, const size_t *widths,
    const char *const *cells, FILE *out)
{
	for (size_t i = 0; i < c->count; i++) {
		(void)fputs(cells[i], out);
		for (size_t n = width_of(cells[i]);
		     i + 1 < c->count && n < widths[i] + 2; n++)
			(void)fputc(' ', out);
	}
	(void)fputc('\n', out);
}

void
columns_print(const struct columns *c, FILE *out)
{
	size_t widths[COLUMNS_MAX] = {0};

	for (size_t i = 0; i < c->count; i++) {
		widths[i] = width_of(c->titles[i]);
		for (size_t row = 0; row < c->rows; row++) {
			size_t width = width_of(c->cells[row * c->count + i]);

			if (width > widths[i])
				widths[i] = width;
		}
	}
	print_row(c, widths, c->titles, out);
	for (size_t row = 0; row < c->rows; row++) {
		print_row(c, widths,
		    (const char *const *)&c->cells[row * c->count], out);
		if (c->notes[row])
			(void)fprintf(out, "    %s\n", c->notes[row]);
	}
}

const char *
json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

uint64_t
json_number(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

void
text_for_terminal(struct strbuf *out, const char *text)
{
	struct span left = span_text(text);

	while (left.len) {
		size_t len = text_utf8(left);

		if (*left.data == '"' || *left.data == '\\')
			strbuf_char(out, *left.data);
		else
			text_escape(out, span_of(left.data, len ? len : 1));
		left = span_skip(left, len ? len : 1);
	}
}

void
cell_text(struct strbuf *cell, const json_t *object, const char *key)
{
	const char *text = json_text(object, key);

	text_for_terminal(cell, text[0] ? text : "-");
}

void
cell_size(struct strbuf *cell, const json_t *object, const char *key)
{
	text_size(cell, json_number(object, key));
}

void
text_local_time(struct strbuf *out, const char *text, bool seconds_too)
{
	struct tm tm = {0};
	char local[64];
	time_t seconds;

	if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) {
		text_for_terminal(out, text);
		return;
	}
	seconds = timegm(&tm);
	if (!localtime_r(&seconds, &tm))
		return;
	if (seconds_too)
		(void)strftime(local, sizeof(local), "%Y-%m-%d %H:%M:%S", &tm);
	else
		(void)strftime(local, sizeof(local), "%Y-%m-%d %H:%M", &tm);
	strbuf_text(out, local);
}

void
cell_time(struct strbuf *cell, const json_t *object, const char *key)
{
	const char *text = json_text(object, key);

	if (text[0])
		text_local_time(cell, text, false);
	else
		strbuf_char(cell, '-');
}
