#include "dhcp_client.h"

#include "proto/dhcp_server.h"

#define OURS 0xc0000201U  /* 192.0.2.1/24 */
#define FIRST 0xc0000264U /* 192.0.2.100 */
#define LEASE 3600U
#define START 1700000000U

static const struct dhcp_subnet subnet = {OURS, 24};

/* A server and one exchange with it. */
struct world {
	struct dhcp_server server;
	struct dhcp_verdict v;
	struct made m; /* the request that v borrows from */
	uint64_t now;
};

static struct dhcp_config
config(uint32_t addresses)
{
	return (struct dhcp_config){.first = FIRST,
	    .last = FIRST + addresses - 1,
	    .lease = LEASE,
	    .router = 0xc00002fe,
	    .dns = {0xc0000235, 0xc0000236},
	    .domain = "example.net",
	    .subnets = &subnet,
	    .subnet_count = 1};
}

static void
world_init(struct world *w, const struct dhcp_config *c)
{
	dhcp_server_init(&w->server, c, 7);
	dhcp_server_ready(&w->server);
	w->now = START;
}

static struct mac
client(uint32_t n)
{
	return mac_from_key(0x020000000000U + n);
}

static void
submit(struct world *w)
{
	dhcp_server_answer(&w->server, made_packet(&w->m), OURS, w->now, &w->v);
}

static void
discover(struct world *w, uint32_t n)
{
	w->m = made(DHCP_DISCOVER, client(n));
	submit(w);
}

/* SELECTING where `server`, RENEWING where `ciaddr`, else INIT-REBOOT. */
static void
request(struct world *w, uint32_t n, uint32_t server, uint32_t address,
    uint32_t ciaddr)
{
	w->m = made(DHCP_REQUEST, client(n));
	if (server)
		made_u32(&w->m, DHCP_OPTION_SERVER, server);
	if (address)
		made_u32(&w->m, DHCP_OPTION_ADDRESS, address);
	made_field(&w->m, 12, ciaddr);
	submit(w);
}

/* What was answered: the type, or DHCP_NONE for silence with its reason. */
static enum dhcp_type
answered(const struct world *w)
{
	CHECK(w->v.send == !w->v.why);
	return w->v.send ? w->v.answer.type : DHCP_NONE;
}

/* Discover and request; the address. */
static uint32_t
acquire(struct world *w, uint32_t n)
{
	uint32_t ip;

	discover(w, n);
	CHECK(answered(w) == DHCP_OFFER && !w->v.keep);
	ip = w->v.answer.yiaddr;
	request(w, n, OURS, ip, 0);
	CHECK(answered(w) == DHCP_ACK && w->v.keep);
	CHECK(w->v.answer.yiaddr == ip);
	return ip;
}

TEST(a_client_gets_an_address_and_all_that_belongs_to_it)
{
	struct dhcp_config c = config(10);
	const struct dhcp_answer *a;
	struct world w;

	world_init(&w, &c);
	discover(&w, 1);
	a = &w.v.answer;
	CHECK(answered(&w) == DHCP_OFFER && a->yiaddr == FIRST);
	CHECK(a->server == OURS && a->mask == 0xffffff00);
	CHECK(a->broadcast == 0xc00002ff && a->router == 0xc00002fe);
	CHECK(a->dns[0] == 0xc0000235 && a->dns[1] == 0xc0000236);
	CHECK_TEXT(a->domain, "example.net");
	CHECK(a->lease == 3600 && a->renew == 1800 && a->rebind == 3150);

	w.m = made(DHCP_REQUEST, client(1));
	made_u32(&w.m, DHCP_OPTION_SERVER, OURS);
	made_u32(&w.m, DHCP_OPTION_ADDRESS, FIRST);
	made_text(&w.m, DHCP_OPTION_HOSTNAME, "bench");
	submit(&w);
	CHECK(answered(&w) == DHCP_ACK && w.v.keep);
	CHECK(w.v.binding->ip == FIRST && w.v.binding->state == BINDING_BOUND);
	CHECK(mac_equal(w.v.binding->mac, client(1)));
	CHECK(w.v.binding->until == START + LEASE);
	CHECK(span_is(span_of(w.v.binding->hostname, w.v.binding->hostname_len),
	    "bench"));
	dhcp_server_clear(&w.server);
}

