/*
 * file_backing.h - an open file as the bytes that the image readers ask for.
 */
#ifndef HOBNAIL_SERVICE_FILE_BACKING_H
#define HOBNAIL_SERVICE_FILE_BACKING_H

#include "base/attr.h"
#include "media/backing.h"

/*
 * Read from the file behind `*fd`, which stays the caller's, as does the
 * variable: both must outlive `out`.  0, or -EINVAL for what is no regular
 * file, or another -errno.
 */
MUST_USE int file_backing(int *fd, struct backing *out);

#endif
