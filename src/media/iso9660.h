/*
 * iso9660.h - the files of an ISO 9660 image and the bytes they occupy.
 *
 * Nothing is copied or unpacked: a file becomes a path and its extents.  Of
 * the trees that an image may hold the best is listed: Rock Ridge, else
 * Joliet, else plain ISO 9660.  UDF is not read.
 *
 * ECMA-119 (all levels, files of many sections), Joliet 1995, and what
 * rockridge.h names.  The image is hostile: every extent must lie inside it,
 * counts and depth are bounded, no folder is listed twice.
 */
#ifndef HOBNAIL_MEDIA_ISO9660_H
#define HOBNAIL_MEDIA_ISO9660_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "media/backing.h"
#include "media/image_table.h"

#define ISO_SECTOR 2048U /* bytes; descriptors and directories use it */
#define ISO_DEPTH_MAX 64U
#define ISO_FOLDER_MAX (64U << 20)   /* bytes of one directory */
#define ISO_FOLDERS_MAX (256U << 20) /* bytes of all directories */

/* One tree of folders. */
struct iso_tree {
	uint32_t block_size; /* bytes; 0: there is no such tree */
	uint64_t at;         /* of the root directory, bytes */
	uint32_t size;       /* of the root directory, bytes */
};

struct iso_image {
	char volume[33], system[33], publisher[129], application[129];
	uint64_t size; /* that the volume declares, bytes */
	struct iso_tree plain, joliet;
	bool rock_ridge;
	uint8_t skip;                  /* SUSP: bytes before its entries */
	uint64_t boot_catalogue;       /* where it starts, bytes; 0: none */
	struct image_extent disk_info; /* the file .disk/info */

	/* Where reading stopped, when it did. */
	uint64_t fault_at; /* bytes */
	uint64_t needs;    /* end of an extent outside the image, or 0 */
};

/* One directory record (ECMA-119 section 9.1). */
struct iso_record {
	struct span id;
	struct span system_use;
	uint32_t block, size;
	uint8_t attributes; /* blocks of extended attributes before the data */
	uint8_t flags, unit, gap;
	size_t at; /* in the directory, bytes */
};

enum {
	ISO_RECORD_FOLDER = 0x02,
	ISO_RECORD_ASSOCIATED = 0x04,
	ISO_RECORD_CONTINUES = 0x80,
};

/* Read the volume descriptors.  NULL, or what is wrong; `out` is always
 * set, and says where. */
MUST_USE const char *iso9660_open(
    const struct backing *b, struct iso_image *out);

/* Add all files to `table`.  NULL, or what is wrong; `iso` says where. */
MUST_USE const char *iso9660_list(const struct backing *b,
    struct iso_image *iso, struct image_table_builder *table);

/*
 * The record at or behind `*at` in the bytes of a directory; `*at` moves
 * behind it.  False at the end, and, with `*fault` set, where the record
 * cannot be one.
 */
bool iso_record_next(
    struct span folder, size_t *at, struct iso_record *out, const char **fault);

/* Whether it stands for the folder itself or the one above. */
bool iso_record_is_dot(const struct iso_record *r);

#endif
