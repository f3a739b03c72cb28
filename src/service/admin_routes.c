#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "boot/loader_file.h"
#include "service/admin.h"
#include "service/api_json.h"

#define EVENTS_DEFAULT 1000U /* how many of the newest */
#define FOLLOW_DEFAULT 20U   /* before those that come */
#define FOLLOW_MOST 1000U
#define EVENTS_MOST 100000U

/* `part` is what the pattern's final '*' stands for, or empty. */
struct route {
	enum http_method method;
	const char *pattern;
	void (*answer)(
	    struct admin *a, struct http_exchange *x, struct span part);
};

void
admin_json(struct http_exchange *x, json_t *value)
{
	struct http_answer answer = {
	    .status = 200, .type = "application/json", .fd = -1};

	api_put(&answer.text, value);
	strbuf_char(&answer.text, '\n');
	http_answer(x, &answer);
}

void
admin_problem(struct http_exchange *x, uint16_t status, const char *detail)
{
	struct http_answer answer = {
	    .status = status, .type = "application/problem+json", .fd = -1};
	json_t *problem = json_object();

	(void)json_object_set_new(
	    problem, "status", json_integer((json_int_t)status));
	(void)json_object_set_new(
	    problem, "title", api_text(span_text(detail)));
	api_put(&answer.text, problem);
	strbuf_char(&answer.text, '\n');
	http_answer(x, &answer);
}

