#include "proc/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/scope.h"
#include "io/packet.h"
#include "io/udp.h"
#include "proc/holder.h"
#include "proc/say.h"

#define BACKLOG 4096

/* What a person needs to know of a port that could not be had. */
struct port {
	const char *service; /* "DHCP", ... */
	const char *key;     /* of the configuration, that changes it */
	const char *option;  /* of the command line, or NULL */
	bool tcp;
	bool shared; /* may be shared with others, who agree to it */
	uint16_t number;
	enum settings_port bit;
};

static void
say_port(const struct port *p, int error)
{
	SCOPED(strbuf_clear) struct strbuf why = {0};

	if (error == EADDRINUSE)
		port_holder(p->tcp, p->number, &why);
	if (error == EADDRINUSE)
		say_error("%s is off: %s port %u is taken by %s; stop it and "
		          "start hobnail again, or choose another port with "
		          "'%s' in the configuration"
		          "%s%s",
		    p->service, p->tcp ? "TCP" : "UDP", p->number,
		    strbuf_cstr(&why), p->key, p->option ? " or with " : "",
		    p->option ? p->option : "");
	else if (error == EACCES)
		say_error("%s is off: port %u is for root only; start as root "
		          "or choose a port from 1024 with '%s'%s%s",
		    p->service, p->number, p->key, p->option ? " or " : "",
		    p->option ? p->option : "");
	else
		say_error("%s is off: cannot open %s port %u: %s", p->service,
		    p->tcp ? "TCP" : "UDP", p->number, strerror(error));
}

static int
tcp_listen(uint16_t port)
{
	struct sockaddr_in any = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	int on = 1, fault;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 &&
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	fault = -errno;
	(void)close(fd);
	return fault;
}

static bool
add(struct sockets *all, enum ipc_socket kind, int fd)
{
	if (fd < 0)
		return false;
	all->fds[kind][all->count[kind]++] = fd;
	return true;
}

/* With SO_REUSEPORT a second server of the same user would silently share
 * the port; so a socket without is tried first. */
static int
port_is_free(const struct port *p, bool share)
{
	struct sockaddr_in any = {
	    .sin_family = AF_INET, .sin_port = htons(p->number)};
	int on = 1;
	int fd = socket(
	    AF_INET, (p->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int fault = 0;

	if (fd < 0)
		return -errno;
	if (p->tcp || share)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		fault = -errno;
	(void)close(fd);
	return fault;
}

/* Who else has the port, but lets us share it. */
static void
say_shared(const struct port *p)
{
	SCOPED(strbuf_clear) struct strbuf who = {0};

	port_holder(false, p->number, &who);
	say_warning("UDP port %u is shared with %s; that is well where it "
	            "serves other interfaces than we do",
	    p->number, strbuf_cstr(&who));
}

/* Returns what the port counts for among those that are off. */
static uint32_t
open_port(struct sockets *all, enum ipc_socket kind, const struct port *p,
    size_t count)
{
	int fault = port_is_free(p, false);

	if (fault == -EADDRINUSE && p->shared) {
		fault = port_is_free(p, true);
		if (!fault)
			say_shared(p);
	}
	for (size_t i = 0; i < count && !fault; i++) {
		int fd = p->tcp ? tcp_listen(p->number)
		                : udp_listen(0, p->number, count > 1);

		if (!add(all, kind, fd))
			fault = fd;
	}
	if (!fault)
		return 0;
	say_port(p, -fault);
	return 1U << p->bit;
}

static uint32_t
open_dhcp(struct sockets *all, const struct settings *s)
{
	struct port dhcp = {.service = "DHCP",
	    .key = "dhcp.port",
	    .shared = true,
	    .number = s->dhcp_port,
	    .bit = PORT_DHCP};
	struct port pxe = {.service = "PXE's boot server",
	    .key = "dhcp.pxe_port",
	    .number = s->pxe_port,
	    .bit = PORT_PXE};
	uint32_t off;

	off = open_port(all, SOCKET_DHCP, &dhcp, 1);
	off |= open_port(all, SOCKET_PXE, &pxe, 1);
	if (!add(all, SOCKET_PACKET, packet_open()))
		say_warning("no packet socket (%s): every DHCP answer to a "
		            "machine without an address is broadcast",
		    strerror(errno));
	return off;
}

uint32_t
sockets_open(struct sockets *all, const struct settings *s)
{
	size_t threads = s->threads > 1 ? s->threads : 1;
	struct port http = {.service = "HTTP",
	    .key = "http_port",
	    .option = "--http-port",
	    .tcp = true,
	    .number = s->http_port,
	    .bit = PORT_HTTP};
	struct port tftp = {.service = "TFTP",
	    .key = "tftp_port",
	    .option = "--tftp-port",
	    .number = s->tftp_port,
	    .bit = PORT_TFTP};
	uint32_t off;

	if (threads > SOCKETS_MAX)
		threads = SOCKETS_MAX;
	off = open_port(all, SOCKET_HTTP, &http, threads);
	off |= open_port(all, SOCKET_TFTP, &tftp, threads);
	if (s->dhcp != DHCP_MODE_OFF)
		off |= open_dhcp(all, s);
	return off;
}

/* Whether somebody answers at a control socket. */
static bool
answers(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool there;

	if (fd < 0)
		return false;
	there = connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0;
	(void)close(fd);
	return there;
}

static int
bind_control(const struct sockaddr_un *at, uid_t user, gid_t group)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t before = umask(0117); /* 0660 from its first moment */
	int fault = 0;

	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 ||
	    (geteuid() == 0 && chown(at->sun_path, user, group) < 0) ||
	    listen(fd, 64) < 0)
		fault = -errno;
	(void)umask(before);
	if (fault && fd >= 0)
		(void)close(fd);
	return fault ? fault : fd;
}

int
sockets_open_control(
    struct sockets *all, const char *path, uid_t user, gid_t group)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(at.sun_path)) {
		say_error("the path of the control socket is longer than %zu "
		          "bytes: '%s'; choose another with --control",
		    sizeof(at.sun_path) - 1, path);
		return -ENAMETOOLONG;
	}
	memcpy(at.sun_path, path, strlen(path));
	if (answers(&at)) {
		say_error("another hobnail answers at '%s'; stop it, or give "
		          "this one its own --control and --state",
		    path);
		return -EADDRINUSE;
	}
	(void)unlink(path); /* what a server left behind that was killed */
	fd = bind_control(&at, user, group);
	if (!add(all, SOCKET_CONTROL, fd)) {
		say_error("cannot make the control socket '%s': %s", path,
		    strerror(-fd));
		return fd;
	}
	return 0;
}

void
sockets_close(struct sockets *all)
{
	for (size_t kind = 0; kind < SOCKET_KINDS; kind++) {
		for (size_t i = 0; i < all->count[kind]; i++)
			(void)close(all->fds[kind][i]);
		all->count[kind] = 0;
	}
}
