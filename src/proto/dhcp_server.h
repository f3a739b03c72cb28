/*
 * dhcp_server.h - the server side of DHCP, as pure protocol.
 *
 * A request and the time come in; an answer and a lease to be kept come out.
 * Nothing here sends, waits or stores: an answer that gives a lease must leave
 * only after the lease is on disk.  What the machine boots is added to the
 * answer by boot/pxe.h.
 *
 * RFC 2131; RFC 3046, 3527 and 5107 for requests that come by a relay.  Plain
 * BOOTP requests are not answered.  All leases run for the same time: what a
 * client wishes (option 51) is not followed.
 */
#ifndef HOBNAIL_PROTO_DHCP_SERVER_H
#define HOBNAIL_PROTO_DHCP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/span.h"
#include "proto/dhcp.h"
#include "proto/dhcp_pool.h"

#define DHCP_OFFER_TIME 30U    /* seconds that an offer is held */
#define DHCP_DECLINE_TIME 600U /* seconds that a declined address is away */
#define DHCP_LEASE_MIN 60U     /* seconds */

/* An address of ours and the network that it is in. */
struct dhcp_subnet {
	uint32_t ip;
	uint8_t prefix; /* 0..32 */
};

struct dhcp_reservation {
	struct mac mac;
	uint32_t ip;
	const char *name; /* host name to send, or "" */
};

/* What the server gives out.  The arrays and texts outlive the server. */
struct dhcp_config {
	uint32_t first, last; /* range of addresses; 0: none */
	uint32_t lease;       /* seconds, at least DHCP_LEASE_MIN */
	uint32_t router;      /* or 0 */
	uint32_t dns[3];      /* 0 where fewer */
	const char *domain;   /* or "" */
	const struct dhcp_subnet *subnets; /* ours */
	size_t subnet_count;
	const struct dhcp_reservation *reserved;
	size_t reserved_count;
};

struct dhcp_server {
	struct dhcp_config config;
	struct dhcp_pool pool;
};

/* What to do with a request: send, or keep, or first keep and then send. */
struct dhcp_verdict {
	bool send;                 /* `answer`... */
	bool keep;                 /* ...once `binding` is on disk */
	struct dhcp_answer answer; /* borrows from request and config */
	const struct dhcp_binding *binding; /* valid until the next call */
	const char *why;                    /* why nothing is sent; else NULL */
};

/* `seed` is random. */
void dhcp_server_init(
    struct dhcp_server *s, const struct dhcp_config *config, uint64_t seed);
void dhcp_server_clear(struct dhcp_server *s);

/* Take a binding that was kept over a restart; then, once, say that these were
 * all.  Before that every request is met with silence. */
void dhcp_server_restore(
    struct dhcp_server *s, const struct dhcp_binding *kept);
void dhcp_server_ready(struct dhcp_server *s);

/*
 * Decide on a request that came to our address `ip`; `now` is in seconds of
 * the wall clock.
 */
void dhcp_server_answer(struct dhcp_server *s, const struct dhcp_packet *p,
    uint32_t ip, uint64_t now, struct dhcp_verdict *out);

#endif
