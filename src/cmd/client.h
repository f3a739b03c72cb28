/*
 * client.h - ask the running server, by HTTP over its control socket.
 *
 * A failure is told on standard error, in one sentence with what mends it;
 * the number that comes back is the program's exit status.
 */
#ifndef HOBNAIL_CMD_CLIENT_H
#define HOBNAIL_CMD_CLIENT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "base/attr.h"
#include "base/span.h"

enum exit_status {
	EXIT_GOOD = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_SERVER = 3,
};

/* What all commands that ask the server understand. */
struct client {
	const char *control; /* path of the socket; NULL: the usual ones */
	bool json;           /* print the server's JSON as it is */
};

/*
 * GET `path`; `*out` is the JSON, the caller's to json_decref(), or NULL where
 * --json was given and it was printed.
 */
MUST_USE int client_show(
    const struct client *c, const char *path, json_t **out);

/* GET `path` and call `line` for each line that comes, while it is true. */
MUST_USE int client_lines(const struct client *c, const char *path,
    bool (*line)(void *owner, struct span line), void *owner);

/* PUT the content of `file`, `size` bytes, at `path`. */
MUST_USE int client_put(
    const struct client *c, const char *path, FILE *file, long size);

#endif
