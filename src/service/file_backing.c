#include "service/file_backing.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
read_at(void *ctx, uint64_t offset, void *buf, size_t len)
{
	const int *fd = ctx;
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(*fd, (char *)buf + done, len - done,
		    (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return "the file cannot be read";
		if (n == 0)
			return "the file became shorter while it was read";
		done += (size_t)n;
	}
	return NULL;
}

int
file_backing(int *fd, struct backing *out)
{
	struct stat st;

	if (fstat(*fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*out = (struct backing){
	    .size = (uint64_t)st.st_size, .read = read_at, .ctx = fd};
	return 0;
}
