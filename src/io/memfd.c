#include "io/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8U /* Linux 6.3 */
#endif
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define PIECE 65536 /* bytes */

/* Older kernels do not know MFD_NOEXEC_SEAL. */
static int
create(const char *name)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create(name, flags) : fd;
}

static int
write_all(int fd, struct span bytes)
{
	while (bytes.len) {
		ssize_t done = write(fd, bytes.data, bytes.len);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0)
			bytes = span_skip(bytes, (size_t)done);
	}
	return 0;
}

int
memfd_sealed(const char *name, struct span bytes)
{
	int fd = create(name);
	int fault;

	if (fd < 0)
		return -errno;
	fault = write_all(fd, bytes);
	if (!fault && fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0)
		fault = -errno;
	if (!fault)
		return fd;
	(void)close(fd);
	return fault;
}

int
memfd_read(int fd, size_t most, struct strbuf *out)
{
	char piece[PIECE];
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	off_t at = 0;

	if (seals < 0 || (seals & SEALS) != SEALS)
		return -EPERM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size > most)
		return -EFBIG;
	while (at < st.st_size) {
		ssize_t got = pread(fd, piece, sizeof(piece), at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		strbuf_add(out, piece, (size_t)got);
		at += got;
	}
	return 0;
}
