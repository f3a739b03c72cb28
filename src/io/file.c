#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
file_read(int fd, void *buf, size_t len, uint64_t offset)
{
	char *at = buf;

	while (len) {
		ssize_t n = pread(fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		at += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

void
file_expect(int fd, uint64_t offset, uint64_t len)
{
	(void)posix_fadvise(fd, (off_t)offset, (off_t)len, POSIX_FADV_WILLNEED);
}

int
file_write_all(int fd, struct span bytes)
{
	while (bytes.len) {
		ssize_t len = write(fd, bytes.data, bytes.len);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		bytes = span_skip(bytes, (size_t)len);
	}
	return 0;
}
