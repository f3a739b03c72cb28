#include "cmd/options.h"

#include <argp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

#define OPTION_CONTROL 256

static const struct argp_option rows[] = {
    {"json", 'j', NULL, 0, "Print what the server says as JSON", 0},
    {"control", OPTION_CONTROL, "PATH", 0,
        "The server's control socket (default /run/hobnail/control.sock, or "
        "that of your own server)",
        0},
    {"follow", 'f', NULL, 0, "Go on with what happens from now on", 1},
    {"newest", 'n', "N", 0, "Show the newest N only", 1},
    {0},
};

static error_t
take(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	uint64_t number;

	switch (key) {
	case 'j':
		o->client.json = true;
		return 0;
	case OPTION_CONTROL:
		o->client.control = arg;
		return 0;
	case 'f':
		o->follow = true;
		return 0;
	case 'n':
		if (text_number(span_text(arg), 100000, &number))
			argp_error(
			    state, "'%s' is not a number up to 100000", arg);
		else
			o->newest = (long)number;
		return 0;
	case ARGP_KEY_ARGS:
		o->args = state->argv + state->next;
		o->arg_count = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void
options_parse(
    int argc, char **argv, const struct options_help *help, struct options *out)
{
	/* The rows of -f and -n are the last two. */
	char program[32];
	struct argp_option some[ARRAY_LEN(rows)] = {{0}};
	struct argp argp = {.options = help->follow ? rows : some,
	    .parser = take,
	    .args_doc = help->args,
	    .doc = help->doc};

	some[0] = rows[0];
	some[1] = rows[1];
	*out = (struct options){.newest = -1};
	(void)snprintf(program, sizeof(program), "hobnail %s", help->command);
	argv[0] = program; /* as usage texts say it */
	argp_err_exit_status = EXIT_USAGE;
	(void)argp_parse(&argp, argc, argv, 0, NULL, out);
}

int
options_wrong(const char *command, const char *what)
{
	(void)fprintf(stderr, "hobnail %s: %s; 'hobnail %s --help' says more\n",
	    command, what, command);
	return EXIT_USAGE;
}
