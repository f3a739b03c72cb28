/*
 * sandbox.h - what each role may still do once it has started.
 *
 * One table (sandbox.c) has a row per role: resource limits, folders, and
 * groups of system calls.  Rights are given up in this order: resource
 * limits, no_new_privs, capabilities, Landlock, seccomp.  There is no way
 * back.  All but the user: keeper changes that before it starts a role.
 */
#ifndef HOBNAIL_PROC_SANDBOX_H
#define HOBNAIL_PROC_SANDBOX_H

#include "base/attr.h"
#include "proto/ipc.h"

#define SANDBOX_LEVEL_SIZE 64

/* Whether AddressSanitizer is in this build: it reserves terabytes of
 * addresses and uses system calls that no role has, so such a build only logs
 * what the product would not allow. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_INSTRUMENTED 1
#endif
#endif
#ifndef SANDBOX_INSTRUMENTED
#define SANDBOX_INSTRUMENTED 0
#endif

/* What happens on a system call that the role has no use for. */
enum sandbox_denial {
	SANDBOX_KILL,   /* the process ends (keeper: EPERM) */
	SANDBOX_LOG,    /* it is logged by the kernel and allowed */
	SANDBOX_REFUSE, /* EPERM; for the test that tries everything */
};

/* SANDBOX_LOG where the environment has HOBNAIL_SECCOMP=log, for work on the
 * tables, and in an instrumented build; else SANDBOX_KILL. */
enum sandbox_denial sandbox_denial_wanted(void);

/*
 * Confine this process as `role`.  `folders` are the descriptors that it was
 * given, -1 where none.  0 with the level reached in `level`
 * ("landlock=6 seccomp=on"), or -errno: then the role must not go on.
 */
MUST_USE int sandbox_enter(enum role role, const int folders[FOLDER_KINDS],
    enum sandbox_denial denial, char level[SANDBOX_LEVEL_SIZE]);

#endif
