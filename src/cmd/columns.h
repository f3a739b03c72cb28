/*
 * columns.h - a table for people: aligned columns, hostile text escaped.
 */
#ifndef HOBNAIL_CMD_COLUMNS_H
#define HOBNAIL_CMD_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/strbuf.h"

#define COLUMNS_MAX 10

struct columns {
	const char *const *titles; /* the last column is not padded */
	size_t count;              /* of columns */
	char **cells;              /* row by row; NULL ends nothing */
	char **notes;              /* per row: a line below it, or NULL */
	size_t rows;
};

/* An empty table; `titles` must outlive it. */
struct columns columns_with(const char *const *titles, size_t count);
void columns_clear(struct columns *c);

/* Add a row of `count` cells and a note ("" for none); texts are copied. */
void columns_add(
    struct columns *c, const struct strbuf *cells, const char *note);

void columns_print(const struct columns *c, FILE *out);

/* Put a cell together from a member of a JSON object; "-" where it is null
 * or missing. */
void cell_text(struct strbuf *cell, const json_t *object, const char *key);
void cell_size(struct strbuf *cell, const json_t *object, const char *key);
void cell_time(struct strbuf *cell, const json_t *object, const char *key);

/* A member's text, "" where there is none. */
const char *json_text(const json_t *object, const char *key);
uint64_t json_number(const json_t *object, const char *key);

/* Add hostile text with nothing in it that a terminal obeys; unlike in a log,
 * quotes and backslashes stay. */
void text_for_terminal(struct strbuf *out, const char *text);

/* An RFC 3339 time in UTC, in the local zone, to the minute or the second; the
 * text itself where it is none. */
void text_local_time(struct strbuf *out, const char *text, bool seconds_too);

#endif
