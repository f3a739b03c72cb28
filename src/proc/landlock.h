/*
 * landlock.h - give up the right to open files, by the Landlock system calls.
 *
 * Every right of the newest ABI that we know is handled, masked down to what
 * the running kernel knows; what no rule grants is then denied.  Not
 * restricted: descriptors that are already open, stat(2), UDP.
 */
#ifndef HOBNAIL_PROC_LANDLOCK_H
#define HOBNAIL_PROC_LANDLOCK_H

#include <stddef.h>

#include "base/attr.h"

/* What is granted beneath a folder. */
enum landlock_grant {
	LANDLOCK_LIST,    /* list it and the folders below */
	LANDLOCK_READ,    /* read files */
	LANDLOCK_RUN,     /* list, read files and execute them */
	LANDLOCK_CHANGE,  /* list, read, write, create, rename and remove */
	LANDLOCK_NOTHING, /* as if the rule were not there */
};

struct landlock_rule {
	int folder; /* descriptor; -1: no such rule */
	enum landlock_grant grant;
};

/*
 * Restrict this thread and all that it starts to `rules`; TCP bind and
 * connect, abstract Unix sockets and signals to processes outside are denied
 * where the kernel can.  Needs no_new_privs.  The ABI reached (1, 2, ...), 0
 * where the kernel has no Landlock, or -errno.
 */
MUST_USE int landlock_confine(const struct landlock_rule *rules, size_t count);

#endif
