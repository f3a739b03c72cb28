/*
 * image_layout.h - how an image table lies in its file; for image_table.c and
 * image_builder.c alone.
 */
#ifndef HOBNAIL_MEDIA_IMAGE_LAYOUT_H
#define HOBNAIL_MEDIA_IMAGE_LAYOUT_H

#include <stdbool.h>

#include "base/span.h"

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
#define TABLE_MAGIC "hobtbl01"
#define TABLE_MAGIC_LEN 8U
#define TABLE_FILE_SIZE 28U
#define TABLE_EXTENT_SIZE 16U
#define TABLE_PATH_LEN_MAX 1030U /* 1024 bytes behind ELTORITO_PREFIX */
#define TABLE_TEXT_LEN_MAX 1024U
#define TABLE_EXTENTS_MAX 4000000U
#define TABLE_CLAIMED_MAX 8000000U /* extents of all files together */

enum {
	TABLE_FLAG_ROCK_RIDGE = 1,
	TABLE_FLAG_JOLIET = 2,
	TABLE_FLAG_HYBRID = 4,
	TABLE_FLAG_ARCHIVE = 8,
	TABLE_FLAG_PACKED = 16,
};

/* Order by bytes: below, at or above 0. */
int image_path_order(struct span a, struct span b);

/* The same with ASCII letters made small. */
int image_path_order_folded(struct span a, struct span b);

#endif
