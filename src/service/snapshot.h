/*
 * snapshot.h - one catalogue and the images of it that are open.
 *
 * Immutable but for the images, which are opened when they are first asked
 * for; so any thread may use a snapshot that it holds a reference to.
 */
#ifndef HOBNAIL_SERVICE_SNAPSHOT_H
#define HOBNAIL_SERVICE_SNAPSHOT_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/strbuf.h"
#include "boot/catalogue.h"
#include "service/content_image.h"

struct snapshot {
	struct catalogue catalogue;
	struct strbuf bytes; /* that the catalogue's texts lie in */
	struct arena arena;
	struct open_image **open; /* by image; atomic; NULL: not yet */
	uint64_t *asked; /* by image: id of the IPC_OPEN, or 0; main thread */
	unsigned int references; /* atomic */
};

/*
 * Decode the catalogue in `bytes`, which is taken over.  Images that are open
 * in `old` (or NULL) and have not changed stay open.  NULL with one reference
 * in `*out`, or why it is none.
 */
MUST_USE const char *snapshot_new(
    struct strbuf *bytes, struct snapshot *old, struct snapshot **out);

struct snapshot *snapshot_hold(struct snapshot *s);
void snapshot_drop(struct snapshot *s); /* accepts NULL */

/*
 * Image number `i`, open.  NULL with a reference in `*out`, or why it cannot
 * be had.  Any thread.
 */
MUST_USE const char *snapshot_open(
    struct snapshot *s, size_t i, const int folders[], struct open_image **out);

/* Give image number `i` the descriptor that keeper opened (taken over). */
MUST_USE const char *snapshot_opened(
    struct snapshot *s, size_t i, int fd, int tables);

#endif
