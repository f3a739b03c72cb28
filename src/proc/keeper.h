/*
 * keeper.h - the first process: holds what the others work with, starts them
 * and starts them again.  Sees nothing from a network.
 */
#ifndef HOBNAIL_PROC_KEEPER_H
#define HOBNAIL_PROC_KEEPER_H

#include "base/attr.h"
#include "io/interfaces.h"
#include "io/loop.h"
#include "proc/child.h"
#include "proc/config.h"
#include "proc/folders.h"
#include "proc/prober.h"
#include "proc/sockets.h"

struct keeper {
	struct loop loop;
	struct config *config; /* with interfaces in its settings */
	struct folders folders;
	struct sockets sockets;
	int binary;   /* of ourselves */
	int settings; /* memfd */
	struct interfaces_wish wish;
	struct child children[ROLE_COUNT]; /* no entry used for image */
	struct prober prober;
	struct channel_buffer buffer;
	struct watch signals, links;
	struct timer rescan, patience;
	char level[SANDBOX_LEVEL_SIZE];
	bool stopping, told; /* told: READY=1 was sent to the init system */
};

/* Fill the interfaces of the settings from those of the machine; true where
 * they changed. */
bool keeper_interfaces(struct keeper *k);

/*
 * Run until SIGTERM or SIGINT.  Everything is open and we are the roles'
 * user.  The exit status.
 */
MUST_USE int keeper_run(struct keeper *k);

#endif
