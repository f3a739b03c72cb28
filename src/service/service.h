/*
 * service.h - what a role's code gets from the process that it runs in.
 *
 * proc/worker.c receives settings, sockets, folders and channels from keeper,
 * drops its rights, and then calls the one `struct service` of its role.
 */
#ifndef HOBNAIL_SERVICE_SERVICE_H
#define HOBNAIL_SERVICE_SERVICE_H

#include <stddef.h>

#include "boot/settings.h"
#include "io/channel.h"
#include "io/loop.h"
#include "proto/ipc.h"

#define SOCKETS_MAX 64 /* of one kind: one per event loop */

/* The image role starts with two descriptors more than its channel, and
 * there is no message for them: it ends before it would read one. */
#define IMAGE_FD 4  /* the image, read-only */
#define REPORT_FD 5 /* write end of the pipe for its report */

struct context {
	struct loop *loop; /* the main thread's */
	const struct settings *settings;
	int sockets[SOCKET_KINDS][SOCKETS_MAX]; /* -1: not given */
	size_t socket_count[SOCKET_KINDS];
	int folders[FOLDER_KINDS]; /* directory descriptors; -1: not given */
	/* To the other roles, by role; fd -1 while one is down. */
	struct channel peers[ROLE_COUNT];
	void *self; /* the service's own */
};

struct service {
	/* Rights are dropped; begin.  0 or -errno, which ends the role. */
	int (*start)(struct context *c);
	/* A message from a role.  `fd` (or -1) is the service's to close.
	 * NULL, or a fault: the sender breaks the protocol. */
	const char *(*message)(
	    struct context *c, enum role from, const struct ipc *m, int fd);
	/* A new channel to `role` stands in c->peers, after start or when that
	 * role was restarted. */
	void (*peer)(struct context *c, enum role role);
	/* The channel to `role` is gone, as that role ended.  May be NULL. */
	void (*lost)(struct context *c, enum role role);
	/* The server stops: finish what must be finished.  May be NULL. */
	void (*stop)(struct context *c);
};

extern const struct service state_service, dhcp_service, boot_service,
    admin_service, image_service;

#endif
