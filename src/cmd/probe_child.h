/*
 * probe_child.h - inspect an image in a process that can do nothing else.
 */
#ifndef HOBNAIL_CMD_PROBE_CHILD_H
#define HOBNAIL_CMD_PROBE_CHILD_H

#include <stdint.h>

#include "base/attr.h"
#include "base/strbuf.h"
#include "media/inspect.h"

/*
 * Open `path` and put the report on it (media/inspect.h) into `report`, which
 * is empty; `*size` becomes that of the file in bytes.  A child that dies
 * over the image makes a report of its own: broken.  0, or -EINVAL for what
 * is no regular file, or another -errno.
 */
MUST_USE int probe_child(
    const char *path, uint64_t *size, struct strbuf *report);

#endif
