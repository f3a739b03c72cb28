#include "media/image_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"

/*
 * The layout, all numbers least significant byte first:
 *
 *	magic, file_count (4), extent_count (4), names_len (4), facts_len (4)
 *	facts
 *	files, each: name at (4), name length (4), first extent (4),
 *		extent count (4), size (8), fold (4)
 *	extents, each: offset (8), length (8)
 *	names, one behind the other
 *
 * Files are sorted by the bytes of their paths.  The `fold` column is a second
 * index: row i holds the number of the file that comes i-th when letters'
 * case is ignored.
 */
#define MAGIC "hobtbl01"
#define MAGIC_LEN 8U
#define FILE_SIZE 28U
#define FOLD_AT 24U
#define EXTENT_SIZE 16U
#define BOOT_SIZE 19U
#define PATH_LEN_MAX 1030U /* 1024 bytes behind ELTORITO_PREFIX */
#define TEXT_LEN_MAX 1024U
#define NAMES_MAX (64U << 20)
#define EXTENTS_MAX 4000000U

enum { FLAG_ROCK_RIDGE = 1, FLAG_JOLIET = 2, FLAG_HYBRID = 4 };

struct entry {
	const char *name; /* set by finish, when names no longer move */
	uint64_t size;
	uint32_t name_at, name_len;
	uint32_t first, count;
	uint32_t number; /* in the order of adding, then of the table */
};

struct image_table_builder {
	struct entry *entries;
	size_t count, room;
	struct image_extent *extents;
	size_t extent_count, extent_room;
	struct strbuf names;
};

struct image_table_builder *
image_table_builder_new(void)
{
	return mem_alloc(sizeof(struct image_table_builder));
}

void
image_table_builder_free(struct image_table_builder *b)
{
	if (!b)
		return;
	free(b->entries);
	free(b->extents);
	strbuf_clear(&b->names);
	free(b);
}

/* Whether `path` may stand in a table: parts between single slashes, none of
 * them "." or "..", no NUL. */
static bool
path_good(struct span path)
{
	if (path.len == 0 || path.len > PATH_LEN_MAX ||
	    memchr(path.data, '\0', path.len) || path.data[path.len - 1] == '/')
		return false;
	while (path.data) {
		struct span part = span_cut(&path, '/');

		if (part.len == 0 || span_is(part, ".") || span_is(part, ".."))
			return false;
	}
	return true;
}

static void
extent_add(struct image_table_builder *b, struct entry *e,
    const struct image_extent *x)
{
	struct image_extent *last = &b->extents[b->extent_count];

	if (x->length == 0)
		return;
	e->size += x->length;
	if (e->count && last[-1].offset + last[-1].length == x->offset) {
		last[-1].length += x->length;
		return;
	}
	*last = *x;
	b->extent_count++;
	e->count++;
}

static void
make_room(struct image_table_builder *b, size_t extents)
{
	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 256;
		b->entries =
		    mem_resize(b->entries, b->room * sizeof(*b->entries));
	}
	if (extents > b->extent_room - b->extent_count) {
		b->extent_room = (b->extent_room + extents) * 2;
		b->extents = mem_resize(
		    b->extents, b->extent_room * sizeof(*b->extents));
	}
}

const char *
image_table_add(struct image_table_builder *b, struct span path,
    const struct image_extent *extents, size_t count)
{
	struct entry e = {.first = (uint32_t)b->extent_count};

	assert(path_good(path));
	if (b->count >= IMAGE_FILES_MAX ||
	    count > EXTENTS_MAX - b->extent_count ||
	    path.len > NAMES_MAX - b->names.len)
		return "too many files";
	make_room(b, count);
	for (size_t i = 0; i < count; i++)
		extent_add(b, &e, &extents[i]);
	e.name_at = (uint32_t)b->names.len;
	e.name_len = (uint32_t)path.len;
	e.number = (uint32_t)b->count;
	strbuf_span(&b->names, path);
	b->entries[b->count++] = e;
	return NULL;
}

static int
order(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int by_bytes = len ? memcmp(a.data, b.data, len) : 0;

	return by_bytes ? by_bytes : (a.len > b.len) - (a.len < b.len);
}

