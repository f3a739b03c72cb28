#include "media/tar.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/text.h"

#define BLOCK 512U
#define PATH_LEN_MAX 1024U
#define LONG_MAX 65536U /* bytes of pax records or of a GNU long name */

/* Where the fields of a header stand. */
enum {
	NAME = 0,
	NAME_LEN = 100,
	SIZE = 124,
	SIZE_LEN = 12,
	SUM = 148,
	SUM_LEN = 8,
	KIND = 156,
	LINK = 157,
	MAGIC = 257,
	PREFIX = 345,
	PREFIX_LEN = 155,
};

struct walk {
	const struct backing *backing;
	struct image_table_builder *table;
	uint64_t at; /* of the header at hand */
	uint8_t header[BLOCK];
	uint64_t size; /* of the data behind it, bytes */
	/* From long names and pax headers, for the next file. */
	struct strbuf path, target;
	bool has_size, sparse;
	uint64_t next_size;
	struct image_extent version; /* of version.info */
};

/* Octal, or base 256 where the first bit is set (a GNU extension). */
static const char *
number(const uint8_t *field, size_t len, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;

	if (field[0] & 0x80) {
		for (i = len - 8; i < len; i++)
			value = value << 8 | field[i];
		*out = value;
		return value >> 62 ? "tar header with a size too large" : NULL;
	}
	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	if (i < len && field[i] != ' ' && field[i] != '\0')
		return "tar header with a number that is none";
	*out = value;
	return NULL;
}

/* The sum of all bytes, those of the sum itself taken as spaces. */
static bool
sum_right(const uint8_t *header)
{
	uint64_t said = 0, sum = (uint64_t)' ' * SUM_LEN;

	for (size_t i = 0; i < BLOCK; i++)
		if (i < SUM || i >= SUM + SUM_LEN)
			sum += header[i];
	return !number(header + SUM, SUM_LEN, &said) && said == sum;
}

static bool
all_zero(const uint8_t *header)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (header[i])
			return false;
	return true;
}

bool
tar_starts(const struct backing *b)
{
	uint8_t header[BLOCK];

	return !backing_read(b, 0, header, sizeof(header)) &&
	       memcmp(header + MAGIC, "ustar", 5) == 0 && sum_right(header);
}

static struct span
text_of(const uint8_t *field, size_t len)
{
	return span_of(field, strnlen((const char *)field, len));
}

/* Parts of `path` between slashes, without "." and empty ones. */
static void
add_normal(struct strbuf *out, struct span path)
{
	while (path.data) {
		struct span part = span_cut(&path, '/');

		if (part.len == 0 || span_is(part, "."))
			continue;
		if (out->len)
			strbuf_char(out, '/');
		strbuf_span(out, part);
	}
}

static void
take_path(const struct walk *w, struct strbuf *out)
{
	struct strbuf raw = {0};

	if (w->path.len) {
		strbuf_span(&raw, strbuf_view(&w->path));
	} else {
		if (memcmp(w->header + MAGIC, "ustar\0", 6) == 0)
			strbuf_span(
			    &raw, text_of(w->header + PREFIX, PREFIX_LEN));
		strbuf_char(&raw, '/');
		strbuf_span(&raw, text_of(w->header + NAME, NAME_LEN));
	}
	add_normal(out, strbuf_view(&raw));
	strbuf_clear(&raw);
}

static struct span
link_text(const struct walk *w)
{
	return w->target.len ? strbuf_view(&w->target)
	                     : text_of(w->header + LINK, NAME_LEN);
}

/* A hard link names its target from the root of the archive. */
static const char *
add_hard_link(struct walk *w, struct span path)
{
	struct strbuf target = {0};
	const char *fault;

	for (size_t i = 0; i < path.len; i++)
		if (path.data[i] == '/')
			strbuf_text(&target, "../");
	strbuf_text(&target, "./");
	strbuf_span(&target, link_text(w));
	fault = image_table_link(w->table, path, strbuf_view(&target));
	strbuf_clear(&target);
	return fault;
}

static const char *
add_file(struct walk *w, struct span path)
{
	struct image_extent x = {w->at + BLOCK, w->size};

	switch (w->header[KIND]) {
	case '\0':
	case '0':
	case '7':
		if (span_is(path, "version.info") && !w->version.length)
			w->version = x;
		return w->sparse ? NULL
		                 : image_table_add(w->table, path, &x, 1);
	case '1':
		return add_hard_link(w, path);
	case '2':
		return image_table_link(w->table, path, link_text(w));
	default:
		return NULL; /* folders and devices */
	}
}

