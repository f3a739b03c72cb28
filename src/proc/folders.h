/*
 * folders.h - the folders of a server, opened and made by keeper.
 */
#ifndef HOBNAIL_PROC_FOLDERS_H
#define HOBNAIL_PROC_FOLDERS_H

#include <sys/types.h>

#include "base/attr.h"
#include "proto/ipc.h"

struct folders {
	int fds[FOLDER_KINDS]; /* -1: not open */
	const char *images, *state;
};

/* Nothing open yet. */
struct folders folders_at(const char *images, const char *state);

/*
 * Open the image folder.  Make the state folder and what is in it where it is
 * not there, owned by `user` and `group`, and lock it against another server.
 * Says what is wrong.  0 or -errno.
 */
MUST_USE int folders_open(struct folders *f, uid_t user, gid_t group);

/* To be called as the user that the roles run as: says which folder it may
 * not use, and why.  The server goes on with what it may. */
void folders_check(const struct folders *f);

/* How many files end in .iso at the top of the image folder. */
size_t folders_images(const struct folders *f);

/* Make the folder at `path`, and those above it, owned by `user`.  0 or
 * -errno. */
MUST_USE int folder_make(
    const char *path, uid_t user, gid_t group, mode_t mode);

void folders_close(struct folders *f);

#endif
