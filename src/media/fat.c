#include "media/fat.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/reader.h"
#include "media/fat_name.h"

#define BOOT_SECTOR 512U
#define TABLE_MAX (32U << 20)        /* bytes */
#define FOLDER_MAX (2U << 20)        /* bytes; 65,536 entries */
#define FOLDER_PATHS_MAX (16U << 20) /* bytes */
#define DEPTH_MAX 64U
#define PATH_LEN_MAX 1024U

struct folder {
	const char *path; /* with the prefix; ends in a slash unless empty */
	uint32_t cluster; /* 0: the fixed root directory */
	uint32_t depth;
};

struct walk {
	const struct backing *backing;
	struct image_table_builder *table;
	uint64_t at; /* of the file system */
	uint64_t *needs;
	struct fat_volume v;
	uint8_t *fat;
	uint8_t *taken; /* a bit per cluster */
	struct folder *todo;
	size_t todo_count, todo_room;
	struct arena paths;
	struct strbuf path;
	struct strbuf bytes; /* of the folder at hand */
	struct image_extent *extents;
	size_t extent_count, extent_room;
};

static bool
power_of_two(uint32_t n)
{
	return n && (n & (n - 1)) == 0;
}

/* Section 3.5 of the specification: the type follows from the count. */
static const char *
lay_out(struct fat_volume *v, uint64_t sectors, uint32_t reserved,
    uint32_t tables, uint32_t table_sectors)
{
	uint64_t root =
	    ((uint64_t)v->root_entries * 32 + v->sector - 1) / v->sector;
	uint64_t data = reserved + (uint64_t)tables * table_sectors + root;
	uint64_t count, bits;

	if (data >= sectors)
		return "FAT file system without room for data";
	count = (sectors - data) / (v->cluster / v->sector);
	if (count == 0 || count > 0x0ffffff5)
		return "FAT file system of an impossible size";
	v->clusters = (uint32_t)count;
	v->bits = count < 4085 ? 12 : count < 65525 ? 16 : 32;
	if (v->root_entries == 0)
		v->bits = 32;
	bits = (count + 2) * v->bits;
	if ((bits + 7) / 8 > (uint64_t)table_sectors * v->sector ||
	    (bits + 7) / 8 > TABLE_MAX)
		return "FAT of an impossible size";
	v->table_len = (uint32_t)((bits + 7) / 8);
	v->size = sectors * v->sector;
	v->table_at = (uint64_t)reserved * v->sector;
	v->root_at = v->table_at + (uint64_t)tables * table_sectors * v->sector;
	v->data_at = data * v->sector;
	return NULL;
}

const char *
fat_parse(const uint8_t *sector, struct fat_volume *out)
{
	struct reader r = reader_over(sector, BOOT_SECTOR);
	struct fat_volume v = {0};
	uint32_t reserved, tables, table_sectors, per_cluster;
	uint64_t sectors;
	const char *fault;

	reader_skip(&r, 11);
	v.sector = reader_le16(&r);
	per_cluster = reader_u8(&r);
	reserved = reader_le16(&r);
	tables = reader_u8(&r);
	v.root_entries = reader_le16(&r);
	sectors = reader_le16(&r);
	reader_skip(&r, 1);
	table_sectors = reader_le16(&r);
	reader_skip(&r, 8);
	if (sectors == 0)
		sectors = reader_le32(&r);
	else
		reader_skip(&r, 4);
	if (table_sectors == 0) {
		table_sectors = reader_le32(&r);
		reader_skip(&r, 4);
		v.root_cluster = reader_le32(&r);
		v.root_entries = 0;
	}
	if (v.sector < 512 || v.sector > 4096 || !power_of_two(v.sector) ||
	    !power_of_two(per_cluster) || reserved == 0 || tables == 0 ||
	    tables > 4)
		return "no FAT boot sector";
	v.cluster = v.sector * per_cluster;
	fault = lay_out(&v, sectors, reserved, tables, table_sectors);
	if (!fault)
		*out = v;
	return fault;
}

const char *
fat_size(const struct backing *b, uint64_t at, uint64_t *size)
{
	uint8_t sector[BOOT_SECTOR];
	struct fat_volume v;
	const char *fault = backing_read(b, at, sector, sizeof(sector));

	if (!fault)
		fault = fat_parse(sector, &v);
	if (!fault)
		*size = v.size;
	return fault;
}

/* What the table says follows cluster `n`; 0 at the end of a chain. */
static uint32_t
next_cluster(const struct walk *w, uint32_t n)
{
	const uint8_t *p;
	uint32_t next;

	if (w->v.bits == 12) {
		p = w->fat + n + n / 2;
		next = (uint32_t)(p[0] | p[1] << 8);
		next = n % 2 ? next >> 4 : next & 0xfff;
	} else if (w->v.bits == 16) {
		p = w->fat + (size_t)n * 2;
		next = (uint32_t)(p[0] | p[1] << 8);
	} else {
		struct reader r = reader_over(w->fat + (size_t)n * 4, 4);

		next = reader_le32(&r) & 0x0fffffff;
	}
	return next >= 2 && next < w->v.clusters + 2 ? next : 0;
}

/* Mark cluster `n` as taken; false where it was. */
static bool
take(struct walk *w, uint32_t n)
{
	uint8_t bit = (uint8_t)(1U << n % 8);

	if (w->taken[n / 8] & bit)
		return false;
	w->taken[n / 8] |= bit;
	return true;
}

static void
add_extent(struct walk *w, uint64_t offset, uint64_t length)
{
	struct image_extent *last = w->extents + w->extent_count;

	if (w->extent_count && last[-1].offset + last[-1].length == offset) {
		last[-1].length += length;
		return;
	}
	if (w->extent_count == w->extent_room) {
		w->extent_room = w->extent_room ? w->extent_room * 2 : 16;
		w->extents = mem_resize(
		    w->extents, w->extent_room * sizeof(*w->extents));
	}
	w->extents[w->extent_count++] = (struct image_extent){offset, length};
}

