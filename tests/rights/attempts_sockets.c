/*
 * attempts_sockets.c - attempts on sockets.
 */
#include "tests/rights/attempts.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int
open_socket(int family, int type, int protocol)
{
	return open_result(socket(family, type, protocol));
}

static int
socket_tcp(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET, SOCK_STREAM, 0);
}

static int
socket_tcp6(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET6, SOCK_STREAM, 0);
}

static int
socket_udp6(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET6, SOCK_DGRAM, 0);
}

static int
socket_mptcp(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET, SOCK_STREAM, 262);
}

static int
socket_unix(const struct place *p)
{
	(void)p;
	return open_socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
socket_raw(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int
socket_packet(const struct place *p)
{
	(void)p;
	return open_socket(AF_PACKET, SOCK_RAW, 0x0300);
}

static int
socket_netlink(const struct place *p)
{
	(void)p;
	return open_socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
socket_vsock(const struct place *p)
{
	(void)p;
	return open_socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int
socket_alg(const struct place *p)
{
	(void)p;
	return open_socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static int
socket_bluetooth(const struct place *p)
{
	(void)p;
	return open_socket(AF_BLUETOOTH, SOCK_RAW, 0);
}

static int
socket_pair(const struct place *p)
{
	int pair[2] = {-1, -1};
	int result = outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));

	(void)p;
	if (result == 0) {
		(void)close(pair[0]);
		(void)close(pair[1]);
	}
	return result;
}

static int
socket_udp(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET, SOCK_DGRAM, 0);
}

/* On a socket that the role has, where it has one. */
static int
listen_again(const struct place *p)
{
	int fd = p->context->sockets[SOCKET_HTTP][0];

	return outcome(listen(fd >= 0 ? fd : 3, 1));
}

static int
connect_tcp(const struct place *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(9),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = p->context->sockets[SOCKET_HTTP][0];

	return outcome(
	    connect(fd >= 0 ? fd : 3, (struct sockaddr *)&to, sizeof(to)));
}

static int
bind_privileged(const struct place *p)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int result =
	    fd < 0 ? errno
	           : outcome(bind(fd, (struct sockaddr *)&at, sizeof(at)));

	(void)p;
	if (fd >= 0)
		(void)close(fd);
	return result;
}

static int
connect_abstract(const struct place *p)
{
	struct sockaddr_un to = {
	    .sun_family = AF_UNIX, .sun_path = "\0hobnail-rights"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)p;
	return outcome(
	    connect(fd >= 0 ? fd : 3, (struct sockaddr *)&to, sizeof(to)));
}

const struct attempt sockets_attempts[] = {
    TRY(socket_tcp, NOBODY, 0),
    TRY(socket_tcp6, NOBODY, 0),
    TRY(socket_udp6, NOBODY, 0),
    TRY(socket_mptcp, NOBODY, 0),
    TRY(socket_unix, NOBODY, 0),
    TRY(socket_raw, NOBODY, 0),
    TRY(socket_packet, NOBODY, 0),
    TRY(socket_netlink, NOBODY, 0),
    TRY(socket_vsock, NOBODY, 0),
    TRY(socket_alg, NOBODY, 0),
    TRY(socket_bluetooth, NOBODY, 0),
    TRY(socket_pair, NOBODY, 0),
    TRY(socket_udp, BOOT, 0),
    TRY(listen_again, NOBODY, 0),
    TRY(connect_tcp, NOBODY, 0),
    TRY(bind_privileged, NOBODY, 0),
    TRY(connect_abstract, NOBODY, 0),
    {0},
};
