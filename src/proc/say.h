/*
 * say.h - what keeper tells the person who started the server.
 *
 * Not the log: whole sentences, before the server runs.  When standard error
 * is the journal they get a priority like any line.
 */
#ifndef HOBNAIL_PROC_SAY_H
#define HOBNAIL_PROC_SAY_H

#include "base/attr.h"

/* "hobnail: error: ..." to standard error. */
void say_error(const char *format, ...) PRINTF(1, 2);

/* "hobnail: warning: ..." to standard error. */
void say_warning(const char *format, ...) PRINTF(1, 2);

/* A line to standard output. */
void say(const char *format, ...) PRINTF(1, 2);

#endif
