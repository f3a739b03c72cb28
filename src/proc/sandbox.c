#include "proc/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "proc/landlock.h"
#include "proc/syscalls.h"

#define MIB (UINT64_C(1) << 20)

/* 0: as it is. */
static const struct {
	rlim_t files;   /* open descriptors */
	rlim_t memory;  /* bytes of addresses */
	rlim_t seconds; /* of processor time */
	bool lone;      /* may start neither processes nor threads */
	enum landlock_grant folders[FOLDER_KINDS];
} rows[ROLE_COUNT] = {
    [ROLE_KEEPER] = {.files = 4096},
    [ROLE_STATE] =
        {
            .files = 4096,
            .lone = true,
            .folders = {LANDLOCK_LIST, LANDLOCK_CHANGE, LANDLOCK_CHANGE,
                LANDLOCK_CHANGE},
        },
    [ROLE_DHCP] =
        {
            .files = 256,
            .memory = 1024 * MIB,
            .lone = true,
            .folders = {LANDLOCK_NOTHING, LANDLOCK_NOTHING, LANDLOCK_NOTHING,
                LANDLOCK_NOTHING},
        },
    [ROLE_BOOT] =
        {
            .files = 65536,
            .folders = {LANDLOCK_READ, LANDLOCK_NOTHING, LANDLOCK_READ,
                LANDLOCK_READ},
        },
    [ROLE_ADMIN] =
        {
            .files = 1024,
            .memory = 1024 * MIB,
            .lone = true,
            .folders = {LANDLOCK_NOTHING, LANDLOCK_NOTHING, LANDLOCK_NOTHING,
                LANDLOCK_NOTHING},
        },
    [ROLE_IMAGE] =
        {
            .files = 16,
            .memory = 512 * MIB,
            .seconds = 8,
            .lone = true,
            .folders = {LANDLOCK_NOTHING, LANDLOCK_NOTHING, LANDLOCK_NOTHING,
                LANDLOCK_NOTHING},
        },
};

enum sandbox_denial
sandbox_denial_wanted(void)
{
	const char *wish = getenv("HOBNAIL_SECCOMP");

	if (SANDBOX_INSTRUMENTED || (wish && streq(wish, "log")))
		return SANDBOX_LOG;
	return SANDBOX_KILL;
}

/* Lower a limit; one that is lower already stays. */
static int
limit(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now) < 0)
		return -errno;
	if (now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	return setrlimit(what, &now) < 0 ? -errno : 0;
}

static int
limit_resources(enum role role)
{
	int fault = limit(RLIMIT_CORE, 0);

	if (!fault && rows[role].files)
		fault = limit(RLIMIT_NOFILE, rows[role].files);
	if (!fault && rows[role].memory && !SANDBOX_INSTRUMENTED)
		fault = limit(RLIMIT_AS, rows[role].memory);
	if (!fault && rows[role].seconds)
		fault = limit(RLIMIT_CPU, rows[role].seconds);
	if (!fault && rows[role].lone)
		fault = limit(RLIMIT_NPROC, 0);
	return fault;
}

/* Whether nothing is held but the right to bind low ports. */
static bool
only_binds(void)
{
	for (unsigned int c = 0; c <= CAP_LAST_CAP; c++)
		if (c != CAP_NET_BIND_SERVICE &&
		    capng_have_capability(CAPNG_PERMITTED, c))
			return false;
	return true;
}

/*
 * No capability is left, and none can come back.  Our systemd unit denies
 * capset(2) as well: there the roles are executed without any, as nothing is
 * ambient any more, and keeper, which sees nothing of the network, is left
 * with the right to bind low ports.
 */
static int
drop_capabilities(enum role role)
{
	bool bounds, harmless;

	if (capng_get_caps_process() < 0)
		return -EPERM;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE)
		return 0;
	/* Without CAP_SETPCAP the bounding set cannot be changed; with
	 * no_new_privs it lets nothing through any more. */
	bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	harmless = role == ROLE_KEEPER && only_binds();
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_apply(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) < 0)
		return harmless ? 0 : -EPERM;
	return 0;
}

/* Keeper may look everywhere, as far as its user may: for links out of the
 * image folder, and to execute the binary again.  What it may not, no role
 * may; so it has what the state role needs. */
static int
confine_keeper(int state)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct landlock_rule rules[] = {
	    {root, LANDLOCK_RUN}, {state, LANDLOCK_CHANGE}};
	int abi;

	if (root < 0)
		return -errno;
	abi = landlock_confine(rules, ARRAY_LEN(rules));
	(void)close(root);
	return abi;
}

static int
confine_files(enum role role, const int folders[FOLDER_KINDS])
{
	struct landlock_rule rules[FOLDER_KINDS];

	if (role == ROLE_KEEPER)
		return confine_keeper(folders[FOLDER_STATE]);
	for (size_t i = 0; i < FOLDER_KINDS; i++)
		rules[i] =
		    (struct landlock_rule){folders[i], rows[role].folders[i]};
	return landlock_confine(rules, FOLDER_KINDS);
}

int
sandbox_enter(enum role role, const int folders[FOLDER_KINDS],
    enum sandbox_denial denial, char level[SANDBOX_LEVEL_SIZE])
{
	int fault = limit_resources(role);
	int abi;

	if (fault)
		return fault;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	fault = drop_capabilities(role);
	if (fault)
		return fault;
	abi = confine_files(role, folders);
	if (abi < 0)
		return abi;
	fault = syscalls_confine(role, denial);
	if (fault)
		return fault;
	(void)snprintf(level, SANDBOX_LEVEL_SIZE, "landlock=%d seccomp=%s", abi,
	    denial == SANDBOX_KILL  ? "on"
	    : denial == SANDBOX_LOG ? "log"
	                            : "refuse");
	return 0;
}
