/*
 * hobnail - boot machines from a folder of ISO files.
 *
 * One program; its first argument says what to do.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/text.h"
#include "cmd/check.h"
#include "cmd/events.h"
#include "cmd/images.h"
#include "cmd/loaders.h"
#include "cmd/probe.h"
#include "cmd/serve.h"
#include "cmd/status.h"
#include "io/log.h"
#include "proc/roles.h"
#include "proc/worker.h"

static int role_main(int argc, char **argv);

#if SANDBOX_INSTRUMENTED
const char *__asan_default_options(void);

/* Looking for leaks takes ptrace(2), which no process of ours may use. */
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help; /* NULL: not for people */
} commands[] = {
    {"serve", serve_main, "serve a folder of ISO files to the network"},
    {"status", status_main, "show how the server is"},
    {"images", images_main, "show the images and what is wrong with them"},
    {"loaders", loaders_main, "show or import boot loaders"},
    {"events", events_main, "show what machines did as they booted"},
    {"hosts", hosts_main, "show the machines that asked to boot"},
    {"leases", leases_main, "show the addresses that were handed out"},
    {"check", check_main, "check a configuration file"},
    {"probe", probe_main, "show what is in an image, without a server"},
    {"role", role_main, NULL},
};

/* What keeper executes; descriptor 3 is the channel to it. */
static int
role_main(int argc, char **argv)
{
	enum role role = argc == 2 ? role_named(argv[1]) : ROLE_COUNT;

	if (role >= ROLE_COUNT || !role_service(role)) {
		(void)fputs("hobnail: 'role' is for hobnail itself\n", stderr);
		return 2;
	}
	log_init(role_name(role),
	    getenv("HOBNAIL_VERBOSE") ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	return worker_main(role, role_service(role), sandbox_denial_wanted());
}

static void
help(FILE *to)
{
	(void)fputs("Usage: hobnail COMMAND [ARGUMENT...]\n\n"
	            "Boot machines over the network from a folder of ISO "
	            "files.\n\n",
	    to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i].help)
			(void)fprintf(to, "  %-10s %s\n", commands[i].name,
			    commands[i].help);
	(void)fputs("\n'hobnail COMMAND --help' says more of each; 'hobnail "
	            "--version' says which one this is.\n",
	    to);
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (streq(name, "--help") || streq(name, "-h") || streq(name, "help")) {
		help(stdout);
		return EXIT_SUCCESS;
	}
	if (streq(name, "--version") || streq(name, "-V")) {
		(void)puts("hobnail " HOBNAIL_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (streq(commands[i].name, name))
			return commands[i].run(argc - 1, argv + 1);
	if (*name)
		(void)fprintf(
		    stderr, "hobnail: there is no command '%s'\n\n", name);
	help(stderr);
	return 2;
}
