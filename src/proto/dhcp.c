#include "proto/dhcp.h"

#include <assert.h>

#include "base/reader.h"
#include "base/writer.h"

#define MAGIC 0x63825363U
#define SNAME_LEN 64U
#define FILE_LEN 128U
#define ETHERNET 1
#define OVERLOAD_FILE 1U
#define OVERLOAD_SNAME 2U
#define IP_UDP_HEAD 28U   /* bytes; option 57 counts them, we do not */
#define SMALLEST_MAX 576U /* every client takes so much (RFC 2132 9.10) */
#define SMALLEST 300U     /* BOOTP relays drop shorter ones (RFC 1542 2.1) */
#define UUID_LEN 17U      /* a type and 16 bytes (RFC 4578 2.3) */
#define RELAY_LINK 5      /* RFC 3527 */
#define RELAY_SERVER 11   /* RFC 5107 */

static const char *const type_names[DHCP_TYPES] = {
    [DHCP_NONE] = "bootp",
    [DHCP_DISCOVER] = "discover",
    [DHCP_OFFER] = "offer",
    [DHCP_REQUEST] = "request",
    [DHCP_DECLINE] = "decline",
    [DHCP_ACK] = "ack",
    [DHCP_NAK] = "nak",
    [DHCP_RELEASE] = "release",
    [DHCP_INFORM] = "inform",
};

const char *
dhcp_type_name(enum dhcp_type type)
{
	return type < DHCP_TYPES ? type_names[type] : "?";
}

/* The fields that may hold options, in the order in which split options are
 * joined (RFC 3396 section 5). */
struct fields {
	struct span part[3];
	size_t count;
};

/* Where the next part of each split option goes. */
struct join {
	struct dhcp_joined *room;
	uint16_t parts[256]; /* how often the option occurs */
	uint16_t at[256];    /* where in the room its next part goes */
};

/* The next option of a field; false at its end. */
static bool
next_option(struct reader *r, uint8_t *code, struct span *value)
{
	uint8_t len;

	do {
		if (reader_left(r) == 0)
			return false;
		*code = reader_u8(r);
	} while (*code == DHCP_OPTION_PAD);
	if (*code == DHCP_OPTION_END)
		return false;
	len = reader_u8(r);
	*value = reader_span(r, len);
	return !r->fault;
}

/* Count parts and sum lengths; an option's span has its length alone yet. */
static const char *
measure(struct span field, struct dhcp_packet *out, struct join *j)
{
	struct reader r = reader_over(field.data, field.len);
	struct span value;
	uint8_t code;

	while (next_option(&r, &code, &value)) {
		out->options[code].len += value.len;
		out->options[code].data = value.data;
		j->parts[code]++;
	}
	return r.fault ? "packet ends inside an option" : NULL;
}

/* Give each split option its place in the room. */
static void
assign_places(struct dhcp_packet *out, struct join *j)
{
	size_t used = 0;

	for (size_t code = 0; code < ARRAY_LEN(out->options); code++) {
		if (j->parts[code] < 2)
			continue;
		j->at[code] = (uint16_t)used;
		out->options[code].data = (const char *)j->room->bytes + used;
		used += out->options[code].len;
	}
	assert(used <= sizeof(j->room->bytes)); /* no more than was sent */
}

static void
join_parts(struct span field, struct join *j)
{
	struct reader r = reader_over(field.data, field.len);
	struct span value;
	uint8_t code;

	while (next_option(&r, &code, &value)) {
		if (j->parts[code] < 2 || value.len == 0)
			continue;
		memcpy(j->room->bytes + j->at[code], value.data, value.len);
		j->at[code] = (uint16_t)(j->at[code] + value.len);
	}
}

/* The overload option, which only counts in the options field. */
static uint8_t
overload_of(struct span options)
{
	struct reader r = reader_over(options.data, options.len);
	struct span value;
	uint8_t code;

	while (next_option(&r, &code, &value))
		if (code == DHCP_OPTION_OVERLOAD && value.len == 1)
			return (uint8_t)value.data[0];
	return 0;
}

