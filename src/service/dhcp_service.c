#include "service/dhcp_service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/log.h"
#include "io/memfd.h"

#define BATCH 64                   /* datagrams before others' turn */
#define CATALOGUE_MAX (256U << 20) /* bytes */

static uint64_t
wall_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec;
}

/* Whether the answer gets boot fields; false where it must not be sent. */
static bool
add_boot(const struct dhcp_exchange *x, struct dhcp_answer *a)
{
	struct dhcp_role *role = x->role;
	enum pxe_outcome outcome = pxe_fill(&role->boot, &x->client,
	    x->arrival.ip, loop_now(role->context->loop), a);

	if (outcome != PXE_NO_LOADER)
		return true;
	dhcp_report_no_loader(role, &x->client);
	return false;
}

static void
find_way(const struct dhcp_exchange *x, const struct dhcp_answer *a,
    struct dhcp_way *way)
{
	dhcp_way_find(a, &x->arrival, x->role->sockets.packet >= 0, way);
}

static void
send_now(const struct dhcp_exchange *x, const struct dhcp_answer *a)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	size_t len = dhcp_build(a, bytes);
	struct dhcp_way way;
	int error;

	find_way(x, a, &way);
	error = dhcp_way_send(&way, &x->role->sockets, span_of(bytes, len));
	if (error)
		log_line(LOG_LEVEL_DEBUG, "send", "error=%s",
		    log_text(span_text(strerror(-error))));
}

/* We give no address, or it asks on port 4011. */
static void
answer_as_proxy(const struct dhcp_exchange *x)
{
	const struct dhcp_packet *p = x->packet;
	uint32_t id = p->giaddr && p->server_override ? p->server_override
	                                              : x->arrival.ip;
	enum dhcp_type type = pxe_proxy_answer(p, x->arrival.boot_port, id);
	struct dhcp_answer a;

	if (!x->boots || type == DHCP_NONE)
		return;
	dhcp_answer_start(&a, p, type);
	a.server = id;
	if (!add_boot(x, &a))
		return;
	send_now(x, &a);
	dhcp_report_host(x, a.ciaddr);
	dhcp_report_offer(x, &a);
}

static struct lease
lease_of(const struct dhcp_binding *b)
{
	static const enum lease_state states[BINDING_STATES] = {
	    [BINDING_FREE] = LEASE_RELEASED,
	    [BINDING_OFFERED] = LEASE_RELEASED,
	    [BINDING_BOUND] = LEASE_BOUND,
	    [BINDING_DECLINED] = LEASE_DECLINED,
	};

	return (struct lease){.ip = b->ip,
	    .mac = b->mac,
	    .state = states[b->state],
	    .expires = b->until,
	    .hostname = span_of(b->hostname, b->hostname_len)};
}

/* Hand the lease to state; the answer, if any, leaves when it is kept. */
static void
keep_lease(const struct dhcp_exchange *x, const struct dhcp_verdict *v)
{
	struct dhcp_role *role = x->role;
	struct lease lease = lease_of(v->binding);
	uint8_t bytes[DHCP_PACKET_MAX];
	size_t len = 0;
	struct dhcp_way way = {0};
	struct dhcp_pending *pending;

	if (v->send) {
		len = dhcp_build(&v->answer, bytes);
		find_way(x, &v->answer, &way);
	}
	pending = dhcp_pendings_add(&role->pendings, &lease, &way,
	    span_of(bytes, len), loop_now(role->context->loop));
	if (pending)
		dhcp_report_pending(role, pending);
	else
		dhcp_report_silence(x, "too many leases wait for the disk");
}

static void
answer_as_server(const struct dhcp_exchange *x)
{
	struct dhcp_role *role = x->role;
	struct dhcp_verdict v;
	bool booting = false;

	dhcp_server_answer(
	    &role->server, x->packet, x->arrival.ip, wall_seconds(), &v);
	if (v.why)
		dhcp_report_silence(x, v.why);
	if (v.send && x->boots && v.answer.type != DHCP_NAK) {
		/* Nobody else offers boot servers here: iPXE need not wait two
		 * seconds for them. */
		v.answer.no_pxedhcp = x->client.ipxe;
		booting = add_boot(x, &v.answer);
		dhcp_report_host(x, v.answer.yiaddr);
	}
	if (v.keep)
		keep_lease(x, &v);
	else if (v.send)
		send_now(x, &v.answer);
	if (booting && v.answer.type == DHCP_OFFER)
		dhcp_report_offer(x, &v.answer);
}

/* Only what comes in on an interface that is served, from a relay too: else
 * anybody who reaches this machine could drain the pool of another network.
 * False where it is none of our business. */
