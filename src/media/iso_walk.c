#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"
#include "media/iso9660.h"
#include "media/rockridge.h"
#include "media/utf16.h"

#define PATH_LEN_MAX 1024U           /* bytes */
#define FOLDER_PATHS_MAX (64U << 20) /* bytes of the paths of all folders */
#define SECTIONS_MAX 65536U          /* of one file */
#define ID_LEN_MAX 255U              /* bytes */

enum { MODE_TYPE = 0170000, MODE_FILE = 0100000, MODE_LINK = 0120000 };

/* A folder that is still to be listed. */
struct folder {
	const char *path; /* in the arena; "" for the root */
	uint64_t at;      /* bytes */
	uint32_t size;    /* bytes */
	uint32_t depth;
};

struct walk {
	const struct backing *backing;
	struct iso_image *iso;
	struct image_table_builder *table;
	const struct iso_tree *tree;
	struct rock_reader *rock; /* NULL where there is no Rock Ridge */
	struct rock_entry extra;  /* of the record at hand */

	struct folder *todo;
	size_t todo_count, todo_room;
	struct table seen; /* by where the folder starts */
	struct arena paths;
	uint8_t *bytes;   /* of the folder at hand */
	size_t room;      /* of bytes */
	uint64_t listed;  /* bytes of all folders so far */
	uint32_t records; /* of all folders so far */

	struct strbuf path; /* of the record at hand */
	struct strbuf file; /* of the file whose sections are gathered */
	bool gathering;
	bool unreadable; /* that file is not served */
	struct image_extent *sections;
	size_t section_count, section_room;
};

/* `at` is where in the image. */
static const char *
fail(struct walk *w, uint64_t at, const char *fault)
{
	w->iso->fault_at = at;
	return fault;
}

/* Remember an extent that does not lie in the image. */
static const char *
fail_outside(struct walk *w, uint64_t at, uint64_t end, const char *fault)
{
	w->iso->needs = end;
	return fail(w, at, fault);
}

/* List the folder at `at` later.  `record_at` is what named it. */
static const char *
push(struct walk *w, struct folder f, uint64_t record_at)
{
	if (f.depth > ISO_DEPTH_MAX)
		return fail(w, record_at, "folders nested too deep");
	if (f.size > ISO_FOLDER_MAX || f.size > ISO_FOLDERS_MAX - w->listed)
		return fail(w, record_at, "folder too large");
	if (!backing_holds(w->backing, f.at, f.size))
		return fail_outside(
		    w, record_at, f.at + f.size, "folder outside the image");
	if (table_put(&w->seen, f.at, w) || f.size == 0)
		return NULL; /* a loop, or two names of one folder */
	w->listed += f.size;
	if (w->todo_count == w->todo_room) {
		w->todo_room = w->todo_room ? w->todo_room * 2 : 64;
		w->todo = mem_resize(w->todo, w->todo_room * sizeof(*w->todo));
	}
	w->todo[w->todo_count++] = f;
	return NULL;
}

/* A plain name without version number and without the dot of an empty
 * extension (ECMA-119 section 7.5). */
static struct span
without_version(struct span name)
{
	size_t len = name.len;

	while (len && text_digit(name.data[len - 1]))
		len--;
	if (len && name.data[len - 1] == ';')
		name.len = len - 1;
	if (name.len > 1 && name.data[name.len - 1] == '.')
		name.len--;
	return name;
}

static void
add_joliet_name(struct strbuf *out, struct span id)
{
	uint16_t units[ID_LEN_MAX / 2];
	size_t count = id.len / 2;
	size_t len, before = out->len;
	struct span name;

	for (size_t i = 0; i < count; i++)
		units[i] = utf16_be((const uint8_t *)id.data + 2 * i);
	utf16_text(out, units, count);
	name = without_version(span_skip(strbuf_view(out), before));
	len = before + name.len;
	out->len = len;
}

/* Make w->path that of record `r` in `folder`.  False where the name is not
 * one that may stand in a path. */