static const char *
take_options(
    const struct fields *f, struct dhcp_joined *joined, struct dhcp_packet *out)
{
	struct join j = {.room = joined};

	for (size_t i = 0; i < f->count; i++) {
		const char *fault = measure(f->part[i], out, &j);

		if (fault)
			return fault;
	}
	assign_places(out, &j);
	for (size_t i = 0; i < f->count; i++)
		join_parts(f->part[i], &j);
	return NULL;
}

/* An option that is a number of `width` bytes; 0 where it is not. */
static uint32_t
number_of(struct span value, size_t width)
{
	struct reader r = reader_over(value.data, value.len);

	return value.len == width ? (uint32_t)reader_be(&r, width) : 0;
}

static void
take_arches(struct dhcp_packet *out)
{
	struct span s = out->options[DHCP_OPTION_ARCH];
	struct reader r = reader_over(s.data, s.len);

	while (reader_left(&r) >= 2 && out->arch_count < DHCP_ARCHES_MAX)
		out->arches[out->arch_count++] = reader_be16(&r);
}

static void
take_relay(struct dhcp_packet *out)
{
	struct span s = out->options[DHCP_OPTION_RELAY];
	struct reader r = reader_over(s.data, s.len);

	while (reader_left(&r) >= 2) {
		uint8_t code = reader_u8(&r);
		uint8_t len = reader_u8(&r);
		struct span value = reader_span(&r, len);

		if (code == RELAY_LINK)
			out->link = number_of(value, 4);
		else if (code == RELAY_SERVER)
			out->server_override = number_of(value, 4);
	}
}

static const char *
take_values(struct dhcp_packet *out)
{
	const struct span *o = out->options;
	uint32_t type = number_of(o[DHCP_OPTION_TYPE], 1);

	if (o[DHCP_OPTION_TYPE].data && (type == 0 || type >= DHCP_TYPES))
		return "unknown type of message";
	out->type = (enum dhcp_type)type;
	out->address = number_of(o[DHCP_OPTION_ADDRESS], 4);
	out->server = number_of(o[DHCP_OPTION_SERVER], 4);
	out->lease = number_of(o[DHCP_OPTION_LEASE], 4);
	out->size_max = (uint16_t)number_of(o[DHCP_OPTION_SIZE], 2);
	take_arches(out);
	take_relay(out);
	return NULL;
}

/* The fixed fields; faults are told by the reader. */
static const char *
take_head(struct reader *r, struct dhcp_packet *out, struct fields *f)
{
	uint8_t op = reader_u8(r);
	uint8_t hardware = reader_u8(r);
	uint8_t hardware_len = reader_u8(r);
	uint8_t overload;

	reader_skip(r, 1); /* hops */
	out->xid = reader_be32(r);
	out->secs = reader_be16(r);
	out->flags = reader_be16(r);
	out->ciaddr = reader_be32(r);
	out->yiaddr = reader_be32(r);
	out->siaddr = reader_be32(r);
	out->giaddr = reader_be32(r);
	reader_copy(r, out->mac.b, sizeof(out->mac.b));
	reader_skip(r, 10); /* rest of chaddr */
	f->part[2] = reader_span(r, SNAME_LEN);
	f->part[1] = reader_span(r, FILE_LEN);
	if (reader_be32(r) != MAGIC && !r->fault)
		return "not a DHCP packet";
	if (r->fault)
		return r->fault;
	if (op != DHCP_OP_REQUEST && op != DHCP_OP_REPLY)
		return "neither a request nor a reply";
	if (hardware != ETHERNET || hardware_len != sizeof(out->mac.b))
		return "not from an Ethernet";
	out->op = (enum dhcp_op)op;

	f->part[0] = reader_span(r, reader_left(r));
	overload = overload_of(f->part[0]);
	if (!(overload & OVERLOAD_FILE))
		f->part[1] = span_of(NULL, 0);
	if (!(overload & OVERLOAD_SNAME))
		f->part[2] = span_of(NULL, 0);
	f->count = ARRAY_LEN(f->part);
	return NULL;
}

const char *
dhcp_parse(const void *bytes, size_t len, struct dhcp_joined *joined,
    struct dhcp_packet *out)
{
	struct reader r = reader_over(bytes, len);
	struct fields f = {0};
	const char *fault;

