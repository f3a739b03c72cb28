#include "proc/config.h"

#include <stdlib.h>

#include "base/text.h"
#include "proc/config_text.h"

#define ARENA_MAX (1U << 24) /* bytes */
#define POOL_MAX 65536U      /* addresses */

/* Understand `value` and put it into `field`.  NULL, or what it should be. */
typedef const char *take(struct config *c, const char *value, void *field);

static const char *
number_in(const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
	uint64_t n;

	if (text_number(span_text(value), most, &n) || n < least)
		return "out of range";
	*out = n;
	return NULL;
}

static const char *
take_port(struct config *c, const char *value, void *field)
{
	uint64_t n;

	(void)c;
	if (number_in(value, 1, UINT16_MAX, &n))
		return "a port: a number from 1 to 65535";
	*(uint16_t *)field = (uint16_t)n;
	return NULL;
}

static const char *
take_http_port(struct config *c, const char *value, void *field)
{
	c->http_port_said = true;
	return take_port(c, value, field);
}

static const char *
take_tftp_port(struct config *c, const char *value, void *field)
{
	c->tftp_port_said = true;
	return take_port(c, value, field);
}

static const char *
take_seconds(struct config *c, const char *value, void *field)
{
	uint64_t n;

	(void)c;
	if (number_in(value, 0, 86400, &n))
		return "a number of seconds from 0 to 86400";
	*(uint32_t *)field = (uint32_t)n;
	return NULL;
}

static const char *
take_lease(struct config *c, const char *value, void *field)
{
	uint64_t n;

	(void)c;
	if (number_in(value, 60, 31536000, &n))
		return "a number of seconds from 60 to 31536000";
	*(uint32_t *)field = (uint32_t)n;
	return NULL;
}

static const char *
take_threads(struct config *c, const char *value, void *field)
{
	uint64_t n;

	(void)c;
	if (number_in(value, 0, 64, &n))
		return "a number of threads from 1 to 64, or 0: one per CPU";
	*(uint32_t *)field = (uint32_t)n;
	return NULL;
}

static const char *
take_blksize(struct config *c, const char *value, void *field)
{
	uint64_t n;

	(void)c;
	if (number_in(value, 512, 65464, &n))
		return "a number of bytes from 512 to 65464";
	*(uint32_t *)field = (uint32_t)n;
	return NULL;
}

static const char *
take_ip(struct config *c, const char *value, void *field)
{
	(void)c;
	if (ip4_parse(span_text(value), field))
		return "an IPv4 address like 192.0.2.1";
	return NULL;
}

static const char *
take_mac(struct config *c, const char *value, void *field)
{
	(void)c;
	if (mac_parse(span_text(value), field))
		return "a hardware address like 52:54:00:12:34:56";
	return NULL;
}

static const char *
take_text(struct config *c, const char *value, void *field)
{
	char *copy;

	for (const char *at = value; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 127)
			return "a text on one line";
	copy = arena_text(&c->arena, span_text(value));
	if (!copy)
		return "less text in the whole file";
	*(const char **)field = copy;
	return NULL;
}

/* A host or domain name: RFC 1123 section 2.1. */
static const char *
take_name(struct config *c, const char *value, void *field)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		char at = text_lower(value[i]);

		if (!text_digit(at) && (at < 'a' || at > 'z') && at != '-' &&
		    at != '.')
			len = 0;
	}
	if (len == 0 || len > 253)
		return "a name of letters, digits, '-' and '.'";
	return take_text(c, value, field);
}

static const char *
take_id(struct config *c, const char *value, void *field)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		char at = value[i];

		if (!text_digit(at) && (at < 'a' || at > 'z') && at != '-' &&
		    at != '.')
			len = 0;
	}
	if (len == 0 || len > 64)
		return "an image ID as 'hobnail images' shows it (lower case "
		       "letters, digits, '-', '.')";
	return take_text(c, value, field);
}

static const char *
take_mode(struct config *c, const char *value, void *field)
{
	static const char *const names[] = {
	    [DHCP_MODE_PROXY] = "proxy",
	    [DHCP_MODE_SERVER] = "server",
	    [DHCP_MODE_OFF] = "off",
	};

	c->dhcp_mode_said = true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (streq(value, names[i])) {
			*(enum dhcp_mode *)field = (enum dhcp_mode)i;
			return NULL;
		}
	}
	return "proxy (beside another DHCP server), server or off";
}

static const char *
take_loader(struct config *c, const char *value, void *field)
{
	(void)c;
	if (streq(value, "snponly"))
		*(enum loader_choice *)field = LOADER_SNP;
	else if (streq(value, "ipxe"))
		*(enum loader_choice *)field = LOADER_ALL;
	else
		return "snponly (the firmware's network driver) or ipxe "
		       "(iPXE's own drivers)";
	return NULL;
}