static int
order_folded(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < len; i++) {
		uint8_t x = (uint8_t)text_lower(a.data[i]);
		uint8_t y = (uint8_t)text_lower(b.data[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.len > b.len) - (a.len < b.len);
}

static struct span
entry_name(const struct entry *e)
{
	return span_of(e->name, e->name_len);
}

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int by_bytes = order(entry_name(x), entry_name(y));

	if (by_bytes)
		return by_bytes;
	return (x->number > y->number) - (x->number < y->number);
}

static int
by_folded_name(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a;
	const struct entry *y = *(const struct entry *const *)b;
	int by_fold = order_folded(entry_name(x), entry_name(y));

	if (by_fold)
		return by_fold;
	return (x->number > y->number) - (x->number < y->number);
}

/* Sort by path and drop all but the first file of each path. */
static void
sort(struct image_table_builder *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++)
		b->entries[i].name =
		    strbuf_cstr(&b->names) + b->entries[i].name_at;
	if (b->count)
		qsort(b->entries, b->count, sizeof(*b->entries), by_name);
	for (size_t i = 0; i < b->count; i++) {
		struct entry e = b->entries[i];

		if (kept && span_equal(entry_name(&b->entries[kept - 1]),
		                entry_name(&e)))
			continue;
		e.number = (uint32_t)kept;
		b->entries[kept++] = e;
	}
	b->count = kept;
}

static void
put_text(struct strbuf *out, struct span text)
{
	size_t len = text.len < TEXT_LEN_MAX ? text.len : TEXT_LEN_MAX;

	strbuf_le(out, len, 2);
	strbuf_add(out, text.data, len);
}

static void
put_facts(struct strbuf *out, const struct image_facts *f)
{
	assert(f->boot_count <= IMAGE_BOOT_ENTRIES_MAX);
	strbuf_le(out, f->size, 8);
	strbuf_le(out,
	    (f->rock_ridge ? FLAG_ROCK_RIDGE : 0U) |
	        (f->joliet ? FLAG_JOLIET : 0U) | (f->hybrid ? FLAG_HYBRID : 0U),
	    1);
	strbuf_le(out, f->boot_count, 1);
	for (size_t i = 0; i < f->boot_count; i++) {
		const struct image_boot_entry *e = &f->boot[i];

		strbuf_le(out, e->platform, 1);
		strbuf_le(out, e->emulation, 1);
		strbuf_le(out, e->bootable, 1);
		strbuf_le(out, e->offset, 8);
		strbuf_le(out, e->length, 8);
	}
	put_text(out, f->volume);
	put_text(out, f->system);
	put_text(out, f->publisher);
	put_text(out, f->application);
	put_text(out, f->disk_info);
}

static void
put_file(struct strbuf *out, const struct entry *e, uint32_t fold)
{
	uint8_t row[FILE_SIZE];
	struct writer w = writer_over(row, sizeof(row));

	writer_le32(&w, e->name_at);
	writer_le32(&w, e->name_len);
	writer_le32(&w, e->first);
	writer_le32(&w, e->count);
	writer_le64(&w, e->size);
	writer_le32(&w, fold);
	assert(!w.fault && writer_len(&w) == FILE_SIZE);
	strbuf_add(out, row, sizeof(row));
}

static void
put_files(struct strbuf *out, const struct image_table_builder *b)
{
	const struct entry **folded = mem_array(b->count, sizeof(*folded));

	for (size_t i = 0; i < b->count; i++)
		folded[i] = &b->entries[i];
	qsort(folded, b->count, sizeof(*folded), by_folded_name);
	for (size_t i = 0; i < b->count; i++)
		put_file(out, &b->entries[i], folded[i]->number);
	free(folded);
}

static void
put_extents(struct strbuf *out, const struct image_table_builder *b)
{
	for (size_t i = 0; i < b->extent_count; i++) {
		uint8_t row[EXTENT_SIZE];
		struct writer w = writer_over(row, sizeof(row));

		writer_le64(&w, b->extents[i].offset);
		writer_le64(&w, b->extents[i].length);
		strbuf_add(out, row, sizeof(row));
	}
}

