#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/packet.h"
#include "io/udp.h"

#define LOOPBACK 0x7f000001U

static uint16_t
port_of(int fd)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	CHECK(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
	return ntohs(at.sin_port);
}

static struct iovec
piece(const char *text)
{
	struct iovec iov = {.iov_len = strlen(text)};

	memcpy(&iov.iov_base, &text, sizeof(text));
	return iov;
}

/* Receive one datagram that was sent already. */
static struct udp_arrival
arrive(int fd, char *buf, size_t room)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct udp_arrival arrival = {0};

	CHECK(poll(&p, 1, 2000) == 1);
	CHECK(udp_receive(fd, buf, room, &arrival) == 1);
	return arrival;
}

TEST(a_datagram_tells_which_address_and_interface_it_came_to)
{
	int server = udp_listen(0, 0, false);
	int client = udp_listen(LOOPBACK, 0, false);
	struct udp_route route = {.to = {0x7f000203, port_of(server)}};
	struct iovec pieces[2] = {piece("he"), piece("llo")};
	struct udp_arrival a;
	char buf[16];

	CHECK(udp_send(client, pieces, 2, &route) == 0);
	a = arrive(server, buf, sizeof(buf));
	CHECK(a.len == 5 && memcmp(buf, "hello", 5) == 0 && !a.cut);
	CHECK(a.from.ip == LOOPBACK && a.from.port == port_of(client));
	CHECK(a.to == 0x7f000203 && a.local == 0x7f000203 && a.ifindex == 1);
	CHECK(udp_receive(server, buf, sizeof(buf), &a) == 0);

	/* The answer comes from the address that was asked. */
	route = (struct udp_route){
	    .to = a.from, .from = a.to, .ifindex = a.ifindex};
	CHECK(udp_send(server, pieces, 1, &route) == 0);
	a = arrive(client, buf, sizeof(buf));
	CHECK(a.from.ip == 0x7f000203 && a.len == 2);
	(void)close(server);
	(void)close(client);
}

TEST(a_connected_socket_hears_its_peer_alone)
{
	int server = udp_listen(LOOPBACK, 0, false);
	struct endpoint peer = {LOOPBACK, port_of(server)};
	int transfer = udp_connect(LOOPBACK, &peer);
	int stranger = udp_listen(LOOPBACK, 0, false);
	struct udp_route route = {.to = {LOOPBACK, port_of(transfer)}};
	struct iovec iov = piece("x");
	struct udp_arrival a;
	char buf[4];

	CHECK(udp_send(stranger, &iov, 1, &route) == 0);
	CHECK(udp_receive(transfer, buf, sizeof(buf), &a) == 0);
	CHECK(udp_send(server, &iov, 1, &route) == 0);
	a = arrive(transfer, buf, sizeof(buf));
	CHECK(a.from.port == peer.port);
	CHECK(udp_send(transfer, &iov, 1, NULL) == 0);
	a = arrive(server, buf, sizeof(buf));
	CHECK(a.len == 1);

	(void)close(server);
	CHECK(udp_send(transfer, &iov, 1, NULL) == 0);
	CHECK(udp_receive(transfer, buf, sizeof(buf), &a) == -ECONNREFUSED);
	(void)close(transfer);
	(void)close(stranger);
}

TEST(a_datagram_longer_than_the_buffer_is_marked)
{
	int server = udp_listen(LOOPBACK, 0, false);
	struct udp_route route = {.to = {LOOPBACK, port_of(server)}};
	struct iovec iov = piece("longer");
	struct udp_arrival a;
	char buf[4];

	CHECK(udp_send(server, &iov, 1, &route) == 0);
	a = arrive(server, buf, sizeof(buf));
	CHECK(a.cut && a.len == 4);
	(void)close(server);
}

TEST(a_port_is_shared_only_when_asked)
{
	int first = udp_listen(LOOPBACK, 0, true);
	int second = udp_listen(LOOPBACK, port_of(first), true);

	CHECK(first >= 0 && second >= 0);
	CHECK(udp_listen(LOOPBACK, port_of(first), false) == -EADDRINUSE);
	(void)close(first);
	(void)close(second);
}

/* A receiver adds all words up, the checksum too, and must get all ones. */
static uint32_t
words(const uint8_t *b, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

TEST(frames_carry_right_lengths_and_checksums)
{
	struct packet_route route = {
	    .from = {0xc0000201, 67}, .to = {0xc0000264, 68}};
	uint8_t frame[PACKET_HEAD + PACKET_PAYLOAD_MAX];

	for (size_t len = 0; len < 40; len++) {
		struct writer w = writer_over(frame, sizeof(frame));
		char payload[40];

		memset(payload, (int)(0xf0 + len), sizeof(payload));
		packet_put(&w, &route, span_of(payload, len));
		CHECK(!w.fault && writer_len(&w) == PACKET_HEAD + len);
		CHECK(frame[2] == 0 && frame[3] == PACKET_HEAD + len);
		CHECK(frame[9] == 17 && frame[25] == 8 + len);
		CHECK(words(frame, 20, 0) == 0xffff);
		CHECK(words(frame + 12, 16 + len, 17 + 8 + (uint32_t)len) ==
		      0xffff);
	}
}

TEST(a_payload_beyond_a_frame_is_refused)
{
	static uint8_t payload[PACKET_PAYLOAD_MAX + 1], frame[4096];
	struct packet_route route = {0};
	struct writer w = writer_over(frame, sizeof(frame));

	packet_put(&w, &route, span_of(payload, sizeof(payload)));
	CHECK_TEXT(w.fault, "does not fit a frame");
	CHECK(packet_send(-1, &route, span_of(payload, sizeof(payload))) ==
	      -EMSGSIZE);
}
