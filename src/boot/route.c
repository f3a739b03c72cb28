#include "boot/route.h"

#include "base/text.h"

#define ID_MAX 64U /* characters */

/* A text that is one name: an image's ID, a loader. */
static bool
is_name(struct span s)
{
	if (s.len == 0 || s.len > ID_MAX || s.data[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = text_lower(s.data[i]);

		if (!(c >= 'a' && c <= 'z') && !text_digit(c) && c != '.' &&
		    c != '-' && c != '_')
			return false;
	}
	return true;
}

/* Cut `suffix` off; false where it is not there. */
static bool
drop_suffix(struct span *s, const char *suffix)
{
	if (!span_ends(*s, suffix))
		return false;
	s->len -= strlen(suffix);
	return true;
}

static struct route
none(void)
{
	return (struct route){.kind = ROUTE_NONE, .method = METHOD_KINDS};
}

/* Whether `path` starts with a hardware address; takes it. */
static bool
take_mac(struct span *path, struct route *r)
{
	r->has_mac = !mac_parse(span_cut(path, '/'), &r->mac);
	return r->has_mac;
}

/* A file beside the loader, or the loader itself. */
static struct route
plain_name(struct span name, struct route r)
{
	if (!is_name(name))
		return none();
	r.name = name;
	r.kind = ROUTE_LOADER;
	if (span_is_nocase(name, "autoexec.ipxe") ||
	    (!r.has_mac && span_is_nocase(name, "boot.ipxe")))
		r.kind = ROUTE_FIRST;
	return r;
}

static struct route
loader(struct span path, struct route r)
{
	return take_mac(&path, &r) ? plain_name(path, r) : none();
}

/* ID/METHOD or ID/METHOD/ERROR behind /m/MAC/failed/. */
static struct route
failed(struct span path, struct route r)
{
	r.kind = ROUTE_FAILED;
	r.id = span_cut(&path, '/');
	r.method = method_named(span_cut(&path, '/'));
	r.name = path;
	if (!is_name(r.id) || r.method == METHOD_KINDS ||
	    (r.name.len && !is_name(r.name)))
		return none();
	return r;
}

/* menu.ipxe, ID.ipxe or ID/METHOD.ipxe behind the client's facts. */
static struct route
menu_file(struct span path, struct route r)
{
	if (!drop_suffix(&path, ".ipxe"))
		return none();
	r.id = span_cut(&path, '/');
	if (!is_name(r.id))
		return none();
	if (path.data) {
		r.kind = ROUTE_METHOD;
		r.method = method_named(path);
		return r.method == METHOD_KINDS ? none() : r;
	}
	r.kind = span_is(r.id, "menu") ? ROUTE_MENU : ROUTE_METHODS;
	return r;
}

static struct route
menu(struct span path, struct route r)
{
	if (!take_mac(&path, &r))
		return none();
	r.platform = span_cut(&path, '/');
	if (span_is(r.platform, "failed"))
		return failed(path, r);
	r.arch = span_cut(&path, '/');
	r.facts = span_cut(&path, '/');
	r.client = client_from(r.platform, r.arch, r.facts);
	if (r.client.firmware == FIRMWARE_UNKNOWN ||
	    r.client.arch == ARCH_UNKNOWN)
		return none();
	return menu_file(path, r);
}

static struct route
file(struct span path, struct route r)
{
	r.kind = ROUTE_FILE;
	r.id = span_cut(&path, '/');
	r.name = path;
	return is_name(r.id) && path.len ? r : none();
}

static struct route
raw(struct span path, struct route r)
{
	r.kind = ROUTE_RAW;
	r.id = path;
	return drop_suffix(&r.id, ".iso") && is_name(r.id) ? r : none();
}

static struct route
script(struct span path, struct route r)
{
	r.kind = ROUTE_SCRIPT;
	r.id = path;
	return drop_suffix(&r.id, ".ipxe") && is_name(r.id) ? r : none();
}

static struct route
report(struct span path, struct route r)
{
	if (!take_mac(&path, &r))
		return none();
	r.kind = ROUTE_REPORT;
	r.name = path;
	return r;
}

struct route
route_parse(struct span path)
{
	static const struct {
		const char *prefix;
		struct route (*parse)(struct span rest, struct route r);
	} prefixes[] = {
	    {"b", loader},
	    {"m", menu},
	    {"iso", file},
	    {"raw", raw},
	    {"script", script},
	    {"report", report},
	};
	struct route r = {.method = METHOD_KINDS};
	struct span rest, head;

	if (!span_starts(path, "/"))
		return none();
	rest = span_skip(path, 1);
	head = span_cut(&rest, '/');
	if (!rest.data)
		return plain_name(head, r);
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (span_is_nocase(head, prefixes[i].prefix))
			return prefixes[i].parse(rest, r);
	return none();
}
