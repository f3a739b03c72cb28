/*
 * memfd.h - bytes that one process hands to others and that nobody can change
 * any more: a sealed file in memory (memfd_create(2), F_ADD_SEALS).
 */
#ifndef HOBNAIL_IO_MEMFD_H
#define HOBNAIL_IO_MEMFD_H

#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/strbuf.h"

/* A sealed file with these bytes; `name` shows up in /proc.  A descriptor,
 * or -errno. */
MUST_USE int memfd_sealed(const char *name, struct span bytes);

/*
 * Add the content of a sealed file to `out`, which must be empty.  0, or
 * -errno: -EPERM where the file is not sealed against change, -EFBIG where it
 * has more than `most` bytes.  The descriptor stays the caller's.
 */
MUST_USE int memfd_read(int fd, size_t most, struct strbuf *out);

#endif
