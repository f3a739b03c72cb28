/*
 * config_text.h - the YAML text as plain values, and where they stand in it.
 *
 * libcyaml checks the shape: which keys there are, what is a list.  Values
 * stay text; config.c understands them.
 */
#ifndef HOBNAIL_PROC_CONFIG_TEXT_H
#define HOBNAIL_PROC_CONFIG_TEXT_H

#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/strbuf.h"

/* NULL where a key is not there. */
struct raw_dhcp {
	char *mode, *port, *pxe_port, *range, *lease, *router, *domain;
	char **dns;
	unsigned int dns_count;
};

struct raw_menu {
	char *choice, *timeout;
};

struct raw_host {
	char *mac, *ip, *name, *loader, *image;
};

struct raw_override {
	char *id, *title, *kernel, *initrd, *cmdline;
};

struct raw_config {
	char *images, *address, *http_port, *tftp_port, *loader;
	char *tftp_blksize_max, *rescan, *threads;
	char **interfaces;
	unsigned int interfaces_count;
	struct raw_dhcp *dhcp;
	struct raw_menu *menu;
	struct raw_host *hosts;
	unsigned int hosts_count;
	struct raw_override *overrides;
	unsigned int overrides_count;
};

/*
 * The values of `text`, or NULL with one line in `errors`.  An empty file is
 * none of the keys.  config_text_free() it.
 */
MUST_USE struct raw_config *config_text_load(
    const char *name, struct span text, struct strbuf *errors);
void config_text_free(struct raw_config *raw);

/*
 * The line, counted from 1, of `key` in entry `index` (0 for a mapping) of
 * `section`, or of the section where that cannot be told; `section` is NULL
 * for a key at the top.
 */
size_t config_text_line(
    struct span text, const char *section, size_t index, const char *key);

#endif
