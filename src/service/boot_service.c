#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/log.h"
#include "service/boot_http.h"
#include "service/http_service.h"
#include "service/service.h"
#include "service/tftp_service.h"

/* One event loop with its sockets.  The first is the main thread's. */
struct lane {
	struct boot *boot;
	size_t number;
	pthread_t thread; /* but for the first */
	bool running;
	struct loop own, *loop;
	struct watch bell; /* an eventfd, rung to end the loop */
	struct boot_http handler;
	struct http_server *http;
	struct tftp_server *tftp;
};

struct boot {
	struct context *context;
	struct content_source *content;
	struct transfers *transfers;
	struct lane *lanes;
	size_t count;
};

/* Sockets share a port by the client's address, so each one that there is
 * needs its loop. */
static size_t
lanes_wanted(const struct context *c)
{
	size_t http = c->socket_count[SOCKET_HTTP];
	size_t tftp = c->socket_count[SOCKET_TFTP];

	return http > tftp ? http : tftp;
}

static int
lane_open(struct lane *l)
{
	struct boot *b = l->boot;
	const struct context *c = b->context;

	l->handler = (struct boot_http){
	    .loop = l->loop, .content = b->content, .transfers = b->transfers};
	if (l->number < c->socket_count[SOCKET_HTTP]) {
		l->http = http_server_new(l->loop,
		    c->sockets[SOCKET_HTTP][l->number], (unsigned int)b->count,
		    &boot_http_handler, &l->handler);
		if (!l->http)
			return -EMFILE;
	}
	if (l->number < c->socket_count[SOCKET_TFTP]) {
		l->tftp = tftp_server_new(l->loop,
		    c->sockets[SOCKET_TFTP][l->number], b->content,
		    b->transfers, c->settings->tftp_blksize_max);
		if (!l->tftp)
			return -EMFILE;
	}
	return 0;
}

static void
lane_close(struct lane *l)
{
	http_server_free(l->http);
	tftp_server_free(l->tftp);
	l->http = NULL;
	l->tftp = NULL;
}

static void
on_bell(void *owner, uint32_t ev UNUSED)
{
	struct lane *l = owner;

	loop_stop(l->loop);
}

static void *
run(void *argument)
{
	struct lane *l = argument;
	int error = loop_run(l->loop);

	if (error) {
		log_line(LOG_LEVEL_ERROR, "loop", "errno=%d", -error);
		abort(); /* keeper starts the role again */
	}
	lane_close(l);
	return NULL;
}

/* Everything of a lane but its thread.  0 or -errno. */
static int
lane_prepare(struct boot *b, size_t number)
{
	struct lane *l = &b->lanes[number];
	int error;

	l->boot = b;
	l->number = number;
	l->bell = (struct watch){.fd = -1, .ready = on_bell, .owner = l};
	l->loop = b->context->loop;
	if (number > 0) {
		error = loop_init(&l->own);
		if (error)
			return error;
		l->loop = &l->own;
		l->bell.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (l->bell.fd < 0)
			return -errno;
		error = loop_watch(l->loop, &l->bell, EPOLLIN);
		if (error)
			return error;
	}
	return lane_open(l);
}

/* Signals are the main thread's. */
static int
lane_start(struct lane *l)
{
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&l->thread, NULL, run, l);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	l->running = error == 0;
	return -error;
}

static int
start(struct context *c)
{
	struct boot *b = mem_alloc(sizeof(*b));
	int error = 0;

	b->context = c;
	b->count = lanes_wanted(c);
	b->content = content_source_new(c);
	b->transfers = transfers_new(c);
	b->lanes = mem_array(b->count, sizeof(struct lane));
	c->self = b;
	if (!b->transfers)
		return -EMFILE;
	for (size_t i = 0; i < b->count && !error; i++)
		error = lane_prepare(b, i);
	for (size_t i = 1; i < b->count && !error; i++)
		error = lane_start(&b->lanes[i]);
	if (!error)
		log_line(LOG_LEVEL_INFO, "serving", "loops=%zu", b->count);
	return error;
}

static const char *
message(struct context *c, enum role from, const struct ipc *m, int fd)
{
	struct boot *b = c->self;

	if (from == ROLE_STATE && m->kind == IPC_CATALOGUE)
		return content_catalogue(b->content, fd);
	if (from == ROLE_KEEPER && m->kind == IPC_OPENED) {
		content_opened(b->content, m, fd);
		return NULL;
	}
	if (fd >= 0)
		(void)close(fd);
	return "message that boot does not take";
}

static void
peer(struct context *c UNUSED, enum role role UNUSED)
{
	/* State sends the catalogue by itself. */
}

static void
lost(struct context *c, enum role role)
{
	struct boot *b = c->self;

	if (role == ROLE_STATE)
		transfers_lost(b->transfers);
}

static void
stop(struct context *c)
{
	struct boot *b = c->self;
	uint64_t one = 1;

	for (size_t i = 1; i < b->count; i++)
		if (write(b->lanes[i].bell.fd, &one, sizeof(one)) < 0)
			abort(); /* it counts up to 2^64 */
	for (size_t i = 1; i < b->count; i++) {
		(void)pthread_join(b->lanes[i].thread, NULL);
		(void)close(b->lanes[i].bell.fd);
		loop_clear(&b->lanes[i].own);
	}
	if (b->count)
		lane_close(&b->lanes[0]);
	transfers_free(b->transfers);
	content_source_free(b->content);
	free(b->lanes);
	free(b);
	c->self = NULL;
}

const struct service boot_service = {
    .start = start,
    .message = message,
    .peer = peer,
    .lost = lost,
    .stop = stop,
};
