/*
 * attempts.h - everything that a role should not be able to do, tried.
 */
#ifndef HOBNAIL_TESTS_RIGHTS_ATTEMPTS_H
#define HOBNAIL_TESTS_RIGHTS_ATTEMPTS_H

#include <sys/types.h>

#include "service/service.h"

/*
 * Try all of it as `role`, against the process `keeper` where it takes one, and
 * what `role` needs.  Prints a line for each
 * surprise, and "ROLE: N denied, M allowed" at the end.
 */
void attempts_run(enum role role, struct context *c, pid_t keeper);

#endif