static json_t *
roles_of(const struct admin *a)
{
	json_t *list = json_array();

	for (enum role role = ROLE_KEEPER; role < ROLE_IMAGE; role++) {
		const struct admin_role *r = &a->roles[role];
		json_t *o = json_object();

		(void)json_object_set_new(
		    o, "role", json_string(role_name(role)));
		(void)json_object_set_new(o, "pid",
		    r->pid ? json_integer((json_int_t)r->pid) : json_null());
		(void)json_object_set_new(
		    o, "confinement", api_text(span_text(r->confinement)));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *
image_counts(const struct catalogue *c)
{
	json_t *counts = json_object();

	for (enum image_state s = IMAGE_READY; s < IMAGE_STATES; s++) {
		json_int_t count = 0;

		for (size_t i = 0; i < c->image_count; i++)
			count += c->images[i].state == s;
		(void)json_object_set_new(
		    counts, image_state_name(s), json_integer(count));
	}
	return counts;
}

static json_t *
interfaces_of(const struct settings *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->interface_count; i++) {
		char ip[IP4_TEXT_SIZE];
		json_t *o = json_object();

		(void)json_object_set_new(
		    o, "name", api_text(span_text(s->interfaces[i].name)));
		(void)json_object_set_new(
		    o, "ip", json_string(ip4_text(s->interfaces[i].ip, ip)));
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* What is off because its port could not be had. */
static json_t *
off_of(const struct settings *s)
{
	static const char *const names[] = {[PORT_HTTP] = "HTTP",
	    [PORT_TFTP] = "TFTP",
	    [PORT_DHCP] = "DHCP",
	    [PORT_PXE] = "PXE"};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (s->ports_off & 1U << i)
			(void)json_array_append_new(
			    list, json_string(names[i]));
	return list;
}

static void
get_status(struct admin *a, struct http_exchange *x, struct span part)
{
	static const char *const modes[] = {
	    [DHCP_MODE_PROXY] = "proxy",
	    [DHCP_MODE_SERVER] = "server",
	    [DHCP_MODE_OFF] = "off",
	};
	const struct settings *s = a->context->settings;
	const struct catalogue *c = &a->catalogue;
	json_t *o = json_object();

	(void)part;
	(void)json_object_set_new(o, "version", json_string(HOBNAIL_VERSION));
	(void)json_object_set_new(o, "dhcp", json_string(modes[s->dhcp]));
	(void)json_object_set_new(o, "http_port", json_integer(s->http_port));
	(void)json_object_set_new(o, "tftp_port", json_integer(s->tftp_port));
	(void)json_object_set_new(o, "off", off_of(s));
	(void)json_object_set_new(o, "interfaces", interfaces_of(s));
	(void)json_object_set_new(o, "images", image_counts(c));
	(void)json_object_set_new(
	    o, "loaders", json_integer((json_int_t)c->loader_count));
	(void)json_object_set_new(
	    o, "hosts", json_integer((json_int_t)c->host_count));
	(void)json_object_set_new(o, "roles", roles_of(a));
	admin_json(x, o);
}

/* False, with the answer sent, until the first catalogue has come: an empty
 * list would be a lie. */
static bool
informed(const struct admin *a, struct http_exchange *x)
{
	if (a->catalogue.generation == 0)
		admin_problem(x, 503,
		    "the server has not looked through its folders yet; try "
		    "again in a moment");
	return a->catalogue.generation != 0;
}

static void
get_images(struct admin *a, struct http_exchange *x, struct span part)
{
	json_t *list;

	(void)part;
	if (!informed(a, x))
		return;
	list = json_array();
	for (size_t i = 0; i < a->catalogue.image_count; i++)
		(void)json_array_append_new(
		    list, api_image(&a->catalogue.images[i]));
	admin_json(x, list);
}

static void
get_image(struct admin *a, struct http_exchange *x, struct span part)
{
	const struct image *image = catalogue_image(&a->catalogue, part);

	if (!informed(a, x))
		return;
	if (image)
		admin_json(x, api_image(image));
	else
		admin_problem(x, 404, "there is no image with this ID");
}

static void
get_loaders(struct admin *a, struct http_exchange *x, struct span part)
{
	json_t *list;

	(void)part;
	if (!informed(a, x))
		return;
	list = json_array();
	for (size_t i = 0; i < a->catalogue.loader_count; i++)
		(void)json_array_append_new(
		    list, api_loader(&a->catalogue.loaders[i]));
	admin_json(x, list);
}

static void
get_hosts(struct admin *a, struct http_exchange *x, struct span part)
{
	(void)part;
	admin_ask(a, admin_call_new(a, x), "hosts", "application/json");
}

static void
get_leases(struct admin *a, struct http_exchange *x, struct span part)
{
	(void)part;
	admin_ask(a, admin_call_new(a, x), "leases", "application/json");
}

/* The value of `name` in a query, or an absent span. */
static struct span
query_value(struct span query, const char *name)
{
	while (query.data) {
		struct span value = span_cut(&query, '&');

		if (span_is(span_cut(&value, '='), name))
			return value;
	}
	return span_of(NULL, 0);
}

static void
get_events(struct admin *a, struct http_exchange *x, struct span part)
{
	struct span query = x->request->query;
	struct span limit = query_value(query, "limit");
	bool follow = span_is(query_value(query, "follow"), "1");
	uint64_t most = follow ? FOLLOW_DEFAULT : EVENTS_DEFAULT;
	struct admin_call *call;
	char question[40];

	(void)part;
	if (limit.data &&
	    text_number(limit, follow ? FOLLOW_MOST : EVENTS_MOST, &most)) {
		admin_problem(x, 400, "limit is not a number, or too large");
		return;
	}
	(void)snprintf(question, sizeof(question), "events %" PRIu64, most);
	call = admin_call_new(a, x);
	call->follow = follow;
	admin_ask(a, call, question, "application/x-ndjson");
}

/* The loader itself is the request's body, which is still to come. */
static void
put_loader(struct admin *a, struct http_exchange *x, struct span part)
{
	const char *fault = loader_name_check(part);
	struct admin_call *call;

	if (fault) {
		admin_problem(x, 400, fault);
		return;
	}
	if (!x->request->body || x->request->body_len == 0) {
		admin_problem(x, 400, "the file is empty");
		return;
	}
	call = admin_call_new(a, x);
	(void)snprintf(call->loader, sizeof(call->loader), "%.*s",
	    (int)part.len, part.data);
}

/* All that can be asked. */
static const struct route routes[] = {
    {HTTP_METHOD_GET, "/api/v1/status", get_status},
    {HTTP_METHOD_GET, "/api/v1/images", get_images},
    {HTTP_METHOD_GET, "/api/v1/images/*", get_image},
    {HTTP_METHOD_GET, "/api/v1/loaders", get_loaders},
    {HTTP_METHOD_PUT, "/api/v1/loaders/*", put_loader},
    {HTTP_METHOD_GET, "/api/v1/hosts", get_hosts},
    {HTTP_METHOD_GET, "/api/v1/leases", get_leases},
    {HTTP_METHOD_GET, "/api/v1/events", get_events},
};

/* Whether `path` is what `pattern` says; a final '*' is one part of it. */
static bool
matches(const char *pattern, struct span path, struct span *part)
{
	size_t len = strlen(pattern);

	*part = span_of("", 0);
	if (pattern[len - 1] != '*')
		return span_is(path, pattern);
	len--;
	if (path.len <= len || memcmp(path.data, pattern, len) != 0)
		return false;
	*part = span_skip(path, len);
	return !memchr(part->data, '/', part->len);
}

void
admin_route(struct admin *a, struct http_exchange *x)
{
	struct span path = span_of(x->request->path, x->request->path_len);
	enum http_method method = x->request->method;
	bool known = false;
	struct span part;

	if (method == HTTP_METHOD_HEAD)
		method = HTTP_METHOD_GET;
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!matches(routes[i].pattern, path, &part))
			continue;
		known = true;
		if (routes[i].method != method)
			continue;
		routes[i].answer(a, x, part);
		return;
	}
	if (known)
		admin_problem(x, 405, "this cannot be done here");
	else
		admin_problem(x, 404, "there is nothing with this name");
}
