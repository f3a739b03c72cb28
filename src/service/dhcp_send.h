/*
 * dhcp_send.h - by which way an answer reaches its client.
 *
 * To a relay, to an address that the client already has, in a frame to one
 * that has none yet, or by broadcast (RFC 2131 section 4.1).
 */
#ifndef HOBNAIL_SERVICE_DHCP_SEND_H
#define HOBNAIL_SERVICE_DHCP_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "io/packet.h"
#include "io/udp.h"
#include "proto/dhcp.h"

/* How a request came. */
struct dhcp_arrival {
	struct endpoint from;
	uint32_t ip;      /* ours, that the answer comes from */
	uint32_t ifindex; /* of the interface */
	uint16_t port;    /* ours: DHCP's, usually 67; see below */
	bool boot_port;   /* it came to port 4011 instead */
};

/* The sockets of the role; -1 where there is none. */
struct dhcp_sockets {
	int dhcp, pxe, packet;
};

struct dhcp_way {
	bool frame;           /* by the packet socket */
	bool boot_port;       /* from port 4011 */
	struct udp_route udp; /* also what is tried when a frame fails */
	struct packet_route packet;
};

/*
 * The way for `a`, the answer to a request that arrived so.  Clients listen
 * one port above DHCP's own, and relays on DHCP's own.
 */
void dhcp_way_find(const struct dhcp_answer *a,
    const struct dhcp_arrival *arrival, bool can_frame, struct dhcp_way *out);

/* Send the packet.  0 or -errno. */
MUST_USE int dhcp_way_send(const struct dhcp_way *way,
    const struct dhcp_sockets *sockets, struct span packet);

#endif