static bool
locate(struct dhcp_role *role, const struct udp_arrival *from,
    const struct dhcp_packet *p, struct dhcp_arrival *out)
{
	const struct settings *s = role->context->settings;
	const struct settings_interface *f =
	    settings_interface(s, from->ifindex);

	if (!f)
		return false;
	out->from = from->from;
	out->ifindex = from->ifindex;
	out->port = s->dhcp_port;
	out->ip = p->giaddr ? from->local : f->ip;
	return out->ip != 0;
}

static void
handle(struct dhcp_role *role, const struct udp_arrival *from,
    const uint8_t *bytes, bool boot_port)
{
	struct dhcp_joined joined;
	struct dhcp_packet packet;
	struct dhcp_exchange x = {.role = role, .packet = &packet};
	const char *fault = dhcp_parse(bytes, from->len, &joined, &packet);

	if (fault) {
		log_line(LOG_LEVEL_DEBUG, "packet", "fault=%s",
		    log_text(span_text(fault)));
		return;
	}
	if (from->cut || packet.op != DHCP_OP_REQUEST ||
	    !locate(role, from, &packet, &x.arrival))
		return;
	if (mac_key(packet.mac) == 0 || packet.mac.b[0] & 1)
		return; /* not the address of one machine */
	x.arrival.boot_port = boot_port;
	x.boots = pxe_client_from(&packet, &x.client);
	if (x.boots && !role->informed)
		return; /* it asks again, and then we know our loaders */
	if (boot_port || role->context->settings->dhcp != DHCP_MODE_SERVER)
		answer_as_proxy(&x);
	else
		answer_as_server(&x);
}

static void
receive_from(struct dhcp_role *role, int fd, bool boot_port)
{
	uint8_t bytes[DHCP_RECEIVE_MAX];

	for (int i = 0; i < BATCH; i++) {
		struct udp_arrival from;

		if (udp_receive(fd, bytes, sizeof(bytes), &from) <= 0)
			return;
		handle(role, &from, bytes, boot_port);
	}
}

static void
dhcp_ready(void *owner, uint32_t events)
{
	struct dhcp_role *role = owner;

	(void)events; /* receiving says it better */
	receive_from(role, role->sockets.dhcp, false);
}

static void
pxe_ready(void *owner, uint32_t events)
{
	struct dhcp_role *role = owner;

	(void)events;
	receive_from(role, role->sockets.pxe, true);
}

static int
watch(struct dhcp_role *role, struct watch *w, int fd,
    void (*ready)(void *owner, uint32_t ev))
{
	*w = (struct watch){.fd = fd, .ready = ready, .owner = role};
	return fd < 0 ? 0 : loop_watch(role->context->loop, w, EPOLLIN);
}

static void
set_up_server(struct dhcp_role *role, uint64_t seed)
{
	const struct settings *s = role->context->settings;
	struct dhcp_config config = {.first = s->range_first,
	    .last = s->range_last,
	    .lease = s->lease_seconds,
	    .router = s->router,
	    .domain = s->domain};

	role->subnets = mem_array(s->interface_count, sizeof(*role->subnets));
	for (size_t i = 0; i < s->interface_count; i++)
		role->subnets[config.subnet_count++] = (struct dhcp_subnet){
		    s->interfaces[i].ip, s->interfaces[i].prefix};
	role->reserved = mem_array(s->host_count, sizeof(*role->reserved));
	for (size_t i = 0; i < s->host_count; i++)
		if (s->hosts[i].ip)
			role->reserved[config.reserved_count++] =
			    (struct dhcp_reservation){s->hosts[i].mac,
			        s->hosts[i].ip, s->hosts[i].name};
	memcpy(config.dns, s->dns, sizeof(config.dns));
	config.subnets = role->subnets;
	config.reserved = role->reserved;
	dhcp_server_init(&role->server, &config, seed);
}

static int
dhcp_start(struct context *c)
{
	struct dhcp_role *role = mem_alloc(sizeof(*role));
	uint64_t seeds[4];
	int fault;

	c->self = role;
	role->context = c;
	if (getrandom(seeds, sizeof(seeds), 0) != sizeof(seeds))
		return -EIO;
	role->sockets = (struct dhcp_sockets){c->sockets[SOCKET_DHCP][0],
	    c->sockets[SOCKET_PXE][0], c->sockets[SOCKET_PACKET][0]};
	role->arena = arena_with(CATALOGUE_MAX);
	pxe_guard_init(&role->guard, seeds[0]);
	role->boot = (struct pxe){c->settings, &role->catalogue, &role->guard};
	dhcp_clients_init(&role->clients, seeds[1]);
	dhcp_pendings_init(&role->pendings, seeds[2]);
	outbox_init(&role->state, c->loop, &c->peers[ROLE_STATE]);
	if (c->settings->dhcp == DHCP_MODE_SERVER)
		set_up_server(role, seeds[3]);
	fault = watch(role, &role->dhcp, role->sockets.dhcp, dhcp_ready);
	if (!fault)
		fault = watch(role, &role->pxe, role->sockets.pxe, pxe_ready);
	return fault;
}

