/*
 * config.h - what keeper is told to do: the YAML file and the command line.
 *
 * Reads no file; the caller has the text.  What the roles need to know is in
 * `settings`; the rest is keeper's alone.
 */
#ifndef HOBNAIL_PROC_CONFIG_H
#define HOBNAIL_PROC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "boot/settings.h"

#define CONFIG_INTERFACES_MAX 64

/* All texts live in `arena`. */
struct config {
	struct arena arena;
	struct settings settings; /* without interfaces */
	const char *images;       /* folder; NULL: not said */
	/* Names; NULL where the default choice applies. */
	const char *const *interfaces;
	size_t interface_count;
	uint32_t address; /* ours, where an interface has several; or 0 */
	bool http_port_said, tftp_port_said, dhcp_mode_said;
};

/* Everything at its default. */
void config_init(struct config *c);
void config_clear(struct config *c);

/*
 * Take the text of the file called `name`.  False with a line for each fault
 * in `errors`: "FILE:LINE: what is wrong".
 */
MUST_USE bool config_read(struct config *c, const char *name, struct span text,
    struct strbuf *errors);

/*
 * Set one plain key, as the command line does: "http_port", "dhcp.mode", ...
 * NULL, or what the value should be.
 */
MUST_USE const char *config_set(
    struct config *c, const char *key, const char *value);

/* Take the interfaces from a list of names that outlives `c`. */
void config_interfaces(
    struct config *c, const char *const *names, size_t count);

/* Whether what was said fits together.  NULL, or why not. */
MUST_USE const char *config_check(const struct config *c);

#endif
