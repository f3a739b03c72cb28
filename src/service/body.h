/*
 * body.h - a place in the bytes that the extents of a file make up.
 *
 * The servers' answers are bodies made of extents; this turns "the next n
 * bytes of the body" into places in the file.
 */
#ifndef HOBNAIL_SERVICE_BODY_H
#define HOBNAIL_SERVICE_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "media/image_table.h"

/* Borrows the extents. */
struct body {
	const struct image_extent *extents;
	size_t count;
	size_t index;   /* of the extent that holds the next byte */
	uint64_t start; /* of that extent in the body, bytes */
	uint64_t at;    /* next byte of the body */
};

/* Over all of the body, at its start. */
struct body body_over(const struct image_extent *extents, size_t count);

/* Go to byte `at` of the body. */
void body_seek(struct body *b, uint64_t at);

/* Where in the file the next byte is, and in `*len` how many bytes follow
 * there in one piece; 0 at the body's end. */
uint64_t body_place(struct body *b, uint64_t *len);

/* Read the `len` bytes at `at` from `fd`.  0, -ENODATA where there are not so
 * many, or another -errno. */
MUST_USE int body_read(
    struct body *b, int fd, void *buf, size_t len, uint64_t at);

#endif
