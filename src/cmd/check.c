#include "cmd/check.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/config_file.h"

static error_t
take(int key, char *arg, struct argp_state *state)
{
	const char **path = state->input;

	if (key == ARGP_KEY_ARG && !*path) {
		*path = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int
check_main(int argc, char **argv)
{
	static const struct argp argp = {.parser = take,
	    .args_doc = "[CONFIG]",
	    .doc = "Check a configuration file (by default " CONFIG_FILE
	           ") and print 'ok', or a line for each fault."};
	char program[] = "hobnail check";
	struct config config;
	const char *path = NULL, *fault;
	bool good;

	argv[0] = program;
	argp_err_exit_status = 2;
	if (argp_parse(&argp, argc, argv, 0, NULL, &path))
		return 2;
	config_init(&config);
	good = config_file_read(&config, path);
	fault = good ? config_check(&config) : NULL;
	if (fault)
		(void)fprintf(
		    stderr, "%s: %s\n", path ? path : CONFIG_FILE, fault);
	config_clear(&config);
	if (!good || fault)
		return EXIT_FAILURE;
	(void)puts("ok");
	return EXIT_SUCCESS;
}
