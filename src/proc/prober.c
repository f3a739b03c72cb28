#include "proc/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scope.h"
#include "boot/catalogue.h"
#include "io/log.h"
#include "proc/access.h"
#include "proc/keeper.h"

/* ms that an image role may take; much of it may be waiting for disks, its
 * processor time has a limit of its own */
#define LIFE 30000
#define RETRY 100 /* ms */

struct probe {
	struct probe *next;
	uint64_t id;
	char path[]; /* below the image folder */
};

static void image_message(void *owner, uint32_t events);
static void image_too_slow(void *owner);
static void pump(void *owner);

void
prober_init(struct prober *p, struct keeper *k)
{
	*p = (struct prober){.keeper = k,
	    .last = &p->first,
	    .retry = {.fire = pump, .owner = p}};
	for (size_t i = 0; i < PROBES_AT_ONCE; i++) {
		struct child *c = &p->children[i];

		*c = (struct child){.keeper = k,
		    .role = ROLE_IMAGE,
		    .channel = {.fd = -1},
		    .watch = {.ready = image_message, .owner = c},
		    .timer = {.fire = image_too_slow, .owner = c}};
	}
}

/* Whether a path from another role stays below the folder, but for links. */
static bool
path_allowed(struct span path)
{
	struct span part;

	if (path.len == 0 || path.len >= PATH_MAX || path.data[0] == '/' ||
	    memchr(path.data, '\0', path.len))
		return false;
	while (path.data) {
		part = span_cut(&path, '/');
		if (span_is(part, ".."))
			return false;
	}
	return true;
}

