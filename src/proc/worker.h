/*
 * worker.h - the life of every process but keeper.
 *
 * Takes settings, sockets, folders and channels from keeper over descriptor
 * 3, drops its rights, says IPC_READY and hands over to its service.  It ends
 * when keeper says so or is gone, and when a peer breaks the protocol.
 */
#ifndef HOBNAIL_PROC_WORKER_H
#define HOBNAIL_PROC_WORKER_H

#include "proc/sandbox.h"
#include "service/service.h"

#define WORKER_CHANNEL 3 /* to keeper; the image role also has 4 and 5 */

/* Run `service` as `role` until the end; returns the exit status. */
int worker_main(
    enum role role, const struct service *service, enum sandbox_denial denial);

#endif
