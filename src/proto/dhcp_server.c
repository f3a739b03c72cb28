#include "proto/dhcp_server.h"

#include <string.h>

/* The widest network that is guessed for a relay, and the narrowest. */
#define GUESS_WIDEST 16
#define GUESS_NARROWEST 24

/* The network that a request comes from. */
struct network {
	uint32_t base, mask;
};

/* One request on its way through. */
struct request {
	struct dhcp_server *server;
	const struct dhcp_packet *packet;
	uint32_t id; /* our server identifier for this client */
	uint64_t now;
	struct network network;
	struct dhcp_verdict *out;
};

static uint32_t
mask_of(uint8_t prefix)
{
	return prefix ? UINT32_MAX << (32 - prefix) : 0;
}

static bool
network_has(const struct network *n, uint32_t ip)
{
	return (ip & n->mask) == n->base;
}

static struct network
network_of(uint32_t ip, uint8_t prefix)
{
	uint32_t mask = mask_of(prefix);

	return (struct network){.base = ip & mask, .mask = mask};
}

void
dhcp_server_init(
    struct dhcp_server *s, const struct dhcp_config *config, uint64_t seed)
{
	struct dhcp_pool *pool = &s->pool;

	s->config = *config;
	if (s->config.lease < DHCP_LEASE_MIN)
		s->config.lease = DHCP_LEASE_MIN;
	dhcp_pool_init(
	    pool, config->first, config->last, config->reserved_count, seed);
	dhcp_pool_exclude(pool, config->router);
	for (size_t i = 0; i < ARRAY_LEN(config->dns); i++)
		dhcp_pool_exclude(pool, config->dns[i]);
	for (size_t i = 0; i < config->subnet_count; i++) {
		const struct dhcp_subnet *n = &config->subnets[i];
		uint32_t mask = mask_of(n->prefix);

		dhcp_pool_exclude(pool, n->ip);
		if (n->prefix >= 31)
			continue;
		dhcp_pool_exclude(pool, n->ip & mask);
		dhcp_pool_exclude(pool, n->ip | ~mask);
	}
	for (size_t i = 0; i < config->reserved_count; i++)
		dhcp_pool_reserve(pool, config->reserved[i].mac,
		    config->reserved[i].ip, config->reserved[i].name);
}

void
dhcp_server_clear(struct dhcp_server *s)
{
	dhcp_pool_clear(&s->pool);
}

void
dhcp_server_restore(struct dhcp_server *s, const struct dhcp_binding *kept)
{
	if (!s->pool.ready)
		dhcp_pool_restore(&s->pool, kept);
}

void
dhcp_server_ready(struct dhcp_server *s)
{
	if (!s->pool.ready)
		dhcp_pool_ready(&s->pool);
}

/* One of our own networks that holds `ip`. */
static bool
own_network(const struct dhcp_config *c, uint32_t ip, struct network *out)
{
	for (size_t i = 0; i < c->subnet_count; i++) {
		*out = network_of(c->subnets[i].ip, c->subnets[i].prefix);
		if (network_has(out, ip))
			return true;
	}
	return false;
}

/*
 * A network behind a relay.  Nobody tells its mask, so it is taken to be the
 * smallest one that holds range, router and relay, within reason.
 */
static bool
relayed_network(const struct dhcp_config *c, uint32_t ip, struct network *out)
{
	uint8_t prefix = GUESS_NARROWEST;
	struct network own;

	if (!c->first || own_network(c, c->first, &own))
		return false;
	for (; prefix >= GUESS_WIDEST; prefix--) {
		*out = network_of(ip, prefix);
		if (network_has(out, c->first) && network_has(out, c->last) &&
		    (!c->router || network_has(out, c->router)))
			return true;
	}
	return false;
}

static bool
find_network(struct request *r, uint32_t ip)
{
	const struct dhcp_packet *p = r->packet;
	const struct dhcp_config *c = &r->server->config;
	uint32_t link = p->link ? p->link : p->giaddr;

	if (p->giaddr)
		return own_network(c, link, &r->network) ||
		       relayed_network(c, link, &r->network);
	/* A client behind a relay renews without it. */
	if (p->ciaddr && (own_network(c, p->ciaddr, &r->network) ||
	                     relayed_network(c, p->ciaddr, &r->network)))
		return true;
	return own_network(c, ip, &r->network);
}

static void
stay_silent(struct request *r, const char *why)
{
	r->out->why = why;
}

static void
begin_answer(struct request *r, enum dhcp_type type)
{
	dhcp_answer_start(&r->out->answer, r->packet, type);
	r->out->answer.server = r->id;
	r->out->send = true;
}