void
image_table_finish(struct image_table_builder *b,
    const struct image_facts *facts, struct strbuf *out)
{
	struct strbuf head = {0};

	sort(b);
	put_facts(&head, facts);
	strbuf_add(out, MAGIC, MAGIC_LEN);
	strbuf_le(out, b->count, 4);
	strbuf_le(out, b->extent_count, 4);
	strbuf_le(out, b->names.len, 4);
	strbuf_le(out, head.len, 4);
	strbuf_span(out, strbuf_view(&head));
	put_files(out, b);
	put_extents(out, b);
	strbuf_span(out, strbuf_view(&b->names));
	strbuf_clear(&head);
}

static bool
inside(uint64_t offset, uint64_t length, uint64_t size)
{
	return offset <= size && length <= size - offset;
}

static struct span
take_text(struct reader *r)
{
	size_t len = reader_le16(r);

	if (len > TEXT_LEN_MAX)
		reader_fail(r, "text of the image table too long");
	return reader_span(r, len);
}

static void
take_boot_entry(struct reader *r, struct image_boot_entry *e, uint64_t size)
{
	e->platform = reader_u8(r);
	e->emulation = reader_u8(r);
	e->bootable = reader_u8(r) != 0;
	e->offset = reader_le64(r);
	e->length = reader_le64(r);
	if (!inside(e->offset, e->length, size))
		reader_fail(r, "boot entry outside the image");
}

static const char *
take_facts(struct span bytes, uint64_t size, struct image_facts *f)
{
	struct reader r = reader_over(bytes.data, bytes.len);
	uint8_t flags;

	f->size = reader_le64(&r);
	flags = reader_u8(&r);
	f->rock_ridge = flags & FLAG_ROCK_RIDGE;
	f->joliet = flags & FLAG_JOLIET;
	f->hybrid = flags & FLAG_HYBRID;
	f->boot_count = reader_u8(&r);
	if (f->boot_count > IMAGE_BOOT_ENTRIES_MAX)
		return "too many boot entries in the image table";
	for (size_t i = 0; i < f->boot_count; i++)
		take_boot_entry(&r, &f->boot[i], size);
	f->volume = take_text(&r);
	f->system = take_text(&r);
	f->publisher = take_text(&r);
	f->application = take_text(&r);
	f->disk_info = take_text(&r);
	if (!r.fault && reader_left(&r))
		return "image table has more facts than it should";
	return r.fault;
}

struct row {
	uint32_t name_at, name_len, first, count, fold;
	uint64_t size;
};

static struct row
row_at(const struct image_table *t, uint32_t i)
{
	struct reader r =
	    reader_over(t->files + (size_t)i * FILE_SIZE, FILE_SIZE);
	struct row row;

	row.name_at = reader_le32(&r);
	row.name_len = reader_le32(&r);
	row.first = reader_le32(&r);
	row.count = reader_le32(&r);
	row.size = reader_le64(&r);
	row.fold = reader_le32(&r);
	return row;
}

struct image_file
image_table_file(const struct image_table *t, uint32_t i)
{
	struct row row;

	assert(i < t->file_count);
	row = row_at(t, i);
	return (struct image_file){
	    .path = span_of(t->names + row.name_at, row.name_len),
	    .size = row.size,
	    .first = row.first,
	    .extent_count = row.count,
	};
}

struct image_extent
image_table_extent(const struct image_table *t, uint32_t i)
{
	struct image_extent x;
	struct reader r;

	assert(i < t->extent_count);
	r = reader_over(t->extents + (size_t)i * EXTENT_SIZE, EXTENT_SIZE);
	x.offset = reader_le64(&r);
	x.length = reader_le64(&r);
	return x;
}

static const char *
check_extents(const struct image_table *t, uint64_t image_size)
{
	for (uint32_t i = 0; i < t->extent_count; i++) {
		struct image_extent x = image_table_extent(t, i);

		if (x.length == 0 || !inside(x.offset, x.length, image_size))
			return "extent outside the image";
	}
	return NULL;
}

