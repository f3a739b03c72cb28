/*
 * transfers.h - what clients fetch, as events of the timeline.
 *
 * For each file that a client fetches: a start, at most one progress a second,
 * an end; never one event per request.  Ranges of one image by one client (a
 * SAN boot is thousands of small ones) are one transfer, which ends when no
 * request has come for a while.
 *
 * One ledger serves all event loops of the role: what they note is counted
 * under a lock and sent to the state role by the main thread.
 */
#ifndef HOBNAIL_SERVICE_TRANSFERS_H
#define HOBNAIL_SERVICE_TRANSFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "service/content.h"

struct transfers;
struct transfer_note; /* a transfer in progress */

/* Events go to c->peers[ROLE_STATE]; c->loop is the main thread's.  NULL where
 * descriptors have run out. */
struct transfers *transfers_new(struct context *c);

/* Main thread, when no other uses it any more: what goes on is cut. */
void transfers_free(struct transfers *t);

/* The channel to the state role is gone. */
void transfers_lost(struct transfers *t);

/*
 * A client asks for `c` at `now` (monotonic ms).  A text is one event; for a
 * file a transfer starts, or goes on, that _moved and _ended tell about.  NULL
 * where there is nothing to tell.  Any thread, like the next two.
 */
struct transfer_note *transfers_begin(struct transfers *t,
    const struct content *c, uint32_t ip, bool partial, uint64_t now);

/* `bytes` more have been sent. */
void transfers_moved(struct transfers *t, struct transfer_note *note,
    uint64_t bytes, uint64_t now);

/* The answer is over; `whole`: it was sent to its end.  The note is gone. */
void transfers_ended(
    struct transfers *t, struct transfer_note *note, bool whole, uint64_t now);

#endif
