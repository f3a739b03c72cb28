#include "boot/pxe.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SCRIPT "autoexec.ipxe"

void
pxe_guard_init(struct pxe_guard *g, uint64_t seed)
{
	*g = (struct pxe_guard){.by_mac.seed = seed};
}

void
pxe_guard_clear(struct pxe_guard *g)
{
	table_clear(&g->by_mac);
}

/* Remember that the loader was offered; repeats of one request count once. */
static void
guard_note(struct pxe_guard *g, const struct dhcp_answer *a, uint64_t now)
{
	struct pxe_offered *o = table_get(&g->by_mac, mac_key(a->mac));

	if (!o) {
		o = &g->hosts[g->next];
		g->next = (g->next + 1) % PXE_GUARD_HOSTS;
		if (table_get(&g->by_mac, mac_key(o->mac)) == o)
			(void)table_put(&g->by_mac, mac_key(o->mac), NULL);
		*o = (struct pxe_offered){.mac = a->mac};
		(void)table_put(&g->by_mac, mac_key(a->mac), o);
	} else if (o->xid == a->xid) {
		return;
	}
	o->before = o->last;
	o->last = now;
	o->xid = a->xid;
}

/* Whether the loader was offered twice of late, and not for this request. */
static bool
guard_trips(
    const struct pxe_guard *g, const struct dhcp_answer *a, uint64_t now)
{
	const struct pxe_offered *o = table_get(&g->by_mac, mac_key(a->mac));

	return o && o->before && now - o->before <= PXE_GUARD_TIME &&
	       o->xid != a->xid;
}

static void
guard_forget(struct pxe_guard *g, struct mac mac)
{
	struct pxe_offered *o = table_get(&g->by_mac, mac_key(mac));

	if (o)
		o->last = o->before = 0;
}

/* The five digits in "PXEClient:Arch:00007:UNDI:003001"; 0 where none. */
static uint16_t arch_in_class(struct span class)
{
	uint64_t value;

	(void)span_cut(&class, ':');
	if (!span_is(span_cut(&class, ':'), "Arch") ||
	    text_number(span_cut(&class, ':'), UINT16_MAX, &value))
		return 0;
	return (uint16_t)value;
}

/* The first architecture of the list that we know. */
static void
take_arch(const struct dhcp_packet *p, struct pxe_client *out)
{
	uint16_t in_class = arch_in_class(p->options[DHCP_OPTION_CLASS]);
	bool known = false;

	for (size_t i = 0; i < p->arch_count && !known; i++)
		known = host_architecture(
		    p->arches[i], &out->firmware, &out->arch, &out->http);
	if (p->arch_count == 0)
		(void)host_architecture(
		    in_class, &out->firmware, &out->arch, &out->http);
}

bool
pxe_client_from(const struct dhcp_packet *p, struct pxe_client *out)
{
	struct span class = p->options[DHCP_OPTION_CLASS];
	struct span uuid = p->options[DHCP_OPTION_UUID];
	bool pxe = span_starts(class, "PXEClient");
	bool http = span_starts(class, "HTTPClient");

	if (!pxe && !http && !p->options[DHCP_OPTION_ARCH].data)
		return false;
	*out = (struct pxe_client){.mac = p->mac};
	take_arch(p, out);
	if (pxe || http)
		out->http = http;
	/* Some Intel ROMs send no option 97
	 * (https://github.com/danderson/netboot/issues/21). */
	if (uuid.len == 17 && uuid.data[0] == 0)
		memcpy(out->uuid, uuid.data + 1, sizeof(out->uuid));
	out->https = dhcp_ipxe_has(p, DHCP_IPXE_HTTPS);
	/* The second half is MAAS's test for an iPXE that was given another
	 * user class. */
	out->ipxe = dhcp_user_class_is(p, "iPXE") ||
	            (dhcp_ipxe_has(p, DHCP_IPXE_HTTP) &&
	                (dhcp_ipxe_has(p, DHCP_IPXE_BZIMAGE) ||
	                    dhcp_ipxe_has(p, DHCP_IPXE_EFI)));
	return true;
}

