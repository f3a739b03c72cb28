#include "service/dhcp_clients.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
dhcp_clients_init(struct dhcp_clients *c, uint64_t seed)
{
	*c = (struct dhcp_clients){.by_mac.seed = seed,
	    .all = mem_array(DHCP_CLIENTS_MAX, sizeof(*c->all))};
}

void
dhcp_clients_clear(struct dhcp_clients *c)
{
	table_clear(&c->by_mac);
	free(c->all);
	*c = (struct dhcp_clients){0};
}

static struct dhcp_client *
client_of(struct dhcp_clients *c, struct mac mac)
{
	struct dhcp_client *client = table_get(&c->by_mac, mac_key(mac));

	if (client)
		return client;
	client = &c->all[c->next];
	c->next = (c->next + 1) % DHCP_CLIENTS_MAX;
	if (table_get(&c->by_mac, mac_key(client->mac)) == client)
		(void)table_put(&c->by_mac, mac_key(client->mac), NULL);
	*client = (struct dhcp_client){.mac = mac};
	(void)table_put(&c->by_mac, mac_key(mac), client);
	return client;
}

bool
dhcp_clients_event(
    struct dhcp_clients *c, struct mac mac, enum event_kind kind, uint64_t now)
{
	struct dhcp_client *client = client_of(c, mac);

	if (client->events[kind] &&
	    now - client->events[kind] < DHCP_CLIENT_EVENT_MS)
		return false;
	client->events[kind] = now;
	return true;
}

static bool
is_set(const uint8_t uuid[16])
{
	static const uint8_t none[16];

	return memcmp(uuid, none, sizeof(none)) != 0;
}

/* Fill in what `seen` lacks and an older record has. */
static void
take_over(struct host *seen, const struct host *older)
{
	if (seen->firmware == FIRMWARE_UNKNOWN) {
		seen->firmware = older->firmware;
		seen->arch = older->arch;
	}
	/* A BIOS machine is "i386" to DHCP; its first script finds out more. */
	if (seen->firmware == FIRMWARE_BIOS &&
	    older->firmware == FIRMWARE_BIOS && older->arch != ARCH_UNKNOWN)
		seen->arch = older->arch;
	if (!is_set(seen->uuid))
		memcpy(seen->uuid, older->uuid, sizeof(seen->uuid));
	if (!seen->ip)
		seen->ip = older->ip;
}

static bool
same(const struct host *a, const struct host *b)
{
	return mac_equal(a->mac, b->mac) && a->firmware == b->firmware &&
	       a->arch == b->arch && a->ip == b->ip &&
	       memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0;
}

bool
dhcp_clients_news(
    struct dhcp_clients *c, const struct host *known, struct host *seen)
{
	struct dhcp_client *client = client_of(c, seen->mac);

	if (known)
		take_over(seen, known);
	if (mac_equal(client->told.mac, seen->mac))
		take_over(seen, &client->told);
	if ((known && same(seen, known)) || same(seen, &client->told))
		return false;
	client->told = *seen;
	return true;
}
