/*
 * dhcp_service.h - what the parts of the dhcp role share.
 *
 * dhcp_service.c receives, decides by boot/pxe.h and proto/dhcp_server.h, and
 * sends; dhcp_report.c tells the state role.  One thread; nothing is opened.
 */
#ifndef HOBNAIL_SERVICE_DHCP_SERVICE_H
#define HOBNAIL_SERVICE_DHCP_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "boot/catalogue.h"
#include "boot/pxe.h"
#include "proto/dhcp_server.h"
#include "service/dhcp_clients.h"
#include "service/dhcp_pending.h"
#include "service/dhcp_send.h"
#include "service/outbox.h"
#include "service/service.h"

/* Everything of the role, reached by context.self. */
struct dhcp_role {
	struct context *context;
	struct watch dhcp, pxe;
	struct dhcp_sockets sockets;

	struct arena arena; /* of the catalogue */
	struct strbuf catalogue_bytes;
	struct catalogue catalogue;
	bool informed; /* a catalogue has come */

	struct pxe_guard guard;
	struct pxe boot;
	struct dhcp_server server; /* in DHCP_MODE_SERVER */
	struct dhcp_subnet *subnets;
	struct dhcp_reservation *reserved;

	struct dhcp_clients clients;
	struct dhcp_pendings pendings;
	struct outbox state;                     /* to the state role */
	bool warned[FIRMWARE_COUNT][ARCH_COUNT]; /* of a missing loader */
	uint64_t complained; /* of a pool without room; monotonic ms */
};

/* One request on its way through the role. */
struct dhcp_exchange {
	struct dhcp_role *role;
	const struct dhcp_packet *packet;
	struct dhcp_arrival arrival;
	struct pxe_client client;
	bool boots; /* `client` is set: it wants to boot */
};

/* Tell state who asked, as far as that is news. */
void dhcp_report_host(const struct dhcp_exchange *x, uint32_t ip);

/* Tell the timeline what was offered, or which address was leased. */
void dhcp_report_offer(
    const struct dhcp_exchange *x, const struct dhcp_answer *a);
void dhcp_report_lease(struct dhcp_role *role, const struct lease *lease);

/* Say once that there is no loader for this kind of machine. */
void dhcp_report_no_loader(
    struct dhcp_role *role, const struct pxe_client *client);

/* Say, now and then, why a client got no address. */
void dhcp_report_silence(const struct dhcp_exchange *x, const char *why);

/* Send the lease to state; dropped while state is down. */
void dhcp_report_pending(
    struct dhcp_role *role, const struct dhcp_pending *pending);

#endif