TEST(a_machine_that_returns_gets_the_same_address)
{
	struct dhcp_config c = config(10);
	struct world w;

	world_init(&w, &c);
	CHECK(acquire(&w, 1) == FIRST);
	CHECK(acquire(&w, 2) == FIRST + 1);
	CHECK(acquire(&w, 1) == FIRST);
	w.now += 10 * LEASE;
	CHECK(acquire(&w, 3) == FIRST + 2);
	CHECK(acquire(&w, 2) == FIRST + 1);
	dhcp_server_clear(&w.server);
}

TEST(a_wish_is_granted_where_the_address_is_free)
{
	struct dhcp_config c = config(10);
	struct world w;

	world_init(&w, &c);
	for (uint32_t n = 1; n <= 2; n++) {
		w.m = made(DHCP_DISCOVER, client(n));
		made_u32(&w.m, DHCP_OPTION_ADDRESS, FIRST + 5);
		submit(&w);
		CHECK(answered(&w) == DHCP_OFFER);
		CHECK((w.v.answer.yiaddr == FIRST + 5) == (n == 1));
	}
	dhcp_server_clear(&w.server);
}

TEST(an_offer_is_held_for_half_a_minute)
{
	struct dhcp_config c = config(1);
	struct world w;

	world_init(&w, &c);
	discover(&w, 1);
	CHECK(answered(&w) == DHCP_OFFER);
	discover(&w, 2);
	CHECK(answered(&w) == DHCP_NONE);
	CHECK_TEXT(w.v.why, "no address is left for it");
	w.now += 30;
	discover(&w, 2);
	CHECK(answered(&w) == DHCP_OFFER && w.v.answer.yiaddr == FIRST);
	request(&w, 1, OURS, FIRST, 0);
	CHECK(answered(&w) == DHCP_NAK);
	dhcp_server_clear(&w.server);
}

TEST(leases_that_ran_out_are_given_again_oldest_first)
{
	struct dhcp_config c = config(3);
	struct world w;

	world_init(&w, &c);
	for (uint32_t n = 1; n <= 3; n++) {
		CHECK(acquire(&w, n) == FIRST + n - 1);
		w.now += 10;
	}
	request(&w, 1, 0, 0, FIRST); /* renewed: runs out last */
	CHECK(answered(&w) == DHCP_ACK);
	w.now += LEASE - 15;
	discover(&w, 4);
	CHECK(answered(&w) == DHCP_OFFER && w.v.answer.yiaddr == FIRST + 1);
	discover(&w, 5);
	CHECK(answered(&w) == DHCP_NONE);
	w.now += 5;
	discover(&w, 5);
	CHECK(answered(&w) == DHCP_OFFER && w.v.answer.yiaddr == FIRST + 2);
	request(&w, 2, 0, 0, FIRST + 1);
	CHECK(answered(&w) == DHCP_NAK);
	dhcp_server_clear(&w.server);
}

TEST(who_chooses_another_server_frees_our_offer)
{
	struct dhcp_config c = config(1);
	struct world w;

	world_init(&w, &c);
	discover(&w, 1);
	request(&w, 1, OURS + 1, FIRST + 50, 0);
	CHECK(answered(&w) == DHCP_NONE);
	CHECK_TEXT(w.v.why, "it chose another server");
	CHECK(acquire(&w, 2) == FIRST);
	dhcp_server_clear(&w.server);
}

TEST(a_request_for_what_was_not_offered_is_refused)
{
	struct dhcp_config c = config(10);
	struct world w;

	world_init(&w, &c);
	CHECK(acquire(&w, 1) == FIRST);
	request(&w, 2, OURS, FIRST, 0);
	CHECK(answered(&w) == DHCP_NAK && !w.v.keep);
	request(&w, 2, OURS, FIRST + 10, 0);
	CHECK(answered(&w) == DHCP_NAK);
	request(&w, 2, OURS, 0, 0);
	CHECK(answered(&w) == DHCP_NAK);
	/* Our memory of the offer may be gone; the address is not. */
	request(&w, 2, OURS, FIRST + 3, 0);
	CHECK(answered(&w) == DHCP_ACK);
	dhcp_server_clear(&w.server);
}

