/*
 * prober.h - image roles: one throw-away process per image file, few at once.
 *
 * The state role asks for a file by its path below the image folder; keeper
 * opens it, starts an image role with it and a pipe, and answers at once with
 * the other end of the pipe (or with what is wrong with the file).
 */
#ifndef HOBNAIL_PROC_PROBER_H
#define HOBNAIL_PROC_PROBER_H

#include "base/span.h"
#include "base/strbuf.h"
#include "proc/child.h"

#define PROBES_AT_ONCE 2
#define PROBES_WAITING 65536 /* more is a fault of the state role */

struct probe;

struct prober {
	struct keeper *keeper;
	struct child children[PROBES_AT_ONCE];
	struct probe *first, **last; /* waiting */
	size_t waiting;
	struct timer retry; /* the state role was too busy for an answer */
};

void prober_init(struct prober *p, struct keeper *k);

/* An IPC_PROBE of the state role.  NULL or a fault. */
MUST_USE const char *prober_ask(struct prober *p, const struct ipc *m);

/* The process `pid` has ended; false where it is none of ours. */
bool prober_ended(struct prober *p, pid_t pid, int status);

/* The state role is gone: nobody waits for the answers. */
void prober_drop(struct prober *p);

/*
 * Open a file below `folder` for reading; symbolic links may lead out of it,
 * `..` in the path may not.  A descriptor of a regular file, or -errno with
 * the reason, as `shown` and `path` name it, in `why`.
 */
MUST_USE int prober_open(
    int folder, const char *shown, struct span path, struct strbuf *why);

#endif
