#include "proc/child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "io/log.h"
#include "proc/keeper.h"
#include "proc/spawn.h"

#define HEALTHY 10000 /* ms after which a failure counts as the first */
#define FDS 4

int
child_start(struct child *c, int binary, const int *extra, size_t count)
{
	struct loop *loop = &c->keeper->loop;
	int fds[FDS], pair[2];
	int fault = channel_pair(pair);
	pid_t pid;

	if (fault)
		return fault;
	fds[0] = pair[1];
	for (size_t i = 0; i < count && i + 1 < FDS; i++)
		fds[i + 1] = extra[i];
	pid = spawn_role(binary, c->role, fds, count + 1);
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return (int)pid;
	}
	c->pid = pid;
	c->started = loop_now(loop);
	c->level[0] = '\0';
	c->replaced = false;
	c->channel = (struct channel){
	    .fd = pair[0], .self = ROLE_KEEPER, .peer = c->role};
	c->watch.fd = pair[0];
	return loop_watch(loop, &c->watch, EPOLLIN);
}

int
child_settings(struct child *c, int settings)
{
	struct ipc m = {.kind = IPC_SETTINGS};

	return child_send(c, &m, settings);
}

int
child_send(struct child *c, const struct ipc *m, int fd)
{
	int fault;

	if (c->channel.fd < 0)
		return -EPIPE;
	fault = channel_try(&c->channel, m, fd);
	if (fault && fault != -EPIPE && fault != -ECONNRESET) {
		log_line(LOG_LEVEL_ERROR, "stuck", "to=%s pid=%d error=%s",
		    role_name(c->role), (int)c->pid,
		    log_text(span_text(strerror(-fault))));
		child_kill(c);
	}
	return fault;
}

void
child_cut(struct child *c)
{
	if (c->channel.fd < 0)
		return;
	loop_unwatch(&c->keeper->loop, &c->watch);
	channel_close(&c->channel);
}

void
child_kill(struct child *c)
{
	if (c->pid > 0)
		(void)kill(c->pid, SIGKILL);
}

uint64_t
child_ended(struct child *c)
{
	static const uint64_t waits[] = {0, 100, 200, 500, 1000, 2000, 5000};
	uint64_t wait;

	child_cut(c);
	c->pid = 0;
	c->level[0] = '\0';
	if (c->replaced || loop_now(&c->keeper->loop) - c->started > HEALTHY)
		c->failures = 0;
	wait = waits[c->failures];
	if (c->failures + 1 < ARRAY_LEN(waits))
		c->failures++;
	return wait;
}
