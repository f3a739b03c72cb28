/*
 * lease.h - one DHCP lease, as dhcp and state exchange it.
 */
#ifndef HOBNAIL_BOOT_LEASE_H
#define HOBNAIL_BOOT_LEASE_H

#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/strbuf.h"

enum lease_state {
	LEASE_BOUND,    /* the client may use it until `expires` */
	LEASE_RELEASED, /* the client gave it back */
	LEASE_DECLINED, /* somebody else uses it; kept away until `expires` */
	LEASE_STATES,
};

struct lease {
	uint32_t ip;
	struct mac mac;
	enum lease_state state;
	uint64_t expires;     /* wall clock, seconds since 1970 */
	struct span hostname; /* as the client said it, at most 64 bytes */
};

void lease_encode(const struct lease *l, struct strbuf *out);

/* NULL, or why the bytes are none.  The span borrows from `bytes`. */
MUST_USE const char *lease_decode(
    const void *bytes, size_t len, struct lease *out);

#endif
