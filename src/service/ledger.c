#include "service/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NOTES_MAX 8192U   /* transfers */
#define QUIET 15000       /* ms until ranges of an image are over */
#define STEP 1000         /* ms between two events of progress */
#define POINTS_MAX 500U   /* events in a burst */
#define POINTS_PER_S 100U /* events */
#define CLEAR_BATCH 64U

struct transfer_note {
	uint64_t key;
	enum event_kind kind;
	struct mac mac;
	uint32_t ip;
	uint64_t bytes, total;
	uint64_t started, seen, told; /* monotonic ms */
	unsigned int open;            /* answers being sent */
	bool partial;                 /* fetched in pieces */
	bool cut;                     /* the last answer ended early */
	char image[65];
	char file[256];
	char note[128];
};

/* From `then` to `now`; loops read the clock each for itself, so that it may
 * seem to go back a little. */
static uint64_t
since(uint64_t then, uint64_t now)
{
	return now > then ? now - then : 0;
}

static void
tell(struct ledger *l, const struct transfer_note *n, enum event_phase phase,
    uint64_t now)
{
	struct event e = {.kind = n->kind,
	    .phase = phase,
	    .mac = n->mac,
	    .ip = n->ip,
	    .bytes = n->bytes,
	    .total = n->total,
	    .duration_ms = (uint32_t)since(n->started, now),
	    .image = span_text(n->image),
	    .file = span_text(n->file),
	    .note = span_text(n->note)};

	l->tell(l->owner, &e, phase != PHASE_PROGRESS);
}

static uint64_t
mix(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ b[i]) * 0x100000001b3; /* FNV-1a */
	return hash;
}

static uint64_t
key_of(const struct ledger *l, const struct content *c, uint32_t ip)
{
	uint64_t hash = l->notes.seed ^ 0xcbf29ce484222325;

	hash = mix(hash, &ip, sizeof(ip));
	hash = mix(hash, &c->kind, sizeof(c->kind));
	hash = mix(hash, c->image, strlen(c->image) + 1);
	return mix(hash, c->file, strlen(c->file));
}

/* Whether one more event without a transfer may be told: a client that asks
 * for nonsense must not fill the timeline. */
static bool
may_point(struct ledger *l, uint64_t now)
{
	uint64_t fresh = since(l->points_at, now) * POINTS_PER_S / 1000;

	if (l->points_at == 0 || fresh > POINTS_MAX)
		fresh = POINTS_MAX;
	if (fresh) {
		l->points += fresh;
		l->points_at = now;
	}
	if (l->points > POINTS_MAX)
		l->points = POINTS_MAX;
	if (l->points == 0)
		return false;
	l->points--;
	return true;
}

static void
fill(struct transfer_note *n, const struct content *c, uint32_t ip)
{
	n->kind = c->kind;
	n->mac = c->mac;
	n->ip = ip;
	n->total = c->size;
	memcpy(n->image, c->image, sizeof(n->image));
	memcpy(n->file, c->file, sizeof(n->file));
	memcpy(n->note, c->note, sizeof(n->note));
}

static void
point(struct ledger *l, const struct content *c, uint32_t ip, uint64_t now)
{
	struct transfer_note n = {.started = now};

	if (!may_point(l, now))
		return;
	fill(&n, c, ip);
	n.bytes = n.total;
	tell(l, &n, PHASE_POINT, now);
}

struct transfer_note *
ledger_begin(struct ledger *l, const struct content *c, uint32_t ip,
    bool partial, uint64_t now)
{
	uint64_t key;
	struct transfer_note *n;

	if (c->kind >= EVENT_KINDS)
		return NULL;
	if (c->fd < 0) {
		point(l, c, ip, now);
		return NULL;
	}
	key = key_of(l, c, ip);
	n = table_get(&l->notes, key);
	if (!n && l->notes.count >= NOTES_MAX)
		return NULL;
	if (!n) {
		n = mem_alloc(sizeof(*n));
		fill(n, c, ip);
		n->key = key;
		n->started = n->told = now;
		(void)table_put(&l->notes, key, n);
		tell(l, n, PHASE_START, now);
	}
	n->open++;
	n->seen = now;
	n->partial |= partial;
	return n;
}

void
ledger_moved(
    struct ledger *l, struct transfer_note *n, uint64_t bytes, uint64_t now)
{
	n->bytes += bytes;
	n->seen = now;
	if (since(n->told, now) < STEP)
		return;
	n->told = now;
	tell(l, n, PHASE_PROGRESS, now);
}

static void
end(struct ledger *l, struct transfer_note *n, uint64_t now)
{
	tell(l, n, n->cut ? PHASE_CUT : PHASE_END, now);
	(void)table_put(&l->notes, n->key, NULL);
	free(n);
}

void
ledger_ended(
    struct ledger *l, struct transfer_note *n, bool whole, uint64_t now)
{
	n->open--;
	n->seen = now;
	n->cut = !whole;
	if (n->open == 0 && !n->partial)
		end(l, n, now);
}

/* End those that are quiet, or all. */
static void
end_some(struct ledger *l, uint64_t now, bool all)
{
	struct transfer_note *found[CLEAR_BATCH], *n;
	size_t count, at;

	do {
		count = at = 0;
		while (count < CLEAR_BATCH && (n = table_next(&l->notes, &at)))
			if (all ||
			    (n->open == 0 && since(n->seen, now) >= QUIET))
				found[count++] = n;
		for (size_t i = 0; i < count; i++) {
			found[i]->cut |= found[i]->open > 0;
			end(l, found[i], now);
		}
	} while (count == CLEAR_BATCH);
}

bool
ledger_sweep(struct ledger *l, uint64_t now)
{
	end_some(l, now, false);
	return l->notes.count > 0;
}

void
ledger_clear(struct ledger *l, uint64_t now)
{
	end_some(l, now, true);
	table_clear(&l->notes);
}
