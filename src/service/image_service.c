/*
 * image_service.c - the image role: read one untrusted image, report, end.
 *
 * Keeper starts one process per image, with the image on IMAGE_FD and the
 * write end of a pipe on REPORT_FD.  By the time that start() is called the
 * process can do little more than read the one and write the other.  Ahead of
 * the report on a compressed image goes what is in it (unpacked.h).
 */
#include <unistd.h>

#include "base/strbuf.h"
#include "io/file.h"
#include "media/image_table.h"
#include "media/inspect.h"
#include "service/file_backing.h"
#include "service/service.h"
#include "service/unpacked.h"

/* The content, where there is any that is good. */
static int
send_content(const struct backing *b, struct span report)
{
	enum inspect_verdict verdict;
	struct image_table table;
	struct span rest;

	if (inspect_report_parse(report, &verdict, &rest) ||
	    verdict != INSPECT_OK ||
	    image_table_open(rest.data, rest.len, b->size, &table) ||
	    !table.facts.packed)
		return 0;
	return unpacked_send(REPORT_FD, b, table.facts.size);
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
	result = send_content(&b, strbuf_view(&report));
	if (result == 0)
		result = file_write_all(REPORT_FD, strbuf_view(&report));
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
