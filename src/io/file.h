/*
 * file.h - reading open files at a place, writing them to the end.
 */
#ifndef HOBNAIL_IO_FILE_H
#define HOBNAIL_IO_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

/* Read all `len` bytes at `offset`.  0, -ENODATA where the file ends before,
 * or another -errno. */
MUST_USE int file_read(int fd, void *buf, size_t len, uint64_t offset);

/* Write all `bytes`, waiting for room where `fd` is a pipe.  0 or -errno. */
MUST_USE int file_write_all(int fd, struct span bytes);

/* These bytes will be wanted soon: have the kernel fetch them. */
void file_expect(int fd, uint64_t offset, uint64_t len);

#endif
