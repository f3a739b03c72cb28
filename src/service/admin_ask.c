#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/memfd.h"
#include "service/admin.h"

#define ANSWER_MAX (128U << 20) /* bytes */

static const char no_state[] =
    "the state role is down; it is started again at once, so try again";

struct admin_call *
admin_call_new(struct admin *a, struct http_exchange *x)
{
	struct admin_call *call = mem_alloc(sizeof(*call));

	*call = (struct admin_call){.next = a->calls, .x = x};
	call->text.cap = ANSWER_MAX;
	a->calls = call;
	x->self = call;
	return call;
}

void
admin_call_free(struct admin *a, struct admin_call *call)
{
	struct admin_call **at = &a->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	strbuf_clear(&call->text);
	free(call);
}

static struct admin_call *
call_of(struct admin *a, uint64_t id)
{
	struct admin_call *call = a->calls;

	while (call && call->id != id)
		call = call->next;
	return call;
}

void
admin_ask(struct admin *a, struct admin_call *call, const char *question,
    const char *type)
{
	struct ipc m = {
	    .kind = IPC_ASK, .id = ++a->last_id, .text = span_text(question)};

	call->type = type;
	call->id = m.id;
	if (outbox_send(&a->to_state, &m, -1))
		return;
	call->id = 0;
	admin_problem(call->x, 503, no_state);
}

void
admin_import(struct admin *a, struct admin_call *call)
{
	struct ipc m = {.kind = IPC_LOADER_IMPORT,
	    .id = ++a->last_id,
	    .text = span_text(call->loader)};
	int fd = memfd_sealed("loader", strbuf_view(&call->text));

	strbuf_clear(&call->text);
	if (fd < 0) {
		admin_problem(call->x, 500, strerror(-fd));
		return;
	}
	call->id = m.id;
	if (!outbox_send(&a->to_state, &m, fd)) {
		call->id = 0;
		admin_problem(call->x, 503, no_state);
	}
	(void)close(fd);
}

/* The text that was gathered is the answer, or the start of a stream. */
static void
answer(struct admin_call *call)
{
	struct http_answer answer = {
	    .status = 200, .type = call->type, .fd = -1};

	call->id = 0;
	if (call->text.fault) {
		admin_problem(call->x, 500, "the answer is too large");
		return;
	}
	if (!call->follow) {
		answer.text = call->text;
		call->text = (struct strbuf){0};
		http_answer(call->x, &answer);
		return;
	}
	answer.stream = true;
	call->following = true;
	http_answer(call->x, &answer);
	if (call->text.len)
		http_push(call->x, strbuf_view(&call->text));
	strbuf_clear(&call->text);
}

void
admin_answered(struct admin *a, const struct ipc *m)
{
	struct admin_call *call = call_of(a, m->id);

	if (!call || m->id == 0)
		return; /* who asked is gone */
	strbuf_span(&call->text, m->body);
	if (m->number == 0)
		answer(call);
}

static uint16_t
status_of(uint64_t error)
{
	switch (error) {
	case EINVAL:
	case ENODATA:
		return 400;
	case EFBIG:
		return 413;
	case ENOSPC:
	case EDQUOT:
		return 507;
	default:
		return 500;
	}
}

void
admin_done(struct admin *a, const struct ipc *m)
{
	struct admin_call *call = call_of(a, m->id);
	struct http_answer answer = {.status = 204, .fd = -1};
	char why[256];

	if (!call || m->id == 0)
		return;
	call->id = 0;
	if (m->number == 0) {
		http_answer(call->x, &answer);
		return;
	}
	(void)snprintf(why, sizeof(why), "%.*s",
	    m->text.len < sizeof(why) ? (int)m->text.len : 255,
	    m->text.len ? m->text.data : "");
	admin_problem(call->x, status_of(m->number), why);
}

void
admin_event(struct admin *a, struct span line)
{
	struct admin_call *next;

	for (struct admin_call *call = a->calls; call; call = next) {
		next = call->next; /* a slow reader is cut, and is gone */
		if (call->following)
			http_push(call->x, line);
	}
}

/* Followers stay: the events go on when state is back. */
void
admin_state_lost(struct admin *a)
{
	struct admin_call *next;

	for (struct admin_call *call = a->calls; call; call = next) {
		next = call->next;
		if (call->id == 0)
			continue;
		call->id = 0;
		admin_problem(call->x, 503, no_state);
	}
}
