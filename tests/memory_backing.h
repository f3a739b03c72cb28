/*
 * memory_backing.h - bytes in memory as an image, for fuzz targets and tests.
 */
#ifndef HOBNAIL_TESTS_MEMORY_BACKING_H
#define HOBNAIL_TESTS_MEMORY_BACKING_H

#include <string.h>

#include "media/backing.h"

/* `lead` zero bytes and then `size` bytes at `data`. */
struct memory {
	const uint8_t *data;
	size_t size;
	size_t lead;
};

static inline const char *
memory_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
	const struct memory *m = ctx;
	uint8_t *to = buf;

	for (; len && offset < m->lead; len--, offset++)
		*to++ = 0;
	if (len)
		memcpy(to, m->data + (offset - m->lead), len);
	return NULL;
}

static inline struct backing
memory_backing(struct memory *m)
{
	return (struct backing){
	    .size = m->size + m->lead, .read = memory_read, .ctx = m};
}

#endif
