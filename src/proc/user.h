/*
 * user.h - the user that the server becomes once everything is open.
 */
#ifndef HOBNAIL_PROC_USER_H
#define HOBNAIL_PROC_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"

#define USER_DEFAULT "hobnail"
#define USER_NAME_SIZE 64 /* bytes */

struct user {
	uid_t uid;
	gid_t gid;
};

/*
 * Who the roles will run as: the user `name` where we are root, else who we
 * are.  Says what is wrong.  0 or -errno.
 */
MUST_USE int user_find(const char *name, struct user *out);

/* Whether ports below 1024 are open to us: to root, and to a user whom a
 * service manager gave that right. */
bool user_binds_low_ports(void);

/* Become that user, for good, where we are root: no supplementary group and
 * an empty bounding set.  0 or -errno. */
MUST_USE int user_become(const struct user *u);

/* What a person calls the user: a name, else the number.  Returns `room`. */
const char *user_name(uid_t uid, char room[USER_NAME_SIZE]);

#endif
