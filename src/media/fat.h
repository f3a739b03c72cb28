/*
 * fat.h - the files of a FAT file system inside an image, as extents.
 *
 * Meant for the EFI boot image of a CD, which may lie anywhere in the file.
 * FAT12, FAT16 and FAT32 with long names (Microsoft FAT specification, 2004;
 * ECMA-107).  Chains that loop or cross end the reading: no cluster is taken
 * twice.
 */
#ifndef HOBNAIL_MEDIA_FAT_H
#define HOBNAIL_MEDIA_FAT_H

#include <stdint.h>

#include "base/attr.h"
#include "media/backing.h"
#include "media/image_table.h"

/* What the boot sector says; everything checked. */
struct fat_volume {
	uint32_t sector;       /* bytes */
	uint32_t cluster;      /* bytes */
	uint32_t clusters;     /* how many */
	uint32_t root_entries; /* of the fixed root directory; FAT32: 0 */
	uint32_t root_cluster; /* FAT32 */
	unsigned int bits;     /* 12, 16, 32 */
	uint64_t size;         /* bytes of the whole file system */
	/* From the start of the file system, bytes. */
	uint64_t table_at, root_at, data_at;
	uint32_t table_len; /* bytes */
};

/* Parse a boot sector of 512 bytes.  NULL, or why it is none. */
MUST_USE const char *fat_parse(const uint8_t *sector, struct fat_volume *out);

/* How many bytes the file system at `at` takes.  NULL, or why it is none. */
MUST_USE const char *fat_size(
    const struct backing *b, uint64_t at, uint64_t *size);

/*
 * Add the files of the file system at `at`, each path behind `prefix`.
 * `*needs` becomes the end of the file system where data of it lie behind the
 * end of the image, else it stays.  NULL, or where reading ended; what was
 * added by then is right.
 */
MUST_USE const char *fat_list(const struct backing *b, uint64_t at,
    const char *prefix, struct image_table_builder *table, uint64_t *needs);

#endif
