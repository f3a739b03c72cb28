#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "boot/host_merge.h"
#include "io/log.h"
#include "service/state.h"

#define LAZY_MS 200          /* how long events and machines may wait */
#define HOST_NEWS_MS 1000    /* at most one catalogue a second for machines */
#define COMPLAIN_MS 10000    /* at most one line about a full disk */
#define HOSTS_MAX 65536U     /* machines that are remembered */
#define EVENTS_WAITING 8192U /* events that wait for the disk, at most */

uint64_t
state_time_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
complain(struct ledger *l, const char *what)
{
	uint64_t now = loop_now(l->state->context->loop);

	if (l->complained && now - l->complained < COMPLAIN_MS)
		return;
	l->complained = now;
	log_line(LOG_LEVEL_ERROR, "store",
	    "what=%s why=%s help=\"make room in the state folder; until then "
	    "no lease is given out\"",
	    what, log_text(span_text(store_fault(l->state->store))));
}

/* Room for one more element in an array that doubles. */
static void *
room_for(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 64;
	return mem_resize(array, *room * size);
}

/* Leases go to the disk before the loop sleeps: all that came in this turn
 * share one wait (group commit). */
const char *
ledger_lease(struct state *s, const struct ipc *m)
{
	struct ledger *l = &s->ledger;
	struct kept_lease *k;
	struct lease lease;
	const char *fault = lease_decode(m->body.data, m->body.len, &lease);

	if (fault)
		return fault;
	if (lease.hostname.len > sizeof(k->hostname))
		return "host name too long";
	l->leases = room_for(
	    l->leases, l->lease_count, &l->lease_room, sizeof(*l->leases));
	k = &l->leases[l->lease_count++];
	*k = (struct kept_lease){.id = m->id, .lease = lease};
	if (lease.hostname.len)
		memcpy(k->hostname, lease.hostname.data, lease.hostname.len);
	loop_later(s->context->loop, &l->commit);
	return NULL;
}

static void
lazily(struct ledger *l)
{
	struct loop *loop = l->state->context->loop;

	if (!l->lazy.place)
		timer_at(loop, &l->lazy, loop_now(loop) + LAZY_MS);
}

static struct span
put_text(char *texts, size_t *used, struct span s)
{
	char *at = texts + *used;

	if (s.len)
		memcpy(at, s.data, s.len);
	*used += s.len;
	return span_of(at, s.len);
}

static void
keep_event(struct ledger *l, const struct event *e)
{
	struct kept_event *k;
	size_t used = 0;

	if (l->event_count == EVENTS_WAITING)
		return; /* the disk does not take them; complained about */
	l->events = room_for(
	    l->events, l->event_count, &l->event_room, sizeof(*l->events));
	k = &l->events[l->event_count++];
	k->event = *e;
	k->texts = mem_alloc(e->image.len + e->file.len + e->note.len);
	k->event.image = put_text(k->texts, &used, e->image);
	k->event.file = put_text(k->texts, &used, e->file);
	k->event.note = put_text(k->texts, &used, e->note);
	lazily(l);
}

const char *
ledger_event(struct state *s, struct span body)
{
	struct event e;
	const char *fault = event_decode(body.data, body.len, &e);
	struct strbuf bytes = {0};
	struct ipc m = {.kind = IPC_EVENT};

	if (fault)
		return fault;
	e.seq = ++s->ledger.seq;
	e.time = state_time_ms();
	keep_event(&s->ledger, &e);
	event_encode(&e, &bytes);
	m.body = strbuf_view(&bytes);
	(void)outbox_send(&s->outboxes[ROLE_ADMIN], &m, -1);
	strbuf_clear(&bytes);
	return NULL;
}

const char *
ledger_host(struct state *s, struct span body)
{
	struct ledger *l = &s->ledger;
	struct loop *loop = s->context->loop;
	struct host news, *known;
	const char *fault = host_decode(body.data, body.len, &news);

	if (fault)
		return fault;
	known = table_get(&l->hosts, mac_key(news.mac));
	if (!known) {
		if (l->hosts.count >= HOSTS_MAX)
			return NULL; /* somebody makes them up */
		known = mem_alloc(sizeof(*known));
		(void)table_put(&l->hosts, mac_key(news.mac), known);
	}
	if (host_merge(known, &news, state_time_ms() / 1000) &&
	    !l->host_news.place)
		timer_at(loop, &l->host_news, loop_now(loop) + HOST_NEWS_MS);
	(void)table_put(&l->changed, mac_key(news.mac), known);
	lazily(l);
	return NULL;
}

static void
acknowledge(struct ledger *l)
{
	for (size_t i = 0; i < l->lease_count; i++) {
		struct ipc m = {.kind = IPC_LEASE_KEPT, .id = l->leases[i].id};

		if (!l->leases[i].orphan)
			(void)outbox_send(
			    &l->state->outboxes[ROLE_DHCP], &m, -1);
	}
}

