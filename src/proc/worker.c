#include "proc/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/log.h"
#include "io/memfd.h"

#define SETTINGS_MAX (1U << 24) /* bytes */
#define BATCH 32                /* messages of one peer before others' turn */

/* The end of a channel that this process reads. */
struct line {
	struct worker *worker;
	struct watch watch;
	enum role peer;
};

struct worker {
	enum role role;
	const struct service *service;
	struct context context;
	struct loop loop;
	struct arena arena;
	struct strbuf settings_bytes;
	struct settings settings;
	struct line lines[ROLE_COUNT];
	int lost[ROLE_COUNT]; /* the channel before this one; -1: none */
	struct channel_buffer buffer;
	bool going; /* IPC_GO came */
	int status; /* to exit with */
};

static void line_ready(void *owner, uint32_t events);

static void
end(struct worker *w, const char *why)
{
	log_line(LOG_LEVEL_ERROR, "end", "why=%s", log_text(span_text(why)));
	w->status = EXIT_FAILURE;
	loop_stop(&w->loop);
}

/*
 * End the channel to `role`, for its other end too.  A thread of the service
 * may be about to send on it, so the number of its descriptor is not free
 * before the next channel ends; else the message could go elsewhere.
 */
static void
put_away(struct worker *w, enum role role)
{
	int fd = w->context.peers[role].fd;

	w->context.peers[role].fd = -1;
	(void)shutdown(fd, SHUT_RDWR);
	if (w->lost[role] >= 0)
		(void)close(w->lost[role]);
	w->lost[role] = fd;
}

static void
lose_peer(struct worker *w, enum role role)
{
	if (w->context.peers[role].fd < 0)
		return;
	if (w->lines[role].watch.fd >= 0)
		loop_unwatch(&w->loop, &w->lines[role].watch);
	w->lines[role].watch.fd = -1;
	put_away(w, role);
	if (w->going && w->service->lost)
		w->service->lost(&w->context, role);
}

static void
watch_peer(struct worker *w, enum role role)
{
	struct line *line = &w->lines[role];

	line->watch = (struct watch){.fd = w->context.peers[role].fd,
	    .ready = line_ready,
	    .owner = line};
	if (loop_watch(&w->loop, &line->watch, EPOLLIN) < 0)
		end(w, "cannot watch a channel");
}

static const char *
take_peer(struct worker *w, const struct ipc *m, int fd)
{
	enum role role = (enum role)m->number;

	if (m->number >= ROLE_COUNT || role == ROLE_KEEPER || role == w->role) {
		(void)close(fd);
		return "channel to an unknown role";
	}
	lose_peer(w, role);
	w->context.peers[role] =
	    (struct channel){.fd = fd, .self = w->role, .peer = role};
	if (!w->going)
		return NULL;
	watch_peer(w, role);
	w->service->peer(&w->context, role);
	return NULL;
}

static const char *
take_settings(struct worker *w, int fd)
{
	int fault = memfd_read(fd, SETTINGS_MAX, &w->settings_bytes);

	(void)close(fd);
	if (fault)
		return "cannot read the settings";
	return settings_decode(&w->arena, w->settings_bytes.data,
	    w->settings_bytes.len, &w->settings);
}

static const char *
take_socket(struct worker *w, const struct ipc *m, int fd)
{
	struct context *c = &w->context;

	if (m->number >= SOCKET_KINDS ||
	    c->socket_count[m->number] == SOCKETS_MAX) {
		(void)close(fd);
		return "too many sockets, or of an unknown kind";
	}
	c->sockets[m->number][c->socket_count[m->number]++] = fd;
	return NULL;
}

static const char *
take_folder(struct worker *w, const struct ipc *m, int fd)
{
	if (m->number >= FOLDER_KINDS || w->context.folders[m->number] >= 0) {
		(void)close(fd);
		return "folder given twice, or of an unknown kind";
	}
	w->context.folders[m->number] = fd;
	return NULL;
}

/* A message of keeper before IPC_GO. */
static const char *
prepare(struct worker *w, const struct ipc *m, int fd)
{
	switch ((int)m->kind) {
	case IPC_SETTINGS:
		return take_settings(w, fd);
	case IPC_SOCKET:
		return take_socket(w, m, fd);
	case IPC_FOLDER:
		return take_folder(w, m, fd);
	case IPC_PEER:
		return take_peer(w, m, fd);
	case IPC_GO:
		w->going = true;
		return NULL;
	case IPC_STOP:
		exit(EXIT_SUCCESS);
	default:
		if (fd >= 0)
			(void)close(fd);
		return NULL; /* such as an early status; nobody waits for it */
	}
}

static void
stop(struct worker *w)
{
	if (w->service->stop)
		w->service->stop(&w->context);
	loop_stop(&w->loop);
}

/* A message of anybody after IPC_GO. */
static const char *
dispatch(struct worker *w, enum role from, const struct ipc *m, int fd)
{
	switch ((int)m->kind) {
	case IPC_SETTINGS:
	case IPC_SOCKET:
	case IPC_FOLDER:
	case IPC_GO:
		if (fd >= 0)
			(void)close(fd);
		return "message of the start, after the start";
	case IPC_PEER:
		return take_peer(w, m, fd);
	case IPC_STOP:
		stop(w);
		return NULL;
	default:
		return w->service->message(&w->context, from, m, fd);
	}
}

