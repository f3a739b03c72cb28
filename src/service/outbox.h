/*
 * outbox.h - messages to another role that are sent as soon as it takes them.
 *
 * Two roles that wait for each other's queue would wait for ever; so state
 * never waits, but keeps in order what the peer has no room for yet.
 */
#ifndef HOBNAIL_SERVICE_OUTBOX_H
#define HOBNAIL_SERVICE_OUTBOX_H

#include "io/channel.h"
#include "io/loop.h"

struct letter;

struct outbox {
	struct loop *loop;
	const struct channel *channel;
	struct letter *first, **last;
	size_t waiting; /* bytes kept */
	struct timer retry;
};

/* The channel is looked at whenever something is sent; it may be down. */
void outbox_init(
    struct outbox *o, struct loop *loop, const struct channel *channel);

/* Send `m`, with descriptor `fd` unless -1 (it stays the caller's), now or
 * later.  False where it was dropped: the peer is down or much too slow. */
bool outbox_send(struct outbox *o, const struct ipc *m, int fd);

/* Drop all that waits; for a peer that is gone. */
void outbox_clear(struct outbox *o);

#endif