static void
refuse(struct request *r, const char *message)
{
	begin_answer(r, DHCP_NAK);
	r->out->answer.message = message;
	/* The relay cannot reach a client whose address is wrong otherwise
	 * (RFC 2131 section 4.3.2). */
	if (r->packet->giaddr)
		r->out->answer.flags |= DHCP_BROADCAST;
}

/* What holds for the whole network. */
static void
add_network(struct request *r)
{
	const struct dhcp_config *c = &r->server->config;
	struct dhcp_answer *a = &r->out->answer;
	const struct network *n = &r->network;

	a->mask = n->mask;
	a->broadcast = n->base | ~n->mask;
	if (network_has(n, c->router))
		a->router = c->router;
	memcpy(a->dns, c->dns, sizeof(a->dns));
	a->domain = c->domain;
}

static void
give(struct request *r, enum dhcp_type type, struct dhcp_binding *b)
{
	uint32_t lease = r->server->config.lease;
	struct dhcp_answer *a = &r->out->answer;

	begin_answer(r, type);
	add_network(r);
	a->yiaddr = b->ip;
	a->lease = lease;
	a->renew = lease / 2;
	a->rebind = (uint32_t)((uint64_t)lease * 7 / 8);
	a->hostname = b->name;
	r->out->binding = b;
}

/* The machine's reservation, where it holds in this network. */
static struct dhcp_binding *
reservation(const struct request *r)
{
	struct dhcp_binding *b =
	    dhcp_pool_reserved(&r->server->pool, r->packet->mac);

	return b && network_has(&r->network, b->ip) &&
	               dhcp_binding_usable(b, r->packet->mac, r->now)
	           ? b
	           : NULL;
}

/* Whether `b` may be given to this machine, and is no other than it should
 * have. */
static bool
may_have(const struct request *r, const struct dhcp_binding *b)
{
	struct dhcp_binding *own = reservation(r);

	return own ? own == b : dhcp_binding_usable(b, r->packet->mac, r->now);
}

/* An address to offer: the reserved one, the one it had, the one it wants, any
 * one; NULL where none is left. */
static struct dhcp_binding *
choose(const struct request *r)
{
	const struct dhcp_pool *pool = &r->server->pool;
	const struct dhcp_packet *p = r->packet;
	struct dhcp_binding *b = reservation(r);

	if (b)
		return b;
	b = dhcp_pool_of(pool, p->mac);
	if (b && network_has(&r->network, b->ip))
		return b;
	b = dhcp_pool_at(pool, p->address);
	if (b && network_has(&r->network, b->ip) &&
	    dhcp_binding_usable(b, p->mac, r->now))
		return b;
	b = dhcp_pool_spare(pool, r->now);
	return b && network_has(&r->network, b->ip) ? b : NULL;
}

static void
on_discover(struct request *r)
{
	struct dhcp_binding *b = choose(r);

	if (!b) {
		stay_silent(r, "no address is left for it");
		return;
	}
	/* An offer takes nothing from a lease that still runs. */
	if (b->state != BINDING_BOUND || b->until <= r->now ||
	    !mac_equal(b->mac, r->packet->mac))
		dhcp_pool_take(&r->server->pool, b, r->packet->mac,
		    BINDING_OFFERED, r->now + DHCP_OFFER_TIME);
	give(r, DHCP_OFFER, b);
}

static void
acknowledge(struct request *r, struct dhcp_binding *b)
{
	struct span name = r->packet->options[DHCP_OPTION_HOSTNAME];

	if (name.len > DHCP_HOSTNAME_MAX)
		name.len = DHCP_HOSTNAME_MAX;
	dhcp_pool_take(&r->server->pool, b, r->packet->mac, BINDING_BOUND,
	    r->now + r->server->config.lease);
	b->hostname_len = (uint8_t)name.len;
	if (name.len)
		memcpy(b->hostname, name.data, name.len);
	give(r, DHCP_ACK, b);
	r->out->keep = true;
}

/* The client takes another server's offer: ours is free again. */
static void
drop_offer(struct request *r)
{
	struct dhcp_pool *pool = &r->server->pool;
	struct dhcp_binding *b = dhcp_pool_of(pool, r->packet->mac);

	if (b && b->state == BINDING_OFFERED)
		dhcp_pool_free(pool, b, r->now);
	stay_silent(r, "it chose another server");
}

