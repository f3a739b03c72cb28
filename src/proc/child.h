/*
 * child.h - one process of the server, as keeper sees it.
 */
#ifndef HOBNAIL_PROC_CHILD_H
#define HOBNAIL_PROC_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "io/channel.h"
#include "io/loop.h"
#include "proc/sandbox.h"

struct keeper;

struct child {
	struct keeper *keeper;
	enum role role;
	pid_t pid; /* 0: not running */
	struct channel channel;
	struct watch watch;
	struct timer timer;    /* starts it again; for an image: ends it */
	uint64_t started;      /* monotonic ms */
	unsigned int failures; /* in a row */
	bool replaced;         /* ended by us, to start with new settings */
	char level[SANDBOX_LEVEL_SIZE]; /* "" until it said IPC_READY */
};

/*
 * Start the process with a channel, and `extra` descriptors from 4 on.  Its
 * messages go to `ready` of the watch, which the caller has set.  0 or
 * -errno.
 */
MUST_USE int child_start(
    struct child *c, int binary, const int *extra, size_t count);

/* Hand over the settings (a memfd), as child_send.  0 or -errno. */
int child_settings(struct child *c, int settings);

/* Send without waiting: keeper never waits for a role.  One that does not
 * take its messages is ended, to be started again.  0 or -errno. */
int child_send(struct child *c, const struct ipc *m, int fd);

/* Forget the channel. */
void child_cut(struct child *c);

/* The process is gone: what is left of it.  How long to wait before it is
 * started again, in ms. */
uint64_t child_ended(struct child *c);

/* End it at once. */
void child_kill(struct child *c);

#endif
