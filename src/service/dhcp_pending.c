#include "service/dhcp_pending.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
dhcp_pendings_init(struct dhcp_pendings *p, uint64_t seed)
{
	*p = (struct dhcp_pendings){.by_id.seed = seed, .next_id = 1};
	p->last = &p->first;
}

static void
unlink_pending(struct dhcp_pendings *p, struct dhcp_pending *x)
{
	struct dhcp_pending **at = &p->first;

	/* State keeps leases in order, so the one looked for is in front. */
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	if (!x->next)
		p->last = at;
	(void)table_put(&p->by_id, x->id, NULL);
}

static void
drop_first(struct dhcp_pendings *p)
{
	struct dhcp_pending *x = p->first;

	unlink_pending(p, x);
	free(x);
}

void
dhcp_pendings_clear(struct dhcp_pendings *p)
{
	while (p->first)
		drop_first(p);
	table_clear(&p->by_id);
}

struct dhcp_pending *
dhcp_pendings_add(struct dhcp_pendings *p, const struct lease *lease,
    const struct dhcp_way *way, struct span packet, uint64_t now)
{
	struct dhcp_pending *x;

	while (p->first && now - p->first->since > DHCP_PENDING_MS)
		drop_first(p);
	if (p->by_id.count >= DHCP_PENDING_MAX ||
	    lease->hostname.len > sizeof(x->hostname))
		return NULL;
	x = mem_alloc(sizeof(*x) + packet.len);
	x->id = p->next_id++;
	x->since = now;
	x->lease = *lease;
	if (lease->hostname.len)
		memcpy(x->hostname, lease->hostname.data, lease->hostname.len);
	x->lease.hostname.data = x->hostname;
	if (way)
		x->way = *way;
	x->len = packet.len;
	if (packet.len)
		memcpy(x->packet, packet.data, packet.len);
	*p->last = x;
	p->last = &x->next;
	(void)table_put(&p->by_id, x->id, x);
	return x;
}

struct dhcp_pending *
dhcp_pendings_take(struct dhcp_pendings *p, uint64_t id)
{
	struct dhcp_pending *x = table_get(&p->by_id, id);

	if (x)
		unlink_pending(p, x);
	return x;
}
