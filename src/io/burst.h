/*
 * burst.h - several datagrams to one peer with one system call.
 *
 * Each has a head and a payload, which are not copied.  Datagrams of equal
 * length leave as one large one that the kernel cuts (UDP_SEGMENT, udp(7)),
 * where it can; else by sendmmsg(2).
 */
#ifndef HOBNAIL_IO_BURST_H
#define HOBNAIL_IO_BURST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/attr.h"

#define BURST_MAX 64U      /* datagrams */
#define BURST_HEAD_MAX 96U /* bytes of a head */

struct burst {
	size_t count;
	struct iovec pieces[BURST_MAX][2]; /* head and payload of each */
	uint8_t heads[BURST_MAX][BURST_HEAD_MAX];
};

/* Add a datagram; the payload must stay until the burst is sent.  There must
 * be room. */
void burst_add(struct burst *b, const void *head, size_t head_len,
    const void *payload, size_t payload_len);

/*
 * Send all on a connected socket; the burst is then empty.  `*cut`: try
 * UDP_SEGMENT first; becomes false where the kernel or the route has none.
 * 0, or -errno: what was not sent is lost, as datagrams may be.
 */
MUST_USE int burst_send(struct burst *b, int fd, bool *cut);

#endif
