#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/attr.h"
#include "io/channel.h"
#include "io/loop.h"

/* Which timers and tasks ran, in order. */
static char trail[64];

static void
leave(const char *text)
{
	size_t len = strlen(trail);

	(void)snprintf(trail + len, sizeof(trail) - len, "%s", text);
}

static void
mark(void *owner)
{
	leave(owner);
}

static struct loop stopped;
static char empty[] = "", a[] = "a", b[] = "b";

static void
stop(void *owner)
{
	leave(owner);
	loop_stop(&stopped);
}

TEST(timers_fire_in_the_order_of_their_moments)
{
	static char names[40][4];
	struct timer timers[40] = {0};
	struct timer last = {.fire = stop, .owner = empty};
	uint64_t now;

	CHECK(loop_init(&stopped) == 0);
	trail[0] = '\0';
	now = loop_now(&stopped);
	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		/* 7 and 40 have no common factor: every place once */
		size_t turn = i * 7 % 40;

		(void)snprintf(
		    names[i], sizeof(names[i]), "%c", (char)('A' + (int)turn));
		timers[i] = (struct timer){.fire = mark, .owner = names[i]};
		timer_at(&stopped, &timers[i], now + 1000 + turn);
	}
	/* stopped and moved ones keep the order of the others */
	for (size_t i = 0; i < ARRAY_LEN(timers); i++)
		if (names[i][0] >= 'F')
			timer_stop(&stopped, &timers[i]);
		else
			timer_at(&stopped, &timers[i],
			    now + (uint64_t)('F' - names[i][0]));
	timer_at(&stopped, &last, now + 10);
	CHECK(loop_run(&stopped) == 0);
	CHECK_TEXT(trail, "EDCBA");
	loop_clear(&stopped);
}

TEST(a_task_that_is_queued_twice_runs_once_before_the_loop_sleeps)
{
	struct task first = {.run = mark, .owner = a};
	struct task last = {.run = stop, .owner = b};

	CHECK(loop_init(&stopped) == 0);
	trail[0] = '\0';
	loop_later(&stopped, &first);
	loop_later(&stopped, &last);
	loop_later(&stopped, &first);
	CHECK(loop_run(&stopped) == 0);
	CHECK_TEXT(trail, "ab");
	loop_clear(&stopped);
}

/* Two watches that become ready at once; the first to run drops the other. */
struct rival {
	struct watch watch;
	struct rival *other;
	int runs;
};

static void
drop_the_other(void *owner, uint32_t events)
{
	struct rival *r = owner;

	CHECK(events & EPOLLIN);
	r->runs++;
	loop_unwatch(&stopped, &r->other->watch);
	loop_stop(&stopped);
}

TEST(an_event_of_this_turn_is_not_delivered_once_its_watch_is_dropped)
{
	struct rival rivals[2] = {0};
	int pipes[2][2];

	CHECK(loop_init(&stopped) == 0);
	for (size_t i = 0; i < 2; i++) {
		CHECK(pipe2(pipes[i], O_CLOEXEC) == 0);
		rivals[i] = (struct rival){
		    .watch = {pipes[i][0], drop_the_other, &rivals[i]},
		    .other = &rivals[1 - i]};
		CHECK(loop_watch(&stopped, &rivals[i].watch, EPOLLIN) == 0);
		CHECK(write(pipes[i][1], "x", 1) == 1);
	}
	CHECK(loop_run(&stopped) == 0);
	CHECK(rivals[0].runs + rivals[1].runs == 1);
	for (size_t i = 0; i < 4; i++)
		CHECK(close(pipes[i / 2][i % 2]) == 0);
	loop_clear(&stopped);
}

/* The two ends of a channel. */
static void
connect_pair(struct channel *keeper, struct channel *state)
{
	int fds[2];

	CHECK(channel_pair(fds) == 0);
	*keeper = (struct channel){fds[0], ROLE_KEEPER, ROLE_STATE};
	*state = (struct channel){fds[1], ROLE_STATE, ROLE_KEEPER};
}

TEST(a_channel_carries_a_message_with_its_descriptor)
{
	static struct channel_buffer buf;
	struct channel keeper, state;
	struct ipc m = {.kind = IPC_FOLDER, .text = span_text("/x")}, got;
	const char *fault;
	int fd;

	connect_pair(&keeper, &state);
	CHECK(channel_receive(&state, &buf, &got, &fd, &fault) == 0);
	CHECK(channel_send(&keeper, &m, STDOUT_FILENO) == 0);
	CHECK(channel_receive(&state, &buf, &got, &fd, &fault) == 1);
	CHECK(fd >= 0 && fd != STDOUT_FILENO && span_is(got.text, "/x"));
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	CHECK(close(fd) == 0);
	channel_close(&keeper);
	CHECK(channel_receive(&state, &buf, &got, &fd, &fault) == -EPIPE);
	channel_close(&state);
}

TEST(a_channel_refuses_a_malformed_message_and_says_why)
{
	static struct channel_buffer buf;
	struct channel keeper, state;
	struct ipc m = {.kind = IPC_FOLDER}, got;
	const char *fault;
	int fd;

	connect_pair(&keeper, &state);
	CHECK(channel_send(&keeper, &m, -1) == 0);
	CHECK(channel_receive(&state, &buf, &got, &fd, &fault) == -EPROTO);
	CHECK_TEXT(fault, "descriptor missing or not wanted");
	CHECK(channel_send(&state, &m, -1) == 0);
	CHECK(channel_receive(&keeper, &buf, &got, &fd, &fault) == -EPROTO);
	CHECK_TEXT(fault, "message from a role that may not send it");
	channel_close(&keeper);
	channel_close(&state);
}

TEST(a_full_channel_says_so_to_who_would_not_wait)
{
	static char body[60000];
	struct channel keeper, state;
	struct ipc m = {
	    .kind = IPC_STATUS, .body = span_of(body, sizeof(body))};
	int err = 0;

	connect_pair(&keeper, &state);
	for (int i = 0; i < 1000 && err == 0; i++)
		err = channel_try(&keeper, &m, -1);
	CHECK(err == -EAGAIN);
	channel_close(&keeper);
	channel_close(&state);
}
