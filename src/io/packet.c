#include "io/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int
packet_open(void)
{
	/* SOCK_DGRAM: the kernel writes the link header, so that this socket
	 * cannot forge one; protocol 0: it receives nothing. */
	int fd =
	    socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* Add `len` bytes as 16-bit words to the one's complement sum (RFC 1071). */
static uint32_t
sum_words(uint32_t sum, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
set_be16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
put_ip(struct writer *w, const struct packet_route *route, uint16_t udp_len)
{
	uint8_t *head = w->at;

	writer_u8(w, 0x45); /* version 4, five words */
	writer_u8(w, 0);
	writer_be16(w, (uint16_t)(20 + udp_len));
	writer_be16(w, 0);      /* identification: it is never fragmented */
	writer_be16(w, 0x4000); /* don't fragment */
	writer_u8(w, 64);       /* time to live */
	writer_u8(w, IPPROTO_UDP);
	writer_be16(w, 0); /* checksum, below */
	writer_be32(w, route->from.ip);
	writer_be32(w, route->to.ip);
	if (!w->fault)
		set_be16(head + 10, fold(sum_words(0, head, 20)));
}

void
packet_put(
    struct writer *w, const struct packet_route *route, struct span payload)
{
	uint16_t udp_len = (uint16_t)(8 + payload.len);
	uint8_t *ip = w->at;
	uint8_t *udp;
	uint32_t sum;
	uint16_t check;

	if (payload.len > PACKET_PAYLOAD_MAX) {
		w->fault = "does not fit a frame";
		return;
	}
	put_ip(w, route, udp_len);
	udp = w->at;
	writer_be16(w, route->from.port);
	writer_be16(w, route->to.port);
	writer_be16(w, udp_len);
	writer_be16(w, 0); /* checksum, below */
	writer_span(w, payload);
	if (w->fault)
		return;
	/* The pseudo header is both addresses, the protocol and the length;
	 * a sum of zero is sent as all ones (RFC 768). */
	sum = sum_words((uint32_t)(IPPROTO_UDP + udp_len), ip + 12, 8);
	check = fold(sum_words(sum, udp, udp_len));
	set_be16(udp + 6, check ? check : 0xffff);
}

int
packet_send(int fd, const struct packet_route *route, struct span payload)
{
	uint8_t frame[PACKET_HEAD + PACKET_PAYLOAD_MAX];
	struct writer w = writer_over(frame, sizeof(frame));
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_IP),
	    .sll_ifindex = (int)route->ifindex,
	    .sll_halen = sizeof(route->mac.b)};

	packet_put(&w, route, payload);
	if (w.fault)
		return -EMSGSIZE;
	memcpy(to.sll_addr, route->mac.b, sizeof(route->mac.b));
	while (sendto(fd, frame, writer_len(&w), MSG_DONTWAIT | MSG_NOSIGNAL,
	           (const struct sockaddr *)&to, sizeof(to)) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}
