#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/log.h"
#include "io/memfd.h"
#include "service/admin.h"
#include "service/api_json.h"

#define CATALOGUE_MAX (256U << 20) /* bytes */

/* Who may connect at all is said by the mode of the socket's file: root, and
 * the server's user and group. */
static void
begin(void *owner, struct http_exchange *x)
{
	struct admin *a = owner;
	struct http_peer peer = http_exchange_peer(x);

	x->self = NULL;
	if (peer.uid == (uid_t)-1)
		admin_problem(x, 403, "no peer credentials");
	else
		admin_route(a, x);
}

static void
body(void *owner, struct http_exchange *x, struct span bytes, bool last)
{
	struct admin *a = owner;
	struct admin_call *call = x->self;

	if (!call || !call->loader[0])
		return;
	strbuf_span(&call->text, bytes);
	if (last)
		admin_import(a, call);
}

static void
done(void *owner, struct http_exchange *x, uint64_t sent, bool whole)
{
	struct admin *a = owner;

	(void)sent;
	(void)whole;
	if (x->self)
		admin_call_free(a, x->self);
	x->self = NULL;
}

static const struct http_handler handler = {
    .methods = 1U << HTTP_METHOD_PUT,
    .body_max = ADMIN_BODY_MAX,
    .begin = begin,
    .body = body,
    .done = done,
};

static int
start(struct context *c)
{
	struct admin *a = mem_alloc(sizeof(*a));

	api_json_start();
	c->self = a;
	a->context = c;
	outbox_init(&a->to_state, c->loop, &c->peers[ROLE_STATE]);
	if (c->socket_count[SOCKET_CONTROL] == 0)
		return 0;
	a->server = http_server_new(
	    c->loop, c->sockets[SOCKET_CONTROL][0], 1, &handler, a);
	return a->server ? 0 : -EMFILE;
}

/* Decode first, then swap: a fault leaves the old one in place. */
static const char *
take_catalogue(struct admin *a, int fd)
{
	struct strbuf bytes = {0};
	struct arena arena = arena_with(CATALOGUE_MAX);
	struct catalogue fresh = {0};
	const char *fault = NULL;

	if (memfd_read(fd, CATALOGUE_MAX, &bytes) < 0)
		fault = "catalogue cannot be read";
	(void)close(fd);
	if (!fault)
		fault = catalogue_decode(&arena, bytes.data, bytes.len, &fresh);
	if (fault) {
		arena_clear(&arena);
		strbuf_clear(&bytes);
		return fault;
	}
	arena_clear(&a->arena);
	strbuf_clear(&a->bytes);
	a->arena = arena;
	a->bytes = bytes;
	a->catalogue = fresh;
	return NULL;
}

static const char *
take_status(struct admin *a, const struct ipc *m)
{
	struct admin_role *r;

	if (m->number >= ROLE_COUNT)
		return "status of an unknown role";
	r = &a->roles[m->number];
	r->pid = m->id;
	(void)snprintf(r->confinement, sizeof(r->confinement), "%.*s",
	    m->text.len < sizeof(r->confinement) ? (int)m->text.len : 63,
	    m->text.len ? m->text.data : "");
	return NULL;
}

static const char *
take_event(struct admin *a, struct span body_bytes)
{
	struct strbuf line = {0};
	struct event e;
	const char *fault = event_decode(body_bytes.data, body_bytes.len, &e);

	if (fault)
		return fault;
	api_put(&line, api_event(&e));
	strbuf_char(&line, '\n');
	admin_event(a, strbuf_view(&line));
	strbuf_clear(&line);
	return NULL;
}

static const char *
message(struct context *c, enum role from, const struct ipc *m, int fd)
{
	struct admin *a = c->self;

	(void)from;
	switch ((int)m->kind) {
	case IPC_CATALOGUE:
		return take_catalogue(a, fd);
	case IPC_STATUS:
		return take_status(a, m);
	case IPC_EVENT:
		return take_event(a, m->body);
	case IPC_ANSWER:
		admin_answered(a, m);
		return NULL;
	case IPC_DONE:
		admin_done(a, m);
		return NULL;
	default:
		if (fd >= 0)
			(void)close(fd);
		return "message that admin has no use for";
	}
}

static void
peer(struct context *c, enum role role)
{
	(void)c;
	(void)role; /* state speaks first */
}

static void
lost(struct context *c, enum role role)
{
	struct admin *a = c->self;

	if (role != ROLE_STATE)
		return;
	outbox_clear(&a->to_state);
	admin_state_lost(a);
}

static void
stop(struct context *c)
{
	struct admin *a = c->self;

	http_server_free(a->server);
	a->server = NULL;
}

const struct service admin_service = {
    .start = start,
    .message = message,
    .peer = peer,
    .lost = lost,
    .stop = stop,
};