/*
 * Gather the extents of the chain at `cluster`, up to `size` bytes; `size`
 * becomes what is missing.  NULL, or why that is not possible.
 */
static const char *
gather(struct walk *w, uint32_t cluster, uint64_t *size)
{
	w->extent_count = 0;
	if (cluster < 2 || cluster >= w->v.clusters + 2)
		cluster = 0;
	while (*size && cluster) {
		uint64_t length = *size < w->v.cluster ? *size : w->v.cluster;
		uint64_t offset = w->at + w->v.data_at +
		                  (uint64_t)(cluster - 2) * w->v.cluster;

		if (!take(w, cluster))
			return "FAT cluster that is used twice";
		if (!backing_holds(w->backing, offset, length)) {
			*w->needs = w->at + w->v.size;
			return "FAT cluster outside the image";
		}
		add_extent(w, offset, length);
		*size -= length;
		cluster = next_cluster(w, cluster);
	}
	return NULL;
}

/* Read what must be there; note where the file system would end if not. */
static const char *
read_part(struct walk *w, uint64_t offset, void *buf, size_t len)
{
	if (!backing_holds(w->backing, offset, len))
		*w->needs = w->at + w->v.size;
	return backing_read(w->backing, offset, buf, len);
}

/* All bytes of a folder into w->bytes. */
static const char *
read_folder(struct walk *w, const struct folder *f)
{
	uint64_t size = FOLDER_MAX;
	const char *fault = NULL;

	w->extent_count = 0;
	if (f->cluster == 0)
		add_extent(w, w->at + w->v.root_at,
		    (uint64_t)w->v.root_entries * FAT_ENTRY_SIZE);
	else
		fault = gather(w, f->cluster, &size);
	w->bytes.len = 0;
	for (size_t i = 0; !fault && i < w->extent_count; i++) {
		const struct image_extent *x = &w->extents[i];
		uint8_t *piece = mem_alloc((size_t)x->length);

		fault = read_part(w, x->offset, piece, (size_t)x->length);
		strbuf_add(&w->bytes, piece, (size_t)x->length);
		free(piece);
	}
	return fault;
}

static const char *
push(struct walk *w, const char *path, uint32_t cluster, uint32_t depth)
{
	if (depth > DEPTH_MAX)
		return "folders nested too deep";
	if (!path)
		return "too many folders";
	if (w->todo_count == w->todo_room) {
		w->todo_room = w->todo_room ? w->todo_room * 2 : 16;
		w->todo = mem_resize(w->todo, w->todo_room * sizeof(*w->todo));
	}
	w->todo[w->todo_count++] = (struct folder){path, cluster, depth};
	return NULL;
}

static const char *
take_entry(struct walk *w, const struct folder *f, const struct fat_entry *e)
{
	uint64_t size = e->size;
	const char *fault;

	w->path.len = 0;
	strbuf_text(&w->path, f->path);
	strbuf_text(&w->path, e->name);
	if (!image_path_good(strbuf_view(&w->path)) ||
	    w->path.len > PATH_LEN_MAX || strchr(e->name, '/'))
		return NULL;
	if (e->folder) {
		strbuf_char(&w->path, '/');
		return push(w, arena_text(&w->paths, strbuf_view(&w->path)),
		    e->cluster, f->depth + 1);
	}
	fault = gather(w, e->cluster, &size);
	if (fault || size)
		return fault; /* a chain too short: no file to serve */
	return image_table_add(
	    w->table, strbuf_view(&w->path), w->extents, w->extent_count);
}

static const char *
list_folder(struct walk *w, const struct folder *f)
{
	const char *fault = read_folder(w, f);
	struct span bytes = strbuf_view(&w->bytes);
	struct fat_entry e;

	while (!fault && fat_entry_next(&bytes, &e)) {
		/* Only the fixed root directory may be cluster 0. */
		if (!e.folder || e.cluster >= 2)
			fault = take_entry(w, f, &e);
	}
	return fault;
}

static const char *
walk(struct walk *w, const char *prefix)
{
	uint8_t sector[BOOT_SECTOR];
	const char *fault =
	    backing_read(w->backing, w->at, sector, sizeof(sector));

	if (!fault)
		fault = fat_parse(sector, &w->v);
	if (fault)
		return fault;
	if (!backing_holds(w->backing, w->at + w->v.table_at, w->v.table_len)) {
		*w->needs = w->at + w->v.size;
		return "FAT outside the image";
	}
	w->fat = mem_alloc(w->v.table_len);
	w->taken = mem_alloc((size_t)w->v.clusters / 8 + 2);
	fault = read_part(w, w->at + w->v.table_at, w->fat, w->v.table_len);
	if (!fault)
		fault = push(w, prefix, w->v.root_cluster, 0);
	while (!fault && w->todo_count) {
		struct folder f = w->todo[--w->todo_count];

		fault = list_folder(w, &f);
	}
	return fault;
}

const char *
fat_list(const struct backing *b, uint64_t at, const char *prefix,
    struct image_table_builder *table, uint64_t *needs)
{
	struct walk w = {
	    .backing = b,
	    .table = table,
	    .at = at,
	    .needs = needs,
	    .paths = arena_with(FOLDER_PATHS_MAX),
	};
	const char *fault = walk(&w, prefix);

	free(w.fat);
	free(w.taken);
	free(w.todo);
	arena_clear(&w.paths);
	strbuf_clear(&w.path);
	strbuf_clear(&w.bytes);
	free(w.extents);
	return fault;
}
