/*
 * dhcp_client.h - requests as a client would send them, for unit tests.
 *
 *	struct made m = made(DHCP_DISCOVER, client);
 *	made_u32(&m, DHCP_OPTION_ADDRESS, 0xc0000264);
 *	p = made_packet(&m);
 */
#ifndef HOBNAIL_TESTS_DHCP_CLIENT_H
#define HOBNAIL_TESTS_DHCP_CLIENT_H

#include "check.h"

#include "base/writer.h"
#include "proto/dhcp.h"

struct made {
	uint8_t bytes[DHCP_RECEIVE_MAX];
	size_t len;
	struct dhcp_joined joined;
	struct dhcp_packet packet;
};

__attribute__((unused)) static void
made_option(struct made *m, uint8_t code, const void *value, size_t len)
{
	struct writer w =
	    writer_over(m->bytes + m->len, sizeof(m->bytes) - m->len);

	writer_u8(&w, code);
	writer_u8(&w, (uint8_t)len);
	writer_bytes(&w, value, len);
	CHECK(!w.fault);
	m->len += writer_len(&w);
}

__attribute__((unused)) static void
made_u32(struct made *m, uint8_t code, uint32_t value)
{
	uint8_t b[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
	    (uint8_t)(value >> 8), (uint8_t)value};

	made_option(m, code, b, sizeof(b));
}

__attribute__((unused)) static void
made_text(struct made *m, uint8_t code, const char *text)
{
	made_option(m, code, text, strlen(text));
}

/* A request without options but its type. */
__attribute__((unused)) static struct made
made(enum dhcp_type type, struct mac mac)
{
	static const uint8_t head[] = {1, 1, 6, 0, 1, 2, 3, 4};
	static const uint8_t magic[] = {0x63, 0x82, 0x53, 0x63};
	uint8_t code = (uint8_t)type;
	struct made m = {.len = 240};

	memcpy(m.bytes, head, sizeof(head));
	memcpy(m.bytes + 28, mac.b, sizeof(mac.b));
	memcpy(m.bytes + 236, magic, sizeof(magic));
	if (type != DHCP_NONE)
		made_option(&m, DHCP_OPTION_TYPE, &code, 1);
	return m;
}

/* Set a field of four bytes: 12 ciaddr, 24 giaddr. */
__attribute__((unused)) static void
made_field(struct made *m, size_t at, uint32_t value)
{
	struct writer w = writer_over(m->bytes + at, 4);

	writer_be32(&w, value);
}

/* What the server makes of it; lives as long as `m`. */
__attribute__((unused)) static const struct dhcp_packet *
made_packet(struct made *m)
{
	CHECK_TEXT(dhcp_parse(m->bytes, m->len, &m->joined, &m->packet), NULL);
	return &m->packet;
}

/* A recorded packet. */
__attribute__((unused)) static struct made
made_from(const char *name)
{
	struct made m = {0};

	m.len = wire(name, m.bytes, sizeof(m.bytes));
	return m;
}

#endif
