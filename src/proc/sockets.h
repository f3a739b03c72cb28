/*
 * sockets.h - every listening socket of the server, opened by keeper.
 *
 * Keeper keeps them for as long as it lives, so that a role can be started
 * again without the rights that opening them took.
 */
#ifndef HOBNAIL_PROC_SOCKETS_H
#define HOBNAIL_PROC_SOCKETS_H

#include <stddef.h>
#include <sys/types.h>

#include "boot/settings.h"
#include "service/service.h"

struct sockets {
	int fds[SOCKET_KINDS][SOCKETS_MAX];
	size_t count[SOCKET_KINDS];
};

/*
 * Open what `s` asks for: one of TFTP and HTTP per thread.  What cannot be
 * had is said to the person and left out; the rest goes on working.  Returns
 * the ports that are off, as settings.ports_off has them.
 */
uint32_t sockets_open(struct sockets *all, const struct settings *s);

/*
 * Open the control socket at `path`, for root and for `group` (and owned by
 * `user`).  Says what is wrong.  0 or -errno; -EADDRINUSE where another
 * server answers there.
 */
MUST_USE int sockets_open_control(
    struct sockets *all, const char *path, uid_t user, gid_t group);

void sockets_close(struct sockets *all);

#endif
