/*
 * udp.h - datagrams over IPv4, with the address and the interface that each
 * came to.
 *
 * A server with several addresses must answer from the one that was asked,
 * and DHCP must know the interface; plain recvfrom(2) tells neither (ip(7),
 * IP_PKTINFO).  All sockets are non-blocking and close-on-exec.  Nothing here
 * knows what the bytes mean.
 */
#ifndef HOBNAIL_IO_UDP_H
#define HOBNAIL_IO_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/addr.h"
#include "base/attr.h"

/* How a datagram came to us. */
struct udp_arrival {
	struct endpoint from;
	uint32_t to; /* destination in its header; may be a broadcast */
	uint32_t
	    local; /* our own address for it; 0 where the kernel says none */
	uint32_t ifindex; /* of the interface it came in by */
	size_t len;       /* bytes stored in the buffer */
	bool cut;         /* it was longer than the buffer */
};

/* Where a datagram goes, and how. */
struct udp_route {
	struct endpoint to; /* 255.255.255.255 needs an ifindex */
	uint32_t from;      /* our source address; 0: the kernel chooses */
	uint32_t ifindex;   /* interface to leave by; 0: the kernel chooses */
};

/*
 * A socket bound to `ip` (0: every address) and `port` that may send
 * broadcasts and whose arrivals are told apart.  With `reuseport` several
 * sockets of one user share the port, and the kernel spreads the clients over
 * them.  A descriptor, or -errno.
 */
MUST_USE int udp_listen(uint32_t ip, uint16_t port, bool reuseport);

/*
 * A socket on a free port of `ip` (0: the kernel chooses) that speaks with
 * `peer` alone.  A descriptor, or -errno.
 */
MUST_USE int udp_connect(uint32_t ip, const struct endpoint *peer);

/*
 * Receive one datagram into `buf`.  1, or 0 where none waits, or -errno (on a
 * connected socket -ECONNREFUSED when the peer has gone).
 */
MUST_USE int udp_receive(
    int fd, void *buf, size_t room, struct udp_arrival *arrival);

/*
 * Send the pieces of `iov` as one datagram; `route` is NULL on a connected
 * socket.  0, or -EAGAIN where the queue is full, or another -errno.
 */
MUST_USE int udp_send(int fd, const struct iovec *iov, size_t count,
    const struct udp_route *route);

#endif
