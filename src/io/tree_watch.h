/*
 * tree_watch.h - what happens to the files of a folder and all folders in it.
 *
 * inotify(7) on every folder of the tree, and a walk through it at the start,
 * after lost events and when asked.  It only tells names; what a file is, and
 * whether it can be read, is the owner's to find out.  Hidden folders, and
 * symbolic links to folders, are not entered.
 */
#ifndef HOBNAIL_IO_TREE_WATCH_H
#define HOBNAIL_IO_TREE_WATCH_H

#include "base/attr.h"
#include "io/loop.h"

enum tree_news {
	TREE_FOUND,   /* is there; who knows whether it is complete */
	TREE_WRITING, /* somebody is writing to it */
	TREE_CLOSED,  /* its writer closed it, or it was moved here */
	TREE_CHANGED, /* its mode, owner or times changed */
	TREE_GONE,    /* removed or moved away */
};

struct tree_hooks {
	/* `path` is below the folder, without a leading slash. */
	void (*file)(void *owner, const char *path, enum tree_news news);
	/* A folder of the tree is gone, with all below it. */
	void (*folder_gone)(void *owner, const char *path);
	/* A walk through the whole tree starts and ends; a file that was not
	 * found in between is gone. */
	void (*walk)(void *owner, bool ends);
	/* A folder cannot be watched or read (-errno); it is left out. */
	void (*trouble)(void *owner, const char *path, int error);
};

struct tree_watch;

/*
 * Watch the folder `root` (which stays the caller's); the working directory
 * is changed for moments and is `home` again afterwards.  The first walk
 * happens here.  NULL where the kernel refuses; errno says why.
 */
MUST_USE struct tree_watch *tree_watch_new(struct loop *loop, int root,
    int home, const struct tree_hooks *hooks, void *owner);
void tree_watch_free(struct tree_watch *t);

/* Walk through the whole tree again. */
void tree_watch_walk(struct tree_watch *t);

#endif