static const char *
take_range(struct config *c, const char *value, void *field)
{
	struct span last = span_text(value);
	struct span first = span_cut(&last, '-');
	uint32_t from, to;

	(void)field;
	if (!last.data || ip4_parse(first, &from) || ip4_parse(last, &to) ||
	    from == 0 || to < from || to - from >= POOL_MAX)
		return "two IPv4 addresses, FIRST-LAST, like "
		       "192.0.2.100-192.0.2.200 (65536 at most)";
	c->settings.range_first = from;
	c->settings.range_last = to;
	return NULL;
}

/* The plain keys. */
static const struct key {
	const char *section; /* NULL: at the top */
	const char *name;
	take *take;
	size_t raw;   /* where its text is: in raw_config, _dhcp or _menu */
	size_t field; /* where its value goes: in config */
} keys[] = {
#define TOP(name, take, field)                                                 \
	{                                                                      \
		NULL, #name, take, offsetof(struct raw_config, name),          \
		    offsetof(struct config, field)                             \
	}
#define DHCP(name, take, field)                                                \
	{                                                                      \
		"dhcp", #name, take, offsetof(struct raw_dhcp, name),          \
		    offsetof(struct config, field)                             \
	}
    TOP(images, take_text, images),
    TOP(address, take_ip, address),
    TOP(http_port, take_http_port, settings.http_port),
    TOP(tftp_port, take_tftp_port, settings.tftp_port),
    TOP(loader, take_loader, settings.loader),
    TOP(tftp_blksize_max, take_blksize, settings.tftp_blksize_max),
    TOP(rescan, take_seconds, settings.rescan_seconds),
    TOP(threads, take_threads, settings.threads),
    DHCP(mode, take_mode, settings.dhcp),
    DHCP(port, take_port, settings.dhcp_port),
    DHCP(pxe_port, take_port, settings.pxe_port),
    DHCP(range, take_range, settings),
    DHCP(lease, take_lease, settings.lease_seconds),
    DHCP(router, take_ip, settings.router),
    DHCP(domain, take_name, settings.domain),
    {"menu", "default", take_id, offsetof(struct raw_menu, choice),
        offsetof(struct config, settings.menu_default)},
    {"menu", "timeout", take_seconds, offsetof(struct raw_menu, timeout),
        offsetof(struct config, settings.menu_timeout)},
#undef TOP
#undef DHCP
};

/* One reading of a file. */
struct reading {
	struct config *config;
	const char *name;
	struct span text;
	struct strbuf *errors;
	const char *section; /* of the values that follow; NULL: the top */
	size_t entry;        /* which entry of a list, from 0 */
	bool good;
};

static void
wrong(struct reading *r, const char *key, const char *value, const char *should)
{
	r->good = false;
	strbuf_printf(r->errors, "%s:%zu: %s%s%s: '", r->name,
	    config_text_line(r->text, r->section, r->entry, key),
	    r->section ? r->section : "", r->section ? "." : "", key);
	text_escape(r->errors, span_text(value));
	strbuf_printf(r->errors, "' is not allowed; it must be %s\n", should);
}

static void
value(struct reading *r, const char *key, const char *text, take *how,
    void *field)
{
	const char *fault = text ? how(r->config, text, field) : NULL;

	if (fault)
		wrong(r, key, text, fault);
}

static void
read_plain(struct reading *r, const struct raw_config *raw)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct key *key = &keys[i];
		const char *from = (const char *)raw;
		char *text;

		if (key->section)
			from = streq(key->section, "dhcp")
			           ? (const char *)raw->dhcp
			           : (const char *)raw->menu;
		if (!from)
			continue;
		memcpy(&text, from + key->raw, sizeof(text));
		r->section = key->section;
		value(r, key->name, text, key->take,
		    (char *)r->config + key->field);
	}
}

static void
read_dns(struct reading *r, const struct raw_dhcp *raw)
{
	r->section = "dhcp";
	if (raw->dns_count > ARRAY_LEN(r->config->settings.dns)) {
		wrong(r, "dns", raw->dns[3], "one of three addresses at most");
		return;
	}
	for (unsigned int i = 0; i < raw->dns_count; i++)
		value(r, "dns", raw->dns[i], take_ip,
		    &r->config->settings.dns[i]);
}

