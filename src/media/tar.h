/*
 * tar.h - the files of an uncompressed tar archive as extents of it.
 *
 * Meant for Debian's netboot archive.  POSIX.1-1988 ustar, pax (path, size and
 * linkpath; POSIX.1-2001) and GNU long names.  Sparse files are left out.
 */
#ifndef HOBNAIL_MEDIA_TAR_H
#define HOBNAIL_MEDIA_TAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "media/backing.h"
#include "media/image_table.h"

/* Where reading an archive stopped, when it did. */
struct tar_place {
	uint64_t at;    /* of the header, bytes */
	uint64_t needs; /* where data behind the end would end, or 0 */
	/* Of version.info, which says what a netboot archive holds. */
	struct image_extent version;
};

/* Whether the image starts with the header of a tar archive. */
bool tar_starts(const struct backing *b);

/* Add all files to `table`.  NULL, or what is wrong; `place` says where. */
MUST_USE const char *tar_list(const struct backing *b,
    struct image_table_builder *table, struct tar_place *place);

#endif
