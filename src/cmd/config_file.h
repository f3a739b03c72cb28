/*
 * config_file.h - read the configuration from its file.
 */
#ifndef HOBNAIL_CMD_CONFIG_FILE_H
#define HOBNAIL_CMD_CONFIG_FILE_H

#include <stdbool.h>

#include "base/attr.h"
#include "proc/config.h"

#define CONFIG_FILE "/etc/hobnail/hobnail.yaml"

/*
 * Read `path` into `c`; NULL means CONFIG_FILE, which need not exist.  False
 * where it is wrong, which was said on standard error, a line for each fault.
 */
MUST_USE bool config_file_read(struct config *c, const char *path);

#endif