/* The channel to `peer` failed.  Without keeper there is nothing left to do;
 * another role is started again and gets a new channel. */
static void
broken(struct worker *w, enum role peer, int error, const char *fault)
{
	if (fault)
		log_line(LOG_LEVEL_ERROR, "protocol", "from=%s fault=%s",
		    role_name(peer), log_text(span_text(fault)));
	if (peer != ROLE_KEEPER) {
		lose_peer(w, peer);
		return;
	}
	if (error != -EPIPE && error != -ECONNRESET)
		end(w, "keeper breaks the protocol");
	w->status = EXIT_FAILURE;
	loop_stop(&w->loop);
}

static void
line_ready(void *owner, uint32_t events)
{
	struct line *line = owner;
	struct worker *w = line->worker;
	enum role peer = line->peer;

	(void)events; /* receiving says it better */
	for (int i = 0; i < BATCH && !w->loop.stopping; i++) {
		struct channel *c = &w->context.peers[peer];
		const char *fault;
		struct ipc m;
		int fd, got;

		if (c->fd < 0)
			return;
		got = channel_receive(c, &w->buffer, &m, &fd, &fault);
		if (got == 0)
			return;
		if (got > 0)
			fault = dispatch(w, peer, &m, fd);
		if (got < 0 || fault) {
			broken(w, peer, got, fault);
			return;
		}
	}
}

/* Everything that keeper gives before IPC_GO.  0 or -errno. */
static int
receive_all(struct worker *w)
{
	struct channel *keeper = &w->context.peers[ROLE_KEEPER];
	struct pollfd waiting = {.fd = keeper->fd, .events = POLLIN};

	while (!w->going) {
		const char *fault;
		struct ipc m;
		int fd, got;

		if (poll(&waiting, 1, -1) < 0 && errno != EINTR)
			return -errno;
		got = channel_receive(keeper, &w->buffer, &m, &fd, &fault);
		if (got > 0)
			fault = prepare(w, &m, fd);
		if (fault) {
			log_line(LOG_LEVEL_ERROR, "protocol", "fault=%s",
			    log_text(span_text(fault)));
			return -EPROTO;
		}
		if (got < 0)
			return got;
	}
	return 0;
}

static int
confine(struct worker *w, enum sandbox_denial denial)
{
	char level[SANDBOX_LEVEL_SIZE];
	struct ipc ready = {.kind = IPC_READY};
	int fault = sandbox_enter(w->role, w->context.folders, denial, level);

	if (fault) {
		log_line(LOG_LEVEL_ERROR, "sandbox", "error=%s",
		    log_text(span_text(strerror(-fault))));
		return fault;
	}
	ready.text = span_text(level);
	return channel_send(&w->context.peers[ROLE_KEEPER], &ready, -1);
}

static int
begin(struct worker *w)
{
	int fault = w->service->start(&w->context);

	if (fault) {
		log_line(LOG_LEVEL_ERROR, "start", "error=%s",
		    log_text(span_text(strerror(-fault))));
		return fault;
	}
	if (w->role == ROLE_IMAGE)
		return 0; /* all done: one image, one process */
	watch_peer(w, ROLE_KEEPER);
	for (enum role peer = ROLE_STATE; peer < ROLE_COUNT; peer++) {
		if (w->context.peers[peer].fd < 0)
			continue;
		watch_peer(w, peer);
		w->service->peer(&w->context, peer);
	}
	return loop_run(&w->loop);
}

static struct worker *
worker_new(enum role role, const struct service *service)
{
	struct worker *w = mem_alloc(sizeof(*w));

	w->role = role;
	w->service = service;
	w->arena = arena_with(SETTINGS_MAX);
	w->settings = settings_default();
	w->context.loop = &w->loop;
	w->context.settings = &w->settings;
	for (int kind = 0; kind < SOCKET_KINDS; kind++)
		for (int i = 0; i < SOCKETS_MAX; i++)
			w->context.sockets[kind][i] = -1;
	for (int kind = 0; kind < FOLDER_KINDS; kind++)
		w->context.folders[kind] = -1;
	for (enum role peer = ROLE_KEEPER; peer < ROLE_COUNT; peer++) {
		w->context.peers[peer] =
		    (struct channel){.fd = -1, .self = role, .peer = peer};
		w->lost[peer] = -1;
		w->lines[peer] = (struct line){
		    .worker = w, .peer = peer, .watch = {.fd = -1}};
	}
	w->context.peers[ROLE_KEEPER].fd = WORKER_CHANNEL;
	return w;
}

int
worker_main(
    enum role role, const struct service *service, enum sandbox_denial denial)
{
	struct worker *w = worker_new(role, service);
	int fault = loop_init(&w->loop);

	/* The C library reads the time zone once, at first use; later it may
	 * not open the file. */
	tzset();
	(void)signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return EXIT_FAILURE;
	if (!fault)
		fault = receive_all(w);
	if (!fault)
		fault = confine(w, denial);
	if (!fault)
		fault = begin(w);
	if (fault)
		w->status = EXIT_FAILURE;
	fault = w->status;
	loop_clear(&w->loop);
	arena_clear(&w->arena);
	strbuf_clear(&w->settings_bytes);
	free(w);
	return fault;
}