TEST(a_restarted_client_is_told_whether_its_address_still_holds)
{
	struct dhcp_config c = config(10);
	struct world w;

	world_init(&w, &c);
	CHECK(acquire(&w, 1) == FIRST);
	request(&w, 1, 0, FIRST, 0);
	CHECK(answered(&w) == DHCP_ACK);
	request(&w, 1, 0, 0x0a000005, 0);
	CHECK(answered(&w) == DHCP_NAK);
	request(&w, 2, 0, FIRST, 0);
	CHECK(answered(&w) == DHCP_NAK);
	/* RFC 2131 section 4.3.2: silence where nothing is known. */
	request(&w, 2, 0, FIRST + 1, 0);
	CHECK(answered(&w) == DHCP_NONE);
	request(&w, 2, 0, FIRST + 20, 0);
	CHECK(answered(&w) == DHCP_NONE);
	dhcp_server_clear(&w.server);
}

TEST(renewing_extends_the_lease)
{
	struct dhcp_config c = config(10);
	struct world w;

	world_init(&w, &c);
	CHECK(acquire(&w, 1) == FIRST);
	w.now += 1800;
	request(&w, 1, 0, 0, FIRST);
	CHECK(answered(&w) == DHCP_ACK && w.v.keep);
	CHECK(w.v.answer.ciaddr == FIRST && w.v.answer.yiaddr == FIRST);
	CHECK(w.v.binding->until == START + 1800 + LEASE);
	/* A server that lost its memory trusts who renews. */
	request(&w, 2, 0, 0, FIRST + 4);
	CHECK(answered(&w) == DHCP_ACK);
	request(&w, 3, 0, 0, FIRST + 4);
	CHECK(answered(&w) == DHCP_NAK);
	/* Another server's client on our link is left alone. */
	request(&w, 3, 0, 0, FIRST + 40);
	CHECK(answered(&w) == DHCP_NONE);
	dhcp_server_clear(&w.server);
}

static void
leave(struct world *w, enum dhcp_type type, uint32_t n, uint32_t ip)
{
	w->m = made(type, client(n));
	made_u32(&w->m, DHCP_OPTION_SERVER, OURS);
	if (type == DHCP_DECLINE)
		made_u32(&w->m, DHCP_OPTION_ADDRESS, ip);
	else
		made_field(&w->m, 12, ip);
	submit(w);
}

TEST(a_released_address_is_free_but_its_owner_may_come_back)
{
	struct dhcp_config c = config(2);
	struct world w;

	world_init(&w, &c);
	CHECK(acquire(&w, 1) == FIRST);
	leave(&w, DHCP_RELEASE, 2, FIRST);
	CHECK(answered(&w) == DHCP_NONE && !w.v.keep);
	leave(&w, DHCP_RELEASE, 1, FIRST);
	CHECK(answered(&w) == DHCP_NONE && w.v.keep);
	CHECK(w.v.binding->ip == FIRST && w.v.binding->state == BINDING_FREE);
	leave(&w, DHCP_RELEASE, 1, FIRST);
	CHECK(!w.v.keep);
	CHECK(acquire(&w, 2) == FIRST + 1);
	CHECK(acquire(&w, 1) == FIRST);
	leave(&w, DHCP_RELEASE, 1, FIRST);
	CHECK(acquire(&w, 3) == FIRST);
	discover(&w, 1);
	CHECK(answered(&w) == DHCP_NONE);
	dhcp_server_clear(&w.server);
}

TEST(a_declined_address_is_kept_away_for_ten_minutes)
{
	struct dhcp_config c = config(1);
	struct world w;

	world_init(&w, &c);
	CHECK(acquire(&w, 1) == FIRST);
	leave(&w, DHCP_DECLINE, 2, FIRST);
	CHECK(!w.v.keep);
	leave(&w, DHCP_DECLINE, 1, FIRST);
	CHECK(w.v.keep && w.v.binding->state == BINDING_DECLINED);
	CHECK(w.v.binding->until == START + 600);
	discover(&w, 1);
	CHECK(answered(&w) == DHCP_NONE);
	w.now += 599;
	request(&w, 1, OURS, FIRST, 0);
	CHECK(answered(&w) == DHCP_NAK);
	w.now += 1;
	CHECK(acquire(&w, 1) == FIRST);
	dhcp_server_clear(&w.server);
}

