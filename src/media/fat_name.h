/*
 * fat_name.h - the entries of one FAT directory, with their long names.
 *
 * Microsoft FAT specification, sections 6 and 7.  Letters of a code page above
 * ASCII become '_': which page it is, nothing says.
 */
#ifndef HOBNAIL_MEDIA_FAT_NAME_H
#define HOBNAIL_MEDIA_FAT_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define FAT_ENTRY_SIZE 32U
#define FAT_NAME_SIZE 768U /* 255 units of at most 3 bytes, and a NUL */

struct fat_entry {
	char name[FAT_NAME_SIZE]; /* UTF-8 */
	bool folder;
	uint32_t cluster; /* the first; 0: none */
	uint32_t size;    /* bytes */
};

/*
 * Take the next file or folder off the front of a directory's bytes; labels
 * and the entries "." and ".." are passed over.  False at the end.
 */
bool fat_entry_next(struct span *bytes, struct fat_entry *out);

#endif
