/*
 * options.h - the command line of the commands that ask the server.
 */
#ifndef HOBNAIL_CMD_OPTIONS_H
#define HOBNAIL_CMD_OPTIONS_H

#include "cmd/client.h"

/* What one command says of itself in --help. */
struct options_help {
	const char *command; /* "images" */
	const char *args;    /* "[list | show ID]", or "" */
	const char *doc;
	bool follow; /* it has -f and -n */
};

struct options {
	struct client client;
	bool follow;
	long newest; /* -n; -1: not given */
	char **args; /* what is no option */
	int arg_count;
};

/* Parse; ends the program with EXIT_USAGE where it is wrong, and after
 * --help. */
void options_parse(int argc, char **argv, const struct options_help *help,
    struct options *out);

/* Say that the arguments make no sense; returns EXIT_USAGE. */
MUST_USE int options_wrong(const char *command, const char *what);

#endif