int
prober_open(int folder, const char *shown, struct span path, struct strbuf *why)
{
	struct open_how how = {
	    .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    .resolve = RESOLVE_NO_MAGICLINKS};
	char name[PATH_MAX];
	struct stat st;
	int fd;

	if (!path_allowed(path)) {
		strbuf_text(why, "a path that leaves the folder");
		return -EINVAL;
	}
	memcpy(name, path.data, path.len);
	name[path.len] = '\0';
	fd = (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
	if (fd < 0) {
		int error = errno;

		access_explain(
		    &(struct access_question){
		        .folder = folder, .shown = shown, .path = name},
		    error, why);
		return -error;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	(void)close(fd);
	strbuf_text(why, "not a regular file");
	return -EINVAL;
}

static void
stamp_of(int fd, struct strbuf *out)
{
	struct stat st = {0};
	struct file_stamp stamp;

	(void)fstat(fd, &st);
	stamp = (struct file_stamp){.dev = st.st_dev,
	    .ino = st.st_ino,
	    .size = (uint64_t)st.st_size,
	    .mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000U +
	                (uint64_t)st.st_mtim.tv_nsec};
	file_stamp_encode(&stamp, out);
}

/* Answer the state role without waiting.  0 or -errno. */
static int
answer(struct prober *p, const struct ipc *m, int fd)
{
	struct child *state = &p->keeper->children[ROLE_STATE];

	return channel_try(&state->channel, m, fd);
}

/* Start an image role for an open file.  0 with the read end of its report
 * in `report`, or -errno. */
static int
launch(struct prober *p, struct child *c, int file, int *report)
{
	struct ipc go = {.kind = IPC_GO};
	int ends[2], extra[2], fault;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	extra[0] = file;
	extra[1] = ends[1];
	fault = child_start(c, p->keeper->binary, extra, 2);
	(void)close(ends[1]);
	if (fault) {
		(void)close(ends[0]);
		return fault;
	}
	timer_at(
	    &p->keeper->loop, &c->timer, loop_now(&p->keeper->loop) + LIFE);
	if (child_settings(c, p->keeper->settings) == 0)
		(void)child_send(c, &go, -1);
	*report = ends[0];
	return 0;
}

/* Begin one probe in a free place.  0, or -EAGAIN: later. */
static int
begin(struct prober *p, struct child *c, const struct probe *probe)
{
	struct keeper *k = p->keeper;
	struct ipc m = {.kind = IPC_PROBED, .id = probe->id};
	SCOPED(strbuf_clear) struct strbuf why = {0}, stamp = {0};
	int report = -1, fault;
	int file = prober_open(k->folders.fds[FOLDER_IMAGES], k->folders.images,
	    span_text(probe->path), &why);

	fault = file < 0 ? -file : 0;
	if (!fault) {
		stamp_of(file, &stamp);
		fault = -launch(p, c, file, &report);
		(void)close(file);
		if (fault)
			strbuf_printf(
			    &why, "cannot look into it: %s", strerror(fault));
	}
	m.number = (uint64_t)fault;
	m.text = strbuf_view(&why);
	m.body = strbuf_view(&stamp);
	fault = answer(p, &m, report);
	if (report >= 0)
		(void)close(report);
	if (fault == -EAGAIN)
		child_kill(c); /* its report is lost: look again */
	return fault == -EAGAIN ? fault : 0;
}

static struct child *
free_place(struct prober *p)
{
	for (size_t i = 0; i < PROBES_AT_ONCE; i++)
		if (p->children[i].pid == 0)
			return &p->children[i];
	return NULL;
}

static void
pump(void *owner)
{
	struct prober *p = owner;
	struct child *place;

	while (p->first && !p->retry.place && (place = free_place(p))) {
		struct probe *probe = p->first;

		if (begin(p, place, probe) == -EAGAIN) {
			timer_at(&p->keeper->loop, &p->retry,
			    loop_now(&p->keeper->loop) + RETRY);
			return;
		}
		p->first = probe->next;
		if (!p->first)
			p->last = &p->first;
		p->waiting--;
		free(probe);
	}
}

const char *
prober_ask(struct prober *p, const struct ipc *m)
{
	struct probe *probe;

	if (p->waiting == PROBES_WAITING)
		return "too many images at once";
	if (!path_allowed(m->text))
		return "path of an image leaves the folder";
	probe = mem_alloc(sizeof(*probe) + m->text.len + 1);
	probe->id = m->id;
	memcpy(probe->path, m->text.data, m->text.len);
	*p->last = probe;
	p->last = &probe->next;
	p->waiting++;
	pump(p);
	return NULL;
}

static void
image_message(void *owner, uint32_t events)
{
	struct child *c = owner;
	const char *fault;
	struct ipc m;
	int fd, got;

	(void)events; /* receiving says it better */
	got = channel_receive(&c->channel, &c->keeper->buffer, &m, &fd, &fault);
	if (got == 0 || (got > 0 && m.kind == IPC_READY))
		return;
	child_cut(c);
	if (got != -EPIPE && got != -ECONNRESET)
		child_kill(c);
}

static void
image_too_slow(void *owner)
{
	struct child *c = owner;

	log_line(
	    LOG_LEVEL_WARNING, "image_slow", "pid=%d ms=%d", (int)c->pid, LIFE);
	child_kill(c);
}

bool
prober_ended(struct prober *p, pid_t pid, int status)
{
	for (size_t i = 0; i < PROBES_AT_ONCE; i++) {
		struct child *c = &p->children[i];

		if (c->pid != pid)
			continue;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			log_line(LOG_LEVEL_WARNING, "image_failed",
			    "pid=%d status=%d signal=%d", (int)pid,
			    WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		timer_stop(&p->keeper->loop, &c->timer);
		(void)child_ended(c);
		pump(p);
		return true;
	}
	return false;
}

void
prober_drop(struct prober *p)
{
	while (p->first) {
		struct probe *probe = p->first;

		p->first = probe->next;
		free(probe);
	}
	p->last = &p->first;
	p->waiting = 0;
	for (size_t i = 0; i < PROBES_AT_ONCE; i++)
		child_kill(&p->children[i]);
}
