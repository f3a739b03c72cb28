#include "media/image_table.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"
#include "media/image_layout.h"

bool
image_path_good(struct span path)
{
	if (path.len == 0 || path.len > TABLE_PATH_LEN_MAX ||
	    memchr(path.data, '\0', path.len) || path.data[path.len - 1] == '/')
		return false;
	while (path.data) {
		struct span part = span_cut(&path, '/');

		if (part.len == 0 || span_is(part, ".") || span_is(part, ".."))
			return false;
	}
	return true;
}

int
image_path_order(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int by_bytes = len ? memcmp(a.data, b.data, len) : 0;

	return by_bytes ? by_bytes : (a.len > b.len) - (a.len < b.len);
}

int
image_path_order_folded(struct span a, struct span b)
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

static bool
inside(uint64_t offset, uint64_t length, uint64_t size)
{
	return offset <= size && length <= size - offset;
}

static struct span
take_text(struct reader *r)
{
	size_t len = reader_le16(r);

	if (len > TABLE_TEXT_LEN_MAX)
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
	f->rock_ridge = flags & TABLE_FLAG_ROCK_RIDGE;
	f->joliet = flags & TABLE_FLAG_JOLIET;
	f->hybrid = flags & TABLE_FLAG_HYBRID;
	f->archive = flags & TABLE_FLAG_ARCHIVE;
	f->packed = flags & TABLE_FLAG_PACKED;
	if (f->packed)
		size = f->size;
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
	struct reader r = reader_over(
	    t->files + (size_t)i * TABLE_FILE_SIZE, TABLE_FILE_SIZE);
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
	r = reader_over(
	    t->extents + (size_t)i * TABLE_EXTENT_SIZE, TABLE_EXTENT_SIZE);
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
	    !image_path_good(span_of(t->names + row.name_at, row.name_len)))
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

	if (image_path_order(image_table_file(t, i - 1).path,
	        image_table_file(t, i).path) >= 0)
		return "image table is not sorted";
	fold = image_path_order_folded(
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

	/* Links share extents; the check of sums below is bounded by this. */
	for (uint32_t i = 0; i < t->file_count; i++)
		claimed += row_at(t, i).count;
	if (claimed > TABLE_CLAIMED_MAX)
		return "too many extents in the image table";
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
	struct span magic = reader_span(&r, TABLE_MAGIC_LEN);
	struct image_table t = {.bytes = bytes, .len = len};
	struct span facts;
	size_t facts_len;
	const char *fault;

	t.file_count = reader_le32(&r);
	t.extent_count = reader_le32(&r);
	t.names_len = reader_le32(&r);
	facts_len = reader_le32(&r);
	if (r.fault || !span_is(magic, TABLE_MAGIC))
		return "not an image table";
	if (t.file_count > IMAGE_FILES_MAX ||
	    t.extent_count > TABLE_EXTENTS_MAX)
		return "too many files";
	facts = reader_span(&r, facts_len);
	t.files = reader_bytes(&r, (size_t)t.file_count * TABLE_FILE_SIZE);
	t.extents =
	    reader_bytes(&r, (size_t)t.extent_count * TABLE_EXTENT_SIZE);
	t.names = reader_bytes(&r, t.names_len);
	if (r.fault || reader_left(&r))
		return "image table of the wrong length";
	fault = take_facts(facts, image_size, &t.facts);
	if (!fault)
		fault = check_extents(
		    &t, t.facts.packed ? t.facts.size : image_size);
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
		int side = image_path_order(path, file.path);

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
		if (image_path_order_folded(file.path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->file_count)
		return false;
	file = image_table_file(t, row_at(t, low).fold);
	if (image_path_order_folded(file.path, path) != 0)
		return false;
	*out = file;
	return true;
}

bool
image_table_find(
    const struct image_table *t, struct span path, struct image_file *out)
{
	char inner[TABLE_PATH_LEN_MAX];
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
