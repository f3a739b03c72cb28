#include "io/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define BATCH 64

static uint64_t
monotonic_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int
loop_init(struct loop *l)
{
	*l = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	if (l->epoll < 0)
		return -errno;
	l->last = &l->tasks;
	l->now = monotonic_ms();
	return 0;
}

void
loop_clear(struct loop *l)
{
	if (l->last)
		(void)close(l->epoll);
	free(l->heap);
	*l = (struct loop){0};
}

static int
control(struct loop *l, int op, struct watch *w, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = w};

	return epoll_ctl(l->epoll, op, w->fd, &ev) < 0 ? -errno : 0;
}

int
loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
	return control(l, EPOLL_CTL_ADD, w, events);
}

int
loop_change(struct loop *l, struct watch *w, uint32_t events)
{
	return control(l, EPOLL_CTL_MOD, w, events);
}

void
loop_unwatch(struct loop *l, struct watch *w)
{
	(void)control(l, EPOLL_CTL_DEL, w, 0);
	for (int i = 0; i < l->batch_len; i++)
		if (l->batch[i].data.ptr == w)
			l->batch[i].data.ptr = NULL;
}

uint64_t
loop_now(const struct loop *l)
{
	return l->now;
}

/* The heap counts places from 1, so that a zeroed timer is not set. */
static void
place(struct loop *l, struct timer *t, size_t at)
{
	l->heap[at - 1] = t;
	t->place = at;
}

static void
sift_up(struct loop *l, struct timer *t, size_t at)
{
	for (; at > 1 && l->heap[at / 2 - 1]->at > t->at; at /= 2)
		place(l, l->heap[at / 2 - 1], at);
	place(l, t, at);
}

static void
sift_down(struct loop *l, struct timer *t, size_t at)
{
	for (;;) {
		size_t child = at * 2;

		if (child > l->timers)
			break;
		if (child < l->timers &&
		    l->heap[child]->at < l->heap[child - 1]->at)
			child++;
		if (l->heap[child - 1]->at >= t->at)
			break;
		place(l, l->heap[child - 1], at);
		at = child;
	}
	place(l, t, at);
}

void
timer_stop(struct loop *l, struct timer *t)
{
	size_t at = t->place;
	struct timer *moved;

	if (at == 0)
		return;
	t->place = 0;
	moved = l->heap[--l->timers];
	if (moved == t)
		return;
	sift_up(l, moved, at);
	sift_down(l, moved, moved->place);
}

void
timer_at(struct loop *l, struct timer *t, uint64_t at)
{
	if (t->place && t->at == at)
		return;
	timer_stop(l, t);
	t->at = at;
	if (l->timers == l->room) {
		l->room = l->room ? l->room * 2 : 16;
		l->heap = mem_resize(l->heap, l->room * sizeof(struct timer *));
	}
	sift_up(l, t, ++l->timers);
}

void
loop_later(struct loop *l, struct task *t)
{
	if (t->queued)
		return;
	t->queued = true;
	t->next = NULL;
	*l->last = t;
	l->last = &t->next;
}

void
loop_cancel(struct loop *l, struct task *t)
{
	struct task **at = &l->tasks;

	if (!t->queued)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (l->last == &t->next)
		l->last = at;
	t->queued = false;
}

static void
run_tasks(struct loop *l)
{
	while (l->tasks) {
		struct task *t = l->tasks;

		l->tasks = t->next;
		if (!l->tasks)
			l->last = &l->tasks;
		t->queued = false;
		t->run(t->owner);
	}
}

static void
run_timers(struct loop *l)
{
	while (l->timers && l->heap[0]->at <= l->now) {
		struct timer *t = l->heap[0];

		timer_stop(l, t);
		t->fire(t->owner);
	}
}

/* How long to sleep, in ms; -1: until an event comes. */
static int
patience(const struct loop *l)
{
	uint64_t now = monotonic_ms();

	if (!l->timers)
		return -1;
	if (l->heap[0]->at <= now)
		return 0;
	if (l->heap[0]->at - now > 1000000)
		return 1000000;
	return (int)(l->heap[0]->at - now);
}

int
loop_run(struct loop *l)
{
	struct epoll_event batch[BATCH];
	int count;

	while (!l->stopping) {
		run_tasks(l);
		if (l->stopping)
			break;
		count = epoll_wait(l->epoll, batch, BATCH, patience(l));
		if (count < 0 && errno != EINTR)
			return -errno;
		l->now = monotonic_ms();
		l->batch = batch;
		l->batch_len = count < 0 ? 0 : count;
		for (int i = 0; i < l->batch_len; i++) {
			struct watch *w = batch[i].data.ptr;

			if (w)
				w->ready(w->owner, batch[i].events);
		}
		l->batch_len = 0;
		run_timers(l);
	}
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stopping = true;
}
