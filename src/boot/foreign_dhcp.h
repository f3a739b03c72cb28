/*
 * foreign_dhcp.h - the lines that make another DHCP server send machines here.
 *
 * For mode `off`: nothing of ours answers DHCP, so the server of the network
 * must name our loader by the machine's architecture, and our first script
 * once iPXE asks.  Text only; a person puts it where it belongs.
 */
#ifndef HOBNAIL_BOOT_FOREIGN_DHCP_H
#define HOBNAIL_BOOT_FOREIGN_DHCP_H

#include <stdint.h>

#include "base/strbuf.h"

enum foreign_dhcp {
	FOREIGN_DNSMASQ,
	FOREIGN_ISC,    /* ISC dhcpd */
	FOREIGN_KEA,    /* Kea's kea-dhcp4 */
	FOREIGN_ROUTER, /* a router with a form to fill in */
	FOREIGN_COUNT,
};

/* Where our server is. */
struct foreign_target {
	uint32_t ip;
	uint16_t http_port, tftp_port;
	const char *uefi; /* the loader for x86-64 UEFI: its file name */
};

/* "dnsmasq", "ISC dhcpd", ...: and the file that the lines go into. */
const char *foreign_dhcp_name(enum foreign_dhcp kind);
const char *foreign_dhcp_file(enum foreign_dhcp kind);

/* Add the lines. */
void foreign_dhcp_text(enum foreign_dhcp kind,
    const struct foreign_target *target, struct strbuf *out);

#endif