TEST(reservations_hold_inside_and_outside_the_range)
{
	const struct dhcp_reservation reserved[] = {
	    {client(1), FIRST, "bench-1"}, {client(2), FIRST - 50, ""}};
	struct dhcp_config c = config(2);
	struct world w;

	c.reserved = reserved;
	c.reserved_count = 2;
	world_init(&w, &c);
	CHECK(acquire(&w, 3) == FIRST + 1);
	discover(&w, 4);
	CHECK(answered(&w) == DHCP_NONE);
	request(&w, 3, OURS, FIRST, 0);
	CHECK(answered(&w) == DHCP_NAK);
	CHECK(acquire(&w, 1) == FIRST);
	CHECK_TEXT(w.v.answer.hostname, "bench-1");
	CHECK(acquire(&w, 2) == FIRST - 50);
	/* It may have no other one. */
	request(&w, 2, 0, 0, FIRST + 1);
	CHECK(answered(&w) == DHCP_NAK);
	leave(&w, DHCP_RELEASE, 2, FIRST - 50);
	CHECK(w.v.keep);
	CHECK(acquire(&w, 2) == FIRST - 50);
	dhcp_server_clear(&w.server);
}

TEST(a_server_without_a_range_serves_reservations_alone)
{
	const struct dhcp_reservation reserved[] = {{client(1), FIRST, ""}};
	struct dhcp_config c = config(1);
	struct world w;

	c.first = c.last = 0;
	c.reserved = reserved;
	c.reserved_count = 1;
	world_init(&w, &c);
	CHECK(acquire(&w, 1) == FIRST);
	discover(&w, 2);
	CHECK(answered(&w) == DHCP_NONE);
	dhcp_server_clear(&w.server);
}

TEST(addresses_of_servers_are_never_given)
{
	struct dhcp_config c = config(1);
	struct world w;

	c.first = 0xc0000200;
	c.last = 0xc00002ff;
	world_init(&w, &c);
	for (uint32_t n = 0; n < 256 - 6; n++) {
		uint32_t ip = acquire(&w, n);

		CHECK(ip != OURS && ip != c.router && ip != c.dns[0]);
		CHECK(ip != c.dns[1] && ip != c.first && ip != c.last);
	}
	discover(&w, 999);
	CHECK(answered(&w) == DHCP_NONE);
	dhcp_server_clear(&w.server);
}

TEST(inform_is_answered_without_a_lease)
{
	struct dhcp_config c = config(1);
	struct world w;

	world_init(&w, &c);
	w.m = made(DHCP_INFORM, client(1));
	made_field(&w.m, 12, 0xc0000210);
	submit(&w);
	CHECK(answered(&w) == DHCP_ACK && !w.v.keep);
	CHECK(w.v.answer.yiaddr == 0 && w.v.answer.lease == 0);
	CHECK(w.v.answer.ciaddr == 0xc0000210 && w.v.answer.router);
	dhcp_server_clear(&w.server);
}

static void
relayed(struct world *w, uint32_t n, uint32_t giaddr, const char *option,
    size_t len)
{
	w->m = made(DHCP_DISCOVER, client(n));
	made_field(&w->m, 24, giaddr);
	if (len)
		made_option(&w->m, DHCP_OPTION_RELAY, option, len);
	submit(w);
}

