#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

#define FIRST 3  /* what the role's descriptors start with */
#define ASIDE 20 /* beyond them */
#define MOST 4   /* descriptors handed over */

/* All that a role needs to know of our environment. */
static const char *const passed[] = {"HOBNAIL_SECCOMP=", "HOBNAIL_VERBOSE=",
    "JOURNAL_STREAM=", "ASAN_OPTIONS=", "UBSAN_OPTIONS="};

int
spawn_binary(void)
{
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	int high;

	if (fd < 0)
		return -errno;
	high = fcntl(fd, F_DUPFD_CLOEXEC, ASIDE);
	(void)close(fd);
	return high < 0 ? -errno : high;
}

static void
pick_environment(char **out)
{
	size_t count = 0;

	for (char **at = environ; *at; at++)
		for (size_t i = 0; i < ARRAY_LEN(passed); i++)
			if (span_starts(span_text(*at), passed[i]) &&
			    count < ARRAY_LEN(passed))
				out[count++] = *at;
	out[count] = NULL;
}

/* Put the descriptors where the role looks for them.  False on failure. */
static bool
arrange(const int *fds, size_t count)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int aside[MOST];

	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		aside[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, ASIDE);
		if (aside[i] < 0)
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (dup2(aside[i], FIRST + (int)i) < 0)
			return false;
	return syscall(SYS_close_range, FIRST + count, ~0U,
	           CLOSE_RANGE_CLOEXEC) == 0;
}

NORETURN static void
become(int binary, enum role role, const int *fds, size_t count)
{
	char program[] = "hobnail", command[] = "role", name[16];
	char *argv[] = {program, command, name, NULL};
	char *env[ARRAY_LEN(passed) + 1];
	sigset_t none;

	(void)snprintf(name, sizeof(name), "%s", role_name(role));
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid(); /* an interrupt from the terminal is for keeper */
	pick_environment(env);
	if (arrange(fds, count))
		(void)syscall(
		    SYS_execveat, binary, "", argv, env, AT_EMPTY_PATH);
	_exit(127);
}

pid_t
spawn_role(int binary, enum role role, const int *fds, size_t count)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(binary, role, fds, count);
	return pid;
}
