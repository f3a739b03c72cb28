#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/writer.h"
#include "media/image_layout.h"
#include "media/image_table.h"
#include "media/sort.h"

#define NAMES_MAX (64U << 20)
#define LINKED_MAX 200000U /* files that links may add */
#define ROUNDS 3U          /* of resolving: links that lead to links */

struct link {
	uint32_t path_at, path_len;
	uint32_t target_at, target_len;
	uint32_t depth;        /* slashes in its path */
	uint32_t target_depth; /* parts of its target */
	bool done;
};

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
	struct link *links;
	size_t link_count, link_room;
	size_t linked;  /* files that links added */
	size_t claimed; /* extents of all files together */
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
	free(b->links);
	strbuf_clear(&b->names);
	free(b);
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

	assert(image_path_good(path));
	if (b->count >= IMAGE_FILES_MAX ||
	    count > TABLE_EXTENTS_MAX - b->extent_count ||
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
	b->claimed += e.count;
	return NULL;
}

/*
 * Follow `target` from the folder that `path` is in (RRIP 4.1.3; POSIX path
 * names), into `out`.  False where it leaves the image.
 */
static bool
link_target(struct span path, struct span target, struct writer *out)
{
	while (path.len && path.data[path.len - 1] != '/')
		path.len--;
	if (path.len)
		writer_bytes(out, path.data, path.len - 1);
	while (target.data) {
		struct span part = span_cut(&target, '/');

		if (part.len == 0 || span_is(part, "."))
			continue;
		if (!span_is(part, "..")) {
			if (writer_len(out))
				writer_bytes(out, "/", 1);
			writer_span(out, part);
			continue;
		}
		if (out->at == out->start)
			return false;
		while (out->at > out->start && *--out->at != '/')
			continue;
	}
	return !out->fault;
}

const char *
image_table_link(
    struct image_table_builder *b, struct span path, struct span target)
{
	char goal[TABLE_PATH_LEN_MAX];
	struct writer w = writer_over(goal, sizeof(goal));
	struct link l = {.path_at = (uint32_t)b->names.len};

	assert(image_path_good(path));
	if (target.len == 0 || target.data[0] == '/' ||
	    !link_target(path, target, &w))
		return NULL;
	if (b->link_count >= IMAGE_FILES_MAX ||
	    path.len + writer_len(&w) > NAMES_MAX - b->names.len)
		return "too many files";
	if (b->link_count == b->link_room) {
		b->link_room = b->link_room ? b->link_room * 2 : 64;
		b->links =
		    mem_resize(b->links, b->link_room * sizeof(*b->links));
	}
	l.path_len = (uint32_t)path.len;
	l.target_at = (uint32_t)(l.path_at + path.len);
	l.target_len = (uint32_t)writer_len(&w);
	for (size_t i = 0; i < path.len; i++)
		l.depth += path.data[i] == '/';
	l.target_depth = l.target_len > 0;
	for (size_t i = 0; i < l.target_len; i++)
		l.target_depth += goal[i] == '/';
	strbuf_span(&b->names, path);
	strbuf_add(&b->names, goal, l.target_len);
	b->links[b->link_count++] = l;
	return NULL;
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
	int by_bytes = image_path_order(entry_name(x), entry_name(y));

	if (by_bytes)
		return by_bytes;
	return (x->number > y->number) - (x->number < y->number);
}

static int
by_folded_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int by_fold = image_path_order_folded(entry_name(x), entry_name(y));

	if (by_fold)
		return by_fold;
	return (x->number > y->number) - (x->number < y->number);
}

/* Sort by path and drop all but the first file of each path. */
static void
sort(struct image_table_builder *b)
{
	const void **sorted = mem_array(b->count, sizeof(*sorted));
	struct entry *kept = mem_array(b->count, sizeof(*kept));
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++) {
		b->entries[i].name =
		    strbuf_cstr(&b->names) + b->entries[i].name_at;
		sorted[i] = &b->entries[i];
	}
	sort_pointers(sorted, b->count, by_name);
	for (size_t i = 0; i < b->count; i++) {
		struct entry e = *(const struct entry *)sorted[i];

		if (count &&
		    span_equal(entry_name(&kept[count - 1]), entry_name(&e)))
			continue;
		e.number = (uint32_t)count;
		kept[count++] = e;
	}
	free(sorted);
	free(b->entries);
	b->entries = kept;
	b->room = b->count;
	b->count = count;
}

/* The same while names are still added, which may move them. */
static struct span
name_of(const struct image_table_builder *b, size_t number)
{
	const struct entry *e = &b->entries[number];

	return span_of(strbuf_cstr(&b->names) + e->name_at, e->name_len);
}

/* The number of the first of the `count` sorted entries that is not before
 * `path`. */
static size_t
lower_bound(const struct image_table_builder *b, size_t count, struct span path)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (image_path_order(name_of(b, middle), path) < 0)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/* Add file `number` once more: the first `cut` bytes of its path become the
 * path of link `l`. */
static void
add_linked(struct image_table_builder *b, const struct link *l, size_t number,
    size_t cut)
{
	struct entry e = b->entries[number];
	char path[TABLE_PATH_LEN_MAX];
	struct writer w = writer_over(path, sizeof(path));

	writer_bytes(&w, strbuf_cstr(&b->names) + l->path_at, l->path_len);
	if (cut == 0)
		writer_bytes(&w, "/", 1);
	writer_span(&w, span_skip(name_of(b, number), cut));
	if (w.fault || b->linked >= LINKED_MAX || b->count >= IMAGE_FILES_MAX ||
	    b->claimed + e.count > TABLE_CLAIMED_MAX ||
	    writer_len(&w) > NAMES_MAX - b->names.len)
		return;
	make_room(b, 0);
	b->linked++;
	b->claimed += e.count;
	e.name_at = (uint32_t)b->names.len;
	e.name_len = (uint32_t)writer_len(&w);
	e.number = (uint32_t)b->count;
	strbuf_add(&b->names, path, e.name_len);
	b->entries[b->count++] = e;
}

