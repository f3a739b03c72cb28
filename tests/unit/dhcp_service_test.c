/*
 * The dhcp role in this process, on loopback: the test is the relay that asks
 * and the state role that keeps.
 */
#include "dhcp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "boot/catalogue.h"
#include "boot/event.h"
#include "boot/host.h"
#include "boot/lease.h"
#include "io/memfd.h"
#include "io/udp.h"
#include "service/service.h"

#define SERVER 0x7f000001U
#define RELAY 0x7f000002U
#define FIRST 0x7f000064U
#define PATIENCE 2000U /* ms for what must come */
#define QUIET 100U     /* ms in which nothing may come */

static const struct mac someone = {{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

struct world {
	struct loop loop;
	struct settings settings;
	struct settings_interface interface;
	struct context context;
	struct channel state; /* the other end: what the role tells state */
	struct channel_buffer buffer;
	struct watch relay, told;
	struct timer patience;
	bool late;
};

static void
stop_for(void *owner, uint32_t events)
{
	(void)events;
	loop_stop(owner);
}

static void
stop_late(void *owner)
{
	struct world *w = owner;

	w->late = true;
	loop_stop(&w->loop);
}

static void
connect_state(struct world *w)
{
	int fds[2];

	CHECK(channel_pair(fds) == 0);
	w->context.peers[ROLE_STATE] = (struct channel){
	    .fd = fds[0], .self = ROLE_DHCP, .peer = ROLE_STATE};
	w->state = (struct channel){
	    .fd = fds[1], .self = ROLE_STATE, .peer = ROLE_DHCP};
}

/* A role ends with its process, so nothing of a world is freed. */
static struct world *
world_new(enum dhcp_mode mode)
{
	static struct world *worlds[16];
	static size_t count;
	struct world *w = calloc(1, sizeof(*w));
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int server = udp_listen(SERVER, 0, false);

	CHECK(w && server >= 0 && loop_init(&w->loop) == 0);
	CHECK(count < ARRAY_LEN(worlds));
	worlds[count++] = w;
	CHECK(getsockname(server, (struct sockaddr *)&at, &len) == 0);
	w->settings = settings_default();
	w->settings.dhcp = mode;
	w->settings.dhcp_port = ntohs(at.sin_port);
	w->settings.range_first = FIRST;
	w->settings.range_last = FIRST + 9;
	w->interface = (struct settings_interface){
	    .name = "lo", .index = 1, .ip = SERVER, .prefix = 8};
	w->settings.interfaces = &w->interface;
	w->settings.interface_count = 1;
	w->context.loop = &w->loop;
	w->context.settings = &w->settings;
	w->context.sockets[SOCKET_DHCP][0] = server;
	w->context.sockets[SOCKET_PXE][0] = -1;
	w->context.sockets[SOCKET_PACKET][0] = -1;
	w->relay = (struct watch){
	    .fd = udp_listen(RELAY, w->settings.dhcp_port, false),
	    .ready = stop_for,
	    .owner = &w->loop};
	CHECK(w->relay.fd >= 0);
	w->patience = (struct timer){.fire = stop_late, .owner = w};
	connect_state(w);
	CHECK(dhcp_service.start(&w->context) == 0);
	return w;
}

/* Wait until `fd` can be read; false where it stays quiet. */
static bool
comes(struct world *w, int fd, uint64_t ms)
{
	struct watch watch = {.fd = fd, .ready = stop_for, .owner = &w->loop};

	w->late = w->loop.stopping = false;
	CHECK(loop_watch(&w->loop, &watch, EPOLLIN) == 0);
	timer_at(&w->loop, &w->patience, loop_now(&w->loop) + ms);
	CHECK(loop_run(&w->loop) == 0);
	timer_stop(&w->loop, &w->patience);
	loop_unwatch(&w->loop, &watch);
	return !w->late;
}

/* Send a request as a relay does. */
static void
relay_request(struct world *w, struct made *m)
{
	struct udp_route route = {.to = {SERVER, w->settings.dhcp_port}};
	struct iovec iov = {m->bytes, m->len};

	made_field(m, 24, RELAY);
	CHECK(udp_send(w->relay.fd, &iov, 1, &route) == 0);
}

/* The answer that comes. */
static const struct dhcp_packet *
answer(struct world *w, struct made *m)
{
	struct udp_arrival from;

	CHECK(comes(w, w->relay.fd, PATIENCE));
	CHECK(udp_receive(w->relay.fd, m->bytes, sizeof(m->bytes), &from) == 1);
	CHECK(from.from.ip == SERVER);
	m->len = from.len;
	return made_packet(m);
}

/* The next message of this kind to state; others are left out. */
static struct ipc
message(struct world *w, enum ipc_kind kind)
{
	const char *fault;
	struct ipc m;
	int fd;

	do {
		CHECK(comes(w, w->state.fd, PATIENCE));
		CHECK(channel_receive(&w->state, &w->buffer, &m, &fd, &fault) ==
		      1);
	} while (m.kind != kind);
	return m;
}

/* A message of state. */
static void
say(struct world *w, enum ipc_kind kind, uint64_t id, struct span body, int fd)
{
	struct ipc m = {.kind = kind, .id = id, .body = body};

	CHECK_TEXT(dhcp_service.message(&w->context, ROLE_STATE, &m, fd), NULL);
}

static void
say_catalogue(struct world *w)
{
	static const struct loader loaders[] = {{.name = "snponly.efi",
	    .source = "",
	    .version = "",
	    .features = "",
	    .sha256 = ""}};
	struct catalogue c = {.loaders = loaders, .loader_count = 1};
	struct strbuf bytes = {0};
	int fd;

	catalogue_encode(&c, &bytes);
	fd = memfd_sealed("catalogue", strbuf_view(&bytes));
	CHECK(fd >= 0);
	say(w, IPC_CATALOGUE, 0, span_of(NULL, 0), fd);
	strbuf_clear(&bytes);
}

static struct made
request_for(uint32_t ip)
{
	struct made m = made(DHCP_REQUEST, someone);

	made_u32(&m, DHCP_OPTION_SERVER, SERVER);
	made_u32(&m, DHCP_OPTION_ADDRESS, ip);
	return m;
}

TEST(a_proxy_offers_once_it_knows_its_loaders_and_tells_state)
{
	struct world *w = world_new(DHCP_MODE_PROXY);
	struct made m = made_from("dhcp-ovmf-pxe-discover");
	const struct dhcp_packet *p;
	struct host host;
	struct event event;
	struct ipc told;

	relay_request(w, &m);
	CHECK(!comes(w, w->relay.fd, QUIET));
	say_catalogue(w);
	relay_request(w, &m);
	p = answer(w, &m);
	CHECK(p->type == DHCP_OFFER && p->yiaddr == 0 && p->server == SERVER);
	CHECK_TEXT(p->options[DHCP_OPTION_BOOT_FILE].data,
	    "b/52-54-00-12-34-56/snponly.efi");

	told = message(w, IPC_HOST);
	CHECK_TEXT(host_decode(told.body.data, told.body.len, &host), NULL);
	CHECK(mac_equal(host.mac, someone) && host.arch == ARCH_X86_64);
	told = message(w, IPC_EVENT);
	CHECK_TEXT(event_decode(told.body.data, told.body.len, &event), NULL);
	CHECK(event.kind == EVENT_OFFER && mac_equal(event.mac, someone));

	/* The same again is answered, but no news. */
	m = made_from("dhcp-ovmf-pxe-discover");
	relay_request(w, &m);
	CHECK(answer(w, &m)->type == DHCP_OFFER);
	CHECK(!comes(w, w->state.fd, QUIET));
	/* Another server's business. */
	m = made_from("dhcp-ovmf-pxe-request");
	relay_request(w, &m);
	CHECK(!comes(w, w->relay.fd, QUIET));
}

TEST(a_proxy_leaves_machines_alone_that_do_not_boot_or_have_no_loader)
{
	struct world *w = world_new(DHCP_MODE_PROXY);
	struct made m = made(DHCP_DISCOVER, someone);

	say_catalogue(w);
	relay_request(w, &m);
	CHECK(!comes(w, w->relay.fd, QUIET));
	m = made_from("dhcp-aavmf-pxe-discover");
	relay_request(w, &m);
	CHECK(!comes(w, w->relay.fd, QUIET));
	m.len = 100;
	relay_request(w, &m);
	CHECK(!comes(w, w->relay.fd, QUIET));
}

TEST(a_relayed_request_counts_only_on_an_interface_that_is_served)
{
	struct world *w = world_new(DHCP_MODE_PROXY);
	struct made m = made_from("dhcp-ovmf-pxe-discover");

	say_catalogue(w);
	relay_request(w, &m);
	CHECK(answer(w, &m)->type == DHCP_OFFER);
	w->interface.index = 99; /* it still comes in on number 1 */
	m = made_from("dhcp-ovmf-pxe-discover");
	relay_request(w, &m);
	CHECK(!comes(w, w->relay.fd, QUIET));
}

TEST(an_ack_leaves_only_after_its_lease_is_kept)
{
	struct world *w = world_new(DHCP_MODE_SERVER);
	struct made m = made(DHCP_DISCOVER, someone);
	const struct dhcp_packet *p;
	struct lease lease;
	struct ipc told;

	relay_request(w, &m);
	CHECK(!comes(w, w->relay.fd, QUIET)); /* leases are not there yet */
	say(w, IPC_LEASES_END, 0, span_of(NULL, 0), -1);
	relay_request(w, &m);
	p = answer(w, &m);
	CHECK(p->type == DHCP_OFFER && p->yiaddr == FIRST);

	m = request_for(FIRST);
	relay_request(w, &m);
	told = message(w, IPC_LEASE);
	CHECK_TEXT(lease_decode(told.body.data, told.body.len, &lease), NULL);
	CHECK(lease.ip == FIRST && lease.state == LEASE_BOUND);
	CHECK(!comes(w, w->relay.fd, QUIET));
	say(w, IPC_LEASE_KEPT, told.id + 7, span_of(NULL, 0), -1);
	CHECK(!comes(w, w->relay.fd, QUIET));
	say(w, IPC_LEASE_KEPT, told.id, span_of(NULL, 0), -1);
	p = answer(w, &m);
	CHECK(p->type == DHCP_ACK && p->yiaddr == FIRST);
	CHECK(p->lease == 3600);
}

TEST(a_lease_that_state_lost_with_its_life_is_sent_again)
{
	struct world *w = world_new(DHCP_MODE_SERVER);
	struct made m = request_for(FIRST);
	struct ipc told;

	say(w, IPC_LEASES_END, 0, span_of(NULL, 0), -1);
	relay_request(w, &m);
	(void)message(w, IPC_LEASE);
	channel_close(&w->state);
	channel_close(&w->context.peers[ROLE_STATE]);
	dhcp_service.lost(&w->context, ROLE_STATE);
	connect_state(w);
	dhcp_service.peer(&w->context, ROLE_STATE);
	say(w, IPC_LEASES_END, 0, span_of(NULL, 0), -1);
	told = message(w, IPC_LEASE);
	say(w, IPC_LEASE_KEPT, told.id, span_of(NULL, 0), -1);
	CHECK(answer(w, &m)->type == DHCP_ACK);
}

TEST(leases_of_the_last_run_hold)
{
	struct world *w = world_new(DHCP_MODE_SERVER);
	struct lease lease = {.ip = FIRST,
	    .mac = {{2}},
	    .state = LEASE_BOUND,
	    .expires = UINT32_MAX};
	struct made m = request_for(FIRST);
	struct strbuf body = {0};

	lease_encode(&lease, &body);
	say(w, IPC_LEASE, 0, strbuf_view(&body), -1);
	say(w, IPC_LEASES_END, 0, span_of(NULL, 0), -1);
	relay_request(w, &m);
	CHECK(answer(w, &m)->type == DHCP_NAK);
	strbuf_clear(&body);
}

TEST(a_server_tells_ipxe_not_to_wait_and_what_to_boot)
{
	struct world *w = world_new(DHCP_MODE_SERVER);
	struct made m = made_from("dhcp-ipxe-bios-discover");
	const struct dhcp_packet *p;

	say(w, IPC_LEASES_END, 0, span_of(NULL, 0), -1);
	say_catalogue(w);
	relay_request(w, &m);
	p = answer(w, &m);
	CHECK(p->type == DHCP_OFFER && p->yiaddr == FIRST);
	CHECK(dhcp_ipxe_has(p, DHCP_IPXE_NO_PXEDHCP));
	CHECK_TEXT(p->options[DHCP_OPTION_BOOT_FILE].data,
	    "http://127.0.0.1/b/52-54-00-12-34-56/autoexec.ipxe");
}

TEST(what_breaks_the_protocol_between_roles_is_refused)
{
	struct world *w = world_new(DHCP_MODE_SERVER);
	struct ipc bad = {.kind = IPC_LEASE, .body = span_text("short")};
	struct ipc odd = {.kind = IPC_PROBE};

	CHECK(dhcp_service.message(&w->context, ROLE_STATE, &bad, -1));
	CHECK_TEXT(dhcp_service.message(&w->context, ROLE_STATE, &odd, -1),
	    "no message for dhcp");
}
