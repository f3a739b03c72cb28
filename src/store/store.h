/*
 * store.h - what must survive: leases, machines, names of images, events.
 *
 * A few named operations; no SQL outside of this folder.  The state role is
 * the only one that opens a store, and it does so from one thread.  What an
 * operation is given is on disk when it returns 0; when it fails nothing of it
 * is, the reason is in store_fault(), and the store can still be used (a full
 * disk may be emptied again).
 *
 * Not here: who decides about leases (boot/), when to write (service/).
 */
#ifndef HOBNAIL_STORE_STORE_H
#define HOBNAIL_STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "boot/catalogue.h"
#include "boot/event.h"
#include "boot/host.h"
#include "boot/lease.h"

#define STORE_EVENTS_MAX 100000U /* older ones are dropped */
#define STORE_MOVED_SIZE 64      /* room for the name of a damaged file */

struct store;

/* Written together, in one transaction and with one wait for the disk. */
struct store_batch {
	const struct lease *leases;
	size_t lease_count;
	const struct host *hosts;
	size_t host_count;
	const struct event *events; /* seq and time are set */
	size_t event_count;
};

/* What is remembered of one file in the image folder. */
struct store_image {
	struct span path;        /* below the image folder */
	struct span id;          /* unique */
	struct file_stamp stamp; /* of the version that was looked at last */
	enum image_state state;  /* what was found then */
	struct span why;         /* and why, or empty */
};

/*
 * Open state.db in the folder `dir` (which becomes the working directory and
 * must stay it), or a store in memory where `dir` is -1.  A damaged file is
 * moved aside: `moved` is then its new name and the store is fresh; else "".
 * 0 with a store to close, or -errno with `*fault` saying why (a literal).
 */
MUST_USE int store_open(int dir, uint64_t now, struct store **out,
    char moved[STORE_MOVED_SIZE], const char **fault);
void store_close(struct store *s);

/* What the last failed operation ran into, for a person. */
const char *store_fault(const struct store *s);

/* Write all of `b`.  A lease replaces that of its address, a host that of its
 * hardware address.  0 or -errno. */
MUST_USE int store_commit(struct store *s, const struct store_batch *b);

/* Remember an image; an older one with the same path or ID is forgotten.  0 or
 * -errno. */
MUST_USE int store_image_put(struct store *s, const struct store_image *image);

/*
 * Call `take` with all there is: leases by address, hosts by hardware address,
 * images by path, the newest `most` events from old to new.  Spans live until
 * `take` returns.  0 or -errno.
 */
MUST_USE int store_leases(struct store *s,
    void (*take)(void *owner, const struct lease *lease), void *owner);
MUST_USE int store_hosts(struct store *s,
    void (*take)(void *owner, const struct host *host), void *owner);
MUST_USE int store_images(struct store *s,
    void (*take)(void *owner, const struct store_image *image), void *owner);
MUST_USE int store_events(struct store *s, uint64_t most,
    void (*take)(void *owner, const struct event *event), void *owner);

#endif
