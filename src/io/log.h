/*
 * log.h - one line of key=value per message, to standard error.
 *
 * Each line starts with a priority in angle brackets when standard error is
 * the journal (sd-daemon(3)), else with the time of day.  Only service/,
 * proc/ and cmd/ log.  Hostile text goes through log_text.
 */
#ifndef HOBNAIL_IO_LOG_H
#define HOBNAIL_IO_LOG_H

#include "base/attr.h"
#include "base/span.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Call once per process: the role is named in each line. */
void log_init(const char *role, enum log_level most);

/*
 * Log one line: `event` is a word, what follows a format that yields
 * "key=value key=value".  Example:
 *	log_line(LOG_LEVEL_INFO, "image", "id=%s files=%zu", id, count);
 */
void log_line(enum log_level level, const char *event, const char *format, ...)
    PRINTF(3, 4);

/* `s` in quotes and escaped, for a %s of log_line.  Valid until the eighth
 * call from now on the same thread. */
const char *log_text(struct span s);

#endif