static const char *
check_row(const struct image_table *t, uint32_t i)
{
	struct row row = row_at(t, i);
	uint64_t sum = 0;

	if (!inside(row.name_at, row.name_len, t->names_len) ||
	    !path_good(span_of(t->names + row.name_at, row.name_len)))
		return "bad path in the image table";
	if (!inside(row.first, row.count, t->extent_count))
		return "file without its extents in the image table";
	for (uint32_t n = 0; n < row.count; n++)
		if (__builtin_add_overflow(
		        sum, image_table_extent(t, row.first + n).length, &sum))
			return "file too large in the image table";
	if (sum != row.size)
		return "file of another size than its extents";
	if (row.fold >= t->file_count)
		return "bad index in the image table";
	return NULL;
}

/* File `i` comes behind file i-1, in both orders. */
static const char *
check_order(const struct image_table *t, uint32_t i)
{
	uint32_t a = row_at(t, i - 1).fold;
	uint32_t b = row_at(t, i).fold;
	int fold;

	if (order(image_table_file(t, i - 1).path,
	        image_table_file(t, i).path) >= 0)
		return "image table is not sorted";
	fold = order_folded(
	    image_table_file(t, a).path, image_table_file(t, b).path);
	if (fold > 0 || (fold == 0 && a >= b))
		return "index of the image table is not sorted";
	return NULL;
}

static const char *
check_files(const struct image_table *t)
{
	uint64_t claimed = 0;
	const char *fault = NULL;

	/* Every extent belongs to one file; so the check of sums is linear. */
	for (uint32_t i = 0; i < t->file_count; i++)
		claimed += row_at(t, i).count;
	if (claimed > t->extent_count)
		return "extents used twice in the image table";
	for (uint32_t i = 0; !fault && i < t->file_count; i++)
		fault = check_row(t, i);
	for (uint32_t i = 1; !fault && i < t->file_count; i++)
		fault = check_order(t, i);
	return fault;
}

const char *
image_table_open(
    const void *bytes, size_t len, uint64_t image_size, struct image_table *out)
{
	struct reader r = reader_over(bytes, len);
	struct span magic = reader_span(&r, MAGIC_LEN);
	struct image_table t = {.bytes = bytes, .len = len};
	struct span facts;
	size_t facts_len;
	const char *fault;

	t.file_count = reader_le32(&r);
	t.extent_count = reader_le32(&r);
	t.names_len = reader_le32(&r);
	facts_len = reader_le32(&r);
	if (r.fault || !span_is(magic, MAGIC))
		return "not an image table";
	if (t.file_count > IMAGE_FILES_MAX || t.extent_count > EXTENTS_MAX)
		return "too many files";
	facts = reader_span(&r, facts_len);
	t.files = reader_bytes(&r, (size_t)t.file_count * FILE_SIZE);
	t.extents = reader_bytes(&r, (size_t)t.extent_count * EXTENT_SIZE);
	t.names = reader_bytes(&r, t.names_len);
	if (r.fault || reader_left(&r))
		return "image table of the wrong length";
	fault = take_facts(facts, image_size, &t.facts);
	if (!fault)
		fault = check_extents(&t, image_size);
	if (!fault)
		fault = check_files(&t);
	if (!fault)
		*out = t;
	return fault;
}

static bool
find_exact(
    const struct image_table *t, struct span path, struct image_file *out)
{
	uint32_t low = 0, high = t->file_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct image_file file = image_table_file(t, middle);
		int side = order(path, file.path);

		if (side == 0) {
			*out = file;
			return true;
		}
		if (side < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* The first in the folded order that is not before `path`. */
static bool
find_folded(
    const struct image_table *t, struct span path, struct image_file *out)
{
	uint32_t low = 0, high = t->file_count;
	struct image_file file;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		file = image_table_file(t, row_at(t, middle).fold);
		if (order_folded(file.path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->file_count)
		return false;
	file = image_table_file(t, row_at(t, low).fold);
	if (order_folded(file.path, path) != 0)
		return false;
	*out = file;
	return true;
}

bool
image_table_find(
    const struct image_table *t, struct span path, struct image_file *out)
{
	char inner[PATH_LEN_MAX];
	struct writer w = writer_over(inner, sizeof(inner));
	struct span below;

	if (find_exact(t, path, out) || find_folded(t, path, out))
		return true;
	writer_span(&w, span_text(ELTORITO_PREFIX));
	writer_span(&w, path);
	if (w.fault)
		return false;
	below = span_of(inner, writer_len(&w));
	return find_exact(t, below, out) || find_folded(t, below, out);
}
