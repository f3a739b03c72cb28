/*
 * attempts.h - everything that a role should not be able to do, tried.
 *
 * An attempt is one system call, or few; its outcome is 0 or an errno.
 */
#ifndef HOBNAIL_TESTS_RIGHTS_ATTEMPTS_H
#define HOBNAIL_TESTS_RIGHTS_ATTEMPTS_H

#include <sys/types.h>

#include "service/service.h"

#define BIT(role) (1U << (role))
#define STATE BIT(ROLE_STATE)
#define DHCP BIT(ROLE_DHCP)
#define BOOT BIT(ROLE_BOOT)
#define ADMIN BIT(ROLE_ADMIN)
#define IMAGE BIT(ROLE_IMAGE)
#define NOBODY 0U
#define ALL (STATE | DHCP | BOOT | ADMIN | IMAGE)

/* Where an attempt is made. */
struct place {
	struct context *context;
	int images, state, loaders; /* folders; -1: not given to this role */
	pid_t keeper;
};

struct attempt {
	const char *name; /* NULL ends a table */
	int (*act)(const struct place *p);
	unsigned int allowed; /* set of BIT(role) */
	unsigned int skipped; /* where it would mean nothing */
};

#define TRY(act, allowed, skipped)                                             \
	{                                                                      \
#act, act, allowed, skipped                                    \
	}

extern const struct attempt files_attempts[], sockets_attempts[],
    process_attempts[];

/* A system call's result, as 0 or the errno. */
int outcome(long result);

/* The same for a call that yields a descriptor, which is closed. */
int open_result(int fd);

/*
 * Try all of it as `role`, against the process `keeper` where it takes one,
 * and what `role` needs.  Prints a line for each surprise, and "ROLE: N
 * denied, M allowed, K surprises" at the end.
 */
void attempts_run(enum role role, struct context *c, pid_t keeper);

#endif