static bool
make_path(struct walk *w, const char *folder, const struct iso_record *r)
{
	size_t before;

	w->path.len = 0;
	strbuf_text(&w->path, folder);
	if (w->path.len)
		strbuf_char(&w->path, '/');
	before = w->path.len;
	if (w->rock && w->extra.name.len)
		strbuf_span(&w->path, strbuf_view(&w->extra.name));
	else if (w->tree == &w->iso->joliet)
		add_joliet_name(&w->path, r->id);
	else
		strbuf_span(&w->path, without_version(r->id));
	return w->path.len > before && w->path.len <= PATH_LEN_MAX &&
	       !memchr(w->path.data + before, '/', w->path.len - before) &&
	       image_path_good(strbuf_view(&w->path));
}

/*
 * RRIP section 4.1.5.1: a folder too deep for ISO 9660 lies elsewhere, and a
 * record that looks like a file stands in its place.  How long it is, only
 * its own first record says.
 */
static const char *
push_relocated(struct walk *w, const struct folder *parent, uint64_t record_at)
{
	uint64_t at = (uint64_t)w->extra.child * w->tree->block_size;
	uint8_t sector[ISO_SECTOR];
	struct iso_record self;
	const char *fault = NULL;
	struct folder f = {.at = at, .depth = parent->depth + 1};
	size_t next = 0;

	if (!backing_holds(w->backing, at, sizeof(sector)))
		return fail_outside(w, record_at, at + sizeof(sector),
		    "relocated folder outside the image");
	fault = backing_read(w->backing, at, sector, sizeof(sector));
	if (fault)
		return fail(w, at, fault);
	if (!iso_record_next(
	        span_of(sector, sizeof(sector)), &next, &self, &fault) ||
	    !iso_record_is_dot(&self))
		return fail(w, at, "relocated folder that is none");
	f.size = self.size;
	f.path = arena_text(&w->paths, strbuf_view(&w->path));
	if (!f.path)
		return fail(w, record_at, "too many folders");
	return push(w, f, record_at);
}

static const char *
push_folder(struct walk *w, const struct folder *parent,
    const struct iso_record *r, uint64_t record_at)
{
	struct folder f = {
	    .at = ((uint64_t)r->block + r->attributes) * w->tree->block_size,
	    .size = r->size,
	    .depth = parent->depth + 1,
	};

	f.path = arena_text(&w->paths, strbuf_view(&w->path));
	if (!f.path)
		return fail(w, record_at, "too many folders");
	return push(w, f, record_at);
}

/* One section of a file: add it to those of w->file. */
static const char *
take_section(struct walk *w, const struct iso_record *r, uint64_t record_at)
{
	struct image_extent x = {
	    .offset =
	        ((uint64_t)r->block + r->attributes) * w->tree->block_size,
	    .length = r->size,
	};

	if (x.length == 0)
		return NULL;
	if (!backing_holds(w->backing, x.offset, x.length))
		return fail_outside(w, record_at, x.offset + x.length,
		    "file outside the image");
	if (w->section_count == SECTIONS_MAX)
		return fail(w, record_at, "file of too many sections");
	if (w->section_count == w->section_room) {
		w->section_room = w->section_room ? w->section_room * 2 : 16;
		w->sections = mem_resize(
		    w->sections, w->section_room * sizeof(*w->sections));
	}
	w->sections[w->section_count++] = x;
	return NULL;
}

/* Interleaved, compressed and special files are no ranges of bytes. */
static bool
servable(const struct walk *w, const struct iso_record *r)
{
	uint32_t type = w->rock ? w->extra.mode & MODE_TYPE : 0;

	return r->unit == 0 && r->gap == 0 &&
	       !(w->rock && w->extra.compressed) &&
	       (type == 0 || type == MODE_FILE);
}