TEST(relays_are_served_where_the_range_is_theirs)
{
	static const char selection[] = "\5\4\xc0\0\2\0";
	static const char override[] = "\1\1x\x0b\4\xc0\0\2\7";
	struct dhcp_config c = config(10);
	struct world w;

	world_init(&w, &c);
	relayed(&w, 1, 0xc0000205, NULL, 0);
	CHECK(answered(&w) == DHCP_OFFER && w.v.answer.giaddr == 0xc0000205);
	relayed(&w, 1, 0x0a000001, NULL, 0);
	CHECK(answered(&w) == DHCP_NONE);
	CHECK_TEXT(w.v.why, "from a network that is not ours");
	relayed(&w, 1, 0x0a000001, selection, 6);
	CHECK(answered(&w) == DHCP_OFFER && w.v.answer.yiaddr == FIRST);
	CHECK(w.v.answer.relay.len == 6);
	relayed(&w, 1, 0xc0000205, override, 9);
	CHECK(answered(&w) == DHCP_OFFER && w.v.answer.server == 0xc0000207);

	w.m = made(DHCP_REQUEST, client(1));
	made_field(&w.m, 24, 0xc0000205);
	made_u32(&w.m, DHCP_OPTION_SERVER, 0xc0000207);
	made_u32(&w.m, DHCP_OPTION_ADDRESS, FIRST);
	made_option(&w.m, DHCP_OPTION_RELAY, override, 9);
	submit(&w);
	CHECK(answered(&w) == DHCP_ACK);
	dhcp_server_clear(&w.server);
}

TEST(a_range_behind_a_relay_is_served_through_it)
{
	struct dhcp_config c = config(10);
	struct world w;

	c.first = 0x0a090164; /* 10.9.1.100 */
	c.last = 0x0a0902c8;  /* 10.9.2.200 */
	c.router = 0x0a090101;
	world_init(&w, &c);
	relayed(&w, 1, 0x0a090101, NULL, 0);
	CHECK(answered(&w) == DHCP_OFFER && w.v.answer.yiaddr == c.first);
	CHECK(w.v.answer.mask == 0xfffffc00 && w.v.answer.router == c.router);
	relayed(&w, 2, 0x0a330101, NULL, 0);
	CHECK(answered(&w) == DHCP_NONE);
	/* It renews without the relay. */
	request(&w, 1, 0, 0, c.first);
	CHECK(answered(&w) == DHCP_ACK && w.v.answer.mask == 0xfffffc00);
	/* On our own link that range is no use. */
	discover(&w, 3);
	CHECK(answered(&w) == DHCP_NONE);
	dhcp_server_clear(&w.server);
}

TEST(a_nak_through_a_relay_asks_for_broadcast)
{
	struct dhcp_config c = config(10);
	struct world w;

	world_init(&w, &c);
	w.m = made(DHCP_REQUEST, client(1));
	made_field(&w.m, 24, 0xc0000205);
	made_u32(&w.m, DHCP_OPTION_ADDRESS, 0x0a000005);
	submit(&w);
	CHECK(answered(&w) == DHCP_NAK);
	CHECK(w.v.answer.flags & DHCP_BROADCAST);
	dhcp_server_clear(&w.server);
}

TEST(bindings_survive_a_restart)
{
	struct dhcp_binding kept[] = {
	    {.ip = FIRST + 1,
	        .state = BINDING_BOUND,
	        .mac = client(1),
	        .until = START + 500},
	    {.ip = FIRST + 2,
	        .state = BINDING_BOUND,
	        .mac = client(2),
	        .until = START - 500},
	    {.ip = FIRST + 3,
	        .state = BINDING_DECLINED,
	        .mac = client(3),
	        .until = START + 500},
	    {.ip = FIRST + 4,
	        .state = BINDING_FREE,
	        .mac = client(4),
	        .until = START - 900},
	    {.ip = FIRST + 90,
	        .state = BINDING_BOUND,
	        .mac = client(5),
	        .until = START + 500},
	};
	struct dhcp_config c = config(5);
	struct world w;

	dhcp_server_init(&w.server, &c, 7);
	w.now = START;
	discover(&w, 9);
	CHECK_TEXT(w.v.why, "leases are not loaded yet");
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		dhcp_server_restore(&w.server, &kept[i]);
	dhcp_server_ready(&w.server);

	CHECK(acquire(&w, 4) == FIRST + 4);
	CHECK(acquire(&w, 1) == FIRST + 1);
	CHECK(acquire(&w, 2) == FIRST + 2);
	CHECK(acquire(&w, 3) == FIRST);
	discover(&w, 5);
	CHECK(answered(&w) == DHCP_NONE);
	w.now += 500;
	CHECK(acquire(&w, 5) == FIRST + 3);
	dhcp_server_clear(&w.server);
}

