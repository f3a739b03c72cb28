/*
 * host_merge.h - what is known of a machine, and what is news of it.
 */
#ifndef HOBNAIL_BOOT_HOST_MERGE_H
#define HOBNAIL_BOOT_HOST_MERGE_H

#include <stdbool.h>

#include "boot/host.h"

/*
 * Add `news` of the same machine, seen at `now` (wall clock, seconds), to what
 * is known.  What the news does not know stays as it was.  True where more
 * changed than the time.
 */
bool host_merge(struct host *known, const struct host *news, uint64_t now);

#endif
