/*
 * dhcp.h - DHCP packets: bytes to values and values to bytes.
 *
 * Only the format is known here: who gets which address is decided in
 * proto/dhcp_server.h, what a machine boots in boot/pxe.h.
 *
 * RFC 951 and 2131 (packet), 2132 (options), 3396 (split options), 3046
 * (relay agent), 3527 (link selection), 5107 (server identifier override),
 * 3004 (user class), 4578 (PXE); iPXE's encapsulated options are those of its
 * src/include/ipxe/dhcp.h.
 */
#ifndef HOBNAIL_PROTO_DHCP_H
#define HOBNAIL_PROTO_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/span.h"

#define DHCP_PACKET_MAX 1472U  /* bytes we send: one frame of Ethernet */
#define DHCP_RECEIVE_MAX 2048U /* bytes we read of a packet */
#define DHCP_ARCHES_MAX 8U     /* of option 93 that we look at */
#define DHCP_BROADCAST 0x8000U /* in `flags`: answer by broadcast */

enum dhcp_op {
	DHCP_OP_REQUEST = 1,
	DHCP_OP_REPLY = 2,
};

enum dhcp_type {
	DHCP_NONE, /* plain BOOTP */
	DHCP_DISCOVER,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM,
	DHCP_TYPES,
};

enum dhcp_option {
	DHCP_OPTION_PAD = 0,
	DHCP_OPTION_MASK = 1,
	DHCP_OPTION_ROUTER = 3,
	DHCP_OPTION_DNS = 6,
	DHCP_OPTION_HOSTNAME = 12,
	DHCP_OPTION_DOMAIN = 15,
	DHCP_OPTION_BROADCAST = 28,
	DHCP_OPTION_VENDOR = 43,
	DHCP_OPTION_ADDRESS = 50,
	DHCP_OPTION_LEASE = 51,
	DHCP_OPTION_OVERLOAD = 52,
	DHCP_OPTION_TYPE = 53,
	DHCP_OPTION_SERVER = 54,
	DHCP_OPTION_PARAMETERS = 55,
	DHCP_OPTION_MESSAGE = 56,
	DHCP_OPTION_SIZE = 57,
	DHCP_OPTION_RENEW = 58,
	DHCP_OPTION_REBIND = 59,
	DHCP_OPTION_CLASS = 60,
	DHCP_OPTION_CLIENT_ID = 61,
	DHCP_OPTION_BOOT_SERVER = 66,
	DHCP_OPTION_BOOT_FILE = 67,
	DHCP_OPTION_USER_CLASS = 77,
	DHCP_OPTION_RELAY = 82,
	DHCP_OPTION_ARCH = 93,
	DHCP_OPTION_UUID = 97,
	DHCP_OPTION_IPXE = 175,
	DHCP_OPTION_END = 255,
};

/* Options inside DHCP_OPTION_IPXE. */
enum dhcp_ipxe {
	DHCP_IPXE_HTTP = 0x13,
	DHCP_IPXE_HTTPS = 0x14,
	DHCP_IPXE_BZIMAGE = 0x18,
	DHCP_IPXE_EFI = 0x24,
	DHCP_IPXE_NO_PXEDHCP = 0xb0, /* to the client: no proxy offer comes */
};

/* What one packet says. */
struct dhcp_packet {
	enum dhcp_op op;
	enum dhcp_type type;
	uint32_t xid;
	uint16_t secs;
	uint16_t flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	struct mac mac;

	uint32_t address;  /* option 50, or 0 */
	uint32_t server;   /* option 54, or 0 */
	uint32_t lease;    /* option 51, seconds, or 0 */
	uint16_t size_max; /* option 57, bytes of IP datagram, or 0 */
	uint16_t arches[DHCP_ARCHES_MAX]; /* option 93 */
	size_t arch_count;
	uint32_t link;            /* option 82.5: subnet to choose, or 0 */
	uint32_t server_override; /* option 82.11, or 0 */

	/* Each option as it was sent, split ones joined; absent ones have
	 * `data` NULL. */
	struct span options[256];
};

/* Where the parts of split options are joined. */
struct dhcp_joined {
	uint8_t bytes[DHCP_RECEIVE_MAX];
};

/* An answer to be built.  Zero, "" or absent: left out. */
struct dhcp_answer {
	enum dhcp_type type;
	uint32_t xid;
	uint16_t flags;
	uint32_t ciaddr, yiaddr, siaddr, giaddr;
	struct mac mac;
	size_t size_max; /* bytes of DHCP that the client takes; see below */

	uint32_t server;               /* option 54 */
	uint32_t lease, renew, rebind; /* seconds; left out where lease is 0 */
	uint32_t mask, broadcast, router;
	uint32_t dns[3];
	const char *hostname;
	const char *domain;
	const char *message; /* for a person; in a NAK */

	const char *class;    /* "PXEClient", "HTTPClient", or NULL */
	bool use_filename;    /* option 43.6 = 8: boot the file named here */
	char boot_server[64]; /* sname and option 66 */
	char boot_file[128];  /* file and option 67 */
	struct span uuid;     /* option 97, echoed */
	bool no_pxedhcp;      /* iPXE need not wait for proxy offers */
	struct span relay;    /* option 82, echoed */
};

/*
 * Parse a packet.  NULL, or why it is refused.  The spans of `out` borrow
 * from `bytes` and `joined`.
 */
MUST_USE const char *dhcp_parse(const void *bytes, size_t len,
    struct dhcp_joined *joined, struct dhcp_packet *out);

/* Whether option 175 of a client lists this feature, as not zero. */
bool dhcp_ipxe_has(const struct dhcp_packet *p, enum dhcp_ipxe feature);

/* Whether the user class is `name`: as raw text, which is what iPXE sends, or
 * in a list with lengths (RFC 3004). */
bool dhcp_user_class_is(const struct dhcp_packet *p, const char *name);

/*
 * Begin the answer to `p`: xid, addresses, flags and all else that a server
 * copies from the request (RFC 2131 section 4.3.1 table 3).
 */
void dhcp_answer_start(
    struct dhcp_answer *a, const struct dhcp_packet *p, enum dhcp_type type);

/*
 * Build the packet in `buf`; returns its length.  At most size_max bytes are
 * used, not counting option 82, which the relay takes out again: where that
 * is too few, first the host name and then the domain are left out.
 */
size_t dhcp_build(const struct dhcp_answer *a, uint8_t buf[DHCP_PACKET_MAX]);

/* "discover", "offer", ... */
const char *dhcp_type_name(enum dhcp_type type);

#endif
