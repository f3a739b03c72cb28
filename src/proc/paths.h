/*
 * paths.h - where a server keeps its state and answers its command line.
 */
#ifndef HOBNAIL_PROC_PATHS_H
#define HOBNAIL_PROC_PATHS_H

#include <limits.h>

/* The state folder: /var/lib/hobnail for root, else below the home. */
const char *path_state(char out[PATH_MAX]);

/* The control socket: /run/hobnail/control.sock for root, else in
 * $XDG_RUNTIME_DIR, or in the state folder where there is none. */
const char *path_control(char out[PATH_MAX]);

#endif
