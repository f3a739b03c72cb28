/*
 * access.h - say why a file or folder cannot be used, and what mends it.
 */
#ifndef HOBNAIL_PROC_ACCESS_H
#define HOBNAIL_PROC_ACCESS_H

#include <stdbool.h>

#include "base/strbuf.h"

/* What to look at: `path` is relative to descriptor `folder`, which a person
 * knows as `shown` (AT_FDCWD and "" for an absolute path). */
struct access_question {
	int folder;
	const char *shown;
	const char *path;
	bool listed; /* it is a folder that is to be listed */
};

/*
 * Add one sentence that says why opening failed with `error` (errno) for the
 * user that this process runs as: which part of the path, its owner and mode,
 * and the command that would allow it.
 */
void access_explain(
    const struct access_question *q, int error, struct strbuf *out);

#endif
