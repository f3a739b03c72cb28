/*
 * rights - hobnail with services that try to break out.
 *
 *	rights serve DIR ...	as `hobnail serve`
 *
 * Same keeper, same confinement, same order; but each role, once confined,
 * tries everything in attempts.c.  What the product answers with the end of
 * the process is answered with EPERM here, so that one run can try it all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/serve.h"
#include "io/log.h"
#include "proc/roles.h"
#include "proc/worker.h"
#include "tests/rights/attempts.h"

/* Set before the rights are dropped: afterwards nobody may ask. */
static pid_t keeper;

static int
start(struct context *c)
{
	enum role role = c->peers[ROLE_KEEPER].self;
	struct ipc probe = {.kind = IPC_PROBE, .id = 1};

	attempts_run(role, c, keeper);
	if (role != ROLE_STATE)
		return 0;
	probe.text = span_text("image.iso");
	return channel_send(&c->peers[ROLE_KEEPER], &probe, -1);
}

static const char *
message(struct context *c, enum role from, const struct ipc *m, int fd)
{
	(void)c;
	(void)from;
	(void)m;
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static void
peer(struct context *c, enum role role)
{
	(void)c;
	(void)role;
}

/* In place of the product's (src/proc/services.c). */
const struct service *
role_service(enum role role)
{
	static const struct service tries = {
	    .start = start, .message = message, .peer = peer};

	return role > ROLE_KEEPER && role < ROLE_COUNT ? &tries : NULL;
}

int
main(int argc, char **argv)
{
	enum role role = argc == 3 ? role_named(argv[2]) : ROLE_COUNT;

	if (argc > 1 && streq(argv[1], "serve"))
		return serve_main(argc - 1, argv + 1);
	if (!role_service(role))
		return 2;
	keeper = getppid();
	log_init(role_name(role), LOG_LEVEL_INFO);
	return worker_main(role, role_service(role), SANDBOX_REFUSE);
}
