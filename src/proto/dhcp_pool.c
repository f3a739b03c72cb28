#include "proto/dhcp_pool.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

void
dhcp_pool_init(struct dhcp_pool *p, uint32_t first, uint32_t last,
    size_t reservations, uint64_t seed)
{
	*p = (struct dhcp_pool){.first = first,
	    .outside_room = reservations,
	    .outside_by_ip.seed = seed,
	    .by_mac.seed = seed,
	    .reserved_by_mac.seed = seed};
	if (first && last >= first)
		p->count = (size_t)(last - first) + 1;
	if (p->count > DHCP_POOL_MAX)
		p->count = DHCP_POOL_MAX;
	p->ranged = mem_array(p->count + 1, sizeof(*p->ranged));
	p->outside = mem_array(reservations + 1, sizeof(*p->outside));
	for (size_t i = 0; i < p->count; i++)
		p->ranged[i].ip = first + (uint32_t)i;
}

void
dhcp_pool_clear(struct dhcp_pool *p)
{
	free(p->ranged);
	free(p->outside);
	table_clear(&p->outside_by_ip);
	table_clear(&p->by_mac);
	table_clear(&p->reserved_by_mac);
	*p = (struct dhcp_pool){0};
}

static struct dhcp_binding *
find(const struct dhcp_pool *p, uint32_t ip)
{
	if (ip >= p->first && ip - p->first < p->count)
		return &p->ranged[ip - p->first];
	return table_get(&p->outside_by_ip, ip);
}

struct dhcp_binding *
dhcp_pool_at(const struct dhcp_pool *p, uint32_t ip)
{
	struct dhcp_binding *b = find(p, ip);

	return b && !b->excluded ? b : NULL;
}

struct dhcp_binding *
dhcp_pool_of(const struct dhcp_pool *p, struct mac mac)
{
	return table_get(&p->by_mac, mac_key(mac));
}

struct dhcp_binding *
dhcp_pool_reserved(const struct dhcp_pool *p, struct mac mac)
{
	return table_get(&p->reserved_by_mac, mac_key(mac));
}

void
dhcp_pool_exclude(struct dhcp_pool *p, uint32_t ip)
{
	struct dhcp_binding *b = find(p, ip);

	if (b)
		b->excluded = true;
}

void
dhcp_pool_reserve(
    struct dhcp_pool *p, struct mac mac, uint32_t ip, const char *name)
{
	struct dhcp_binding *b = find(p, ip);

	if (!b) {
		assert(p->outside_count < p->outside_room);
		b = &p->outside[p->outside_count++];
		b->ip = ip;
		(void)table_put(&p->outside_by_ip, ip, b);
	}
	if (b->excluded || b->reserved)
		return; /* the first in the configuration has it */
	b->reserved = true;
	b->mac = mac;
	b->name = name;
	(void)table_put(&p->reserved_by_mac, mac_key(mac), b);
}

void
dhcp_pool_restore(struct dhcp_pool *p, const struct dhcp_binding *kept)
{
	struct dhcp_binding *b = dhcp_pool_at(p, kept->ip);

	/* The configuration may have changed since: it is right. */
	if (!b || (b->reserved && !mac_equal(b->mac, kept->mac)))
		return;
	b->state = kept->state;
	b->mac = kept->mac;
	b->until = kept->until;
	b->hostname_len = kept->hostname_len;
	memcpy(b->hostname, kept->hostname, sizeof(b->hostname));
}

static void
unlink_binding(struct dhcp_pool *p, struct dhcp_binding *b)
{
	struct dhcp_queue *q = &p->queues[b->state];

	*(b->prev ? &b->prev->next : &q->first) = b->next;
	*(b->next ? &b->next->prev : &q->last) = b->prev;
	b->prev = b->next = NULL;
}

/* All of one state usually run for the same time, so the newest goes last;
 * where the lease time was changed it walks back a little. */
static void
enqueue(struct dhcp_pool *p, struct dhcp_binding *b)
{
	struct dhcp_queue *q = &p->queues[b->state];
	struct dhcp_binding *after = q->last;

	while (after && after->until > b->until)
		after = after->prev;
	b->prev = after;
	b->next = after ? after->next : q->first;
	*(b->prev ? &b->prev->next : &q->first) = b;
	*(b->next ? &b->next->prev : &q->last) = b;
}

static bool
runs_out_before(const struct dhcp_binding *a, const struct dhcp_binding *b)
{
	return a->until != b->until ? a->until < b->until : a->ip < b->ip;
}