	*out = (struct dhcp_packet){.op = DHCP_OP_REQUEST};
	if (len > DHCP_RECEIVE_MAX)
		return "longer than any DHCP packet";
	fault = take_head(&r, out, &f);
	if (!fault)
		fault = take_options(&f, joined, out);
	if (!fault)
		fault = take_values(out);
	return fault;
}

bool
dhcp_ipxe_has(const struct dhcp_packet *p, enum dhcp_ipxe feature)
{
	struct span s = p->options[DHCP_OPTION_IPXE];
	struct reader r = reader_over(s.data, s.len);
	struct span value;
	uint8_t code;

	while (next_option(&r, &code, &value))
		if (code == feature)
			return value.len > 0 && value.data[0] != 0;
	return false;
}

bool
dhcp_user_class_is(const struct dhcp_packet *p, const char *name)
{
	struct span s = p->options[DHCP_OPTION_USER_CLASS];
	struct reader r = reader_over(s.data, s.len);

	if (span_is(s, name))
		return true;
	while (reader_left(&r)) {
		uint8_t len = reader_u8(&r);

		if (span_is(reader_span(&r, len), name) && !r.fault)
			return true;
	}
	return false;
}

void
dhcp_answer_start(
    struct dhcp_answer *a, const struct dhcp_packet *p, enum dhcp_type type)
{
	size_t max = p->size_max;

	if (max < SMALLEST_MAX)
		max = SMALLEST_MAX;
	*a = (struct dhcp_answer){
	    .type = type,
	    .xid = p->xid,
	    .flags = p->flags,
	    .ciaddr = type == DHCP_ACK ? p->ciaddr : 0,
	    .giaddr = p->giaddr,
	    .mac = p->mac,
	    .size_max = max - IP_UDP_HEAD,
	    .uuid = p->options[DHCP_OPTION_UUID],
	    .relay = p->options[DHCP_OPTION_RELAY],
	};
	if (a->size_max > DHCP_PACKET_MAX)
		a->size_max = DHCP_PACKET_MAX;
}

static void
put_option(struct writer *w, enum dhcp_option code, struct span value)
{
	if (!value.data)
		return;
	writer_u8(w, (uint8_t)code);
	writer_u8(w, (uint8_t)value.len);
	writer_span(w, value);
}

/* A text, unless it is empty, too long or would not fit. */
static void
put_text(struct writer *w, enum dhcp_option code, const char *text)
{
	struct span s = span_text(text);

	if (s.len > 0 && s.len <= 255 && s.len + 2 <= writer_left(w))
		put_option(w, code, s);
}

static void
put_u32(struct writer *w, enum dhcp_option code, uint32_t value)
{
	if (value == 0)
		return;
	writer_u8(w, (uint8_t)code);
	writer_u8(w, 4);
	writer_be32(w, value);
}

static void
put_head(struct writer *w, const struct dhcp_answer *a)
{
	writer_u8(w, DHCP_OP_REPLY);
	writer_u8(w, ETHERNET);
	writer_u8(w, sizeof(a->mac.b));
	writer_u8(w, 0); /* hops */
	writer_be32(w, a->xid);
	writer_be16(w, 0); /* secs */
	writer_be16(w, a->flags);
	writer_be32(w, a->ciaddr);
	writer_be32(w, a->yiaddr);
	writer_be32(w, a->siaddr);
	writer_be32(w, a->giaddr);
	writer_bytes(w, a->mac.b, sizeof(a->mac.b));
	writer_zero(w, 10);
	writer_bytes(w, a->boot_server, sizeof(a->boot_server));
	writer_bytes(w, a->boot_file, sizeof(a->boot_file));
	writer_be32(w, MAGIC);
}

