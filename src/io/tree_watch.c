#include "io/tree_watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/table.h"

#define DEPTH_MAX 16 /* folders below each other */
#define PATH_ROOM 4096
#define FILE_EVENTS                                                            \
	(IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO |                \
	    IN_MOVED_FROM | IN_DELETE | IN_ATTRIB)
#define SELF_EVENTS (IN_DELETE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

struct folder {
	int wd;
	char *path; /* "" for the root */
};

struct tree_watch {
	struct loop *loop;
	struct watch watch; /* of the inotify descriptor */
	int root, home;
	const struct tree_hooks *hooks;
	void *owner;
	struct table folders; /* by wd */
	char **queue;         /* folders that are still to be walked */
	size_t queued, queue_room;
};

static void
queue_folder(struct tree_watch *t, const char *path)
{
	if (t->queued == t->queue_room) {
		t->queue_room = t->queue_room ? t->queue_room * 2 : 16;
		t->queue =
		    mem_resize(t->queue, t->queue_room * sizeof(*t->queue));
	}
	t->queue[t->queued++] = mem_text(path, strlen(path));
}

static size_t
depth_of(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/* "folder/name" into `out`; false where it is too long. */
static bool
join(char out[PATH_ROOM], const char *folder, const char *name)
{
	int len = snprintf(
	    out, PATH_ROOM, "%s%s%s", folder, folder[0] ? "/" : "", name);

	return len > 0 && len < PATH_ROOM;
}

static void
folder_free(struct folder *f)
{
	free(f->path);
	free(f);
}

static void
forget(struct tree_watch *t, struct folder *f)
{
	(void)table_put(&t->folders, (uint64_t)f->wd, NULL);
	(void)inotify_rm_watch(t->watch.fd, f->wd);
	folder_free(f);
}

static bool
is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/' || len == 0);
}

/* Stop watching a folder that is gone, and those in it. */
static void
forget_below(struct tree_watch *t, const char *path)
{
	struct folder *f;
	size_t at = 0;

	while ((f = table_next(&t->folders, &at))) {
		if (!is_below(f->path, path))
			continue;
		forget(t, f);
		at = 0; /* the table has changed */
	}
}

/* The kernel takes a path, and must not look it up from "/" on. */
static int
watch_folder(struct tree_watch *t, int dir, const char *path)
{
	struct folder *f, *before;
	int wd, error;

	if (fchdir(dir) < 0)
		return -errno;
	wd = inotify_add_watch(t->watch.fd, ".", FILE_EVENTS | SELF_EVENTS);
	error = errno;
	if (fchdir(t->home) < 0)
		abort(); /* it was ours a moment ago */
	if (wd < 0)
		return -error;
	f = mem_alloc(sizeof(*f));
	*f = (struct folder){.wd = wd, .path = mem_text(path, strlen(path))};
	before = table_put(&t->folders, (uint64_t)wd, f);
	if (before)
		folder_free(before);
	return 0;
}

static void
take_entry(struct tree_watch *t, int dir, const char *folder,
    const struct dirent *entry)
{
	char path[PATH_ROOM];
	struct stat st;
	mode_t type;

	if (entry->d_name[0] == '.' || !join(path, folder, entry->d_name))
		return;
	if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	type = st.st_mode & S_IFMT;
	if (type == S_IFDIR)
		queue_folder(t, path);
	else if (type == S_IFREG || type == S_IFLNK)
		t->hooks->file(t->owner, path, TREE_FOUND);
}

/* First the watch, then the names: what comes in between is told twice. */
static int
walk_folder(struct tree_watch *t, const char *path)
{
	int dir = openat(t->root, path[0] ? path : ".",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct dirent *entry;
	int error;
	DIR *names;

	if (dir < 0)
		return -errno;
	error = watch_folder(t, dir, path);
	names = fdopendir(dir);
	if (!names) {
		(void)close(dir);
		return -ENOMEM;
	}
	while ((entry = readdir(names)))
		take_entry(t, dir, path, entry);
	(void)closedir(names);
	return error;
}

/* Folders found on the way are added to the queue. */
static void
walk_queue(struct tree_watch *t)
{
	while (t->queued) {
		char *path = t->queue[--t->queued];
		int error =
		    depth_of(path) < DEPTH_MAX ? walk_folder(t, path) : -ELOOP;

		if (error < 0 && error != -ENOENT)
			t->hooks->trouble(t->owner, path, error);
		free(path);
	}
}

void
tree_watch_walk(struct tree_watch *t)
{
	t->hooks->walk(t->owner, false);
	queue_folder(t, "");
	walk_queue(t);
	t->hooks->walk(t->owner, true);
}

/* A new name may be a link to what was there before, or a file that somebody
 * is about to write to; then IN_MODIFY follows. */
static enum tree_news
news_of(uint32_t mask)
{
	if (mask & (IN_DELETE | IN_MOVED_FROM))
		return TREE_GONE;
	if (mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
		return TREE_CLOSED;
	if (mask & IN_MODIFY)
		return TREE_WRITING;
	return mask & IN_CREATE ? TREE_FOUND : TREE_CHANGED;
}

static void
take_folder_event(struct tree_watch *t, uint32_t mask, const char *path)
{
	if (mask & (IN_DELETE | IN_MOVED_FROM)) {
		forget_below(t, path);
		t->hooks->folder_gone(t->owner, path);
	} else if (mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)) {
		queue_folder(t, path);
		walk_queue(t);
	}
}

static void
take_event(struct tree_watch *t, const struct inotify_event *e)
{
	struct folder *f = table_get(&t->folders, (uint64_t)e->wd);
	char path[PATH_ROOM];

	if (!f)
		return;
	if (e->mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF)) {
		t->hooks->folder_gone(t->owner, f->path);
		forget(t, f);
		return;
	}
	if (e->len == 0 || e->name[0] == '.' || !join(path, f->path, e->name))
		return;
	if (e->mask & IN_ISDIR)
		take_folder_event(t, e->mask, path);
	else
		t->hooks->file(t->owner, path, news_of(e->mask));
}

static void
ready(void *owner, uint32_t events)
{
	struct tree_watch *t = owner;
	_Alignas(struct inotify_event) char bytes[65536];
	ssize_t len = read(t->watch.fd, bytes, sizeof(bytes));
	bool lost = false;

	(void)events;
	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *e =
		    (const void *)(bytes + at); /* the kernel aligns it */

		lost = lost || (e->mask & IN_Q_OVERFLOW);
		take_event(t, e);
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	if (lost)
		tree_watch_walk(t);
}

struct tree_watch *
tree_watch_new(struct loop *loop, int root, int home,
    const struct tree_hooks *hooks, void *owner)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct tree_watch *t;
	int result;

	if (fd < 0)
		return NULL;
	t = mem_alloc(sizeof(*t));
	*t = (struct tree_watch){.loop = loop,
	    .watch = {.fd = fd, .ready = ready, .owner = t},
	    .root = root,
	    .home = home,
	    .hooks = hooks,
	    .owner = owner};
	result = loop_watch(loop, &t->watch, EPOLLIN);
	if (result < 0) {
		(void)close(fd);
		free(t);
		errno = -result;
		return NULL;
	}
	tree_watch_walk(t);
	return t;
}

void
tree_watch_free(struct tree_watch *t)
{
	struct folder *f;
	size_t at = 0;

	if (!t)
		return;
	loop_unwatch(t->loop, &t->watch);
	while ((f = table_next(&t->folders, &at)))
		folder_free(f);
	table_clear(&t->folders);
	(void)close(t->watch.fd);
	free(t->queue);
	free(t);
}
