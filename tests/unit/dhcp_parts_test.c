#include "check.h"

#include <stdlib.h>

#include "service/dhcp_clients.h"
#include "service/dhcp_pending.h"
#include "service/dhcp_send.h"

#define OURS 0xc0000201U

static const struct mac someone = {{0x52, 0x54, 0, 0x12, 0x34, 0x56}};
static const struct dhcp_arrival local = {
    .from = {0, 68}, .ip = OURS, .ifindex = 7, .port = 67};

static struct dhcp_way
way_of(const struct dhcp_answer *a, const struct dhcp_arrival *arrival)
{
	struct dhcp_way way;

	dhcp_way_find(a, arrival, true, &way);
	return way;
}

TEST(a_relay_gets_the_answer_at_its_server_port)
{
	struct dhcp_answer a = {.type = DHCP_OFFER,
	    .giaddr = 0x0a000001,
	    .yiaddr = 0x0a000064,
	    .flags = DHCP_BROADCAST};
	struct dhcp_way w = way_of(&a, &local);

	CHECK(!w.frame && w.udp.to.ip == 0x0a000001 && w.udp.to.port == 67);
	CHECK(w.udp.from == OURS && w.udp.ifindex == 0);
}

TEST(a_client_without_address_gets_a_frame_unless_it_wants_broadcast)
{
	struct dhcp_answer a = {
	    .type = DHCP_OFFER, .yiaddr = 0xc0000264, .mac = someone};
	struct dhcp_way w = way_of(&a, &local);

	CHECK(w.frame && w.packet.ifindex == 7);
	CHECK(w.packet.to.ip == 0xc0000264 && w.packet.to.port == 68);
	CHECK(w.packet.from.ip == OURS && w.packet.from.port == 67);
	CHECK(mac_equal(w.packet.mac, someone));
	CHECK(w.udp.to.ip == 0xffffffff && w.udp.to.port == 68);
	CHECK(w.udp.ifindex == 7);
	dhcp_way_find(&a, &local, false, &w);
	CHECK(!w.frame);
	a.flags = DHCP_BROADCAST;
	CHECK(!way_of(&a, &local).frame);
}

TEST(a_proxy_offer_and_a_nak_are_broadcast)
{
	struct dhcp_answer offer = {.type = DHCP_OFFER};
	struct dhcp_answer nak = {.type = DHCP_NAK, .yiaddr = 1, .ciaddr = 1};

	CHECK(way_of(&offer, &local).udp.to.ip == 0xffffffff);
	CHECK(!way_of(&offer, &local).frame);
	CHECK(way_of(&nak, &local).udp.to.ip == 0xffffffff);
	CHECK(!way_of(&nak, &local).frame);
}

TEST(a_client_with_an_address_is_answered_there)
{
	struct dhcp_answer a = {
	    .type = DHCP_ACK, .ciaddr = 0xc0000264, .yiaddr = 0xc0000264};
	struct dhcp_way w = way_of(&a, &local);

	CHECK(!w.frame && w.udp.to.ip == 0xc0000264 && w.udp.to.port == 68);
}

TEST(port_4011_answers_to_where_the_request_came_from)
{
	struct dhcp_arrival arrival = {.from = {0xc0000264, 4011},
	    .ip = OURS,
	    .port = 67,
	    .boot_port = true};
	struct dhcp_answer a = {.type = DHCP_ACK, .ciaddr = 0xc0000264};
	struct dhcp_way w = way_of(&a, &arrival);

	CHECK(w.boot_port && w.udp.to.ip == 0xc0000264);
	CHECK(w.udp.to.port == 4011);
	arrival.from = (struct endpoint){0, 68};
	a.ciaddr = 0;
	CHECK(way_of(&a, &arrival).udp.to.ip == 0xffffffff);
}

TEST(other_ports_move_clients_and_relays_along)
{
	struct dhcp_arrival arrival = {.ip = OURS, .port = 1067};
	struct dhcp_answer a = {.type = DHCP_ACK, .ciaddr = 1};

	CHECK(way_of(&a, &arrival).udp.to.port == 1068);
	a.giaddr = 2;
	CHECK(way_of(&a, &arrival).udp.to.port == 1067);
}

