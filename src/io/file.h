/*
 * file.h - reading open files at a place.
 */
#ifndef HOBNAIL_IO_FILE_H
#define HOBNAIL_IO_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Read all `len` bytes at `offset`.  0, -ENODATA where the file ends before,
 * or another -errno. */
MUST_USE int file_read(int fd, void *buf, size_t len, uint64_t offset);

/* These bytes will be wanted soon: have the kernel fetch them. */
void file_expect(int fd, uint64_t offset, uint64_t len);

#endif
