#include "service/dhcp_send.h"

#include <string.h>

#define EVERYBODY 0xffffffffU

static bool
wants_frame(const struct dhcp_answer *a)
{
	return a->type != DHCP_NAK && a->yiaddr != 0 &&
	       !(a->flags & DHCP_BROADCAST);
}

void
dhcp_way_find(const struct dhcp_answer *a, const struct dhcp_arrival *arrival,
    bool can_frame, struct dhcp_way *out)
{
	uint16_t client_port = (uint16_t)(arrival->port + 1);
	struct udp_route route = {.from = arrival->ip};

	*out = (struct dhcp_way){.boot_port = arrival->boot_port};
	if (a->giaddr) {
		route.to = (struct endpoint){a->giaddr, arrival->port};
	} else if (arrival->boot_port && arrival->from.ip) {
		/* EDK2 asks from port 4011, others from 68. */
		route.to = arrival->from;
	} else if (a->type == DHCP_ACK && a->ciaddr) {
		route.to = (struct endpoint){a->ciaddr, client_port};
	} else {
		route.to = (struct endpoint){EVERYBODY, client_port};
		route.ifindex = arrival->ifindex;
		out->frame = can_frame && wants_frame(a);
	}
	out->udp = route;
	out->packet =
	    (struct packet_route){.from = {arrival->ip, arrival->port},
	        .to = {a->yiaddr, client_port},
	        .mac = a->mac,
	        .ifindex = arrival->ifindex};
}

int
dhcp_way_send(const struct dhcp_way *way, const struct dhcp_sockets *sockets,
    struct span packet)
{
	int fd = way->boot_port ? sockets->pxe : sockets->dhcp;
	struct iovec iov = {.iov_len = packet.len};

	if (way->frame &&
	    packet_send(sockets->packet, &way->packet, packet) == 0)
		return 0;
	/* sendmsg(2) only reads what iov_base points to. */
	memcpy(&iov.iov_base, &packet.data, sizeof(packet.data));
	return udp_send(fd, &iov, 1, &way->udp);
}
