#include "proc/access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "proc/user.h"

/* "may not read 'X' (owner root, mode 0600): chmod o+r 'X'" */
static void
blame(const struct access_question *q, const char *part, const char *verb,
    const char *right, struct strbuf *out)
{
	const char *slash = q->shown[0] && part[0] != '/' ? "/" : "";
	const char *shown = part[0] == '/' ? "" : q->shown;
	char us[USER_NAME_SIZE], owner[USER_NAME_SIZE];
	struct stat st = {0};

	if (streq(part, "."))
		part = slash = "";
	(void)fstatat(q->folder, part, &st, *part ? 0 : AT_EMPTY_PATH);
	(void)user_name(geteuid(), us);
	(void)user_name(st.st_uid, owner);
	strbuf_printf(out,
	    "user %s may not %s '%s%s%s' (owner %s, mode %04o); to allow it: "
	    "chmod o+%s '%s%s%s', or: setfacl -m u:%s:%s '%s%s%s'",
	    us, verb, shown, slash, part, owner,
	    (unsigned int)st.st_mode & 07777U, right, shown, slash, part, us,
	    right, shown, slash, part);
}

/* The first folder on the way to `path` that may not be entered; false where
 * there is none. */
static bool
blame_way(const struct access_question *q, const char *path, struct strbuf *out)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(part))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (faccessat(q->folder, part, X_OK, AT_EACCESS) == 0)
			continue;
		if (errno != EACCES)
			return false;
		blame(q, part, "enter", "x", out);
		return true;
	}
	return false;
}

void
access_explain(const struct access_question *q, int error, struct strbuf *out)
{
	char target[PATH_MAX];
	ssize_t len;

	if (error != EACCES && error != EPERM) {
		strbuf_text(out, strerror(error));
		return;
	}
	if (blame_way(q, q->path, out))
		return;
	len = readlinkat(q->folder, q->path, target, sizeof(target) - 1);
	if (len > 0) {
		target[len] = '\0';
		if (blame_way(q, target, out))
			return;
	}
	if (q->listed)
		blame(q, q->path, "list", "rx", out);
	else
		blame(q, q->path, "read", "r", out);
}
