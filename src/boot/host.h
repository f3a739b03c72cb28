/*
 * host.h - what is known of one machine: who it is and how it boots.
 */
#ifndef HOBNAIL_BOOT_HOST_H
#define HOBNAIL_BOOT_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/strbuf.h"

enum firmware {
	FIRMWARE_UNKNOWN,
	FIRMWARE_BIOS,
	FIRMWARE_UEFI,
	FIRMWARE_COUNT,
};

enum arch {
	ARCH_UNKNOWN,
	ARCH_I386,
	ARCH_X86_64,
	ARCH_ARM64,
	ARCH_COUNT,
};

struct host {
	struct mac mac;
	uint8_t uuid[16]; /* as DHCP option 97 carries it; zero: unknown */
	enum firmware firmware;
	enum arch arch;
	uint32_t ip;         /* last seen with, or 0 */
	uint64_t first_seen; /* wall clock, seconds; set by the state role */
	uint64_t last_seen;
};

const char *firmware_name(enum firmware f); /* "BIOS", "UEFI", "unknown" */
const char *arch_name(enum arch a);         /* "x86_64", "arm64", ... */

/*
 * What a DHCP client architecture (option 93; IANA "Processor Architecture
 * Types") means.  False where it is none that we can boot.
 */
bool host_architecture(
    uint16_t type, enum firmware *firmware, enum arch *arch, bool *http);

void host_encode(const struct host *h, struct strbuf *out);

/* NULL, or why the bytes are none. */
MUST_USE const char *host_decode(
    const void *bytes, size_t len, struct host *out);

#endif