static void
read_interfaces(struct reading *r, const struct raw_config *raw)
{
	const char **names = arena_array(
	    &r->config->arena, raw->interfaces_count, sizeof(*names));

	r->section = NULL;
	if (raw->interfaces_count > CONFIG_INTERFACES_MAX || !names) {
		wrong(r, "interfaces", "...", "a list of 64 names at most");
		return;
	}
	for (unsigned int i = 0; i < raw->interfaces_count; i++)
		value(
		    r, "interfaces", raw->interfaces[i], take_text, &names[i]);
	config_interfaces(r->config, names, raw->interfaces_count);
}

static void
check_host(struct reading *r, const struct raw_host *raw, size_t count)
{
	const struct settings_host *all = r->config->settings.hosts;

	for (size_t i = 0; i < count; i++) {
		if (mac_equal(all[i].mac, all[count].mac))
			wrong(r, "mac", raw->mac, "another one in each entry");
		if (all[count].ip && all[i].ip == all[count].ip)
			wrong(r, "ip", raw->ip, "another one in each entry");
	}
}

static void
read_hosts(struct reading *r, const struct raw_config *raw)
{
	struct settings *s = &r->config->settings;

	s->hosts =
	    arena_array(&r->config->arena, raw->hosts_count, sizeof(*s->hosts));
	s->host_count = s->hosts ? raw->hosts_count : 0;
	r->section = "hosts";
	for (size_t i = 0; i < s->host_count; i++) {
		const struct raw_host *from = &raw->hosts[i];
		struct settings_host *h = &s->hosts[i];

		*h = (struct settings_host){.name = "", .image = ""};
		r->entry = i;
		value(r, "mac", from->mac, take_mac, &h->mac);
		value(r, "ip", from->ip, take_ip, &h->ip);
		value(r, "name", from->name, take_name, &h->name);
		value(r, "loader", from->loader, take_loader, &h->loader);
		value(r, "image", from->image, take_id, &h->image);
		if (r->good)
			check_host(r, from, i);
	}
	r->entry = 0;
}

static void
read_overrides(struct reading *r, const struct raw_config *raw)
{
	struct settings *s = &r->config->settings;

	s->images = arena_array(
	    &r->config->arena, raw->overrides_count, sizeof(*s->images));
	s->image_count = s->images ? raw->overrides_count : 0;
	r->section = "image_overrides";
	for (size_t i = 0; i < s->image_count; i++) {
		const struct raw_override *from = &raw->overrides[i];
		struct settings_image *to = &s->images[i];

		*to = (struct settings_image){"", "", "", "", ""};
		r->entry = i;
		value(r, "id", from->id, take_id, &to->id);
		value(r, "title", from->title, take_text, &to->title);
		value(r, "kernel", from->kernel, take_text, &to->kernel);
		value(r, "initrd", from->initrd, take_text, &to->initrd);
		value(r, "cmdline", from->cmdline, take_text, &to->cmdline);
	}
	r->entry = 0;
}

void
config_init(struct config *c)
{
	*c = (struct config){
	    .arena = arena_with(ARENA_MAX), .settings = settings_default()};
}

void
config_clear(struct config *c)
{
	arena_clear(&c->arena);
	*c = (struct config){0};
}

bool
config_read(
    struct config *c, const char *name, struct span text, struct strbuf *errors)
{
	struct raw_config *raw = config_text_load(name, text, errors);
	struct reading r = {.config = c,
	    .name = name,
	    .text = text,
	    .errors = errors,
	    .good = true};
	const char *fault;

	if (!raw)
		return false;
	read_plain(&r, raw);
	if (raw->dhcp)
		read_dns(&r, raw->dhcp);
	if (raw->interfaces)
		read_interfaces(&r, raw);
	read_hosts(&r, raw);
	read_overrides(&r, raw);
	config_text_free(raw);
	fault = r.good ? c->arena.fault : NULL;
	if (fault)
		strbuf_printf(errors, "%s:1: %s text\n", name, fault);
	return r.good && !fault;
}

const char *
config_set(struct config *c, const char *key, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct span name = span_text(key);
		struct span section = {0};

		if (keys[i].section)
			section = span_cut(&name, '.');
		if (span_is(name, keys[i].name) &&
		    (!keys[i].section || span_is(section, keys[i].section)))
			return keys[i].take(c, text, (char *)c + keys[i].field);
	}
	return "a known key";
}

void
config_interfaces(struct config *c, const char *const *names, size_t count)
{
	c->interfaces = names;
	c->interface_count = count;
}

const char *
config_check(const struct config *c)
{
	const struct settings *s = &c->settings;

	if (s->dhcp == DHCP_MODE_SERVER && s->range_first == 0 &&
	    s->host_count == 0)
		return "DHCP mode 'server' needs addresses to hand out: "
		       "dhcp.range in the configuration, or --range FIRST-LAST";
	return NULL;
}
