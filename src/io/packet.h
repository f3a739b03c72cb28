/*
 * packet.h - send a UDP datagram to a machine that has no address yet.
 *
 * A DHCP client that did not ask for broadcasts gets its answer in a frame to
 * its hardware address, with the IP address that it is about to take (RFC 2131
 * section 4.1).  It cannot answer ARP for that address yet, so the kernel's
 * UDP cannot reach it; a packet socket can (packet(7)).  Sending only: the
 * socket is bound to no protocol and receives nothing.
 */
#ifndef HOBNAIL_IO_PACKET_H
#define HOBNAIL_IO_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/writer.h"

#define PACKET_HEAD 28U          /* bytes of IP and UDP header */
#define PACKET_PAYLOAD_MAX 1472U /* bytes that fit a frame of Ethernet */

/* Between which sockets a datagram goes, and to which machine. */
struct packet_route {
	struct endpoint from, to;
	struct mac mac;   /* of the machine */
	uint32_t ifindex; /* of the interface to leave by */
};

/* A packet socket for sending; needs CAP_NET_RAW.  A descriptor or -errno. */
MUST_USE int packet_open(void);

/*
 * Put the IP and the UDP header for `payload` and the payload itself (at most
 * PACKET_PAYLOAD_MAX bytes); the writer's fault says when it does not fit.
 */
void packet_put(
    struct writer *w, const struct packet_route *route, struct span payload);

/* Send `payload` along `route` through socket `fd`.  0 or -errno. */
MUST_USE int packet_send(
    int fd, const struct packet_route *route, struct span payload);

#endif
