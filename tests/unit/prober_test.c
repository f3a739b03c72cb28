#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/prober.h"

/* A folder "images" with a file, links and a pipe, in a fresh folder with a
 * file outside. */
static int
make_folder(char path[64])
{
	int outer, inner, fd;

	(void)snprintf(path, 64, "/tmp/hobnail-prober-XXXXXX");
	CHECK(mkdtemp(path) != NULL);
	outer = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(outer >= 0 && mkdirat(outer, "images", 0700) == 0);
	inner = openat(outer, "images", O_RDONLY | O_DIRECTORY);
	fd = openat(outer, "outside.iso", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && close(fd) == 0);
	fd = openat(inner, "a.iso", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(symlinkat("../outside.iso", inner, "link.iso") == 0);
	CHECK(symlinkat("/proc/self/fd/0", inner, "magic.iso") == 0);
	CHECK(symlinkat("loop.iso", inner, "loop.iso") == 0);
	CHECK(mkfifoat(inner, "pipe.iso", 0600) == 0);
	(void)close(outer);
	return inner;
}

static void
remove_folder(const char *path)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", path);
	CHECK(system(command) == 0);
}

static int
try_open(int folder, const char *path)
{
	struct strbuf why = {0};
	int fd = prober_open(folder, "/srv/iso", span_text(path), &why);

	CHECK((fd < 0) == (why.len > 0));
	strbuf_clear(&why);
	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

TEST(only_regular_files_are_opened_and_only_links_lead_out)
{
	char path[64];
	int folder = make_folder(path);
	struct strbuf why = {0};

	CHECK(try_open(folder, "a.iso") == 0);
	CHECK(try_open(folder, "link.iso") == 0);
	CHECK(try_open(folder, "./a.iso") == 0);
	CHECK(try_open(folder, "../outside.iso") == -EINVAL);
	CHECK(try_open(folder, "x/../../outside.iso") == -EINVAL);
	CHECK(try_open(folder, "/etc/passwd") == -EINVAL);
	CHECK(try_open(folder, "") == -EINVAL);
	CHECK(try_open(folder, ".") == -EINVAL);
	CHECK(try_open(folder, "pipe.iso") == -EINVAL);
	CHECK(try_open(folder, "magic.iso") == -ELOOP);
	CHECK(try_open(folder, "loop.iso") == -ELOOP);
	CHECK(try_open(folder, "none.iso") == -ENOENT);
	CHECK(prober_open(folder, "/srv/iso", span_of("a.iso\0b", 7), &why) ==
	      -EINVAL);
	strbuf_clear(&why);
	(void)close(folder);
	remove_folder(path);
}
