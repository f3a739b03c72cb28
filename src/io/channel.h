/*
 * channel.h - a SOCK_SEQPACKET socket that carries ipc messages.
 *
 * Sending never blocks for long: the socket is blocking for the sender only
 * where the peer's queue is full (back-pressure); channel_try drops instead.
 * Several threads may send on one channel; only one may receive.
 */
#ifndef HOBNAIL_IO_CHANNEL_H
#define HOBNAIL_IO_CHANNEL_H

#include <stdbool.h>

#include "base/attr.h"
#include "proto/ipc.h"

/* Room for one received message. */
struct channel_buffer {
	uint8_t bytes[IPC_MESSAGE_MAX];
};

struct channel {
	int fd;         /* -1: not connected */
	enum role self; /* who we are */
	enum role peer; /* who is at the other end */
};

/* A connected pair of sockets, close-on-exec.  0 or -errno. */
MUST_USE int channel_pair(int fds[2]);

/* Send `m`, with descriptor `fd` unless -1 (which stays the caller's).
 * Waits while the peer's queue is full.  0 or -errno. */
MUST_USE int channel_send(const struct channel *c, const struct ipc *m, int fd);

/* As channel_send, but -EAGAIN where it would have to wait. */
MUST_USE int channel_try(const struct channel *c, const struct ipc *m, int fd);

/*
 * Receive one message, which borrows from `buf`; `*fd` is the descriptor that
 * came with it or -1, and is the caller's.  1, or 0 where none waits, or
 * -EPIPE when the peer is gone, or -EPROTO for a malformed message (`*fault`
 * says why), or another -errno.
 */
MUST_USE int channel_receive(const struct channel *c,
    struct channel_buffer *buf, struct ipc *m, int *fd, const char **fault);

/* Close; the channel is then not connected. */
void channel_close(struct channel *c);

#endif