static const char *
take_file(struct walk *w, const struct iso_record *r, uint64_t record_at)
{
	const char *fault;

	if (!w->gathering ||
	    !span_equal(strbuf_view(&w->path), strbuf_view(&w->file))) {
		w->section_count = 0;
		w->unreadable = false;
		w->file.len = 0;
		strbuf_span(&w->file, strbuf_view(&w->path));
	}
	fault = take_section(w, r, record_at);
	if (fault)
		return fault;
	w->unreadable = w->unreadable || !servable(w, r);
	w->gathering = r->flags & ISO_RECORD_CONTINUES;
	if (w->gathering || w->unreadable)
		return NULL;
	if (span_is_nocase(strbuf_view(&w->file), ".disk/info") &&
	    w->section_count)
		w->iso->disk_info = w->sections[0];
	fault = image_table_add(
	    w->table, strbuf_view(&w->file), w->sections, w->section_count);
	return fault ? fail(w, record_at, fault) : NULL;
}

static const char *
take_record(struct walk *w, const struct folder *folder,
    const struct iso_record *r, uint64_t record_at)
{
	if (++w->records > 2 * IMAGE_FILES_MAX)
		return fail(w, record_at, "too many files");
	if (iso_record_is_dot(r) || r->flags & ISO_RECORD_ASSOCIATED)
		return NULL;
	if (w->rock) {
		rock_parse(w->rock, r->system_use, &w->extra);
		if (w->extra.relocated)
			return NULL;
	}
	if (!make_path(w, folder->path, r))
		return NULL;
	if (w->rock && w->extra.child)
		return push_relocated(w, folder, record_at);
	if (r->flags & ISO_RECORD_FOLDER)
		return push_folder(w, folder, r, record_at);
	if (w->rock && w->extra.target.len &&
	    (w->extra.mode & MODE_TYPE) == MODE_LINK) {
		const char *fault = image_table_link(w->table,
		    strbuf_view(&w->path), strbuf_view(&w->extra.target));

		return fault ? fail(w, record_at, fault) : NULL;
	}
	return take_file(w, r, record_at);
}

static const char *
list_folder(struct walk *w, const struct folder *f)
{
	struct span bytes;
	struct iso_record r;
	const char *fault;
	size_t at = 0;

	if (f->size > w->room) {
		free(w->bytes);
		w->room = f->size;
		w->bytes = mem_alloc(w->room);
	}
	fault = backing_read(w->backing, f->at, w->bytes, f->size);
	if (fault)
		return fail(w, f->at, fault);
	bytes = span_of(w->bytes, f->size);
	w->gathering = false;
	while (iso_record_next(bytes, &at, &r, &fault)) {
		fault = take_record(w, f, &r, f->at + r.at);
		if (fault)
			return fault;
	}
	return fault ? fail(w, f->at + at, fault) : NULL;
}

static const char *
walk(struct walk *w)
{
	struct folder root = {
	    .path = "", .at = w->tree->at, .size = w->tree->size};
	const char *fault = push(w, root, root.at);

	/* The last one first: so the list stays short. */
	while (!fault && w->todo_count) {
		struct folder f = w->todo[--w->todo_count];

		fault = list_folder(w, &f);
	}
	return fault;
}

static void
walk_clear(struct walk *w)
{
	free(w->rock);
	rock_entry_clear(&w->extra);
	free(w->todo);
	table_clear(&w->seen);
	arena_clear(&w->paths);
	free(w->bytes);
	strbuf_clear(&w->path);
	strbuf_clear(&w->file);
	free(w->sections);
}

const char *
iso9660_list(const struct backing *b, struct iso_image *iso,
    struct image_table_builder *table)
{
	struct walk w = {
	    .backing = b,
	    .iso = iso,
	    .table = table,
	    .tree = iso->rock_ridge || !iso->joliet.block_size ? &iso->plain
	                                                       : &iso->joliet,
	    .paths = arena_with(FOLDER_PATHS_MAX),
	};
	const char *fault;

	if (iso->rock_ridge) {
		w.rock = mem_alloc(sizeof(*w.rock));
		w.rock->backing = b;
		w.rock->block_size = iso->plain.block_size;
		w.rock->skip = iso->skip;
	}
	fault = walk(&w);
	walk_clear(&w);
	return fault;
}
