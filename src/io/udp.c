#include "io/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in
address_of(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(ip)};
}

static int
set_option(int fd, int level, int name)
{
	int on = 1;

	return setsockopt(fd, level, name, &on, sizeof(on));
}

/* Close `fd` and pass on why. */
static int
give_up(int fd)
{
	int error = errno;

	(void)close(fd);
	return -error;
}

static int
bound_socket(uint32_t ip, uint16_t port, bool reuseport)
{
	struct sockaddr_in at = address_of(ip, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* A well-known port may be shared with a server that keeps to another
	 * interface and says so by SO_REUSEADDR as well (libvirt's dnsmasq);
	 * an ephemeral one (port 0) is ours alone. */
	if (set_option(fd, IPPROTO_IP, IP_PKTINFO) < 0 ||
	    (reuseport && set_option(fd, SOL_SOCKET, SO_REUSEPORT) < 0) ||
	    (!reuseport && port &&
	        set_option(fd, SOL_SOCKET, SO_REUSEADDR) < 0) ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return give_up(fd);
	return fd;
}

int
udp_listen(uint32_t ip, uint16_t port, bool reuseport)
{
	int size = 4 << 20; /* bytes; when a room of machines starts at once */
	int fd = bound_socket(ip, port, reuseport);

	if (fd < 0)
		return fd;
	if (set_option(fd, SOL_SOCKET, SO_BROADCAST) < 0)
		return give_up(fd);
	/* Beyond net.core.rmem_max only root may go; what is given is used. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

int
udp_connect(uint32_t ip, const struct endpoint *peer)
{
	struct sockaddr_in to = address_of(peer->ip, peer->port);
	int fd = bound_socket(ip, 0, false);

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return give_up(fd);
	return fd;
}

static void
take_pktinfo(struct msghdr *msg, struct udp_arrival *arrival)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		struct in_pktinfo info;

		if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO ||
		    c->cmsg_len < CMSG_LEN(sizeof(info)))
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		arrival->to = ntohl(info.ipi_addr.s_addr);
		arrival->local = ntohl(info.ipi_spec_dst.s_addr);
		arrival->ifindex = (uint32_t)info.ipi_ifindex;
	}
}

int
udp_receive(int fd, void *buf, size_t room, struct udp_arrival *arrival)
{
	struct sockaddr_in from = {0};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	struct iovec iov = {.iov_base = buf, .iov_len = room};
	struct msghdr msg = {.msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.room,
	    .msg_controllen = sizeof(control.room)};
	ssize_t len = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	*arrival = (struct udp_arrival){.len = (size_t)len,
	    .cut = (msg.msg_flags & MSG_TRUNC) != 0,
	    .from = {.ip = ntohl(from.sin_addr.s_addr),
	        .port = ntohs(from.sin_port)}};
	take_pktinfo(&msg, arrival);
	return 1;
}

int
udp_send(int fd, const struct iovec *iov, size_t count,
    const struct udp_route *route)
{
	struct sockaddr_in to;
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {0};
	/* sendmsg(2) only reads what msg_iov points to. */
	struct msghdr msg = {.msg_iovlen = count};

	memcpy(&msg.msg_iov, &iov, sizeof(iov));
	if (route) {
		struct in_pktinfo info = {.ipi_ifindex = (int)route->ifindex,
		    .ipi_spec_dst.s_addr = htonl(route->from)};
		struct cmsghdr *c;

		to = address_of(route->to.ip, route->to.port);
		msg.msg_name = &to;
		msg.msg_namelen = sizeof(to);
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
	while (sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}
