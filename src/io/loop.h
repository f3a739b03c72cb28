/*
 * loop.h - one thread's event loop: descriptors and timers (epoll).
 *
 * A loop owns nothing that it watches.  All times are monotonic milliseconds.
 * There is no timer that need not run: an idle loop sleeps in epoll_wait.
 */
#ifndef HOBNAIL_IO_LOOP_H
#define HOBNAIL_IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/attr.h"

/* A descriptor that is watched.  Lives in the owner's object, does not move
 * while it is watched. */
struct watch {
	int fd;                                  /* the owner closes it */
	void (*ready)(void *owner, uint32_t ev); /* EPOLLIN, EPOLLOUT, ... */
	void *owner;
};

/* A moment at which `fire` is called, once.  Zeroed: not set. */
struct timer {
	void (*fire)(void *owner);
	void *owner;
	uint64_t at;  /* monotonic ms */
	size_t place; /* in the loop's heap, counted from 1; 0: not set */
};

/* Called once before the loop sleeps next; for work that gathers while events
 * come in (group commit, flushing). */
struct task {
	void (*run)(void *owner);
	void *owner;
	struct task *next;
	bool queued;
};

struct loop {
	int epoll;
	uint64_t now; /* monotonic ms, read once per turn */
	bool stopping;
	struct timer **heap; /* heap[0..timers-1], soonest first */
	size_t timers, room;
	struct task *tasks, **last;
	struct epoll_event *batch; /* the events of this turn */
	int batch_len;
};

/* 0 or -errno. */
MUST_USE int loop_init(struct loop *l);
void loop_clear(struct loop *l);

/* Watch w->fd for `events` (EPOLLIN | EPOLLOUT | EPOLLET ...).  0 or -errno. */
MUST_USE int loop_watch(struct loop *l, struct watch *w, uint32_t events);
MUST_USE int loop_change(struct loop *l, struct watch *w, uint32_t events);

/* Stop watching, before the descriptor is closed.  An event of this turn that
 * was not delivered yet never will be, so the owner may be freed. */
void loop_unwatch(struct loop *l, struct watch *w);

/* The time at the start of this turn. */
uint64_t loop_now(const struct loop *l);

/* Set or move the timer. */
void timer_at(struct loop *l, struct timer *t, uint64_t at);
void timer_stop(struct loop *l, struct timer *t);

/* Run the task before the loop sleeps; queueing it twice runs it once. */
void loop_later(struct loop *l, struct task *t);

/* Forget a queued task, before its owner goes. */
void loop_cancel(struct loop *l, struct task *t);

/* Turn until loop_stop().  0 or -errno. */
MUST_USE int loop_run(struct loop *l);
void loop_stop(struct loop *l);

#endif
