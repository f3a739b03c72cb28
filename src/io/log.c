#include "io/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/text.h"

#define LINE_MAX_SIZE 4096
#define TEXTS 8
#define TEXT_ROOM 2048

/* Set once at the start of a process, read-only afterwards. */
static const char *role_in_lines = "hobnail";
static enum log_level most_level = LOG_LEVEL_INFO;
static int journal = -1;

void
log_init(const char *role, enum log_level most)
{
	role_in_lines = role;
	most_level = most;
	journal = getenv("JOURNAL_STREAM") != NULL;
}

static int
line_start(char *line, size_t room, enum log_level level)
{
	struct timespec now;
	struct tm tm;

	if (journal > 0)
		return snprintf(line, room, "<%d>", (int)level);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	return snprintf(line, room, "%02d:%02d:%02d.%03d %s", tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)(now.tv_nsec / 1000000),
	    level <= LOG_LEVEL_ERROR     ? "error "
	    : level == LOG_LEVEL_WARNING ? "warning "
	                                 : "");
}

void
log_line(enum log_level level, const char *event, const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	size_t len;
	va_list args;
	int more;

	if (level > most_level)
		return;
	len = (size_t)line_start(line, sizeof(line), level);
	len += (size_t)snprintf(line + len, sizeof(line) - len,
	    "role=%s event=%s ", role_in_lines, event);
	va_start(args, format);
	more = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	va_end(args);
	if (more > 0)
		len += (size_t)more;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nobody is left to tell */
}

const char *
log_text(struct span s)
{
	static _Thread_local char texts[TEXTS][TEXT_ROOM];
	static _Thread_local unsigned int turn;
	char *text = texts[turn++ % TEXTS];
	struct strbuf out = {0};
	bool cut = s.len > TEXT_ROOM / 5; /* each byte may become four */

	if (cut)
		s.len = TEXT_ROOM / 5;
	text_escape(&out, s);
	(void)snprintf(
	    text, TEXT_ROOM, "\"%s%s\"", strbuf_cstr(&out), cut ? "..." : "");
	strbuf_clear(&out);
	return text;
}
