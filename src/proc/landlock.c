#include "proc/landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From the kernel's include/uapi/linux/landlock.h; the headers of Debian 12
 * lack what came after ABI 3. */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define VERSION_FLAG 1U
#define RULE_PATH_BENEATH 1
#define NEWEST_ABI 7

enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_REFER = 1 << 13,    /* ABI 2 */
	FS_TRUNCATE = 1 << 14, /* ABI 3 */

	NET_BIND_TCP = 1 << 0,
	NET_CONNECT_TCP = 1 << 1,

	SCOPE_ABSTRACT_UNIX = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,
};

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t folder;
} __attribute__((packed)); /* the kernel's own layout, not a wire format */

static const uint64_t granted[] = {
    [LANDLOCK_LIST] = FS_READ_DIR,
    [LANDLOCK_READ] = FS_READ_FILE,
    [LANDLOCK_RUN] = FS_READ_DIR | FS_READ_FILE | FS_EXECUTE,
    [LANDLOCK_CHANGE] = FS_READ_DIR | FS_READ_FILE | FS_WRITE_FILE |
                        FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |
                        FS_MAKE_REG | FS_REFER | FS_TRUNCATE,
    [LANDLOCK_NOTHING] = 0,
};

/* All file rights that exist up to `abi`. */
static uint64_t
file_rights(long abi)
{
	unsigned int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;

	return (UINT64_C(1) << bits) - 1;
}

static int
add_rules(int set, const struct landlock_rule *rules, size_t count, uint64_t fs)
{
	for (size_t i = 0; i < count; i++) {
		struct path_beneath rule = {.folder = rules[i].folder,
		    .allowed = granted[rules[i].grant] & fs};

		if (rule.folder < 0 || !rule.allowed)
			continue;
		if (syscall(ADD_RULE, set, RULE_PATH_BENEATH, &rule, 0) < 0)
			return -errno;
	}
	return 0;
}

int
landlock_confine(const struct landlock_rule *rules, size_t count)
{
	long abi = syscall(CREATE_RULESET, NULL, 0, VERSION_FLAG);
	struct ruleset wanted = {0};
	int fault, set;

	if (abi < 1)
		return 0;
	if (abi > NEWEST_ABI)
		abi = NEWEST_ABI;
	wanted.fs = file_rights(abi);
	if (abi >= 4)
		wanted.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 6)
		wanted.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	set = (int)syscall(CREATE_RULESET, &wanted, sizeof(wanted), 0);
	if (set < 0)
		return -errno;
	fault = add_rules(set, rules, count, wanted.fs);
	if (!fault && syscall(RESTRICT_SELF, set, 0) < 0)
		fault = -errno;
	(void)close(set);
	return fault ? fault : (int)abi;
}
