/*
 * interfaces.h - which network interfaces of this machine are served.
 *
 * By default those that are up, have carrier and an IPv4 address, without
 * loopback and without what other software made for itself (docker, virbr,
 * veth, tun, ...).  A list of names takes precedence over that choice.
 */
#ifndef HOBNAIL_IO_INTERFACES_H
#define HOBNAIL_IO_INTERFACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"

struct interface {
	char name[16];
	uint32_t index;
	uint32_t ip;    /* the first, or the wanted one where it has it */
	uint8_t prefix; /* 0..32 */
	struct mac mac; /* zero where it has none */
};

/* What is wanted. */
struct interfaces_wish {
	const char *const *names; /* NULL where the default choice applies */
	size_t name_count;
	uint32_t address; /* where an interface has several; 0: any */
};

/*
 * The interfaces that meet `wish`, in order of their index, at most `room`.
 * How many, or -errno.
 */
MUST_USE int interfaces_find(
    const struct interfaces_wish *wish, struct interface *out, size_t room);

/* Whether an interface of this name is left out by default. */
bool interface_is_foreign(const char *name);

/* Whether there is an interface of this name, with an address or without. */
bool interface_exists(const char *name);

/* A netlink socket that becomes readable when an IPv4 address or a link
 * changes.  A descriptor, or -errno. */
MUST_USE int interfaces_watch(void);

/* Take all that waits on a descriptor of interfaces_watch. */
void interfaces_drain(int fd);

#endif
