#include <string.h>

#include "io/log.h"
#include "service/dhcp_service.h"

#define COMPLAIN_MS 10000U

static void
send_state(struct dhcp_role *role, enum ipc_kind kind, uint64_t id,
    const struct strbuf *body)
{
	struct ipc m = {.kind = kind, .id = id, .body = strbuf_view(body)};

	(void)outbox_send(&role->state, &m, -1); /* or state is down */
}

void
dhcp_report_host(const struct dhcp_exchange *x, uint32_t ip)
{
	struct dhcp_role *role = x->role;
	struct host seen = {.mac = x->client.mac,
	    .firmware = x->client.firmware,
	    .arch = x->client.arch,
	    .ip = ip};
	struct strbuf body = {0};

	memcpy(seen.uuid, x->client.uuid, sizeof(seen.uuid));
	if (!dhcp_clients_news(&role->clients,
	        catalogue_host(&role->catalogue, seen.mac), &seen))
		return;
	host_encode(&seen, &body);
	send_state(role, IPC_HOST, 0, &body);
	strbuf_clear(&body);
}

static void
send_event(struct dhcp_role *role, const struct event *e)
{
	struct strbuf body = {0};

	event_encode(e, &body);
	send_state(role, IPC_EVENT, 0, &body);
	strbuf_clear(&body);
}

void
dhcp_report_offer(const struct dhcp_exchange *x, const struct dhcp_answer *a)
{
	struct dhcp_role *role = x->role;
	struct event e = {.kind = EVENT_OFFER,
	    .mac = a->mac,
	    .ip = a->yiaddr ? a->yiaddr : a->ciaddr,
	    .note = span_text(a->boot_file)};
	char mac[MAC_TEXT_SIZE];

	if (!dhcp_clients_event(&role->clients, a->mac, EVENT_OFFER,
	        loop_now(role->context->loop)))
		return;
	log_line(LOG_LEVEL_INFO, "offer", "mac=%s firmware=%s arch=%s file=%s",
	    mac_text(a->mac, ':', mac), firmware_name(x->client.firmware),
	    arch_name(x->client.arch), log_text(e.note));
	send_event(role, &e);
}

void
dhcp_report_lease(struct dhcp_role *role, const struct lease *lease)
{
	struct event e = {
	    .kind = EVENT_LEASE, .mac = lease->mac, .ip = lease->ip};
	char mac[MAC_TEXT_SIZE], ip[IP4_TEXT_SIZE];

	if (!dhcp_clients_event(&role->clients, lease->mac, EVENT_LEASE,
	        loop_now(role->context->loop)))
		return;
	log_line(LOG_LEVEL_DEBUG, "lease", "mac=%s ip=%s",
	    mac_text(lease->mac, ':', mac), ip4_text(lease->ip, ip));
	send_event(role, &e);
}

void
dhcp_report_no_loader(struct dhcp_role *role, const struct pxe_client *client)
{
	bool *warned = &role->warned[client->firmware][client->arch];
	char mac[MAC_TEXT_SIZE];

	if (*warned)
		return;
	*warned = true;
	log_line(LOG_LEVEL_WARNING, "no-loader",
	    "mac=%s firmware=%s arch=%s help=\"such machines are offered "
	    "nothing; see 'hobnail loaders', add one with 'hobnail loaders "
	    "import FILE'\"",
	    mac_text(client->mac, ':', mac), firmware_name(client->firmware),
	    arch_name(client->arch));
}

void
dhcp_report_silence(const struct dhcp_exchange *x, const char *why)
{
	struct dhcp_role *role = x->role;
	uint64_t now = loop_now(role->context->loop);
	enum log_level level = LOG_LEVEL_DEBUG;
	char mac[MAC_TEXT_SIZE];

	/* Only a DISCOVER that stays unanswered is a matter for the operator,
	 * and one line of it in a while. */
	if (x->packet->type == DHCP_DISCOVER &&
	    (!role->complained || now - role->complained >= COMPLAIN_MS)) {
		role->complained = now;
		level = LOG_LEVEL_WARNING;
	}
	log_line(level, "silence", "mac=%s message=%s why=%s",
	    mac_text(x->packet->mac, ':', mac), dhcp_type_name(x->packet->type),
	    log_text(span_text(why)));
}

void
dhcp_report_pending(struct dhcp_role *role, const struct dhcp_pending *pending)
{
	struct strbuf body = {0};

	lease_encode(&pending->lease, &body);
	send_state(role, IPC_LEASE, pending->id, &body);
	strbuf_clear(&body);
}
