/*
 * A sequence of packets to a server with a few addresses: each is a length of
 * two bytes, seconds since the last one in a byte, and the packet.  Whatever
 * comes, every answer parses back, and no two machines hold one address.
 */
#include <assert.h>

#include "base/reader.h"
#include "boot/pxe.h"
#include "proto/dhcp_server.h"

#define OURS 0xc0000201U
#define FIRST 0xc0000264U
#define ADDRESSES 4U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct loader loaders[] = {
    {.name = "snponly.efi"}, {.name = "undionly.kpxe"}};
static const struct catalogue catalogue = {
    .loaders = loaders, .loader_count = 2};

struct world {
	struct dhcp_server server;
	struct settings settings;
	struct pxe_guard guard;
	struct pxe boot;
	uint64_t now; /* seconds */
	struct mac owner[ADDRESSES];
	uint64_t until[ADDRESSES];
};

static void
check_owner(struct world *w, const struct dhcp_verdict *v)
{
	uint32_t at = v->binding->ip - FIRST;

	assert(at < ADDRESSES);
	if (!v->send) {
		w->until[at] = 0;
		return;
	}
	assert(
	    w->until[at] <= w->now || mac_equal(w->owner[at], v->binding->mac));
	for (uint32_t i = 0; i < ADDRESSES; i++)
		if (mac_equal(w->owner[i], v->binding->mac))
			w->until[i] = 0;
	w->owner[at] = v->binding->mac;
	w->until[at] = v->binding->until;
}

static void
check_answer(const struct dhcp_answer *a, const struct dhcp_packet *p)
{
	struct dhcp_joined joined;
	struct dhcp_packet back;
	uint8_t buf[DHCP_PACKET_MAX];
	size_t len = dhcp_build(a, buf);
	const char *fault = dhcp_parse(buf, len, &joined, &back);

	assert(!fault && back.op == DHCP_OP_REPLY);
	assert(back.xid == p->xid && mac_equal(back.mac, p->mac));
	assert(back.type == a->type && back.yiaddr == a->yiaddr);
	assert(back.server == a->server && back.giaddr == p->giaddr);
}

static void
answer(struct world *w, struct span bytes)
{
	struct dhcp_joined joined;
	struct dhcp_packet p;
	struct dhcp_verdict v;
	struct dhcp_answer a;
	struct pxe_client client;
	bool boots;

	if (dhcp_parse(bytes.data, bytes.len, &joined, &p))
		return;
	boots = pxe_client_from(&p, &client);
	if (boots) {
		dhcp_answer_start(&a, &p, DHCP_OFFER);
		(void)pxe_fill(&w->boot, &client, OURS, w->now * 1000, &a);
		check_answer(&a, &p);
	}
	dhcp_server_answer(&w->server, &p, OURS, w->now, &v);
	if (v.keep)
		check_owner(w, &v);
	if (!v.send)
		return;
	if (boots && v.answer.type != DHCP_NAK)
		(void)pxe_fill(
		    &w->boot, &client, OURS, w->now * 1000, &v.answer);
	check_answer(&v.answer, &p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dhcp_subnet subnet = {OURS, 24};
	static struct world w;
	struct dhcp_config config = {.first = FIRST,
	    .last = FIRST + ADDRESSES - 1,
	    .lease = 100,
	    .router = 0xc00002fe,
	    .domain = "example.net",
	    .subnets = &subnet,
	    .subnet_count = 1};
	struct reader r = reader_over(data, size);

	w = (struct world){.settings = settings_default(), .now = 1700000000};
	pxe_guard_init(&w.guard, 1);
	w.boot = (struct pxe){&w.settings, &catalogue, &w.guard};
	dhcp_server_init(&w.server, &config, 1);
	dhcp_server_ready(&w.server);
	while (reader_left(&r)) {
		uint16_t len = reader_be16(&r);

		w.now += reader_u8(&r);
		answer(&w, reader_span(&r, len));
	}
	dhcp_server_clear(&w.server);
	pxe_guard_clear(&w.guard);
	return 0;
}
