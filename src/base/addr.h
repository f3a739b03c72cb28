/*
 * addr.h - hardware and IPv4 addresses as values.
 *
 * An IPv4 address is a uint32_t in host order (192.0.2.1 is 0xc0000201), so
 * that ranges and masks are plain arithmetic.
 */
#ifndef HOBNAIL_BASE_ADDR_H
#define HOBNAIL_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

struct mac {
	uint8_t b[6];
};

#define MAC_TEXT_SIZE 18 /* "52:54:00:12:34:56" and its NUL */
#define IP4_TEXT_SIZE 16 /* "255.255.255.255" and its NUL */

/* Where a datagram came from or goes to. */
struct endpoint {
	uint32_t ip;
	uint16_t port;
};

bool mac_equal(struct mac a, struct mac b);

/* As a number below 2^48: a key for a table. */
uint64_t mac_key(struct mac m);
struct mac mac_from_key(uint64_t key);

/*
 * Parse six hexadecimal bytes with ':' or '-' between them, or none
 * (525400123456).  NULL, or why it is no hardware address.
 */
MUST_USE const char *mac_parse(struct span s, struct mac *out);

/* "52-54-00-12-34-56" with the separator given, into `out`; returns `out`. */
const char *mac_text(struct mac m, char separator, char out[MAC_TEXT_SIZE]);

/* Parse dotted decimal.  NULL, or why it is no IPv4 address. */
MUST_USE const char *ip4_parse(struct span s, uint32_t *out);

/* Dotted decimal into `out`; returns `out`. */
const char *ip4_text(uint32_t ip, char out[IP4_TEXT_SIZE]);

#endif
