#include "dhcp_client.h"

#include "base/text.h"
#include "boot/pxe.h"

#define OURS 0xc0000201U /* 192.0.2.1 */

static const struct mac someone = {{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

static const struct loader loaders[] = {
    {.name = "ipxe-arm64.efi"},
    {.name = "ipxe.efi"},
    {.name = "snponly.efi"},
    {.name = "undionly.kpxe"},
};

/* A server with all loaders. */
struct world {
	struct settings settings;
	struct catalogue catalogue;
	struct pxe_guard guard;
	struct pxe x;
	uint64_t now;
};

static void
world_init(struct world *w)
{
	w->settings = settings_default();
	w->catalogue = (struct catalogue){
	    .loaders = loaders, .loader_count = ARRAY_LEN(loaders)};
	pxe_guard_init(&w->guard, 1);
	w->x = (struct pxe){&w->settings, &w->catalogue, &w->guard};
	w->now = 1000;
}

/* What is answered to `m`, as the client parses it. */
struct told {
	enum pxe_outcome outcome;
	struct dhcp_joined joined;
	struct dhcp_packet packet;
	uint8_t bytes[DHCP_PACKET_MAX];
};

static void
ask(struct world *w, struct made *m, struct told *t)
{
	const struct dhcp_packet *p = made_packet(m);
	struct pxe_client client;
	struct dhcp_answer a;
	size_t len;

	CHECK(pxe_client_from(p, &client));
	dhcp_answer_start(&a, p, DHCP_OFFER);
	t->outcome = pxe_fill(&w->x, &client, OURS, w->now, &a);
	len = dhcp_build(&a, t->bytes);
	CHECK_TEXT(dhcp_parse(t->bytes, len, &t->joined, &t->packet), NULL);
}

/* Options and fixed fields name `file`; `class` answers the client's. */
static void
check_told(const struct told *t, const char *class, const char *file)
{
	const struct span *o = t->packet.options;

	CHECK(t->packet.siaddr == OURS && t->packet.server == OURS);
	CHECK_TEXT((const char *)t->bytes + 44, "192.0.2.1");
	CHECK_TEXT((const char *)t->bytes + 108, file);
	CHECK(span_is(o[DHCP_OPTION_BOOT_SERVER], "192.0.2.1"));
	CHECK(o[DHCP_OPTION_BOOT_FILE].len == strlen(file) + 1);
	CHECK_TEXT(o[DHCP_OPTION_BOOT_FILE].data, file);
	CHECK(span_is(o[DHCP_OPTION_CLASS], class));
	CHECK(o[DHCP_OPTION_UUID].len == 17);
	if (streq(class, "PXEClient"))
		CHECK(span_equal(
		    o[DHCP_OPTION_VENDOR], span_of("\6\1\x08\xff", 4)));
	else
		CHECK(!o[DHCP_OPTION_VENDOR].data);
}

TEST(recorded_clients_are_told_what_they_can_boot)
{
	static const struct {
		const char *name, *class, *file;
		enum pxe_outcome outcome;
	} cases[] = {
	    {"dhcp-ipxe-bios-discover", "PXEClient",
	        "http://192.0.2.1/b/52-54-00-12-34-56/autoexec.ipxe",
	        PXE_SCRIPT},
	    {"dhcp-ipxe-efi-discover", "PXEClient",
	        "http://192.0.2.1/b/52-54-00-12-34-56/autoexec.ipxe",
	        PXE_SCRIPT},
	    {"dhcp-ovmf-pxe-discover", "PXEClient",
	        "b/52-54-00-12-34-56/snponly.efi", PXE_LOADER},
	    {"dhcp-ovmf-4011-request", "PXEClient",
	        "b/52-54-00-12-34-56/snponly.efi", PXE_LOADER},
	    {"dhcp-ovmf-http-discover", "HTTPClient",
	        "http://192.0.2.1/b/52-54-00-12-34-56/snponly.efi", PXE_LOADER},
	    {"dhcp-aavmf-pxe-discover", "PXEClient",
	        "b/52-54-00-12-34-56/ipxe-arm64.efi", PXE_LOADER},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct world w;
		struct made m = made_from(cases[i].name);
		struct told t;

		world_init(&w);
		ask(&w, &m, &t);
		CHECK(t.outcome == cases[i].outcome);
		check_told(&t, cases[i].class, cases[i].file);
		pxe_guard_clear(&w.guard);
	}
}

TEST(urls_name_the_port_where_it_is_not_80)
{
	struct made m = made_from("dhcp-ovmf-http-discover");
	static struct world w;
	struct told t;

	world_init(&w);
	w.settings.http_port = 8080;
	ask(&w, &m, &t);
	check_told(&t, "HTTPClient",
	    "http://192.0.2.1:8080/b/52-54-00-12-34-56/snponly.efi");
	pxe_guard_clear(&w.guard);
}

TEST(who_does_not_want_to_boot_is_no_boot_client)
{
	struct made m = made(DHCP_DISCOVER, someone);
	struct pxe_client client;

	CHECK(!pxe_client_from(made_packet(&m), &client));
	made_text(&m, DHCP_OPTION_CLASS, "MSFT 5.0");
	CHECK(!pxe_client_from(made_packet(&m), &client));
	made_option(&m, DHCP_OPTION_ARCH, "\0\7", 2);
	CHECK(pxe_client_from(made_packet(&m), &client));
	CHECK(client.firmware == FIRMWARE_UEFI && client.arch == ARCH_X86_64);
}

TEST(architectures_are_understood_wherever_they_are_named)
{
	static const struct {
		const char *class, *list;
		size_t len;
		enum firmware firmware;
		enum arch arch;
		bool http;
	} cases[] = {
	    {"PXEClient", "\0\7", 2, FIRMWARE_UEFI, ARCH_X86_64, false},
	    {"PXEClient", "\0\x9", 2, FIRMWARE_UEFI, ARCH_X86_64, false},
	    {"PXEClient", "\0\0", 2, FIRMWARE_BIOS, ARCH_I386, false},
	    {"PXEClient", "\0\x1f\0\xb", 4, FIRMWARE_UEFI, ARCH_ARM64, false},
	    {"PXEClient:Arch:00009:UNDI:003016", NULL, 0, FIRMWARE_UEFI,
	        ARCH_X86_64, false},
	    {"PXEClient", NULL, 0, FIRMWARE_BIOS, ARCH_I386, false},
	    {"PXEClient", "\0\x1f", 2, FIRMWARE_UNKNOWN, ARCH_UNKNOWN, false},
	    {"HTTPClient", "\0\x13", 2, FIRMWARE_UEFI, ARCH_ARM64, true},
	    {"HTTPClient:Arch:00016", NULL, 0, FIRMWARE_UEFI, ARCH_X86_64,
	        true},
	    {NULL, "\0\x10", 2, FIRMWARE_UEFI, ARCH_X86_64, true},
	    {"PXEClient", "\0\x10", 2, FIRMWARE_UEFI, ARCH_X86_64, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made m = made(DHCP_DISCOVER, someone);
		struct pxe_client c;

		if (cases[i].class)
			made_text(&m, DHCP_OPTION_CLASS, cases[i].class);
		if (cases[i].list)
			made_option(
			    &m, DHCP_OPTION_ARCH, cases[i].list, cases[i].len);
		CHECK(pxe_client_from(made_packet(&m), &c));
		CHECK(c.firmware == cases[i].firmware);
		CHECK(c.arch == cases[i].arch && c.http == cases[i].http);
	}
}

TEST(a_missing_or_odd_uuid_is_accepted)
{
	struct made m = made(DHCP_DISCOVER, someone);
	struct pxe_client c;

	made_text(&m, DHCP_OPTION_CLASS, "PXEClient");
	CHECK(pxe_client_from(made_packet(&m), &c) && c.uuid[0] == 0);
	made_text(&m, DHCP_OPTION_UUID, "short");
	CHECK(pxe_client_from(made_packet(&m), &c) && c.uuid[0] == 0);
}

TEST(the_loader_of_a_uefi_machine_is_a_choice)
{
	struct settings_host host = {.mac = someone, .loader = LOADER_ALL};
	struct pxe_client c = {
	    .mac = someone, .firmware = FIRMWARE_UEFI, .arch = ARCH_X86_64};
	static struct world w;

	world_init(&w);
	w.settings.loader = LOADER_SNP;
	CHECK_TEXT(pxe_loader(&w.x, &c), "snponly.efi");
	w.settings.hosts = &host;
	w.settings.host_count = 1;
	CHECK_TEXT(pxe_loader(&w.x, &c), "ipxe.efi");
	w.settings.loader = LOADER_ALL;
	host.loader = LOADER_SNP;
	CHECK_TEXT(pxe_loader(&w.x, &c), "snponly.efi");
	host.loader = LOADER_DEFAULT;
	CHECK_TEXT(pxe_loader(&w.x, &c), "ipxe.efi");

	/* The other one is better than none. */
	w.catalogue.loaders = &loaders[2];
	w.catalogue.loader_count = 1;
	CHECK_TEXT(pxe_loader(&w.x, &c), "snponly.efi");
	c.arch = ARCH_ARM64;
	CHECK_TEXT(pxe_loader(&w.x, &c), NULL);
	c.arch = ARCH_I386;
	CHECK_TEXT(pxe_loader(&w.x, &c), NULL);
	c.firmware = FIRMWARE_UNKNOWN;
	CHECK_TEXT(pxe_loader(&w.x, &c), NULL);
}

TEST(nothing_is_offered_where_there_is_no_loader_but_ipxe_needs_none)
{
	struct made firmware = made_from("dhcp-ovmf-pxe-discover");
	struct made ipxe = made_from("dhcp-ipxe-efi-discover");
	static struct world w;
	struct told t;

	world_init(&w);
	w.catalogue.loader_count = 0;
	ask(&w, &firmware, &t);
	CHECK(t.outcome == PXE_NO_LOADER && t.packet.siaddr == 0);
	CHECK(!t.packet.options[DHCP_OPTION_CLASS].data);
	ask(&w, &ipxe, &t);
	CHECK(t.outcome == PXE_SCRIPT);
	pxe_guard_clear(&w.guard);
}

/* An iPXE without HTTPS, as Debian 12's ROMs of 2019 are. */
static struct made
old_ipxe(uint32_t xid)
{
	struct made m = made(DHCP_DISCOVER, someone);

	made_field(&m, 4, xid);
	made_text(&m, DHCP_OPTION_CLASS, "PXEClient:Arch:00000:UNDI:002001");
	made_option(&m, DHCP_OPTION_ARCH, "\0\0", 2);
	made_text(&m, DHCP_OPTION_USER_CLASS, "iPXE");
	made_option(&m, DHCP_OPTION_IPXE, "\x13\1\1\x18\1\1", 6);
	return m;
}

static enum pxe_outcome
outcome_of(struct world *w, struct made m)
{
	struct told t;

	ask(w, &m, &t);
	return t.outcome;
}

TEST(an_ipxe_without_https_gets_our_loader)
{
	struct made m = old_ipxe(1);
	static struct world w;
	struct told t;

	world_init(&w);
	ask(&w, &m, &t);
	CHECK(t.outcome == PXE_LOADER);
	CHECK_TEXT(
	    (const char *)t.bytes + 108, "b/52-54-00-12-34-56/undionly.kpxe");
	pxe_guard_clear(&w.guard);
}

TEST(a_loader_that_was_offered_twice_is_not_offered_again)
{
	static struct world w;

	world_init(&w);
	CHECK(outcome_of(&w, old_ipxe(1)) == PXE_LOADER);
	CHECK(outcome_of(&w, old_ipxe(1)) == PXE_LOADER);
	w.now += 4000;
	CHECK(outcome_of(&w, old_ipxe(1)) == PXE_LOADER);
	CHECK(outcome_of(&w, old_ipxe(2)) == PXE_LOADER);
	CHECK(outcome_of(&w, old_ipxe(2)) == PXE_LOADER);
	w.now += 56000;
	CHECK(outcome_of(&w, old_ipxe(3)) == PXE_SCRIPT);
	CHECK(outcome_of(&w, old_ipxe(3)) == PXE_SCRIPT);
	w.now += 1;
	CHECK(outcome_of(&w, old_ipxe(4)) == PXE_LOADER);
	pxe_guard_clear(&w.guard);
}

TEST(firmware_never_gets_the_script)
{
	static struct world w;

	world_init(&w);
	for (uint32_t xid = 1; xid < 9; xid++) {
		struct made m = made_from("dhcp-ovmf-pxe-discover");

		made_field(&m, 4, xid);
		CHECK(outcome_of(&w, m) == PXE_LOADER);
	}
	pxe_guard_clear(&w.guard);
}

TEST(a_boot_that_went_well_starts_the_count_again)
{
	static struct world w;

	world_init(&w);
	for (uint32_t xid = 1; xid < 9; xid += 2) {
		struct made good = made_from("dhcp-ipxe-bios-discover");

		CHECK(outcome_of(&w, old_ipxe(xid)) == PXE_LOADER);
		CHECK(outcome_of(&w, good) == PXE_SCRIPT);
	}
	pxe_guard_clear(&w.guard);
}

TEST(the_guard_watches_a_bounded_number_of_hosts)
{
	static struct world w;

	world_init(&w);
	for (uint32_t i = 0; i < 3 * PXE_GUARD_HOSTS; i++) {
		struct made m = old_ipxe(i);

		made_field(&m, 28, i); /* hardware address */
		CHECK(outcome_of(&w, m) == PXE_LOADER);
	}
	CHECK(w.guard.by_mac.count == PXE_GUARD_HOSTS);
	pxe_guard_clear(&w.guard);
}

TEST(another_user_class_does_not_hide_an_ipxe)
{
	struct made m = made(DHCP_DISCOVER, someone);
	struct pxe_client c;

	made_text(&m, DHCP_OPTION_CLASS, "PXEClient");
	made_text(&m, DHCP_OPTION_USER_CLASS, "foreman");
	made_option(&m, DHCP_OPTION_IPXE, "\x13\1\1\x24\1\1\x14\1\1", 9);
	CHECK(pxe_client_from(made_packet(&m), &c) && c.ipxe && c.https);
}

TEST(a_proxy_speaks_only_when_it_is_asked)
{
	static const struct {
		enum dhcp_type type, on_67, on_4011;
		uint32_t server;
	} cases[] = {
	    {DHCP_DISCOVER, DHCP_OFFER, DHCP_NONE, 0},
	    {DHCP_REQUEST, DHCP_NONE, DHCP_ACK, 0},
	    {DHCP_REQUEST, DHCP_NONE, DHCP_ACK, 0xc0000202},
	    {DHCP_REQUEST, DHCP_ACK, DHCP_ACK, OURS},
	    {DHCP_INFORM, DHCP_NONE, DHCP_ACK, 0},
	    {DHCP_RELEASE, DHCP_NONE, DHCP_NONE, OURS},
	    {DHCP_DECLINE, DHCP_NONE, DHCP_NONE, OURS},
	    {DHCP_OFFER, DHCP_NONE, DHCP_NONE, OURS},
	    {DHCP_ACK, DHCP_NONE, DHCP_NONE, OURS},
	    {DHCP_NONE, DHCP_NONE, DHCP_NONE, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dhcp_packet p = {.op = DHCP_OP_REQUEST,
		    .type = cases[i].type,
		    .server = cases[i].server};

		CHECK(pxe_proxy_answer(&p, false, OURS) == cases[i].on_67);
		CHECK(pxe_proxy_answer(&p, true, OURS) == cases[i].on_4011);
		p.op = DHCP_OP_REPLY;
		CHECK(pxe_proxy_answer(&p, false, OURS) == DHCP_NONE);
	}
}