/* Add what is at or below the target of `l`, but not what is below `l`, nor
 * what is in the El Torito image.  The first `sorted` entries are looked
 * through. */
static void
follow(struct image_table_builder *b, struct link *l, size_t sorted)
{
	char goal[TABLE_PATH_LEN_MAX + 1], own[TABLE_PATH_LEN_MAX + 1];
	struct span target = span_of(goal, l->target_len);
	struct span self = span_of(own, l->path_len + 1U);
	size_t i;

	memcpy(own, strbuf_cstr(&b->names) + l->path_at, l->path_len);
	own[l->path_len] = '/';
	memcpy(goal, strbuf_cstr(&b->names) + l->target_at, target.len);
	i = lower_bound(b, sorted, target);
	if (target.len && i < sorted && span_equal(name_of(b, i), target)) {
		add_linked(b, l, i, target.len);
		l->done = true;
		return;
	}
	goal[target.len] = '/';
	if (target.len)
		target.len++;
	for (i = lower_bound(b, sorted, target); i < sorted; i++) {
		struct span name = name_of(b, i);

		if (name.len < target.len ||
		    memcmp(name.data, goal, target.len) != 0)
			break;
		l->done = true;
		if (span_starts(name, ELTORITO_PREFIX) ||
		    (name.len > self.len &&
		        memcmp(name.data, own, self.len) == 0))
			continue;
		add_linked(b, l, i, target.len ? target.len - 1 : 0);
	}
}

static int
by_depth(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? 1 : -1;
	if (x->target_depth != y->target_depth)
		return x->target_depth < y->target_depth ? 1 : -1;
	return (x->path_at > y->path_at) - (x->path_at < y->path_at);
}

/*
 * Links become files of their own, for a client asks for one path and has no
 * notion of links.  The deepest come first, and those with the deepest target,
 * so that a link to a folder (as "debian -> ." on Debian's images) also shows
 * the links in it.
 */
static void
resolve_links(struct image_table_builder *b)
{
	const void **order = mem_array(b->link_count, sizeof(*order));

	for (size_t i = 0; i < b->link_count; i++)
		order[i] = &b->links[i];
	sort_pointers(order, b->link_count, by_depth);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		const struct link *last = NULL;
		size_t before = b->linked, sorted = 0;

		for (size_t i = 0; i < b->link_count; i++) {
			struct link *l =
			    &b->links[(const struct link *)order[i] - b->links];

			if (l->done)
				continue;
			if (!last || l->depth != last->depth ||
			    l->target_depth != last->target_depth) {
				sort(b);
				sorted = b->count;
			}
			last = l;
			follow(b, l, sorted);
		}
		if (b->linked == before)
			break;
	}
	free(order);
}

static void
put_text(struct strbuf *out, struct span text)
{
	size_t len =
	    text.len < TABLE_TEXT_LEN_MAX ? text.len : TABLE_TEXT_LEN_MAX;

	strbuf_le(out, len, 2);
	strbuf_add(out, text.data, len);
}

static void
put_facts(struct strbuf *out, const struct image_facts *f)
{
	unsigned int flags = (f->rock_ridge ? TABLE_FLAG_ROCK_RIDGE : 0U) |
	                     (f->joliet ? TABLE_FLAG_JOLIET : 0U) |
	                     (f->hybrid ? TABLE_FLAG_HYBRID : 0U) |
	                     (f->archive ? TABLE_FLAG_ARCHIVE : 0U) |
	                     (f->packed ? TABLE_FLAG_PACKED : 0U);

	assert(f->boot_count <= IMAGE_BOOT_ENTRIES_MAX);
	strbuf_le(out, f->size, 8);
	strbuf_le(out, flags, 1);
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
	uint8_t row[TABLE_FILE_SIZE];
	struct writer w = writer_over(row, sizeof(row));

	writer_le32(&w, e->name_at);
	writer_le32(&w, e->name_len);
	writer_le32(&w, e->first);
	writer_le32(&w, e->count);
	writer_le64(&w, e->size);
	writer_le32(&w, fold);
	assert(!w.fault && writer_len(&w) == TABLE_FILE_SIZE);
	strbuf_add(out, row, sizeof(row));
}

static void
put_files(struct strbuf *out, const struct image_table_builder *b)
{
	const void **folded = mem_array(b->count, sizeof(*folded));

	for (size_t i = 0; i < b->count; i++)
		folded[i] = &b->entries[i];
	sort_pointers(folded, b->count, by_folded_name);
	for (size_t i = 0; i < b->count; i++)
		put_file(out, &b->entries[i],
		    ((const struct entry *)folded[i])->number);
	free(folded);
}

static void
put_extents(struct strbuf *out, const struct image_table_builder *b)
{
	for (size_t i = 0; i < b->extent_count; i++) {
		uint8_t row[TABLE_EXTENT_SIZE];
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

	resolve_links(b);
	sort(b);
	put_facts(&head, facts);
	strbuf_add(out, TABLE_MAGIC, TABLE_MAGIC_LEN);
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
