/*
 * image_service.c - the image role: read one untrusted image, report, end.
 *
 * Keeper starts one process per image, with the image on IMAGE_FD and the
 * write end of a pipe on REPORT_FD.  By the time that start() is called the
 * process can do little more than read the one and write the other.
 */
#include <errno.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "media/inspect.h"
#include "service/file_backing.h"
#include "service/service.h"

static int
write_all(int fd, struct span bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.data, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes = span_skip(bytes, (size_t)n);
	}
	return 0;
}

static int
image_start(struct context *c)
{
	int fd = IMAGE_FD;
	struct backing b;
	struct strbuf report = {0};
	int result = file_backing(&fd, &b);

	if (result < 0)
		return result;
	inspect_image(&b, &report);
	result = write_all(REPORT_FD, strbuf_view(&report));
	strbuf_clear(&report);
	loop_stop(c->loop);
	return result;
}

static const char *
image_message(struct context *c UNUSED, enum role from UNUSED,
    const struct ipc *m UNUSED, int fd)
{
	if (fd >= 0)
		(void)close(fd);
	return "the image role takes no messages";
}

static void
image_peer(struct context *c UNUSED, enum role role UNUSED)
{
}

const struct service image_service = {
    .start = image_start,
    .message = image_message,
    .peer = image_peer,
};
