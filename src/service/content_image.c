#include "service/content_image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "boot/image_id.h"

int
open_beneath(int folder, const char *path)
{
	struct open_how how = {
	    .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int
stamp_of_file(int fd, struct file_stamp *out)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*out = (struct file_stamp){
	    .dev = st.st_dev,
	    .ino = st.st_ino,
	    .size = (uint64_t)st.st_size,
	    .mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000U +
	                (uint64_t)st.st_mtim.tv_nsec,
	};
	return 0;
}

bool
open_image_unchanged(const struct open_image *o)
{
	struct file_stamp now;

	return stamp_of_file(o->fd, &now) == 0 &&
	       file_stamp_equal(&now, &o->stamp);
}

struct open_image *
open_image_hold(struct open_image *o)
{
	(void)__atomic_add_fetch(&o->references, 1, __ATOMIC_RELAXED);
	return o;
}

void
open_image_drop(struct open_image *o)
{
	if (!o || __atomic_sub_fetch(&o->references, 1, __ATOMIC_ACQ_REL))
		return;
	if (o->files >= 0 && o->files != o->fd)
		(void)close(o->files);
	(void)close(o->fd);
	if (o->map)
		(void)munmap(o->map, o->map_len);
	free(o);
}

/* Map the whole file; NULL where it cannot be. */
static void *
map_file(int fd, size_t *len)
{
	struct file_stamp stamp = {0};
	void *map;

	if (stamp_of_file(fd, &stamp) < 0 || stamp.size == 0 ||
	    stamp.size > SIZE_MAX)
		return NULL;
	*len = (size_t)stamp.size;
	map = mmap(NULL, *len, PROT_READ, MAP_SHARED, fd, 0);
	return map == MAP_FAILED ? NULL : map;
}

static const char *
open_table(struct open_image *o, const char *name, int tables)
{
	int fd = open_beneath(tables, name);

	if (fd < 0)
		return "the table of the image's files is missing";
	o->map = map_file(fd, &o->map_len);
	(void)close(fd);
	if (!o->map)
		return "the table of the image's files cannot be read";
	o->has_table = true;
	return image_table_open(o->map, o->map_len, o->stamp.size, &o->table);
}

/* Behind open_table: its extents were checked against the size said there. */
static const char *
open_unpacked(struct open_image *o, const char *id, int tables)
{
	char name[IMAGE_STORED_NAME_SIZE];
	struct file_stamp stamp = {0};

	o->files = open_beneath(tables, image_stored_name(id, name));
	if (o->files < 0)
		return "the content of the image is missing";
	if (!o->table.facts.packed || stamp_of_file(o->files, &stamp) < 0 ||
	    stamp.size != o->table.facts.size)
		return "the content of the image is another";
	return NULL;
}

const char *
open_image_over(
    const struct image *image, int fd, int tables, struct open_image **out)
{
	struct open_image *o = mem_alloc(sizeof(*o));
	const char *fault = NULL;

	o->fd = o->files = fd;
	o->references = 1;
	if (stamp_of_file(fd, &o->stamp) < 0)
		fault = "the image cannot be read";
	else if (!file_stamp_equal(&o->stamp, &image->stamp))
		fault = "the image has changed";
	else if (image->table[0])
		fault = open_table(o, image->table, tables);
	if (!fault && image->unpacked)
		fault = open_unpacked(o, image->id, tables);
	else if (!fault && o->table.facts.packed)
		fault = "the image's table is another";
	if (fault) {
		open_image_drop(o);
		return fault;
	}
	*out = o;
	return NULL;
}

const char *
open_image_new(
    const struct image *image, int images, int tables, struct open_image **out)
{
	int fd = open_beneath(images, image->path);

	if (fd == -ENOENT)
		return "the image is no longer there";
	if (fd < 0)
		return "the image cannot be opened";
	return open_image_over(image, fd, tables, out);
}
