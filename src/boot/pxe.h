/*
 * pxe.h - what a machine that boots from the network is told by DHCP.
 *
 * Pure decision: from a request to the boot fields of an answer.  Addresses
 * are given out by proto/dhcp_server.h, if at all; sending is the service's.
 *
 * PXE 2.1 and RFC 4578 (PXE), UEFI 2.10 section 24.7 (HTTP Boot).  The rules
 * satisfy EDK2 (NetworkPkg/UefiPxeBcDxe/PxeBcDhcp4.c and
 * HttpBootDxe/HttpBootDhcp4.c), iPXE (src/net/udp/dhcp.c) and old ROMs.
 */
#ifndef HOBNAIL_BOOT_PXE_H
#define HOBNAIL_BOOT_PXE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/table.h"
#include "boot/catalogue.h"
#include "boot/host.h"
#include "boot/settings.h"
#include "proto/dhcp.h"

#define PXE_GUARD_HOSTS 1024U /* how many are watched for loops */
#define PXE_GUARD_TIME 60000U /* ms */

/* Who asks, as its request tells. */
struct pxe_client {
	struct mac mac;
	uint8_t uuid[16]; /* zero: not told */
	enum firmware firmware;
	enum arch arch;
	bool http;  /* HTTP Boot: wants a URL */
	bool ipxe;  /* iPXE, not the firmware itself */
	bool https; /* an iPXE that is new enough for us */
};

/*
 * The hosts that our loader was offered to lately.  An iPXE without HTTPS is
 * too old and gets our loader; should ours itself be such a one, it would be
 * loaded for ever.
 */
struct pxe_guard {
	struct table by_mac;
	struct pxe_offered {
		struct mac mac;
		uint32_t xid;          /* of the last offer */
		uint64_t last, before; /* offers; monotonic ms, 0: none */
	} hosts[PXE_GUARD_HOSTS];
	size_t next; /* whom the next newcomer replaces */
};

/* What decides beside the request. */
struct pxe {
	const struct settings *settings;
	const struct catalogue *catalogue;
	struct pxe_guard *guard;
};

enum pxe_outcome {
	PXE_LOADER,    /* our loader is offered */
	PXE_SCRIPT,    /* the script is offered to iPXE */
	PXE_NO_LOADER, /* there is none for this machine */
};

/* `seed` is random.  Clear it when done. */
void pxe_guard_init(struct pxe_guard *g, uint64_t seed);
void pxe_guard_clear(struct pxe_guard *g);

/*
 * Who sent `p`.  False where it does not want to boot: neither its class says
 * so nor does it name an architecture.
 */
bool pxe_client_from(const struct dhcp_packet *p, struct pxe_client *out);

/*
 * How a request is answered by one who gives no addresses: DHCP_OFFER,
 * DHCP_ACK, or DHCP_NONE for silence.  `boot_port`: it came to port 4011;
 * `server` is our identifier.
 */
enum dhcp_type pxe_proxy_answer(
    const struct dhcp_packet *p, bool boot_port, uint32_t server);

/* The file name of the loader for this machine, or NULL. */
const char *pxe_loader(const struct pxe *x, const struct pxe_client *client);

/*
 * Fill in the boot fields of `a`, which was begun with dhcp_answer_start;
 * nothing is changed for PXE_NO_LOADER.  `ip` is our address for this client,
 * `now` monotonic ms.
 */
enum pxe_outcome pxe_fill(const struct pxe *x, const struct pxe_client *client,
    uint32_t ip, uint64_t now, struct dhcp_answer *a);

#endif
