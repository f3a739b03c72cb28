#include "dhcp_client.h"

static const struct mac someone = {{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

TEST(recorded_requests_parse_to_what_the_client_meant)
{
	static const struct {
		const char *name;
		enum dhcp_type type;
		size_t len;
		uint16_t arch, flags, size_max;
		const char *class;
		bool ipxe, https;
	} cases[] = {
	    {"dhcp-ipxe-bios-discover", DHCP_DISCOVER, 410, 0, 0, 1472,
	        "PXEClient:Arch:00000:UNDI:002001", true, true},
	    {"dhcp-ipxe-efi-discover", DHCP_DISCOVER, 398, 7, 0x8000, 1472,
	        "PXEClient:Arch:00007:UNDI:003010", true, true},
	    {"dhcp-ovmf-pxe-discover", DHCP_DISCOVER, 347, 7, 0x8000, 1472,
	        "PXEClient:Arch:00007:UNDI:003001", false, false},
	    {"dhcp-ovmf-pxe-request", DHCP_REQUEST, 359, 7, 0x8000, 0xff00,
	        "PXEClient:Arch:00007:UNDI:003001", false, false},
	    {"dhcp-ovmf-http-discover", DHCP_DISCOVER, 340, 16, 0x8000, 1472,
	        "HTTPClient:Arch:00016:UNDI:003000", false, false},
	    {"dhcp-aavmf-pxe-discover", DHCP_DISCOVER, 347, 11, 0x8000, 1472,
	        "PXEClient:Arch:00011:UNDI:003000", false, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m = made_from(cases[i].name);
		const struct dhcp_packet *p = made_packet(&m);

		CHECK(m.len == cases[i].len);
		CHECK(p->type == cases[i].type && p->xid == 0x01020304);
		CHECK(mac_equal(p->mac, someone));
		CHECK(p->arch_count == 1 && p->arches[0] == cases[i].arch);
		CHECK(p->flags == cases[i].flags);
		CHECK(p->size_max == cases[i].size_max);
		CHECK(span_is(p->options[DHCP_OPTION_CLASS], cases[i].class));
		CHECK(p->options[DHCP_OPTION_UUID].len == 17);
		CHECK(dhcp_user_class_is(p, "iPXE") == cases[i].ipxe);
		CHECK(dhcp_ipxe_has(p, DHCP_IPXE_HTTPS) == cases[i].https);
	}
}

TEST(what_is_no_request_is_refused_with_a_reason)
{
	static const struct {
		size_t at, len;
		uint8_t value;
		const char *fault;
	} cases[] = {
	    {0, 239, 1, "packet ends inside a field"},
	    {0, 240, 3, "neither a request nor a reply"},
	    {1, 240, 32, "not from an Ethernet"},
	    {2, 240, 16, "not from an Ethernet"},
	    {236, 240, 0, "not a DHCP packet"},
	    {241, 243, 2, "packet ends inside an option"},
	    {242, 243, 9, "unknown type of message"},
	    {242, 243, 0, "unknown type of message"},
	    {241, 242, 1, "packet ends inside an option"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m = made(DHCP_DISCOVER, someone);

		m.bytes[cases[i].at] = cases[i].value;
		CHECK_TEXT(
		    dhcp_parse(m.bytes, cases[i].len, &m.joined, &m.packet),
		    cases[i].fault);
	}
}

TEST(a_packet_without_options_is_plain_bootp)
{
	struct made m = made(DHCP_NONE, someone);

	CHECK(made_packet(&m)->type == DHCP_NONE);
}

TEST(split_options_are_joined_in_order)
{
	struct made m = made(DHCP_DISCOVER, someone);
	const struct dhcp_packet *p;

	made_text(&m, DHCP_OPTION_CLASS, "PXE");
	made_text(&m, DHCP_OPTION_HOSTNAME, "bench");
	made_text(&m, DHCP_OPTION_CLASS, "Cli");
	made_text(&m, DHCP_OPTION_HOSTNAME, "-1");
	made_text(&m, DHCP_OPTION_CLASS, "ent");
	p = made_packet(&m);
	CHECK(span_is(p->options[DHCP_OPTION_CLASS], "PXEClient"));
	CHECK(span_is(p->options[DHCP_OPTION_HOSTNAME], "bench-1"));
}

TEST(overloaded_fields_hold_options_too)
{
	struct made m = made(DHCP_DISCOVER, someone);
	const uint8_t both = 3;
	const struct dhcp_packet *p;

	/* RFC 3396: options field, then file (at 108), then sname (at 44). */
	memcpy(m.bytes + 108, "\x0c\x02-b\xff", 5);
	memcpy(m.bytes + 44, "\0\x0c\x02-c\xff", 6);
	made_text(&m, DHCP_OPTION_HOSTNAME, "a");
	p = made_packet(&m);
	CHECK(span_is(p->options[DHCP_OPTION_HOSTNAME], "a"));
	made_option(&m, DHCP_OPTION_OVERLOAD, &both, 1);
	p = made_packet(&m);
	CHECK(span_is(p->options[DHCP_OPTION_HOSTNAME], "a-b-c"));
}

TEST(the_most_split_packet_still_fits_the_room_for_joining)
{
	struct made m = made(DHCP_DISCOVER, someone);

	while (m.len + 2 <= sizeof(m.bytes))
		made_option(&m, (uint8_t)(60 + m.len / 3 % 2), "x",
		    m.len + 3 <= sizeof(m.bytes) ? 1 : 0);
	CHECK(made_packet(&m)->options[60].len > 100);
	CHECK(made_packet(&m)->options[61].len > 100);
}

TEST(architectures_may_be_a_list)
{
	static const uint8_t list[] = {0, 15, 0, 7, 0, 11, 9};
	struct made m = made(DHCP_DISCOVER, someone);
	const struct dhcp_packet *p;

	made_option(&m, DHCP_OPTION_ARCH, list, sizeof(list));
	p = made_packet(&m);
	CHECK(p->arch_count == 3 && p->arches[0] == 15 && p->arches[2] == 11);
}

TEST(a_user_class_may_be_raw_or_a_list)
{
	static const struct {
		const char *text;
		bool ipxe;
	} cases[] = {{"iPXE", true}, {"\4iPXE", true}, {"\3foo\4iPXE", true},
	    {"iPXEx", false}, {"\5iPXE", false}, {"foo", false}, {"", false}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m = made(DHCP_DISCOVER, someone);

		made_text(&m, DHCP_OPTION_USER_CLASS, cases[i].text);
		CHECK(dhcp_user_class_is(made_packet(&m), "iPXE") ==
		      cases[i].ipxe);
	}
}

TEST(a_relay_says_which_subnet_and_which_server)
{
	static const uint8_t relay[] = {
	    1, 2, 9, 9, 5, 4, 192, 0, 2, 0, 11, 4, 192, 0, 2, 7};
	struct made m = made(DHCP_DISCOVER, someone);
	const struct dhcp_packet *p;

	made_option(&m, DHCP_OPTION_RELAY, relay, sizeof(relay));
	p = made_packet(&m);
	CHECK(p->link == 0xc0000200 && p->server_override == 0xc0000207);
}

/* An answer with everything at its longest. */
static struct dhcp_answer
longest_answer(const struct dhcp_packet *p)
{
	static char domain[254], name[65];
	struct dhcp_answer a;

	dhcp_answer_start(&a, p, DHCP_ACK);
	memset(domain, 'd', sizeof(domain) - 1);
	memset(name, 'n', sizeof(name) - 1);
	a.yiaddr = a.siaddr = a.server = 0xfffffffe;
	a.lease = a.renew = a.rebind = UINT32_MAX;
	a.mask = a.broadcast = a.router = 0xffffff00;
	a.dns[0] = a.dns[1] = a.dns[2] = 0xffffffff;
	a.domain = domain;
	a.hostname = name;
	a.class = "HTTPClient";
	a.use_filename = a.no_pxedhcp = true;
	memset(a.boot_server, 's', sizeof(a.boot_server) - 1);
	memset(a.boot_file, 'f', sizeof(a.boot_file) - 1);
	return a;
}

TEST(the_longest_answer_fits_the_smallest_client)
{
	struct made m = made(DHCP_REQUEST, someone);
	static const uint8_t uuid[17] = {0};
	uint8_t buf[DHCP_PACKET_MAX];
	struct dhcp_joined joined;
	struct dhcp_packet back;
	struct dhcp_answer a;
	size_t len;

	made_option(&m, DHCP_OPTION_UUID, uuid, sizeof(uuid));
	a = longest_answer(made_packet(&m));
	len = dhcp_build(&a, buf);
	CHECK(len <= 576 - 28);
	CHECK_TEXT(dhcp_parse(buf, len, &joined, &back), NULL);
	CHECK(back.options[DHCP_OPTION_BOOT_FILE].len == 128);
	CHECK(back.options[DHCP_OPTION_UUID].len == 17);
	CHECK(!back.options[DHCP_OPTION_DOMAIN].data);
	CHECK(!back.options[DHCP_OPTION_HOSTNAME].data);

	/* With option 57 there is room for all. */
	memcpy(m.bytes + m.len, "\x39\x02\x05\xc0", 4);
	m.len += 4;
	a = longest_answer(made_packet(&m));
	len = dhcp_build(&a, buf);
	CHECK(len > 548 && len <= 1472 - 28);
	CHECK_TEXT(dhcp_parse(buf, len, &joined, &back), NULL);
	CHECK(back.options[DHCP_OPTION_DOMAIN].len == 253);
	CHECK(back.options[DHCP_OPTION_HOSTNAME].len == 64);
}

TEST(odd_sizes_in_option_57_are_brought_into_range)
{
	static const struct {
		const char *option;
		size_t max;
	} cases[] = {{"\x39\x02\x00\x10", 548}, {"\x39\x02\xff\x00", 1472},
	    {"\x39\x02\x02\x58", 572}, {"\x39\x01\x05", 548}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m = made(DHCP_REQUEST, someone);
		struct dhcp_answer a;

		memcpy(m.bytes + m.len, cases[i].option, 4);
		m.len += (uint8_t)cases[i].option[1] + 2U;
		dhcp_answer_start(&a, made_packet(&m), DHCP_ACK);
		CHECK(a.size_max == cases[i].max);
	}
}

TEST(an_answer_says_what_it_was_told_to)
{
	struct made m = made(DHCP_REQUEST, someone);
	struct dhcp_joined joined;
	struct dhcp_packet back;
	struct dhcp_answer a;
	uint8_t buf[DHCP_PACKET_MAX];
	size_t len;

	made_field(&m, 12, 0xc0000264);
	dhcp_answer_start(&a, made_packet(&m), DHCP_ACK);
	a.yiaddr = 0xc0000264;
	a.siaddr = a.server = 0xc0000201;
	a.lease = 3600;
	a.mask = 0xffffff00;
	a.class = "PXEClient";
	a.use_filename = true;
	a.no_pxedhcp = true;
	strcpy(a.boot_server, "192.0.2.1");
	strcpy(a.boot_file, "b/x/ipxe.efi");
	len = dhcp_build(&a, buf);
	CHECK_TEXT(dhcp_parse(buf, len, &joined, &back), NULL);
	CHECK(back.op == DHCP_OP_REPLY && back.type == DHCP_ACK);
	CHECK(back.xid == 0x01020304 && mac_equal(back.mac, someone));
	CHECK(back.ciaddr == 0xc0000264 && back.yiaddr == 0xc0000264);
	CHECK(back.siaddr == 0xc0000201 && back.server == 0xc0000201);
	CHECK(back.lease == 3600);
	CHECK(memcmp(buf + 44, "192.0.2.1", 10) == 0);
	CHECK(memcmp(buf + 108, "b/x/ipxe.efi", 13) == 0);
	CHECK(span_is(back.options[DHCP_OPTION_BOOT_SERVER], "192.0.2.1"));
	CHECK(span_equal(
	    back.options[DHCP_OPTION_BOOT_FILE], span_of("b/x/ipxe.efi", 13)));
	CHECK(span_equal(
	    back.options[DHCP_OPTION_VENDOR], span_of("\6\1\x08\xff", 4)));
	CHECK(dhcp_ipxe_has(&back, DHCP_IPXE_NO_PXEDHCP));
}

TEST(the_relays_option_comes_last_and_unchanged)
{
	uint8_t relay[255], buf[DHCP_PACKET_MAX];
	struct made m = made(DHCP_REQUEST, someone);
	struct dhcp_answer a;
	size_t len;

	for (size_t i = 0; i < sizeof(relay); i++)
		relay[i] = (uint8_t)i;
	made_option(&m, DHCP_OPTION_RELAY, relay, sizeof(relay));
	a = longest_answer(made_packet(&m));
	len = dhcp_build(&a, buf);
	CHECK(len <= 548 + 257);
	CHECK(buf[len - 1] == DHCP_OPTION_END);
	CHECK(buf[len - 258] == DHCP_OPTION_RELAY && buf[len - 257] == 255);
	CHECK(memcmp(buf + len - 256, relay, sizeof(relay)) == 0);
}

TEST(a_short_answer_is_padded_for_relays)
{
	struct made m = made(DHCP_REQUEST, someone);
	uint8_t buf[DHCP_PACKET_MAX];
	struct dhcp_answer a;

	dhcp_answer_start(&a, made_packet(&m), DHCP_NAK);
	CHECK(dhcp_build(&a, buf) == 300);
}
