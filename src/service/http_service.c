#include "service/http_service.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/log.h"
#include "io/tcp.h"
#include "service/http_conn.h"

#define ACCEPTS 64       /* connections taken in one turn */
#define PER_SOURCE 2048U /* connections; a whole site may sit behind NAT */
#define MOST 16384U      /* connections of one server */
#define RESERVED 256U    /* descriptors for everything else */
#define RETRY 100        /* ms, when descriptors have run out */

static void
listen_on(struct http_server *s)
{
	if (s->watching || s->count >= s->most)
		return;
	s->watching = loop_watch(s->loop, &s->watch, EPOLLIN) == 0;
}

static void
listen_off(struct http_server *s)
{
	if (s->watching)
		loop_unwatch(s->loop, &s->watch);
	s->watching = false;
}

static void
on_pause_over(void *owner)
{
	listen_on(owner);
}

static void
take(struct http_server *s, int fd, const struct endpoint *from)
{
	if (from->ip && sources_count(&s->sources, from->ip) >= PER_SOURCE) {
		(void)close(fd);
		return;
	}
	if (from->ip)
		sources_enter(&s->sources, from->ip);
	s->count++;
	http_conn_new(s, fd, from);
}

static void
on_connect(void *owner, uint32_t ev UNUSED)
{
	struct http_server *s = owner;

	for (int i = 0; i < ACCEPTS; i++) {
		struct endpoint from = {0};
		int fd = tcp_accept(s->watch.fd, &from);

		if (fd == -ECONNABORTED || fd == -EINTR)
			continue;
		if (fd == -EAGAIN)
			return;
		if (fd < 0) {
			log_line(
			    LOG_LEVEL_WARNING, "http-accept", "errno=%d", -fd);
			listen_off(s);
			timer_at(s->loop, &s->pause, loop_now(s->loop) + RETRY);
			return;
		}
		take(s, fd, &from);
		if (s->count >= s->most) {
			listen_off(s);
			return;
		}
	}
}

void
http_server_left(struct http_server *s, const struct http_conn *c)
{
	uint32_t ip = c->peer.client.ip;

	if (ip)
		sources_leave(&s->sources, ip);
	s->count--;
	if (!s->pause.place)
		listen_on(s);
}

/* Half of what the process may open is for TFTP and files. */
static size_t
connections(unsigned int share)
{
	struct rlimit limit;
	size_t most = MOST;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur < 2 * (rlim_t)MOST * share + RESERVED)
		most = (limit.rlim_cur - limit.rlim_cur / 4) / (2 * share);
	return most < 16 ? 16 : most;
}

static void
bury(void *owner)
{
	struct http_server *s = owner;

	while (s->graves) {
		struct http_conn *c = s->graves;

		s->graves = c->next;
		free(c);
	}
}

struct http_server *
http_server_new(struct loop *loop, int listener, unsigned int share,
    const struct http_handler *handler, void *owner)
{
	struct http_server *s = mem_alloc(sizeof(*s));

	s->loop = loop;
	s->handler = handler;
	s->owner = owner;
	s->watch =
	    (struct watch){.fd = listener, .ready = on_connect, .owner = s};
	s->pause = (struct timer){.fire = on_pause_over, .owner = s};
	s->bury = (struct task){.run = bury, .owner = s};
	s->most = connections(share ? share : 1);
	s->sources = sources_make();
	tcp_tune(listener);
	listen_on(s);
	if (!s->watching) {
		free(s);
		return NULL;
	}
	return s;
}

void
http_server_free(struct http_server *s)
{
	if (!s)
		return;
	s->most = 0; /* none in place of those that go */
	listen_off(s);
	timer_stop(s->loop, &s->pause);
	while (s->conns)
		http_conn_close(s->conns);
	loop_cancel(s->loop, &s->bury);
	bury(s);
	sources_clear(&s->sources);
	free(s);
}

const char *
http_server_date(struct http_server *s)
{
	uint64_t now = (uint64_t)time(NULL);

	if (now != s->date_of)
		(void)http_date(now, s->date);
	s->date_of = now;
	return s->date;
}
