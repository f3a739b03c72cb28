#include "cmd/probe_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "io/file.h"
#include "proc/sandbox.h"
#include "service/file_backing.h"

#define REPORT_MAX (256U << 20) /* bytes */

/* The child: give up all rights, read the image, report, end. */
static NORETURN void
child(const struct backing *b, int out)
{
	static const int folders[FOLDER_KINDS] = {-1, -1, -1, -1};
	char level[SANDBOX_LEVEL_SIZE];
	struct strbuf report = {0};
	int result =
	    sandbox_enter(ROLE_IMAGE, folders, sandbox_denial_wanted(), level);

	if (result < 0)
		_exit(2);
	inspect_image(b, &report);
	_exit(file_write_all(out, strbuf_view(&report)) == 0 ? 0 : 1);
}

static int
read_report(int fd, struct strbuf *report)
{
	char piece[65536];
	ssize_t len;

	report->cap = REPORT_MAX;
	while ((len = read(fd, piece, sizeof(piece))) != 0) {
		if (len < 0 && errno != EINTR)
			return -errno;
		if (len > 0)
			strbuf_add(report, piece, (size_t)len);
	}
	return report->fault ? -EFBIG : 0;
}

/* What to say where there is no report, as the child ended with `status`. */
static int
judge(int status, struct strbuf *report)
{
	static const char slow[] =
	    "broken\0reading it takes more time than an image should";
	static const char died[] = "broken\0reading it failed";

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		return -EPERM; /* not confined, so nothing was read */
	strbuf_clear(report);
	if (WIFSIGNALED(status) &&
	    (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		strbuf_add(report, slow, sizeof(slow) - 1);
	else
		strbuf_add(report, died, sizeof(died) - 1);
	return 0;
}

static int
run(const struct backing *b, struct strbuf *report)
{
	int ends[2], status = 0, result;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0)
		child(b, ends[1]);
	result = pid < 0 ? -errno : 0;
	(void)close(ends[1]);
	if (result == 0) {
		result = read_report(ends[0], report);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	(void)close(ends[0]);
	return result < 0 ? result : judge(status, report);
}

int
probe_child(const char *path, uint64_t *size, struct strbuf *report)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct backing b;
	int result;

	if (fd < 0)
		return -errno;
	result = file_backing(&fd, &b);
	if (result == 0)
		result = run(&b, report);
	if (result == 0)
		*size = b.size;
	(void)close(fd);
	return result;
}
