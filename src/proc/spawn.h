/*
 * spawn.h - execute our own binary again, as a role.
 */
#ifndef HOBNAIL_PROC_SPAWN_H
#define HOBNAIL_PROC_SPAWN_H

#include <sys/types.h>

#include "base/attr.h"
#include "proto/ipc.h"

/* A descriptor of the running binary, for spawn_role; or -errno. */
MUST_USE int spawn_binary(void);

/*
 * Start `hobnail role NAME` from `binary`, with `fds` as its descriptors 3, 4,
 * 5 and no other beside standard input (/dev/null), output and error.  Those
 * given stay the caller's.  The process id, or -errno.
 */
MUST_USE pid_t spawn_role(
    int binary, enum role role, const int *fds, size_t count);

#endif