/* Who asked is gone; its leases are written, but nobody waits for them. */
void
ledger_lost_dhcp(struct state *s)
{
	for (size_t i = 0; i < s->ledger.lease_count; i++)
		s->ledger.leases[i].orphan = true;
}

static void
drop_events(struct ledger *l)
{
	for (size_t i = 0; i < l->event_count; i++)
		free(l->events[i].texts);
	l->event_count = 0;
}

/* All that waits, as the store takes it. */
struct arrays {
	struct lease *leases;
	struct event *events;
	struct host *hosts;
	size_t host_count;
};

static struct arrays
arrays_of(struct ledger *l)
{
	struct arrays a = {
	    .leases = mem_array(l->lease_count, sizeof(*a.leases)),
	    .events = mem_array(l->event_count, sizeof(*a.events)),
	    .hosts = mem_array(l->changed.count, sizeof(*a.hosts)),
	};
	const struct host *h;
	size_t at = 0;

	for (size_t i = 0; i < l->lease_count; i++) {
		struct kept_lease *k = &l->leases[i];

		a.leases[i] = k->lease;
		a.leases[i].hostname =
		    span_of(k->hostname, k->lease.hostname.len);
	}
	for (size_t i = 0; i < l->event_count; i++)
		a.events[i] = l->events[i].event;
	while ((h = table_next(&l->changed, &at)))
		a.hosts[a.host_count++] = *h;
	return a;
}

static int
write_all(struct ledger *l)
{
	struct arrays a = arrays_of(l);
	struct store_batch batch = {
	    .leases = a.leases,
	    .lease_count = l->lease_count,
	    .hosts = a.hosts,
	    .host_count = a.host_count,
	    .events = a.events,
	    .event_count = l->event_count,
	};
	int result = store_commit(l->state->store, &batch);

	free(a.leases);
	free(a.events);
	free(a.hosts);
	return result;
}

/*
 * A lease that could not be written is not acknowledged: its client gets no
 * answer, and asks again.  Events and machines wait for the next try.
 */
void
ledger_commit(struct state *s)
{
	struct ledger *l = &s->ledger;

	timer_stop(s->context->loop, &l->lazy);
	if (l->lease_count + l->event_count + l->changed.count == 0)
		return;
	if (write_all(l) == 0) {
		acknowledge(l);
		drop_events(l);
		table_clear(&l->changed);
	} else {
		complain(l, "commit");
		lazily(l);
	}
	l->lease_count = 0;
}

static void
commit(void *owner)
{
	struct ledger *l = owner;

	ledger_commit(l->state);
}

static void
publish_hosts(void *owner)
{
	struct ledger *l = owner;

	state_publish(l->state);
}

static void
send_lease(void *owner, const struct lease *lease)
{
	struct state *s = owner;
	struct strbuf bytes = {0};
	struct ipc m = {.kind = IPC_LEASE};

	lease_encode(lease, &bytes);
	m.body = strbuf_view(&bytes);
	(void)outbox_send(&s->outboxes[ROLE_DHCP], &m, -1);
	strbuf_clear(&bytes);
}

/* Without the whole list dhcp stays silent, which is better than an address
 * given twice. */
void
ledger_send_leases(struct state *s)
{
	struct ipc end = {.kind = IPC_LEASES_END};

	ledger_commit(s);
	if (s->unkept)
		return; /* which was said */
	if (store_leases(s->store, send_lease, s) < 0) {
		complain(&s->ledger, "leases");
		return;
	}
	(void)outbox_send(&s->outboxes[ROLE_DHCP], &end, -1);
}

static void
load_host(void *owner, const struct host *h)
{
	struct ledger *l = owner;
	struct host *known = mem_alloc(sizeof(*known));

	*known = *h;
	(void)table_put(&l->hosts, mac_key(h->mac), known);
}

static void
load_seq(void *owner, const struct event *e)
{
	struct ledger *l = owner;

	l->seq = e->seq;
}

void
ledger_start(struct state *s)
{
	struct ledger *l = &s->ledger;

	l->state = s;
	l->commit = (struct task){.run = commit, .owner = l};
	l->lazy = (struct timer){.fire = commit, .owner = l};
	l->host_news = (struct timer){.fire = publish_hosts, .owner = l};
	l->hosts.seed = l->changed.seed = state_time_ms() * 2654435761U;
	if (store_hosts(s->store, load_host, l) < 0 ||
	    store_events(s->store, 1, load_seq, l) < 0)
		complain(l, "load");
}

/* What could not be written by now is lost with the process. */
void
ledger_stop(struct state *s)
{
	struct ledger *l = &s->ledger;
	struct host *h;
	size_t at = 0;

	ledger_commit(s);
	timer_stop(s->context->loop, &l->lazy);
	timer_stop(s->context->loop, &l->host_news);
	drop_events(l);
	free(l->events);
	free(l->leases);
	while ((h = table_next(&l->hosts, &at)))
		free(h);
	table_clear(&l->hosts);
	table_clear(&l->changed);
}
