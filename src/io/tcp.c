#include "io/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096 /* connections; the kernel has its own cap */

int
tcp_listen(uint32_t ip, uint16_t port, bool reuseport)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(ip)};
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    (reuseport && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on,
	                      sizeof(on)) < 0) ||
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		int error = errno;

		(void)close(fd);
		return -error;
	}
	return fd;
}

void
tcp_tune(int listener)
{
	static const char bbr[] = "bbr";
	int on = 1;

	(void)setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* Better on links that lose; the kernel's own where it is missing. */
	(void)setsockopt(
	    listener, IPPROTO_TCP, TCP_CONGESTION, bbr, sizeof(bbr) - 1);
}

static struct endpoint
endpoint_of(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *in = (const void *)addr;

	if (addr->ss_family != AF_INET)
		return (struct endpoint){0};
	return (struct endpoint){
	    .ip = ntohl(in->sin_addr.s_addr), .port = ntohs(in->sin_port)};
}

int
tcp_accept(int listener, struct endpoint *from)
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);
	int fd = accept4(listener, (struct sockaddr *)&addr, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	*from = endpoint_of(&addr);
	return fd;
}

struct endpoint
tcp_local(int fd)
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);

	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return (struct endpoint){0};
	return endpoint_of(&addr);
}

uid_t
tcp_uid(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return (uid_t)-1;
	return who.uid;
}

ssize_t
tcp_receive(int fd, void *buf, size_t room)
{
	ssize_t len = recv(fd, buf, room, MSG_DONTWAIT);

	return len < 0 ? -errno : len;
}

ssize_t
tcp_send(int fd, const void *bytes, size_t len, bool more)
{
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
	ssize_t sent = send(fd, bytes, len, flags);

	return sent < 0 ? -errno : sent;
}

ssize_t
tcp_send_file(int fd, int file, uint64_t offset, size_t len)
{
	off_t at = (off_t)offset;
	ssize_t sent = sendfile(fd, file, &at, len);

	return sent < 0 ? -errno : sent;
}
