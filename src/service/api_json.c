#include "service/api_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/text.h"

#define TIME_SIZE 40

void
api_json_start(void)
{
	size_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		abort();            /* the kernel promises short reads */
	json_object_seed(seed | 1); /* 0 would mean: find one */
}

static bool
is_utf8(struct span s)
{
	while (s.len) {
		size_t len = text_utf8(s);

		if (len == 0)
			return false;
		s = span_skip(s, len);
	}
	return true;
}

json_t *
api_text(struct span s)
{
	struct strbuf safe = {0};
	json_t *value;

	if (s.len == 0)
		return json_null();
	if (is_utf8(s))
		return json_stringn(s.data, s.len);
	text_escape(&safe, s);
	value = json_stringn(safe.data, safe.len);
	strbuf_clear(&safe);
	return value;
}

static json_t *
text_of(const char *text)
{
	return api_text(span_text(text));
}

static json_t *
number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* RFC 3339, with milliseconds where there are any; null for 0. */
static json_t *
time_of(uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[TIME_SIZE];
	struct tm tm;
	size_t len;

	if (ms == 0 || !gmtime_r(&seconds, &tm))
		return json_null();
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	if (ms % 1000)
		(void)snprintf(text + len, sizeof(text) - len,
		    ".%03u"
		    "Z",
		    (unsigned int)(ms % 1000));
	else
		(void)snprintf(text + len, sizeof(text) - len, "Z");
	return json_string(text);
}

static json_t *
mac_of(struct mac mac)
{
	char text[MAC_TEXT_SIZE];

	if (mac_key(mac) == 0)
		return json_null();
	return json_string(mac_text(mac, ':', text));
}

static json_t *
ip_of(uint32_t ip)
{
	char text[IP4_TEXT_SIZE];

	return ip ? json_string(ip4_text(ip, text)) : json_null();
}

static void
set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		abort(); /* out of memory */
}

static json_t *
efi_of(const struct image *image)
{
	json_t *efi = json_object();

	for (enum arch a = ARCH_UNKNOWN; a < ARCH_COUNT; a++)
		if (image->efi[a] && image->efi[a][0])
			set(efi, arch_name(a), text_of(image->efi[a]));
	return efi;
}

json_t *
api_image(const struct image *image)
{
	static const char *const kinds[IMAGE_KINDS] = {
	    [IMAGE_ISO] = "iso",
	    [IMAGE_SCRIPT] = "script",
	    [IMAGE_NETBOOT] = "netboot",
	};
	json_t *o = json_object();

	set(o, "id", text_of(image->id));
	set(o, "file", text_of(image->path));
	set(o, "title", text_of(image->title));
	set(o, "kind", text_of(kinds[image->kind]));
	set(o, "state", text_of(image_state_name(image->state)));
	set(o, "why", text_of(image->why));
	set(o, "size", number(image->stamp.size));
	set(o, "modified", time_of(image->stamp.mtime_ns / 1000000));
	set(o, "family", text_of(image->family));
	set(o, "bios", json_boolean(image->bios));
	set(o, "efi", efi_of(image));
	set(o, "arch",
	    image->arch == ARCH_UNKNOWN ? json_null()
	                                : text_of(arch_name(image->arch)));
	set(o, "kernel", text_of(image->kernel));
	set(o, "initrd", text_of(image->initrd));
	set(o, "cmdline", text_of(image->cmdline));
	set(o, "outside", json_boolean(image->outside));
	return o;
}

json_t *
api_loader(const struct loader *loader)
{
	json_t *o = json_object();

	set(o, "name", text_of(loader->name));
	set(o, "source", text_of(loader->source));
	set(o, "version", text_of(loader->version));
	set(o, "known", json_boolean(loader->known));
	set(o, "firmware", text_of(firmware_name(loader->firmware)));
	set(o, "arch", text_of(arch_name(loader->arch)));
	set(o, "size", number(loader->stamp.size));
	set(o, "modified", time_of(loader->stamp.mtime_ns / 1000000));
	set(o, "features", text_of(loader->features));
	set(o, "sha256", text_of(loader->sha256));
	return o;
}

/* As DHCP option 97 and SMBIOS have it: the first three fields are little
 * endian (RFC 4578 section 2.3). */
static json_t *
uuid_of(const uint8_t u[16])
{
	static const uint8_t zero[16];
	char text[40];

	if (memcmp(u, zero, sizeof(zero)) == 0)
		return json_null();
	(void)snprintf(text, sizeof(text),
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    u[3], u[2], u[1], u[0], u[5], u[4], u[7], u[6], u[8], u[9], u[10],
	    u[11], u[12], u[13], u[14], u[15]);
	return json_string(text);
}

json_t *
api_host(const struct host *host)
{
	json_t *o = json_object();

	set(o, "mac", mac_of(host->mac));
	set(o, "ip", ip_of(host->ip));
	set(o, "firmware", text_of(firmware_name(host->firmware)));
	set(o, "arch", text_of(arch_name(host->arch)));
	set(o, "uuid", uuid_of(host->uuid));
	set(o, "first_seen", time_of(host->first_seen * 1000));
	set(o, "last_seen", time_of(host->last_seen * 1000));
	return o;
}

json_t *
api_event(const struct event *event)
{
	json_t *o = json_object();

	set(o, "seq", number(event->seq));
	set(o, "time", time_of(event->time));
	set(o, "mac", mac_of(event->mac));
	set(o, "ip", ip_of(event->ip));
	set(o, "kind", text_of(event_kind_name(event->kind)));
	set(o, "phase", text_of(event_phase_name(event->phase)));
	set(o, "image", api_text(event->image));
	set(o, "file", api_text(event->file));
	set(o, "bytes", number(event->bytes));
	set(o, "total", number(event->total));
	set(o, "duration_ms", number(event->duration_ms));
	set(o, "note", api_text(event->note));
	return o;
}

json_t *
api_lease(const struct lease *lease, uint64_t now)
{
	static const char *const states[LEASE_STATES] = {
	    [LEASE_BOUND] = "bound",
	    [LEASE_RELEASED] = "released",
	    [LEASE_DECLINED] = "declined",
	};
	bool over = lease->state == LEASE_BOUND && lease->expires <= now;
	json_t *o = json_object();

	set(o, "ip", ip_of(lease->ip));
	set(o, "mac", mac_of(lease->mac));
	set(o, "state", text_of(over ? "expired" : states[lease->state]));
	set(o, "expires", time_of(lease->expires * 1000));
	set(o, "hostname", api_text(lease->hostname));
	return o;
}

static int
take_text(const char *bytes, size_t len, void *out)
{
	strbuf_add(out, bytes, len);
	return 0;
}

void
api_put(struct strbuf *out, json_t *value)
{
	if (json_dump_callback(
	        value, take_text, out, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		abort(); /* out of memory: all texts are UTF-8 */
	json_decref(value);
}
