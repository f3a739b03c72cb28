#include "proc/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void tell(FILE *to, int level, const char *kind, const char *format,
    va_list args) PRINTF(4, 0);

static void
tell(FILE *to, int level, const char *kind, const char *format, va_list args)
{
	if (level && getenv("JOURNAL_STREAM"))
		(void)fprintf(to, "<%d>", level);
	(void)fputs(kind, to);
	(void)vfprintf(to, format, args);
	(void)fputc('\n', to);
	(void)fflush(to);
}

void
say_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(stderr, 3, "hobnail: error: ", format, args);
	va_end(args);
}

void
say_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(stderr, 4, "hobnail: warning: ", format, args);
	va_end(args);
}

void
say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(stdout, 0, "", format, args);
	va_end(args);
}
