/*
 * ledger.h - counts what clients fetch and says which events that makes.
 *
 * Not thread-safe, no clock: transfers.h puts the lock and the times around
 * it.
 */
#ifndef HOBNAIL_SERVICE_LEDGER_H
#define HOBNAIL_SERVICE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "service/content.h"

struct transfer_note;

struct ledger {
	struct table notes;
	/* Where events go; `e` lives during the call only.  One that is not
	 * `needed` may be dropped. */
	void (*tell)(void *owner, const struct event *e, bool needed);
	void *owner;
	uint64_t points;    /* events without a transfer that may be told */
	uint64_t points_at; /* when `points` was counted last, ms */
};

struct transfer_note *ledger_begin(struct ledger *l, const struct content *c,
    uint32_t ip, bool partial, uint64_t now);
void ledger_moved(
    struct ledger *l, struct transfer_note *note, uint64_t bytes, uint64_t now);
void ledger_ended(
    struct ledger *l, struct transfer_note *note, bool whole, uint64_t now);

/* End what has been quiet for long.  True while anything is left. */
bool ledger_sweep(struct ledger *l, uint64_t now);

/* Everything ends. */
void ledger_clear(struct ledger *l, uint64_t now);

#endif
