#include "proc/user.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "proc/say.h"

int
user_find(const char *name, struct user *out)
{
	const struct passwd *entry;

	*out = (struct user){geteuid(), getegid()};
	if (out->uid != 0)
		return 0;
	entry = getpwnam(name);
	if (!entry) {
		say_error("there is no user '%s' to run as; make it (useradd "
		          "--system --home-dir / --shell /usr/sbin/nologin %s) "
		          "or name another with --user",
		    name, name);
		return -ENOENT;
	}
	if (entry->pw_uid == 0) {
		say_error("the server does not run as root; name an ordinary "
		          "user with --user");
		return -EPERM;
	}
	*out = (struct user){entry->pw_uid, entry->pw_gid};
	return 0;
}

const char *
user_name(uid_t uid, char room[USER_NAME_SIZE])
{
	const struct passwd *entry = getpwuid(uid);

	if (entry)
		(void)snprintf(room, USER_NAME_SIZE, "%s", entry->pw_name);
	else
		(void)snprintf(room, USER_NAME_SIZE, "%u", (unsigned int)uid);
	return room;
}

/* What it takes to become somebody else. */
static int
keep(capng_type_t set)
{
	return capng_updatev(
	    CAPNG_ADD, set, CAP_SETUID, CAP_SETGID, CAP_SETPCAP, -1);
}

bool
user_binds_low_ports(void)
{
	return capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_BIND_SERVICE);
}

int
user_become(const struct user *u)
{
	if (geteuid() != 0)
		return 0;
	capng_clear(CAPNG_SELECT_ALL);
	if (keep(CAPNG_EFFECTIVE) < 0 || keep(CAPNG_PERMITTED) < 0 ||
	    capng_apply(CAPNG_SELECT_BOTH) < 0)
		return -EPERM;
	if (setgroups(0, NULL) < 0 || setresgid(u->gid, u->gid, u->gid) < 0 ||
	    setresuid(u->uid, u->uid, u->uid) < 0)
		return -errno;
	return geteuid() == u->uid ? 0 : -EPERM;
}
