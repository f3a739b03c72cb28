#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/sandbox.h"

static const int no_folders[FOLDER_KINDS] = {-1, -1, -1, -1};

/* How a process ends that is confined as `role` and then does `act`. */
static int
fate(enum role role, void (*act)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		char level[SANDBOX_LEVEL_SIZE];

		(void)close(STDERR_FILENO);
		if (sandbox_enter(role, no_folders, SANDBOX_KILL, level) < 0)
			_exit(99);
		act();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

/* An instrumented process needs calls that no role has. */
static void
need_product(void)
{
	if (SANDBOX_INSTRUMENTED)
		skip();
}

static bool
killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

static void
nothing(void)
{
}

static void
open_file(void)
{
	(void)open("/etc/passwd", O_RDONLY);
}

static void
start_process(void)
{
	(void)fork();
}

static void
make_tcp_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void
make_udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		_exit(1);
}

static void
fail_an_assertion(void)
{
	abort();
}

static void
use_much_memory(void)
{
	/* Written, so that the compiler keeps it. */
	volatile char *room = malloc((size_t)2 << 30);

	if (room) {
		room[0] = 1;
		_exit(1);
	}
}

static void
regain_rights(void)
{
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0)
		_exit(1);
}

TEST(every_role_lives_in_its_sandbox)
{
	need_product();
	for (enum role role = ROLE_KEEPER; role < ROLE_COUNT; role++)
		CHECK(fate(role, nothing) == 0);
}

TEST(a_forbidden_call_ends_the_role)
{
	need_product();
	for (enum role role = ROLE_STATE; role < ROLE_COUNT; role++) {
		CHECK(killed(fate(role, start_process)));
		CHECK(killed(fate(role, make_tcp_socket)));
		CHECK(killed(fate(role, regain_rights)));
	}
	CHECK(killed(fate(ROLE_DHCP, open_file)));
	CHECK(killed(fate(ROLE_ADMIN, open_file)));
	CHECK(killed(fate(ROLE_IMAGE, open_file)));
	CHECK(killed(fate(ROLE_DHCP, make_udp_socket)));
	CHECK(fate(ROLE_BOOT, make_udp_socket) == 0);
}

TEST(a_failed_assertion_still_aborts)
{
	need_product();
	for (enum role role = ROLE_STATE; role < ROLE_COUNT; role++) {
		int status = fate(role, fail_an_assertion);

		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

TEST(an_image_cannot_make_its_role_use_all_memory)
{
	need_product();
	CHECK(fate(ROLE_IMAGE, use_much_memory) == 0);
}

TEST(the_level_that_was_reached_is_said)
{
	int ends[2];
	char level[SANDBOX_LEVEL_SIZE] = "";
	pid_t pid;

	CHECK(pipe(ends) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (sandbox_enter(ROLE_DHCP, no_folders, SANDBOX_LOG, level) ==
		    0)
			(void)!write(ends[1], level, sizeof(level));
		_exit(0);
	}
	(void)close(ends[1]);
	CHECK(read(ends[0], level, sizeof(level)) == (ssize_t)sizeof(level));
	(void)close(ends[0]);
	CHECK(strncmp(level, "landlock=", 9) == 0);
	CHECK(strstr(level, " seccomp=log"));
	CHECK(waitpid(pid, NULL, 0) == pid);
}
