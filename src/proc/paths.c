#include "proc/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *
path_state(char out[PATH_MAX])
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		(void)snprintf(out, PATH_MAX, "/var/lib/hobnail");
	else if (state && state[0] == '/')
		(void)snprintf(out, PATH_MAX, "%s/hobnail", state);
	else
		(void)snprintf(out, PATH_MAX, "%s/.local/state/hobnail",
		    home ? home : "/tmp");
	return out;
}

const char *
path_control(char out[PATH_MAX])
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	char state[PATH_MAX];

	if (geteuid() == 0)
		(void)snprintf(out, PATH_MAX, "/run/hobnail/control.sock");
	else if (run && run[0] == '/')
		(void)snprintf(out, PATH_MAX, "%s/hobnail.sock", run);
	else
		(void)snprintf(out, PATH_MAX, "%.*s/control.sock",
		    PATH_MAX - 16, path_state(state));
	return out;
}