/* Let order[at] sink until no child of it runs out later. */
static void
sink(struct dhcp_binding **order, size_t at, size_t count)
{
	struct dhcp_binding *b = order[at];

	for (size_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count &&
		    runs_out_before(order[child], order[child + 1]))
			child++;
		if (!runs_out_before(b, order[child]))
			break;
		order[at] = order[child];
	}
	order[at] = b;
}

/* Heap sort: glibc's qsort asks the kernel for the size of memory, which a
 * confined process may not. */
static void
sort_by_until(struct dhcp_binding **order, size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		sink(order, i - 1, count);
	for (size_t left = count; left > 1; left--) {
		struct dhcp_binding *latest = order[0];

		order[0] = order[left - 1];
		order[left - 1] = latest;
		sink(order, 0, left - 1);
	}
}

static bool
is_nobody(struct mac mac)
{
	return mac_key(mac) == 0;
}

void
dhcp_pool_ready(struct dhcp_pool *p)
{
	struct dhcp_binding **order = mem_array(p->count + 1, sizeof(*order));

	for (size_t i = 0; i < p->count; i++)
		order[i] = &p->ranged[i];
	sort_by_until(order, p->count);
	for (size_t i = 0; i < p->count; i++) {
		struct dhcp_binding *b = order[i];

		if (b->excluded || b->reserved)
			continue;
		enqueue(p, b);
		if (!is_nobody(b->mac) && b->state != BINDING_DECLINED)
			(void)table_put(&p->by_mac, mac_key(b->mac), b);
	}
	free(order);
	p->ready = true;
}

bool
dhcp_binding_usable(const struct dhcp_binding *b, struct mac mac, uint64_t now)
{
	bool same = mac_equal(b->mac, mac);

	if (b->excluded || (b->reserved && !same))
		return false;
	switch (b->state) {
	case BINDING_FREE:
		return true;
	case BINDING_OFFERED:
	case BINDING_BOUND:
		return same || b->until <= now;
	case BINDING_DECLINED:
		return b->until <= now;
	case BINDING_STATES:
		break;
	}
	return false;
}

struct dhcp_binding *
dhcp_pool_spare(const struct dhcp_pool *p, uint64_t now)
{
	struct dhcp_binding *oldest = NULL;

	if (p->queues[BINDING_FREE].first)
		return p->queues[BINDING_FREE].first;
	for (int state = BINDING_OFFERED; state < BINDING_STATES; state++) {
		struct dhcp_binding *b = p->queues[state].first;

		if (b && b->until <= now &&
		    (!oldest || b->until < oldest->until))
			oldest = b;
	}
	return oldest;
}

/* The machine that had the binding has it no more. */
static void
forget_owner(struct dhcp_pool *p, struct dhcp_binding *b)
{
	if (dhcp_pool_of(p, b->mac) == b)
		(void)table_put(&p->by_mac, mac_key(b->mac), NULL);
	b->mac = (struct mac){0};
	b->hostname_len = 0;
}

static void
change(struct dhcp_pool *p, struct dhcp_binding *b,
    enum dhcp_binding_state state, uint64_t until)
{
	if (!b->reserved)
		unlink_binding(p, b);
	b->state = state;
	b->until = until;
	if (!b->reserved)
		enqueue(p, b);
}

void
dhcp_pool_take(struct dhcp_pool *p, struct dhcp_binding *b, struct mac mac,
    enum dhcp_binding_state state, uint64_t until)
{
	struct dhcp_binding *other = dhcp_pool_of(p, mac);

	assert(p->ready && !b->excluded);
	if (other && other != b) {
		forget_owner(p, other);
		change(p, other, BINDING_FREE, 0);
	}
	if (!b->reserved && !mac_equal(b->mac, mac)) {
		forget_owner(p, b);
		b->mac = mac;
	}
	if (!b->reserved)
		(void)table_put(&p->by_mac, mac_key(mac), b);
	change(p, b, state, until);
}

void
dhcp_pool_free(struct dhcp_pool *p, struct dhcp_binding *b, uint64_t now)
{
	change(p, b, BINDING_FREE, now);
}

void
dhcp_pool_decline(struct dhcp_pool *p, struct dhcp_binding *b, uint64_t until)
{
	if (!b->reserved)
		forget_owner(p, b);
	change(p, b, BINDING_DECLINED, until);
}