enum dhcp_type
pxe_proxy_answer(const struct dhcp_packet *p, bool boot_port, uint32_t server)
{
	if (p->op != DHCP_OP_REQUEST)
		return DHCP_NONE;
	if (boot_port)
		return p->type == DHCP_REQUEST || p->type == DHCP_INFORM
		           ? DHCP_ACK
		           : DHCP_NONE;
	if (p->type == DHCP_DISCOVER)
		return DHCP_OFFER;
	/* On port 67 a REQUEST belongs to the server that gives addresses. */
	if (p->type == DHCP_REQUEST && p->server == server)
		return DHCP_ACK;
	return DHCP_NONE;
}

static const char *
present(const struct catalogue *c, const char *name)
{
	return catalogue_loader(c, span_text(name)) ? name : NULL;
}

const char *
pxe_loader(const struct pxe *x, const struct pxe_client *client)
{
	const struct settings_host *host =
	    settings_host(x->settings, client->mac);
	enum loader_choice choice = x->settings->loader;
	const char *snp, *all;

	if (host && host->loader != LOADER_DEFAULT)
		choice = host->loader;
	if (client->firmware == FIRMWARE_BIOS)
		return present(x->catalogue, "undionly.kpxe");
	if (client->firmware != FIRMWARE_UEFI)
		return NULL;
	if (client->arch == ARCH_ARM64)
		return present(x->catalogue, "ipxe-arm64.efi");
	if (client->arch != ARCH_X86_64)
		return NULL;
	snp = present(x->catalogue, "snponly.efi");
	all = present(x->catalogue, "ipxe.efi");
	if (choice == LOADER_ALL)
		return all ? all : snp;
	return snp ? snp : all;
}

/* Write the URL of `name` in this host's own folder. */
static void
put_url(const struct pxe *x, struct mac mac, uint32_t ip, const char *name,
    struct dhcp_answer *a)
{
	char text[IP4_TEXT_SIZE], host[MAC_TEXT_SIZE], port[8] = "";
	int len;

	/* An address, never a name: some firmware leaves the DNS server out of
	 * the device path that iPXE learns its origin from
	 * (https://github.com/ipxe/ipxe/issues/1316). */
	if (x->settings->http_port != 80)
		(void)snprintf(port, sizeof(port), ":%u",
		    (unsigned int)x->settings->http_port);
	len =
	    snprintf(a->boot_file, sizeof(a->boot_file), "http://%s%s/b/%s/%s",
	        ip4_text(ip, text), port, mac_text(mac, '-', host), name);
	assert(len > 0 && (size_t)len < sizeof(a->boot_file));
}

static void
put_path(struct mac mac, const char *name, struct dhcp_answer *a)
{
	char host[MAC_TEXT_SIZE];
	int len = snprintf(a->boot_file, sizeof(a->boot_file), "b/%s/%s",
	    mac_text(mac, '-', host), name);

	assert(len > 0 && (size_t)len < sizeof(a->boot_file));
}

/*
 * Everything is said twice: shim takes directory and server from the BOOTP
 * fields alone (https://github.com/rhboot/shim/issues/524), some ROMs and
 * U-Boot too; EDK2 prefers the options, and without siaddr and option 54 asks
 * everybody on port 4011.
 */
static void
put_server(const struct pxe_client *client, uint32_t ip, struct dhcp_answer *a)
{
	(void)ip4_text(ip, a->boot_server);
	a->siaddr = ip;
	if (!a->server)
		a->server = ip;
	a->class = client->http ? "HTTPClient" : "PXEClient";
	/* With it EDK2 takes the offer as it is, and old menus stay away. */
	a->use_filename = !client->http;
}

/* Whether this is an iPXE that gets on with the script as it is. */
static bool
wants_script(const struct pxe *x, const struct pxe_client *client,
    const struct dhcp_answer *a, uint64_t now)
{
	if (!client->ipxe)
		return false;
	if (!client->https)
		return guard_trips(x->guard, a, now);
	guard_forget(x->guard, client->mac);
	return true;
}

enum pxe_outcome
pxe_fill(const struct pxe *x, const struct pxe_client *client, uint32_t ip,
    uint64_t now, struct dhcp_answer *a)
{
	const char *loader = pxe_loader(x, client);

	if (wants_script(x, client, a, now)) {
		put_server(client, ip, a);
		put_url(x, client->mac, ip, SCRIPT, a);
		return PXE_SCRIPT;
	}
	if (!loader)
		return PXE_NO_LOADER;
	guard_note(x->guard, a, now);
	put_server(client, ip, a);
	if (client->http)
		put_url(x, client->mac, ip, loader, a);
	else
		put_path(client->mac, loader, a);
	return PXE_LOADER;
}
