/*
 * dhcp_clients.h - the machines that asked lately, so that each is told of
 * only when there is news.
 *
 * Bounded: who floods us with made-up addresses pushes old ones out, and the
 * worst that follows is an event more.
 */
#ifndef HOBNAIL_SERVICE_DHCP_CLIENTS_H
#define HOBNAIL_SERVICE_DHCP_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "boot/event.h"
#include "boot/host.h"

#define DHCP_CLIENTS_MAX 4096U
#define DHCP_CLIENT_EVENT_MS 2000U /* at most one event of a kind in this */

struct dhcp_client {
	struct mac mac;
	struct host told; /* what state was told; mac zero: nothing */
	uint64_t
	    events[EVENT_KINDS]; /* of the last one; monotonic ms, 0: none */
};

struct dhcp_clients {
	struct table by_mac;
	struct dhcp_client *all;
	size_t next; /* whom the next newcomer replaces */
};

void dhcp_clients_init(struct dhcp_clients *c, uint64_t seed);
void dhcp_clients_clear(struct dhcp_clients *c);

/* Whether an event of this kind is due for the machine; counts it. */
bool dhcp_clients_event(
    struct dhcp_clients *c, struct mac mac, enum event_kind kind, uint64_t now);

/*
 * Whether `seen` says more than `known` (of the catalogue, or NULL) and than
 * what was told before; then it is told now.  What DHCP cannot know is taken
 * over into `seen`: addresses that others gave, the true architecture of a
 * machine that starts by BIOS.
 */
bool dhcp_clients_news(
    struct dhcp_clients *c, const struct host *known, struct host *seen);

#endif
