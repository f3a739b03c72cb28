#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/log.h"
#include "service/api_json.h"
#include "service/state.h"

#define REOPEN_MS 10000 /* until the store is tried again */

/* Open state.db; s->why says what is wrong with it, in a sentence. */
static int
open_file(struct state *s, struct store **out)
{
	char moved[STORE_MOVED_SIZE];
	const char *fault = NULL;
	int result = store_open(s->context->folders[FOLDER_STATE],
	    state_time_ms() / 1000, out, moved, &fault);

	if (moved[0])
		log_line(LOG_LEVEL_ERROR, "store",
		    "what=damaged moved-to=%s why=\"a fresh state.db was "
		    "made; leases and IDs of images start anew\"",
		    log_text(span_text(moved)));
	if (result < 0)
		(void)snprintf(s->why, sizeof(s->why), "%s: %s",
		    fault ? fault : "state.db cannot be opened",
		    strerror(-result));
	return result;
}

/* When the file can be used the role starts anew, with all that is in it. */
static void
try_again(void *owner)
{
	struct state *s = owner;
	struct loop *loop = s->context->loop;
	struct store *file = NULL;

	if (open_file(s, &file) < 0) {
		timer_at(loop, &s->reopen, loop_now(loop) + REOPEN_MS);
		return;
	}
	store_close(file);
	log_line(LOG_LEVEL_INFO, "store", "what=open why=\"%s\"",
	    "it can be used again; starting anew with it");
	loop_stop(loop);
}

/*
 * Images are served without the file, too: only what must survive has to wait
 * for it, and that is leases.  They are neither sent to dhcp, which stays
 * silent as DHCP server without them, nor kept.
 */
static int
open_store(struct state *s)
{
	struct loop *loop = s->context->loop;
	char moved[STORE_MOVED_SIZE];
	const char *fault;

	if (open_file(s, &s->store) == 0)
		return 0;
	s->unkept = true;
	s->reopen = (struct timer){.fire = try_again, .owner = s};
	timer_at(loop, &s->reopen, loop_now(loop) + REOPEN_MS);
	log_line(LOG_LEVEL_ERROR, "store",
	    "what=open why=%s help=\"make room in the state folder, or give "
	    "it to the server's user (chown -R); until then images are "
	    "served, but no lease is given out and nothing is remembered\"",
	    log_text(span_text(s->why)));
	return store_open(-1, 0, &s->store, moved, &fault);
}

static int
start(struct context *c)
{
	struct state *s = mem_alloc(sizeof(*s));
	int result;

	api_json_start();
	c->self = s;
	s->context = c;
	for (enum role role = ROLE_KEEPER; role < ROLE_COUNT; role++)
		outbox_init(&s->outboxes[role], c->loop, &c->peers[role]);
	result = open_store(s);
	if (result < 0)
		return result;
	state_publish_init(s);
	ledger_start(s);
	result = images_start(s);
	if (result == 0)
		result = loaders_start(s);
	if (result == 0)
		state_publish(s);
	return result;
}

static const char *
message(struct context *c, enum role from, const struct ipc *m, int fd)
{
	struct state *s = c->self;

	(void)from; /* ipc_parse knows who may send what */
	switch ((int)m->kind) {
	case IPC_LEASE:
		return ledger_lease(s, m);
	case IPC_EVENT:
		return ledger_event(s, m->body);
	case IPC_HOST:
		return ledger_host(s, m->body);
	case IPC_PROBED:
		return probe_answer(s, m, fd);
	case IPC_LOADER_IMPORT:
		loaders_import(s, m, fd);
		return NULL;
	case IPC_ASK:
		state_answer(s, m);
		return NULL;
	default:
		if (fd >= 0)
			(void)close(fd);
		return "message that state has no use for";
	}
}

static void
peer(struct context *c, enum role role)
{
	struct state *s = c->self;

	outbox_clear(&s->outboxes[role]);
	state_publish_to(s, role);
	if (role == ROLE_DHCP)
		ledger_send_leases(s);
}

static void
lost(struct context *c, enum role role)
{
	struct state *s = c->self;

	if (!s)
		return; /* stopped */
	outbox_clear(&s->outboxes[role]);
	if (role == ROLE_DHCP)
		ledger_lost_dhcp(s);
}

static void
stop(struct context *c)
{
	struct state *s = c->self;

	timer_stop(c->loop, &s->reopen);
	ledger_stop(s);
	images_stop(&s->images);
	loaders_stop(&s->loaders);
	for (enum role role = ROLE_KEEPER; role < ROLE_COUNT; role++)
		outbox_clear(&s->outboxes[role]);
	strbuf_clear(&s->catalogue);
	store_close(s->store);
	free(s);
	c->self = NULL;
}

const struct service state_service = {
    .start = start,
    .message = message,
    .peer = peer,
    .lost = lost,
    .stop = stop,
};
