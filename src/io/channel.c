#include "io/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
channel_pair(int fds[2])
{
	int size = 1 << 20; /* bytes; leases and events come in bursts */

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(
		    fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

static int
transmit(const struct channel *c, const struct ipc *m, int fd, int flags)
{
	uint8_t bytes[IPC_MESSAGE_MAX];
	struct writer w = writer_over(bytes, sizeof(bytes));
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = bytes};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	ipc_put(&w, m);
	if (w.fault)
		return -EMSGSIZE;
	iov.iov_len = writer_len(&w);
	if (fd >= 0) {
		struct cmsghdr *cmsg;

		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	while (sendmsg(c->fd, &msg, MSG_NOSIGNAL | flags) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int
channel_send(const struct channel *c, const struct ipc *m, int fd)
{
	return transmit(c, m, fd, 0);
}

int
channel_try(const struct channel *c, const struct ipc *m, int fd)
{
	return transmit(c, m, fd, MSG_DONTWAIT);
}

/* The descriptor in `msg`, or -1; a second one is closed. */
static int
taken_fd(struct msghdr *msg)
{
	int taken = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len;
		     at += sizeof(int)) {
			int fd;

			memcpy(&fd, (const char *)c + at, sizeof(fd));
			if (taken < 0)
				taken = fd;
			else
				(void)close(fd);
		}
	}
	return taken;
}

int
channel_receive(const struct channel *c, struct channel_buffer *buf,
    struct ipc *m, int *fd, const char **fault)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec iov = {
	    .iov_base = buf->bytes, .iov_len = sizeof(buf->bytes)};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.room,
	    .msg_controllen = sizeof(control.room)};
	ssize_t len = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*fd = -1;
	*fault = NULL;
	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (len == 0)
		return -EPIPE;
	*fd = taken_fd(&msg);
	*fault = ipc_parse(
	    span_of(buf->bytes, (size_t)len), c->peer, c->self, *fd >= 0, m);
	if (!*fault)
		return 1;
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	return -EPROTO;
}

void
channel_close(struct channel *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}
