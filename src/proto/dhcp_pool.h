/*
 * dhcp_pool.h - which address belongs to whom, until when.
 *
 * Every address that can be given out has one binding, made at the start, so
 * memory is bounded.  Finding one by address or by machine takes constant
 * time; so does finding a free one: bindings wait in one queue per state, in
 * the order in which they run out.  Machines are known by hardware address
 * alone: firmware, boot loader and operating system of one machine send
 * different client identifiers and would get three addresses.
 *
 * What is said to the machines is dhcp_server.h's.
 */
#ifndef HOBNAIL_PROTO_DHCP_POOL_H
#define HOBNAIL_PROTO_DHCP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/span.h"
#include "base/table.h"

#define DHCP_POOL_MAX 65536U  /* addresses of a range that are used */
#define DHCP_HOSTNAME_MAX 64U /* bytes */

enum dhcp_binding_state {
	BINDING_FREE,     /* never used, or given back */
	BINDING_OFFERED,  /* `until` the client may ask for it */
	BINDING_BOUND,    /* the client may use it `until` then */
	BINDING_DECLINED, /* somebody else uses it; kept away `until` then */
	BINDING_STATES,
};

struct dhcp_binding {
	uint32_t ip;
	enum dhcp_binding_state state;
	bool excluded;    /* never given out: it is a server's */
	bool reserved;    /* for `mac` alone; in no queue */
	struct mac mac;   /* who has it or had it last; zero: nobody yet */
	uint64_t until;   /* seconds, wall clock */
	const char *name; /* host name of a reservation, or NULL */
	uint8_t hostname_len;
	char hostname[DHCP_HOSTNAME_MAX]; /* as the client said it */
	struct dhcp_binding *prev, *next; /* in the queue of its state */
};

struct dhcp_queue {
	struct dhcp_binding *first, *last; /* soonest `until` first */
};

struct dhcp_pool {
	uint32_t first; /* address of ranged[0] */
	size_t count;   /* of ranged */
	struct dhcp_binding *ranged;
	struct dhcp_binding *outside; /* reservations outside the range */
	size_t outside_count, outside_room;
	struct table outside_by_ip, by_mac, reserved_by_mac;
	struct dhcp_queue queues[BINDING_STATES];
	bool ready; /* queues are in order */
};

/* A range of addresses, `last` included; 0 and 0: none.  At most
 * `reservations` calls of dhcp_pool_reserve will follow.  `seed` is random. */
void dhcp_pool_init(struct dhcp_pool *p, uint32_t first, uint32_t last,
    size_t reservations, uint64_t seed);
void dhcp_pool_clear(struct dhcp_pool *p);

/* Between init and ready: never give out `ip`; keep `ip` for `mac` (`name` is
 * borrowed); take a binding that was kept over a restart, in any order. */
void dhcp_pool_exclude(struct dhcp_pool *p, uint32_t ip);
void dhcp_pool_reserve(
    struct dhcp_pool *p, struct mac mac, uint32_t ip, const char *name);
void dhcp_pool_restore(struct dhcp_pool *p, const struct dhcp_binding *kept);

/* All bindings are restored: the pool may be used. */
void dhcp_pool_ready(struct dhcp_pool *p);

/* The binding of an address, or NULL where it is not ours to give. */
struct dhcp_binding *dhcp_pool_at(const struct dhcp_pool *p, uint32_t ip);

/* The address this machine has or had last, or NULL. */
struct dhcp_binding *dhcp_pool_of(const struct dhcp_pool *p, struct mac mac);

/* The address that is reserved for this machine, or NULL. */
struct dhcp_binding *dhcp_pool_reserved(
    const struct dhcp_pool *p, struct mac mac);

/* Whether `mac` may take this binding now. */
bool dhcp_binding_usable(
    const struct dhcp_binding *b, struct mac mac, uint64_t now);

/* One that nobody needs: never used or given back before, else the one that
 * ran out first; NULL where all are in use. */
struct dhcp_binding *dhcp_pool_spare(const struct dhcp_pool *p, uint64_t now);

/* Give the binding to `mac`, which gives up any other one. */
void dhcp_pool_take(struct dhcp_pool *p, struct dhcp_binding *b, struct mac mac,
    enum dhcp_binding_state state, uint64_t until);

/* The machine gave it back; it is remembered in case it returns. */
void dhcp_pool_free(struct dhcp_pool *p, struct dhcp_binding *b, uint64_t now);

/* Somebody else uses the address: keep it away from all. */
void dhcp_pool_decline(
    struct dhcp_pool *p, struct dhcp_binding *b, uint64_t until);

#endif
