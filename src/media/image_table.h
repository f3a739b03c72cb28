/*
 * image_table.h - which bytes of an image each file in it occupies.
 *
 * The image role builds a table once, when an image is admitted; it is stored
 * as one file, and the boot role maps it.  A table is checked whole when it is
 * opened (its maker read a hostile image), so that look-ups need no checks.
 *
 * Paths have no leading slash.  Files of the FAT file system in the El Torito
 * EFI image stand below ELTORITO_PREFIX.
 */
#ifndef HOBNAIL_MEDIA_IMAGE_TABLE_H
#define HOBNAIL_MEDIA_IMAGE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/strbuf.h"

#define ELTORITO_PREFIX "[efi]/"
#define IMAGE_FILES_MAX 1000000U
#define IMAGE_BOOT_ENTRIES_MAX 8U

struct image_extent {
	uint64_t offset; /* in the image, bytes */
	uint64_t length; /* bytes */
};

/* One El Torito entry (El Torito 1.0, section 2). */
struct image_boot_entry {
	uint8_t platform;  /* 0 BIOS, 0xef EFI */
	uint8_t emulation; /* 0 none, 1..3 floppy, 4 hard disk */
	bool bootable;
	uint64_t offset; /* of the boot image, bytes */
	uint64_t length; /* bytes, as far as it can be known */
};

/* What the image says of itself. */
struct image_facts {
	/* That the volume declares, bytes; of a packed image that of its
	 * content. */
	uint64_t size;
	struct span volume;      /* volume identifier */
	struct span system;      /* system identifier */
	struct span publisher;   /* publisher identifier */
	struct span application; /* application identifier */
	/* First line of .disk/info, or of an archive's version.info. */
	struct span disk_info;
	bool rock_ridge, joliet;
	bool hybrid;  /* starts with a master boot record */
	bool archive; /* a tar archive, no ISO 9660 */
	bool packed;  /* the file is compressed; extents lie in its content */
	struct image_boot_entry boot[IMAGE_BOOT_ENTRIES_MAX];
	size_t boot_count;
};

struct image_file {
	struct span path;
	uint64_t size;         /* bytes; the sum of its extents */
	uint32_t first;        /* number of its first extent */
	uint32_t extent_count; /* 0 for an empty file */
};

/* A table in memory that the caller mapped and keeps. */
struct image_table {
	const uint8_t *bytes;
	size_t len;
	struct image_facts facts;
	uint32_t file_count, extent_count;
	const uint8_t *files, *extents, *names; /* the parts of `bytes` */
	size_t names_len;
};

/* Collects files; _finish sorts and writes the table. */
struct image_table_builder;

struct image_table_builder *image_table_builder_new(void);
void image_table_builder_free(struct image_table_builder *b);

/* Add a file; `path` must be good (below), the extents lie in the image; they
 * are joined where they touch.  NULL, or "too many
 * files". */
MUST_USE const char *image_table_add(struct image_table_builder *b,
    struct span path, const struct image_extent *extents, size_t count);

/*
 * Add a symbolic link whose text is `target`.  In the finished table all that
 * is at or below the target stands at `path` too; a link that leads nowhere,
 * or out of the image, is dropped.  NULL, or "too many files".
 */
MUST_USE const char *image_table_link(
    struct image_table_builder *b, struct span path, struct span target);

/* Whether `path` may be added: its parts stand between single slashes, none
 * is "." or "..", there is no NUL, and it has at most 1,030 bytes. */
bool image_path_good(struct span path);

/* Write the table to `out`.  A path that was added twice means the first. */
void image_table_finish(struct image_table_builder *b,
    const struct image_facts *facts, struct strbuf *out);

/*
 * Open a table over `bytes`, which must outlive it.  `image_size` is that of
 * the image file: no extent may pass it, or facts.size where the image is
 * packed.  NULL, or what is wrong.
 */
MUST_USE const char *image_table_open(const void *bytes, size_t len,
    uint64_t image_size, struct image_table *out);

/* File number `i`, below file_count; sorted by path. */
struct image_file image_table_file(const struct image_table *t, uint32_t i);

/* Extent number `i`, below extent_count. */
struct image_extent image_table_extent(const struct image_table *t, uint32_t i);

/*
 * Look a path up: exactly, then without regard to (ASCII) case, then both in
 * the El Torito image.  False where there is none.
 */
bool image_table_find(
    const struct image_table *t, struct span path, struct image_file *out);

#endif
