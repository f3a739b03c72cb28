#include "tests/rights/attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct count {
	unsigned int denied, allowed, surprises;
};

int
outcome(long result)
{
	return result < 0 ? errno : 0;
}

int
open_result(int fd)
{
	int result = outcome(fd);

	if (fd >= 0)
		(void)close(fd);
	return result;
}

static void
run(const struct attempt *a, enum role role, const struct place *place,
    struct count *count)
{
	bool expected = a->allowed & BIT(role);
	int error;

	if (a->skipped & BIT(role))
		return;
	error = a->act(place);
	count->denied += error != 0;
	count->allowed += error == 0;
	if ((error == 0) == expected)
		return;
	count->surprises++;
	(void)fprintf(stderr, "%s: SURPRISE %s: %s\n", role_name(role), a->name,
	    error ? strerror(error) : "allowed");
}

void
attempts_run(enum role role, struct context *c, pid_t keeper)
{
	static const struct attempt *const tables[] = {
	    files_attempts, sockets_attempts, process_attempts};
	const struct place place = {.context = c,
	    .images = c->folders[FOLDER_IMAGES],
	    .state = c->folders[FOLDER_STATE],
	    .loaders = c->folders[FOLDER_LOADERS],
	    .keeper = keeper};
	struct count count = {0};

	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (const struct attempt *a = tables[t]; a->name; a++)
			run(a, role, &place, &count);
	(void)fprintf(stderr, "%s: %u denied, %u allowed, %u surprises\n",
	    role_name(role), count.denied, count.allowed, count.surprises);
}
