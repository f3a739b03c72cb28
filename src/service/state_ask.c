#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "io/log.h"
#include "service/api_json.h"
#include "service/state.h"

#define PIECE 49152U /* bytes of JSON in one message */
#define EVENTS_MOST STORE_EVENTS_MAX

/* An answer being written; it leaves in pieces. */
struct answer {
	struct state *state;
	uint64_t id;
	uint64_t now; /* wall clock, seconds */
	bool lines;   /* a line per element, not a list */
	size_t count;
	struct strbuf text;
};

static void
send_piece(struct answer *a, bool last)
{
	size_t len = a->text.len < PIECE ? a->text.len : PIECE;
	struct ipc m = {.kind = IPC_ANSWER,
	    .id = a->id,
	    .number = last && len == a->text.len ? 0 : 1,
	    .body = span_of(a->text.data, len)};

	(void)outbox_send(&a->state->outboxes[ROLE_ADMIN], &m, -1);
	strbuf_drop(&a->text, len);
}

static void
put(struct answer *a, json_t *value)
{
	if (!a->lines)
		strbuf_char(&a->text, a->count ? ',' : '[');
	a->count++;
	api_put(&a->text, value);
	if (a->lines)
		strbuf_char(&a->text, '\n');
	while (a->text.len > PIECE)
		send_piece(a, false);
}

static void
put_lease(void *owner, const struct lease *lease)
{
	struct answer *a = owner;

	put(a, api_lease(lease, a->now));
}

static void
put_host(void *owner, const struct host *host)
{
	put(owner, api_host(host));
}

static void
put_event(void *owner, const struct event *event)
{
	put(owner, api_event(event));
}

static void
fail(struct state *s, uint64_t id, int error, const char *why)
{
	struct ipc m = {.kind = IPC_DONE,
	    .id = id,
	    .number = (uint64_t)-error,
	    .text = span_text(why)};

	(void)outbox_send(&s->outboxes[ROLE_ADMIN], &m, -1);
}

/* "events 100": the newest 100; "events": all there are. */
static int
answer_events(struct answer *a, struct span question)
{
	uint64_t most = EVENTS_MOST;

	(void)span_cut(&question, ' ');
	if (question.len && text_number(question, EVENTS_MOST, &most))
		return -EINVAL;
	a->lines = true;
	return store_events(a->state->store, most, put_event, a);
}

static int
answer(struct answer *a, struct span question)
{
	if (span_is(question, "leases"))
		return store_leases(a->state->store, put_lease, a);
	if (span_is(question, "hosts"))
		return store_hosts(a->state->store, put_host, a);
	if (span_starts(question, "events"))
		return answer_events(a, question);
	return -EINVAL;
}

/* The store is asked, with all that waits for it written first: so an answer
 * holds each event that was forwarded before it, and none that comes after. */
void
state_answer(struct state *s, const struct ipc *m)
{
	struct answer a = {
	    .state = s, .id = m->id, .now = state_time_ms() / 1000};
	int result;

	ledger_commit(s);
	if (s->unkept && span_is(m->text, "leases")) {
		fail(s, m->id, -EIO, s->why);
		return;
	}
	result = answer(&a, m->text);
	if (result == 0) {
		if (!a.lines)
			strbuf_text(&a.text, a.count ? "]" : "[]");
		do
			send_piece(&a, true);
		while (a.text.len);
	} else {
		fail(s, m->id, result,
		    result == -EINVAL ? "not a question"
		                      : store_fault(s->store));
	}
	strbuf_clear(&a.text);
}
