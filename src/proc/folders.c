#include "proc/folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/text.h"
#include "proc/access.h"
#include "proc/say.h"
#include "proc/user.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

struct folders
folders_at(const char *images, const char *state)
{
	struct folders f = {.images = images, .state = state};

	for (size_t i = 0; i < FOLDER_KINDS; i++)
		f.fds[i] = -1;
	return f;
}

int
folder_make(const char *path, uid_t user, gid_t group, mode_t mode)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	if (mkdir(path, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (geteuid() == 0 && chown(path, user, group) < 0)
		return -errno;
	return 0;
}

static int
open_images(struct folders *f)
{
	struct access_question q = {
	    .folder = AT_FDCWD, .shown = "", .path = f->images, .listed = true};
	SCOPED(strbuf_clear) struct strbuf why = {0};
	int fault;

	f->fds[FOLDER_IMAGES] = open(f->images, FOLDER_FLAGS);
	if (f->fds[FOLDER_IMAGES] >= 0)
		return 0;
	fault = -errno;
	access_explain(&q, -fault, &why);
	if (fault == -ENOENT)
		say_error("there is no folder '%s'; make it (mkdir -p '%s') or "
		          "name another",
		    f->images, f->images);
	else if (fault == -ENOTDIR)
		say_error("'%s' is not a folder; name the folder that your ISO "
		          "files are in",
		    f->images);
	else
		say_error("cannot open the image folder '%s': %s", f->images,
		    strbuf_cstr(&why));
	return fault;
}

/* A folder inside the state folder, which the roles' user owns. */
static int
open_inside(struct folders *f, enum ipc_folder kind, const char *name,
    uid_t user, gid_t group)
{
	int state = f->fds[FOLDER_STATE];

	if (mkdirat(state, name, 0750) < 0 && errno != EEXIST)
		return -errno;
	f->fds[kind] = openat(state, name, FOLDER_FLAGS | O_NOFOLLOW);
	if (f->fds[kind] < 0)
		return -errno;
	if (geteuid() == 0 && fchown(f->fds[kind], user, group) < 0)
		return -errno;
	return 0;
}

static int
open_state(struct folders *f, uid_t user, gid_t group)
{
	int fault = folder_make(f->state, user, group, 0750);

	if (fault)
		return fault;
	f->fds[FOLDER_STATE] = open(f->state, FOLDER_FLAGS);
	if (f->fds[FOLDER_STATE] < 0)
		return -errno;
	if (flock(f->fds[FOLDER_STATE], LOCK_EX | LOCK_NB) < 0)
		return -errno;
	fault = open_inside(f, FOLDER_TABLES, "tables", user, group);
	if (!fault)
		fault = open_inside(f, FOLDER_LOADERS, "loaders", user, group);
	return fault;
}

int
folders_open(struct folders *f, uid_t user, gid_t group)
{
	int fault = open_images(f);

	if (fault)
		return fault;
	fault = open_state(f, user, group);
	if (fault == -EWOULDBLOCK)
		say_error("another hobnail uses the state folder '%s'; stop "
		          "it, or name another with --state",
		    f->state);
	else if (fault == -ENOSPC || fault == -EDQUOT)
		say_error("no space left for the state folder '%s': make room "
		          "there, or name another with --state",
		    f->state);
	else if (fault)
		say_error("cannot use the state folder '%s': %s; name another "
		          "with --state",
		    f->state, strerror(-fault));
	return fault;
}

void
folders_check(const struct folders *f)
{
	struct access_question q = {.folder = f->fds[FOLDER_IMAGES],
	    .shown = f->images,
	    .path = ".",
	    .listed = true};
	SCOPED(strbuf_clear) struct strbuf why = {0};
	char us[USER_NAME_SIZE];

	if (faccessat(f->fds[FOLDER_IMAGES], ".", R_OK | X_OK, AT_EACCESS) <
	    0) {
		access_explain(&q, errno, &why);
		say_error("no image can be served: %s", strbuf_cstr(&why));
	}
	if (faccessat(
	        f->fds[FOLDER_STATE], ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0)
		say_error("nothing can be kept in the state folder '%s': user "
		          "%s may not write there; to allow it: chown -R %s "
		          "'%s'; or name another with --state",
		    f->state, user_name(geteuid(), us), us, f->state);
}

size_t
folders_images(const struct folders *f)
{
	int fd = openat(f->fds[FOLDER_IMAGES], ".", FOLDER_FLAGS);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t count = 0;

	while (folder && (entry = readdir(folder))) {
		size_t len = strlen(entry->d_name);

		if (len > 4 && streq_nocase(entry->d_name + len - 4, ".iso"))
			count++;
	}
	if (folder)
		(void)closedir(folder);
	return count;
}

void
folders_close(struct folders *f)
{
	for (size_t i = 0; i < FOLDER_KINDS; i++) {
		if (f->fds[i] >= 0)
			(void)close(f->fds[i]);
		f->fds[i] = -1;
	}
}
