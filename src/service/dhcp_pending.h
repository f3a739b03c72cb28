/*
 * dhcp_pending.h - answers that wait until their lease is on disk.
 *
 * An ACK leaves only after the state role has kept the lease; so a lease that
 * a client knows of is never forgotten.  The queue is bounded and nothing
 * waits long: a client asks again.
 */
#ifndef HOBNAIL_SERVICE_DHCP_PENDING_H
#define HOBNAIL_SERVICE_DHCP_PENDING_H

#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "boot/lease.h"
#include "proto/dhcp.h"
#include "proto/dhcp_pool.h"
#include "service/dhcp_send.h"

#define DHCP_PENDING_MAX 8192U
#define DHCP_PENDING_MS 10000U

struct dhcp_pending {
	uint64_t id;
	uint64_t since;     /* monotonic ms */
	struct lease lease; /* its host name is in `hostname` */
	char hostname[DHCP_HOSTNAME_MAX];
	struct dhcp_way way;
	struct dhcp_pending *next;
	size_t len; /* of packet; 0: nothing is sent */
	uint8_t packet[];
};

struct dhcp_pendings {
	struct table by_id;
	struct dhcp_pending *first, **last; /* oldest first */
	uint64_t next_id;
};

void dhcp_pendings_init(struct dhcp_pendings *p, uint64_t seed);
void dhcp_pendings_clear(struct dhcp_pendings *p);

/* Add a lease to be kept, and the packet (may be empty) that is sent then.
 * NULL where too many wait. */
struct dhcp_pending *dhcp_pendings_add(struct dhcp_pendings *p,
    const struct lease *lease, const struct dhcp_way *way, struct span packet,
    uint64_t now);

/* Take the one with this id out; free() it.  NULL where it is not there. */
struct dhcp_pending *dhcp_pendings_take(struct dhcp_pendings *p, uint64_t id);

#endif
