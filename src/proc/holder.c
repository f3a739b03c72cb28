#include "proc/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define TCP_LISTEN 0x0aU /* as /proc/net/tcp numbers states */

/* The inode of the socket bound to `port` in a table of proc(5); 0: none. */
static uint64_t
bound_inode(const char *table, bool tcp, uint16_t port)
{
	FILE *f = fopen(table, "re");
	char line[512];
	uint64_t found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned int local, state;
		unsigned long long inode;

		/* sl local rem st queues timer retransmit uid timeout inode */
		if (sscanf(line,
		        " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x "
		        "%*x:%*x %*x %*u %*u %llu",
		        &local, &state, &inode) == 3 &&
		    local == port && (!tcp || state == TCP_LISTEN))
			found = inode;
	}
	if (f)
		(void)fclose(f);
	return found;
}

static bool
process_has(const char *pid, const char *wanted)
{
	char path[300], target[64];
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	(void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	folder = opendir(path);
	while (folder && !found && (entry = readdir(folder))) {
		ssize_t len = readlinkat(
		    dirfd(folder), entry->d_name, target, sizeof(target) - 1);

		if (len <= 0)
			continue;
		target[len] = '\0';
		found = streq(target, wanted);
	}
	if (folder)
		(void)closedir(folder);
	return found;
}

static void
name_process(const char *pid, struct strbuf *out)
{
	char path[300], name[64] = "?";
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		(void)fclose(f);
	text_escape(out, span_text(name));
	strbuf_printf(out, " (process %s)", pid);
}

void
port_holder(bool tcp, uint16_t port, struct strbuf *out)
{
	uint64_t inode =
	    bound_inode(tcp ? "/proc/net/tcp" : "/proc/net/udp", tcp, port);
	struct dirent *entry;
	bool found = false;
	char wanted[64];
	DIR *folder;

	if (!inode)
		inode = bound_inode(
		    tcp ? "/proc/net/tcp6" : "/proc/net/udp6", tcp, port);
	(void)snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
	folder = inode ? opendir("/proc") : NULL;
	while (folder && !found && (entry = readdir(folder))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !process_has(entry->d_name, wanted))
			continue;
		name_process(entry->d_name, out);
		found = true;
	}
	if (folder)
		(void)closedir(folder);
	if (!found)
		strbuf_text(out, "another program");
}
