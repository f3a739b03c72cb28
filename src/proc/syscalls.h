/*
 * syscalls.h - the system calls of each role, as a seccomp filter.
 *
 * Only an allow-list: what is not named is denied.  Arguments are checked
 * where a call could do more than the role needs.
 */
#ifndef HOBNAIL_PROC_SYSCALLS_H
#define HOBNAIL_PROC_SYSCALLS_H

#include "base/attr.h"
#include "proc/sandbox.h"

/* Install the filter of `role` for all threads.  0 or -errno. */
MUST_USE int syscalls_confine(enum role role, enum sandbox_denial denial);

#endif