TEST(a_new_reservation_beats_an_old_lease)
{
	const struct dhcp_reservation reserved[] = {{client(2), FIRST, ""}};
	struct dhcp_binding kept = {.ip = FIRST,
	    .state = BINDING_BOUND,
	    .mac = client(1),
	    .until = START + 500};
	struct dhcp_config c = config(5);
	struct world w;

	c.reserved = reserved;
	c.reserved_count = 1;
	dhcp_server_init(&w.server, &c, 7);
	w.now = START;
	dhcp_server_restore(&w.server, &kept);
	dhcp_server_ready(&w.server);
	request(&w, 1, 0, 0, FIRST);
	CHECK(answered(&w) == DHCP_NAK);
	CHECK(acquire(&w, 2) == FIRST);
	dhcp_server_clear(&w.server);
}

TEST(what_is_no_request_of_one_machine_is_met_with_silence)
{
	struct dhcp_config c = config(5);
	struct world w;

	world_init(&w, &c);
	for (int type = DHCP_NONE; type < DHCP_TYPES; type++) {
		w.m = made((enum dhcp_type)type, (struct mac){{1}});
		submit(&w);
		CHECK(answered(&w) == DHCP_NONE && !w.v.keep);
		w.m = made((enum dhcp_type)type, (struct mac){{0}});
		submit(&w);
		CHECK(answered(&w) == DHCP_NONE && !w.v.keep);
	}
	dhcp_server_clear(&w.server);
}

TEST(two_machines_never_hold_one_address)
{
	static uint32_t owner[40]; /* client + 1 by address, as last told */
	static uint64_t until[40];
	struct dhcp_config c = config(40);
	uint64_t seed = 42;
	struct world w;

	world_init(&w, &c);
	for (int step = 0; step < 40000; step++) {
		uint32_t n, ip, at;

		seed = seed * 6364136223846793005U + 1442695040888963407U;
		n = (uint32_t)(seed >> 33) % 60;
		ip = FIRST + (uint32_t)(seed >> 40) % 40;
		w.now += (seed >> 50) % 30;
		switch ((seed >> 60) % 6) {
		case 0:
			leave(&w, DHCP_RELEASE, n, ip);
			break;
		case 1:
			leave(&w, DHCP_DECLINE, n, ip);
			break;
		case 2:
			request(&w, n, 0, 0, ip);
			break;
		case 3:
			request(&w, n, 0, ip, 0);
			break;
		default:
			discover(&w, n);
			if (w.v.send)
				request(&w, n, OURS, w.v.answer.yiaddr, 0);
		}
		if (!w.v.keep)
			continue;
		at = w.v.binding->ip - FIRST;
		if (!w.v.send) {
			CHECK(owner[at] == n + 1);
			owner[at] = 0;
			continue;
		}
		CHECK(!owner[at] || owner[at] == n + 1 || until[at] <= w.now);
		for (uint32_t i = 0; i < 40; i++)
			if (owner[i] == n + 1)
				owner[i] = 0;
		owner[at] = n + 1;
		until[at] = w.now + LEASE;
	}
	dhcp_server_clear(&w.server);
}

TEST(ten_thousand_machines_are_served_in_constant_time_each)
{
	struct dhcp_subnet wide = {OURS, 16};
	struct dhcp_config c = config(1);
	struct world w;

	c.subnets = &wide;
	c.first = 0xc0001000;
	c.last = c.first + 9999;
	dhcp_server_init(&w.server, &c, 7);
	dhcp_server_ready(&w.server);
	w.now = START;
	for (int round = 0; round < 3; round++)
		for (uint32_t n = 0; n < 10000; n++)
			(void)acquire(&w, n);
	CHECK(w.server.pool.by_mac.count == 10000);
	discover(&w, 10000);
	CHECK(answered(&w) == DHCP_NONE);
	dhcp_server_clear(&w.server);
}