/* It answers our offer (RFC 2131 section 4.3.2, SELECTING). */
static void
on_selecting(struct request *r)
{
	const struct dhcp_packet *p = r->packet;
	uint32_t wanted = p->address ? p->address : p->ciaddr;
	struct dhcp_binding *b = dhcp_pool_at(&r->server->pool, wanted);

	if (p->server != r->id)
		drop_offer(r);
	else if (!b || !network_has(&r->network, wanted) || !may_have(r, b))
		refuse(r, "address is not available");
	else
		acknowledge(r, b);
}

/* It restarts and asks for what it had (INIT-REBOOT). */
static void
on_reboot(struct request *r)
{
	const struct dhcp_packet *p = r->packet;
	struct dhcp_binding *b = dhcp_pool_at(&r->server->pool, p->address);

	if (!network_has(&r->network, p->address))
		refuse(r, "address of another network");
	else if (!b)
		stay_silent(r, "the address is not ours to give");
	else if (!may_have(r, b))
		refuse(r, "address is not available");
	else if (mac_equal(b->mac, p->mac))
		acknowledge(r, b);
	else
		stay_silent(r, "no record of this client");
}

/* It has an address and wants to keep it (RENEWING, REBINDING). */
static void
on_renew(struct request *r)
{
	const struct dhcp_packet *p = r->packet;
	struct dhcp_binding *b = dhcp_pool_at(&r->server->pool, p->ciaddr);

	if (!network_has(&r->network, p->ciaddr))
		refuse(r, "address of another network");
	else if (!b)
		stay_silent(r, "the address is not ours to give");
	else if (!may_have(r, b))
		refuse(r, "address is not available");
	else
		acknowledge(r, b);
}

static void
on_request(struct request *r)
{
	const struct dhcp_packet *p = r->packet;

	if (p->server)
		on_selecting(r);
	else if (p->ciaddr)
		on_renew(r);
	else if (p->address)
		on_reboot(r);
	else
		stay_silent(r, "it asks for no address");
}

/* The binding that a client speaks of, if it is its own. */
static struct dhcp_binding *
own_binding(const struct request *r, uint32_t ip)
{
	struct dhcp_binding *b = dhcp_pool_at(&r->server->pool, ip);

	if (!b || !mac_equal(b->mac, r->packet->mac))
		return NULL;
	return b->state == BINDING_OFFERED || b->state == BINDING_BOUND ? b
	                                                                : NULL;
}

static void
on_decline(struct request *r)
{
	struct dhcp_binding *b = own_binding(r, r->packet->address);

	if (!b || r->packet->server != r->id) {
		stay_silent(r, "it declines what it does not have");
		return;
	}
	dhcp_pool_decline(&r->server->pool, b, r->now + DHCP_DECLINE_TIME);
	r->out->binding = b;
	r->out->keep = true;
	stay_silent(r, "somebody else uses this address");
}

static void
on_release(struct request *r)
{
	struct dhcp_binding *b = own_binding(r, r->packet->ciaddr);

	if (!b || b->state != BINDING_BOUND) {
		stay_silent(r, "it gives back what it does not have");
		return;
	}
	dhcp_pool_free(&r->server->pool, b, r->now);
	r->out->binding = b;
	r->out->keep = true;
	stay_silent(r, "it gave its address back");
}

/* It has an address from elsewhere and asks for the rest. */
static void
on_inform(struct request *r)
{
	if (!network_has(&r->network, r->packet->ciaddr)) {
		stay_silent(r, "from a network that is not ours");
		return;
	}
	begin_answer(r, DHCP_ACK);
	add_network(r);
}

void
dhcp_server_answer(struct dhcp_server *s, const struct dhcp_packet *p,
    uint32_t ip, uint64_t now, struct dhcp_verdict *out)
{
	struct request r = {
	    .server = s, .packet = p, .id = ip, .now = now, .out = out};

	*out = (struct dhcp_verdict){0};
	if (p->giaddr && p->server_override)
		r.id = p->server_override;
	if (!s->pool.ready)
		stay_silent(&r, "leases are not loaded yet");
	else if (p->op != DHCP_OP_REQUEST)
		stay_silent(&r, "not a request");
	else if (mac_key(p->mac) == 0 || p->mac.b[0] & 1)
		stay_silent(&r, "no hardware address of one machine");
	else if (!find_network(&r, ip))
		stay_silent(&r, "from a network that is not ours");
	else if (p->type == DHCP_DISCOVER)
		on_discover(&r);
	else if (p->type == DHCP_REQUEST)
		on_request(&r);
	else if (p->type == DHCP_DECLINE)
		on_decline(&r);
	else if (p->type == DHCP_RELEASE)
		on_release(&r);
	else if (p->type == DHCP_INFORM)
		on_inform(&r);
	else
		stay_silent(&r, "no message for a server");
}