static const char *
take_catalogue(struct dhcp_role *role, int fd)
{
	struct arena arena = arena_with(CATALOGUE_MAX);
	struct strbuf bytes = {0};
	struct catalogue catalogue = {0};
	const char *fault = "cannot read the catalogue";
	int error = memfd_read(fd, CATALOGUE_MAX, &bytes);

	(void)close(fd);
	if (!error)
		fault =
		    catalogue_decode(&arena, bytes.data, bytes.len, &catalogue);
	if (fault) {
		strbuf_clear(&bytes);
		arena_clear(&arena);
		return fault;
	}
	arena_clear(&role->arena);
	strbuf_clear(&role->catalogue_bytes);
	role->arena = arena;
	role->catalogue_bytes = bytes;
	role->catalogue = catalogue;
	role->informed = true;
	return NULL;
}

/* A lease that state kept over a restart. */
static const char *
take_lease(struct dhcp_role *role, struct span body)
{
	static const enum dhcp_binding_state states[LEASE_STATES] = {
	    [LEASE_BOUND] = BINDING_BOUND,
	    [LEASE_RELEASED] = BINDING_FREE,
	    [LEASE_DECLINED] = BINDING_DECLINED,
	};
	struct dhcp_binding b = {0};
	struct lease lease;
	const char *fault = lease_decode(body.data, body.len, &lease);

	if (fault || role->context->settings->dhcp != DHCP_MODE_SERVER)
		return fault;
	b.ip = lease.ip;
	b.mac = lease.mac;
	b.state = states[lease.state];
	b.until = lease.expires;
	if (lease.hostname.len > sizeof(b.hostname))
		return "host name too long";
	b.hostname_len = (uint8_t)lease.hostname.len;
	if (lease.hostname.len)
		memcpy(b.hostname, lease.hostname.data, lease.hostname.len);
	dhcp_server_restore(&role->server, &b);
	return NULL;
}

/* State was restarted, maybe: what it had not kept yet it gets once more. */
static void
leases_end(struct dhcp_role *role)
{
	if (role->context->settings->dhcp == DHCP_MODE_SERVER)
		dhcp_server_ready(&role->server);
	for (const struct dhcp_pending *x = role->pendings.first; x;
	     x = x->next)
		dhcp_report_pending(role, x);
}

static void
lease_kept(struct dhcp_role *role, uint64_t id)
{
	struct dhcp_pending *x = dhcp_pendings_take(&role->pendings, id);
	int error;

	if (!x)
		return; /* waited too long; the client asks again */
	if (x->len) {
		error = dhcp_way_send(
		    &x->way, &role->sockets, span_of(x->packet, x->len));
		if (error)
			log_line(LOG_LEVEL_DEBUG, "send", "error=%s",
			    log_text(span_text(strerror(-error))));
		dhcp_report_lease(role, &x->lease);
	}
	free(x);
}

static const char *
dhcp_message(struct context *c, enum role from, const struct ipc *m, int fd)
{
	struct dhcp_role *role = c->self;

	(void)from; /* ipc_parse knows who may send what */
	switch ((int)m->kind) {
	case IPC_CATALOGUE:
		return take_catalogue(role, fd);
	case IPC_LEASE:
		return take_lease(role, m->body);
	case IPC_LEASES_END:
		leases_end(role);
		return NULL;
	case IPC_LEASE_KEPT:
		lease_kept(role, m->id);
		return NULL;
	default:
		if (fd >= 0)
			(void)close(fd);
		return "no message for dhcp";
	}
}

/* State sends catalogue and leases by itself. */
static void
dhcp_peer(struct context *c, enum role peer)
{
	(void)c;
	(void)peer;
}

static void
dhcp_lost(struct context *c, enum role peer)
{
	struct dhcp_role *role = c->self;

	if (peer == ROLE_STATE)
		outbox_clear(&role->state);
}

const struct service dhcp_service = {.start = dhcp_start,
    .message = dhcp_message,
    .peer = dhcp_peer,
    .lost = dhcp_lost};
