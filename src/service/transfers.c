#include "service/transfers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/reader.h"
#include "io/random.h"
#include "service/ledger.h"
#include "service/outbox.h"

#define SWEEP 1000           /* ms */
#define QUEUE_MAX (1U << 20) /* bytes */

struct transfers {
	struct context *context;
	/* Guards all below, for the time of a look-up; nothing is sent and no
	 * other lock is taken while it is held. */
	pthread_mutex_t lock;
	struct ledger ledger;
	struct strbuf queue; /* events: length, whether needed, bytes */
	bool woken;          /* the main thread will look at the queue */

	/* The main thread's. */
	struct watch bell; /* an eventfd, rung when the queue fills */
	struct timer sweep;
	struct outbox outbox;
};

/* Holding the lock. */
static void
queue(void *owner, const struct event *e, bool needed)
{
	struct transfers *t = owner;
	struct strbuf bytes = {0};
	uint64_t one = 1;

	if (t->queue.len > (needed ? QUEUE_MAX : QUEUE_MAX / 2))
		return;
	event_encode(e, &bytes);
	strbuf_le(&t->queue, bytes.len, 4);
	strbuf_le(&t->queue, needed, 1);
	strbuf_span(&t->queue, strbuf_view(&bytes));
	strbuf_clear(&bytes);
	if (!t->woken)
		t->woken = write(t->bell.fd, &one, sizeof(one)) > 0;
}

static void
send_event(struct transfers *t, struct span event, bool needed)
{
	const struct channel *state = &t->context->peers[ROLE_STATE];
	struct ipc m = {.kind = IPC_EVENT, .body = event};

	if (state->fd < 0)
		return;
	/* Progress is dropped where it would wait: the next says more. */
	if (needed || t->outbox.waiting == 0)
		(void)outbox_send(&t->outbox, &m, -1);
}

static void
send_all(struct transfers *t)
{
	struct strbuf events;
	struct reader r;
	bool busy;

	(void)pthread_mutex_lock(&t->lock);
	events = t->queue;
	t->queue = (struct strbuf){0};
	t->woken = false;
	busy = t->ledger.notes.count > 0;
	(void)pthread_mutex_unlock(&t->lock);
	r = reader_over(events.data, events.len);
	while (reader_left(&r)) {
		uint32_t len = reader_le32(&r);
		bool needed = reader_u8(&r);

		send_event(t, reader_span(&r, len), needed);
	}
	strbuf_clear(&events);
	if (busy && !t->sweep.place)
		timer_at(t->context->loop, &t->sweep,
		    loop_now(t->context->loop) + SWEEP);
}

static void
on_bell(void *owner, uint32_t ev UNUSED)
{
	struct transfers *t = owner;
	uint64_t count;

	if (read(t->bell.fd, &count, sizeof(count)) > 0)
		send_all(t);
}

static void
on_sweep(void *owner)
{
	struct transfers *t = owner;
	uint64_t now = loop_now(t->context->loop);
	bool more;

	(void)pthread_mutex_lock(&t->lock);
	more = ledger_sweep(&t->ledger, now);
	(void)pthread_mutex_unlock(&t->lock);
	if (more)
		timer_at(t->context->loop, &t->sweep, now + SWEEP);
}

struct transfers *
transfers_new(struct context *c)
{
	struct transfers *t = mem_alloc(sizeof(*t));

	t->context = c;
	t->ledger = (struct ledger){.tell = queue, .owner = t};
	t->ledger.notes.seed = random_number();
	t->bell = (struct watch){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	    .ready = on_bell,
	    .owner = t};
	t->sweep = (struct timer){.fire = on_sweep, .owner = t};
	(void)pthread_mutex_init(&t->lock, NULL);
	outbox_init(&t->outbox, c->loop, &c->peers[ROLE_STATE]);
	if (t->bell.fd < 0 || loop_watch(c->loop, &t->bell, EPOLLIN) < 0) {
		if (t->bell.fd >= 0)
			(void)close(t->bell.fd);
		free(t);
		return NULL;
	}
	return t;
}

void
transfers_free(struct transfers *t)
{
	struct loop *loop;

	if (!t)
		return;
	loop = t->context->loop;
	ledger_clear(&t->ledger, loop_now(loop));
	send_all(t);
	timer_stop(loop, &t->sweep);
	loop_unwatch(loop, &t->bell);
	(void)close(t->bell.fd);
	outbox_clear(&t->outbox);
	strbuf_clear(&t->queue);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

void
transfers_lost(struct transfers *t)
{
	outbox_clear(&t->outbox);
}

struct transfer_note *
transfers_begin(struct transfers *t, const struct content *c, uint32_t ip,
    bool partial, uint64_t now)
{
	struct transfer_note *note;

	if (c->kind >= EVENT_KINDS)
		return NULL;
	(void)pthread_mutex_lock(&t->lock);
	note = ledger_begin(&t->ledger, c, ip, partial, now);
	(void)pthread_mutex_unlock(&t->lock);
	return note;
}

void
transfers_moved(struct transfers *t, struct transfer_note *note, uint64_t bytes,
    uint64_t now)
{
	if (!note || bytes == 0)
		return;
	(void)pthread_mutex_lock(&t->lock);
	ledger_moved(&t->ledger, note, bytes, now);
	(void)pthread_mutex_unlock(&t->lock);
}

void
transfers_ended(
    struct transfers *t, struct transfer_note *note, bool whole, uint64_t now)
{
	if (!note)
		return;
	(void)pthread_mutex_lock(&t->lock);
	ledger_ended(&t->ledger, note, whole, now);
	(void)pthread_mutex_unlock(&t->lock);
}