TEST(a_client_has_one_event_of_a_kind_in_two_seconds)
{
	struct dhcp_clients c;

	dhcp_clients_init(&c, 1);
	CHECK(dhcp_clients_event(&c, someone, EVENT_OFFER, 1000));
	CHECK(!dhcp_clients_event(&c, someone, EVENT_OFFER, 2999));
	CHECK(dhcp_clients_event(&c, someone, EVENT_LEASE, 2999));
	CHECK(dhcp_clients_event(&c, someone, EVENT_OFFER, 3000));
	dhcp_clients_clear(&c);
}

TEST(the_memory_of_clients_is_bounded)
{
	struct dhcp_clients c;

	dhcp_clients_init(&c, 1);
	for (uint32_t i = 0; i < 3 * DHCP_CLIENTS_MAX; i++)
		CHECK(
		    dhcp_clients_event(&c, mac_from_key(i), EVENT_OFFER, 1000));
	CHECK(c.by_mac.count == DHCP_CLIENTS_MAX);
	dhcp_clients_clear(&c);
}

TEST(a_machine_is_told_of_when_it_is_new_or_changed)
{
	struct host seen = {
	    .mac = someone, .firmware = FIRMWARE_UEFI, .arch = ARCH_X86_64};
	struct host known = seen, again = seen;
	struct dhcp_clients c;

	dhcp_clients_init(&c, 1);
	CHECK(!dhcp_clients_news(&c, &known, &seen));
	CHECK(dhcp_clients_news(&c, NULL, &seen));
	CHECK(!dhcp_clients_news(&c, NULL, &again));
	again.ip = 0xc0000264;
	CHECK(dhcp_clients_news(&c, &known, &again));
	/* What the next request does not say is no change. */
	seen.ip = 0;
	CHECK(!dhcp_clients_news(&c, NULL, &seen) && seen.ip == 0xc0000264);
	seen.firmware = FIRMWARE_UNKNOWN;
	seen.arch = ARCH_UNKNOWN;
	CHECK(!dhcp_clients_news(&c, NULL, &seen));
	dhcp_clients_clear(&c);
}

TEST(a_bios_machine_known_as_64_bit_stays_so)
{
	struct host known = {
	    .mac = someone, .firmware = FIRMWARE_BIOS, .arch = ARCH_X86_64};
	struct host seen = {
	    .mac = someone, .firmware = FIRMWARE_BIOS, .arch = ARCH_I386};
	struct dhcp_clients c;

	dhcp_clients_init(&c, 1);
	CHECK(!dhcp_clients_news(&c, &known, &seen));
	CHECK(seen.arch == ARCH_X86_64);
	dhcp_clients_clear(&c);
}

TEST(answers_wait_in_order_and_not_for_long)
{
	struct lease lease = {.ip = 1, .hostname = span_text("bench")};
	struct dhcp_way way = {.frame = true};
	struct dhcp_pendings p;
	struct dhcp_pending *x;

	dhcp_pendings_init(&p, 1);
	for (uint32_t i = 1; i <= 3; i++) {
		lease.ip = i;
		x = dhcp_pendings_add(
		    &p, &lease, &way, span_of("abc", i), 1000 * i);
		CHECK(x && x->id == i && x->len == i && x->way.frame);
		CHECK(span_is(x->lease.hostname, "bench"));
	}
	x = dhcp_pendings_take(&p, 3);
	CHECK(x && x->lease.ip == 3 && memcmp(x->packet, "abc", 3) == 0);
	free(x);
	CHECK(!dhcp_pendings_take(&p, 3));
	CHECK(dhcp_pendings_add(&p, &lease, NULL, span_of(NULL, 0), 11001));
	CHECK(!dhcp_pendings_take(&p, 1)); /* too old */
	CHECK(p.first->id == 2 && p.first->next->id == 4);
	dhcp_pendings_clear(&p);
}

TEST(only_so_many_answers_wait)
{
	struct lease lease = {.ip = 1};
	struct dhcp_pendings p;

	dhcp_pendings_init(&p, 1);
	for (size_t i = 0; i < DHCP_PENDING_MAX; i++)
		CHECK(dhcp_pendings_add(
		    &p, &lease, NULL, span_of(NULL, 0), 1000));
	CHECK(!dhcp_pendings_add(&p, &lease, NULL, span_of(NULL, 0), 1000));
	CHECK(dhcp_pendings_add(&p, &lease, NULL, span_of(NULL, 0), 12000));
	CHECK(p.by_id.count == 1);
	dhcp_pendings_clear(&p);
}
