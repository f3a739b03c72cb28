#include "service/unpacked.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/reader.h"
#include "io/file.h"
#include "media/gzip.h"

#define PIECE 65536U
/* The disk is waited for after each so many bytes: leases are committed by the
 * same thread and must not wait for a whole image. */
#define SYNC_EVERY (4U << 20)
/* What stays free for the database. */
#define SPARE (UINT64_C(64) << 20)

int
unpacked_send(int fd, const struct backing *packed, uint64_t size)
{
	struct gzip *g = gzip_new(packed);
	struct strbuf head = {0};
	uint8_t piece[PIECE];
	uint64_t left = size;
	int result;

	strbuf_add(&head, UNPACKED_MAGIC, sizeof(UNPACKED_MAGIC));
	strbuf_le(&head, size, 8);
	result = file_write_all(fd, strbuf_view(&head));
	strbuf_clear(&head);
	while (result == 0 && left) {
		size_t len = 0;

		if (gzip_next(g, piece, sizeof(piece), &len) || len == 0 ||
		    len > left)
			result = -EIO; /* somebody writes to the image */
		else
			result = file_write_all(fd, span_of(piece, len));
		left -= len;
	}
	gzip_free(g);
	return result;
}

/* Close and remove the temporary file. */
static void
stop(struct unpacked *u)
{
	if (u->fd < 0)
		return;
	(void)close(u->fd);
	(void)unlinkat(u->tables, u->name, 0);
	u->fd = -1;
}

static void
fail(struct unpacked *u, int error)
{
	if (!u->error)
		u->error = error;
	stop(u);
}

static bool
disk_has(int folder, uint64_t bytes)
{
	struct statvfs s;

	return fstatvfs(folder, &s) == 0 &&
	       s.f_bavail >= (bytes + SPARE) / s.f_frsize;
}

static void
begin(struct unpacked *u, uint64_t room)
{
	(void)snprintf(u->name, sizeof(u->name), ".%s_files.%" PRIu64 ".new",
	    u->id, u->number);
	u->fd = -1;
	u->coming = true;
	u->left = u->size;
	if (u->size > GZIP_CONTENT_MAX)
		u->error = EFBIG;
	else if (u->size > room)
		u->error = EDQUOT;
	else if (!disk_has(u->tables, u->size))
		u->error = ENOSPC;
	if (u->error)
		return;
	u->fd = openat(
	    u->tables, u->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (u->fd < 0)
		fail(u, errno);
}

static void
store(struct unpacked *u, struct span bytes)
{
	int result;

	if (u->fd < 0)
		return;
	result = file_write_all(u->fd, bytes);
	u->unsynced += bytes.len;
	if (result == 0 && u->unsynced >= SYNC_EVERY) {
		result = fdatasync(u->fd) < 0 ? -errno : 0;
		u->unsynced = 0;
	}
	if (result < 0)
		fail(u, -result);
}

void
unpacked_take(struct unpacked *u, struct strbuf *bytes, uint64_t room)
{
	size_t len;

	if (!u->known) {
		struct reader r = reader_over(bytes->data, bytes->len);

		if (bytes->len < UNPACKED_HEAD)
			return;
		u->known = true;
		if (memcmp(bytes->data, UNPACKED_MAGIC,
		        sizeof(UNPACKED_MAGIC)) != 0)
			return;
		(void)reader_bytes(&r, sizeof(UNPACKED_MAGIC));
		u->size = reader_le64(&r);
		strbuf_drop(bytes, UNPACKED_HEAD);
		begin(u, room);
	}
	len = bytes->len < u->left ? bytes->len : (size_t)u->left;
	if (len == 0)
		return;
	store(u, span_of(bytes->data, len));
	u->left -= len;
	strbuf_drop(bytes, len);
}

bool
unpacked_whole(const struct unpacked *u)
{
	return u->left == 0;
}

int
unpacked_keep(struct unpacked *u)
{
	char name[IMAGE_STORED_NAME_SIZE];

	(void)image_stored_name(u->id, name);
	if (!u->coming) {
		unpacked_remove(u->tables, u->id);
		return 0;
	}
	if (!u->error && fsync(u->fd) < 0)
		fail(u, errno);
	if (!u->error && renameat(u->tables, u->name, u->tables, name) < 0)
		fail(u, errno);
	if (u->fd >= 0)
		(void)close(u->fd);
	u->fd = -1;
	return -u->error;
}

void
unpacked_drop(struct unpacked *u)
{
	if (u->coming)
		stop(u);
}

void
unpacked_remove(int tables, const char *id)
{
	char name[IMAGE_STORED_NAME_SIZE];

	(void)unlinkat(tables, image_stored_name(id, name), 0);
}

void
unpacked_sweep(int tables)
{
	int fd = openat(tables, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!folder && fd >= 0)
		(void)close(fd);
	while (folder && (entry = readdir(folder))) {
		struct span name = span_text(entry->d_name);

		if (span_starts(name, ".") && span_ends(name, ".new"))
			(void)unlinkat(tables, entry->d_name, 0);
	}
	if (folder)
		(void)closedir(folder);
}

uint64_t
unpacked_size(int tables, const char *id)
{
	char name[IMAGE_STORED_NAME_SIZE];
	struct stat st;

	(void)image_stored_name(id, name);
	if (fstatat(tables, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_size;
}
