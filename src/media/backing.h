/*
 * backing.h - how a parser of images asks for their bytes.
 *
 * The parsers do no input or output: whoever calls them brings a function
 * that reads.  Every read is bounded here by the size of the image.
 */
#ifndef HOBNAIL_MEDIA_BACKING_H
#define HOBNAIL_MEDIA_BACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct backing {
	uint64_t size; /* of the image, bytes */
	/* Fill `buf` with the `len` bytes at `offset`, which lie inside.  NULL,
	 * or why that failed. */
	const char *(*read)(void *ctx, uint64_t offset, void *buf, size_t len);
	void *ctx;
};

/* Whether the `length` bytes at `offset` all lie inside. */
static inline bool
backing_holds(const struct backing *b, uint64_t offset, uint64_t length)
{
	return offset <= b->size && length <= b->size - offset;
}

/* Read, or say why not. */
MUST_USE static inline const char *
backing_read(const struct backing *b, uint64_t offset, void *buf, size_t len)
{
	if (!backing_holds(b, offset, len))
		return "data beyond the end of the image";
	return b->read(b->ctx, offset, buf, len);
}

#endif
