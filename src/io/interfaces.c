#include "io/interfaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

static const char *const foreign[] = {"docker", "br-", "virbr", "vnet", "veth",
    "tun", "wg", "cni", "flannel", "cali", "lxcbr", "lxdbr", "podman"};

bool
interface_is_foreign(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (span_starts(span_text(name), foreign[i]))
			return true;
	return false;
}

bool
interface_exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

static bool
wanted(const struct interfaces_wish *wish, const struct ifaddrs *a)
{
	if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET)
		return false;
	for (size_t i = 0; i < wish->name_count; i++)
		if (streq(wish->names[i], a->ifa_name))
			return true;
	if (wish->names)
		return false;
	return (a->ifa_flags & IFF_UP) && (a->ifa_flags & IFF_RUNNING) &&
	       !(a->ifa_flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) &&
	       !interface_is_foreign(a->ifa_name);
}

static uint32_t
ip_of(const struct sockaddr *address)
{
	struct sockaddr_in in = {0};

	if (address)
		memcpy(&in, address, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

/* Find or add the interface of `a`; NULL where the room is used up. */
static struct interface *
slot(struct interface *out, size_t *count, size_t room, const struct ifaddrs *a)
{
	struct interface *i;

	for (size_t n = 0; n < *count; n++)
		if (streq(out[n].name, a->ifa_name))
			return &out[n];
	if (*count == room || strlen(a->ifa_name) >= sizeof(out->name))
		return NULL;
	i = &out[(*count)++];
	*i = (struct interface){.index = if_nametoindex(a->ifa_name)};
	memcpy(i->name, a->ifa_name, strlen(a->ifa_name));
	return i;
}

static void
take_address(struct interface *i, const struct ifaddrs *a, uint32_t preferred)
{
	uint32_t ip = ip_of(a->ifa_addr);

	if (i->ip != 0 && ip != preferred)
		return;
	i->ip = ip;
	i->prefix = (uint8_t)__builtin_popcount(ip_of(a->ifa_netmask));
}

static void
take_hardware(struct interface *i, const struct ifaddrs *all)
{
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		struct sockaddr_ll link;

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_PACKET ||
		    !streq(a->ifa_name, i->name))
			continue;
		memcpy(&link, a->ifa_addr, sizeof(link));
		if (link.sll_halen == sizeof(i->mac.b))
			memcpy(i->mac.b, link.sll_addr, sizeof(i->mac.b));
	}
}

static int
by_index(const void *a, const void *b)
{
	uint32_t x = ((const struct interface *)a)->index;
	uint32_t y = ((const struct interface *)b)->index;

	return x < y ? -1 : x > y;
}

int
interfaces_find(
    const struct interfaces_wish *wish, struct interface *out, size_t room)
{
	struct ifaddrs *all;
	size_t count = 0;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (struct ifaddrs *a = all; a; a = a->ifa_next) {
		struct interface *i =
		    wanted(wish, a) ? slot(out, &count, room, a) : NULL;

		if (i)
			take_address(i, a, wish->address);
	}
	for (size_t i = 0; i < count; i++)
		take_hardware(&out[i], all);
	freeifaddrs(all);
	if (count)
		qsort(out, count, sizeof(*out), by_index);
	return (int)count;
}

int
interfaces_watch(void)
{
	struct sockaddr_nl all = {.nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR};
	int fd = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&all, sizeof(all)) < 0) {
		int fault = -errno;

		(void)close(fd);
		return fault;
	}
	return fd;
}

void
interfaces_drain(int fd)
{
	char bytes[8192];

	/* Too many at once (ENOBUFS) is news as well. */
	while (recv(fd, bytes, sizeof(bytes), 0) >= 0 || errno == ENOBUFS)
		continue;
}
