#include "cmd/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"

#define MOST (1U << 20) /* bytes of a configuration */

static int
read_whole(const char *path, struct strbuf *out)
{
	char piece[4096];
	FILE *f = fopen(path, "re");
	size_t got;
	int fault = 0;

	if (!f)
		return -errno;
	while (out->len <= MOST && (got = fread(piece, 1, sizeof(piece), f)))
		strbuf_add(out, piece, got);
	if (ferror(f))
		fault = errno ? -errno : -EIO; /* such as a folder */
	else if (out->len > MOST)
		fault = -EFBIG;
	(void)fclose(f);
	return fault;
}

bool
config_file_read(struct config *c, const char *path)
{
	SCOPED(strbuf_clear) struct strbuf text = {0}, errors = {0};
	const char *name = path ? path : CONFIG_FILE;
	int fault = read_whole(name, &text);

	if (fault == -ENOENT && !path)
		return true;
	if (fault) {
		(void)fprintf(stderr, "hobnail: cannot read '%s': %s\n", name,
		    strerror(-fault));
		return false;
	}
	if (config_read(c, name, strbuf_view(&text), &errors))
		return true;
	(void)fputs(strbuf_cstr(&errors), stderr);
	return false;
}