/* One record: "LENGTH KEY=VALUE\n".  False where it is none. */
static bool
take_pax_record(struct walk *w, struct span *records)
{
	struct span rest = *records;
	struct span digits = span_cut(&rest, ' ');
	struct span record, key;
	uint64_t len = 0;

	if (!rest.data || text_number(digits, records->len, &len) ||
	    len < digits.len + 3)
		return false;
	record = span_of(
	    rest.data, (size_t)len - digits.len - 2); /* less space, newline */
	*records = span_skip(*records, (size_t)len);
	key = span_cut(&record, '=');
	if (span_is(key, "path")) {
		w->path.len = 0;
		strbuf_span(&w->path, record);
	} else if (span_is(key, "linkpath")) {
		w->target.len = 0;
		strbuf_span(&w->target, record);
	} else if (span_is(key, "size")) {
		w->has_size =
		    !text_number(record, UINT64_MAX >> 2, &w->next_size);
	} else if (span_starts(key, "GNU.sparse")) {
		w->sparse = true;
	}
	return true;
}

/* What stands between two files and says more of the next one. */
static const char *
take_extra(struct walk *w)
{
	uint8_t bytes[LONG_MAX];
	struct span text = span_of(bytes, (size_t)w->size);
	const char *fault;

	if (w->size > LONG_MAX)
		return "tar header too large";
	fault = backing_read(w->backing, w->at + BLOCK, bytes, text.len);
	if (fault)
		return fault;
	if (w->header[KIND] == 'x') {
		while (text.len)
			if (!take_pax_record(w, &text))
				return "pax header that is none";
		return NULL;
	}
	text.len = strnlen(text.data, text.len);
	if (w->header[KIND] == 'L') {
		w->path.len = 0;
		strbuf_span(&w->path, text);
	} else {
		w->target.len = 0;
		strbuf_span(&w->target, text);
	}
	return NULL;
}

static const char *
take_entry(struct walk *w)
{
	struct strbuf path = {0};
	uint8_t kind = w->header[KIND];
	const char *fault = NULL;

	if (kind == 'x' || kind == 'L' || kind == 'K')
		return take_extra(w);
	take_path(w, &path);
	if (path.len <= PATH_LEN_MAX && image_path_good(strbuf_view(&path)))
		fault = add_file(w, strbuf_view(&path));
	strbuf_clear(&path);
	w->path.len = w->target.len = 0;
	w->has_size = w->sparse = false;
	return fault;
}

/* The header at w->at; `*end` where it marks the end of the archive.  NULL,
 * or what is wrong. */
static const char *
read_header(struct walk *w, bool *end)
{
	const char *fault;

	fault = backing_read(w->backing, w->at, w->header, BLOCK);
	if (fault)
		return fault;
	*end = all_zero(w->header);
	if (*end)
		return NULL;
	if (!sum_right(w->header))
		return "tar header with a wrong sum";
	fault = number(w->header + SIZE, SIZE_LEN, &w->size);
	if (w->has_size && w->header[KIND] != 'x' && w->header[KIND] != 'L')
		w->size = w->next_size;
	/* Links and folders have no data, whatever their size says. */
	if (w->header[KIND] >= '1' && w->header[KIND] <= '6')
		w->size = 0;
	return fault;
}

static const char *
walk(struct walk *w, struct tar_place *place)
{
	for (uint32_t i = 0; i < 2 * IMAGE_FILES_MAX; i++) {
		bool end = false;
		const char *fault;

		place->at = w->at;
		if (!backing_holds(w->backing, w->at, BLOCK)) {
			place->needs = w->at + BLOCK;
			return "archive without an end";
		}
		fault = read_header(w, &end);
		if (fault || end)
			return fault;
		if (!backing_holds(w->backing, w->at + BLOCK, w->size)) {
			place->needs = w->at + BLOCK + w->size;
			return "file outside the archive";
		}
		fault = take_entry(w);
		if (fault)
			return fault;
		w->at += BLOCK + (w->size + BLOCK - 1) / BLOCK * BLOCK;
	}
	return "too many files";
}

const char *
tar_list(const struct backing *b, struct image_table_builder *table,
    struct tar_place *place)
{
	struct walk w = {.backing = b, .table = table};
	const char *fault;

	*place = (struct tar_place){0};
	fault = walk(&w, place);
	place->version = w.version;
	strbuf_clear(&w.path);
	strbuf_clear(&w.target);
	return fault;
}