static void
put_lease(struct writer *w, const struct dhcp_answer *a)
{
	size_t dns = 0;

	if (a->lease) {
		put_u32(w, DHCP_OPTION_LEASE, a->lease);
		put_u32(w, DHCP_OPTION_RENEW, a->renew);
		put_u32(w, DHCP_OPTION_REBIND, a->rebind);
	}
	put_u32(w, DHCP_OPTION_MASK, a->mask);
	put_u32(w, DHCP_OPTION_BROADCAST, a->broadcast);
	put_u32(w, DHCP_OPTION_ROUTER, a->router);
	while (dns < ARRAY_LEN(a->dns) && a->dns[dns])
		dns++;
	if (dns > 0) {
		writer_u8(w, DHCP_OPTION_DNS);
		writer_u8(w, (uint8_t)(dns * 4));
		for (size_t i = 0; i < dns; i++)
			writer_be32(w, a->dns[i]);
	}
}

static void
put_boot(struct writer *w, const struct dhcp_answer *a)
{
	/* PXE_DISCOVERY_CONTROL 8: use the file named here, without a menu and
	 * without asking for boot servers (PXE 2.1 section 2.2.3). */
	static const char use_filename[] = {6, 1, 8, (char)0xff};
	static const char no_pxedhcp[] = {(char)DHCP_IPXE_NO_PXEDHCP, 1, 1};

	put_option(w, DHCP_OPTION_CLASS, span_text(a->class));
	if (a->use_filename)
		put_option(w, DHCP_OPTION_VENDOR,
		    span_of(use_filename, sizeof(use_filename)));
	if (a->boot_server[0])
		put_option(
		    w, DHCP_OPTION_BOOT_SERVER, span_text(a->boot_server));
	/* With its NUL: old ROMs take all up to the packet's end for the name
	 * (https://github.com/netbootxyz/netboot.xyz/issues/1198). */
	if (a->boot_file[0])
		put_option(w, DHCP_OPTION_BOOT_FILE,
		    span_of(a->boot_file, strlen(a->boot_file) + 1));
	if (a->uuid.len <= UUID_LEN)
		put_option(w, DHCP_OPTION_UUID, a->uuid);
	if (a->no_pxedhcp)
		put_option(w, DHCP_OPTION_IPXE,
		    span_of(no_pxedhcp, sizeof(no_pxedhcp)));
}

/* Option 82 last and unchanged (RFC 3046 section 2.2), in parts where it came
 * in parts. */
static void
put_relay(struct writer *w, struct span relay)
{
	while (relay.len > 255 && writer_left(w) > 257) {
		put_option(w, DHCP_OPTION_RELAY, span_of(relay.data, 255));
		relay = span_skip(relay, 255);
	}
	if (relay.len <= 255 && relay.len + 2 <= writer_left(w))
		put_option(w, DHCP_OPTION_RELAY, relay);
}

size_t
dhcp_build(const struct dhcp_answer *a, uint8_t buf[DHCP_PACKET_MAX])
{
	/*
	 * All that must be there takes 240 bytes of head and at most 3 (type)
	 * + 6 (server) + 18 (lease) + 18 (mask, broadcast, router) + 14 (DNS)
	 * + 13 (class) + 6 (43) + 65 (66) + 130 (67) + 19 (97) + 5 (175) =
	 * 297, which with the end mark fits the 548 bytes of the smallest
	 * client.  Texts go where room is left; the relay's own option comes
	 * on top.
	 */
	struct writer w = writer_over(buf, a->size_max - 1);

	assert(a->size_max >= SMALLEST_MAX - IP_UDP_HEAD);
	assert(a->size_max <= DHCP_PACKET_MAX);
	put_head(&w, a);
	writer_u8(&w, DHCP_OPTION_TYPE);
	writer_u8(&w, 1);
	writer_u8(&w, (uint8_t)a->type);
	put_u32(&w, DHCP_OPTION_SERVER, a->server);
	put_lease(&w, a);
	put_boot(&w, a);
	put_text(&w, DHCP_OPTION_MESSAGE, a->message);
	put_text(&w, DHCP_OPTION_DOMAIN, a->domain);
	put_text(&w, DHCP_OPTION_HOSTNAME, a->hostname);
	w.end = buf + DHCP_PACKET_MAX - 1;
	put_relay(&w, a->relay);
	w.end++;
	writer_u8(&w, DHCP_OPTION_END);
	if (writer_len(&w) < SMALLEST)
		writer_zero(&w, SMALLEST - writer_len(&w));
	assert(!w.fault);
	return writer_len(&w);
}
