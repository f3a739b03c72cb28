/*
 * gzip.h - the content of a gzip file, as the bytes of an image.
 *
 * For Debian's netboot archive, which comes as netboot.tar.gz.  zlib inflates
 * and checks the sums; here its input is brought, and what comes out is
 * bounded.  Content is read forward; a step back begins anew.  No file is
 * ever whole in memory.
 *
 * RFC 1952; several members count as one, what is behind them is ignored.
 */
#ifndef HOBNAIL_MEDIA_GZIP_H
#define HOBNAIL_MEDIA_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "media/backing.h"

#define GZIP_CONTENT_MAX (UINT64_C(512) << 20) /* bytes; an installer has 60 */
#define GZIP_RATIO_MAX 64U /* bytes out of one, behind the first MiB */

struct gzip;

/* Whether a file starts like a gzip member. */
bool gzip_starts(const struct backing *packed);

/* A reader at the start of the content of `packed`, which must outlive it;
 * gzip_free() it. */
struct gzip *gzip_new(const struct backing *packed);
void gzip_free(struct gzip *g); /* accepts NULL */

/*
 * The next bytes of the content: `*len` of them, at most `room`, 0 at the
 * end.  NULL, or why there are no more.
 */
MUST_USE const char *gzip_next(
    struct gzip *g, void *buf, size_t room, size_t *len);

/* How many bytes of the file were used until now. */
uint64_t gzip_used(const struct gzip *g);

/* Whether the file ended inside a member: it was cut. */
bool gzip_cut(const struct gzip *g);

/* Read all of the content, from its start: its size in bytes.  NULL, or what
 * is wrong. */
MUST_USE const char *gzip_measure(struct gzip *g, uint64_t *size);

/* The content, `size` bytes, as an image; `g` must outlive it. */
struct backing gzip_backing(struct gzip *g, uint64_t size);

#endif
