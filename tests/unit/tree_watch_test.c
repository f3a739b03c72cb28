#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "io/tree_watch.h"

/* A folder, a watch over it, and all that was heard as "NEWS path;". */
struct scene {
	char name[64];
	int root;
	struct loop loop;
	struct tree_watch *tree;
	struct strbuf heard;
	struct timer end;
};

static void
hear_file(void *owner, const char *path, enum tree_news news)
{
	static const char *const names[] = {
	    "found", "writing", "closed", "changed", "gone"};
	struct scene *s = owner;

	strbuf_printf(&s->heard, "%s %s;", names[news], path);
}

static void
hear_folder_gone(void *owner, const char *path)
{
	struct scene *s = owner;

	strbuf_printf(&s->heard, "folder %s;", path);
}

static void
hear_walk(void *owner, bool ends)
{
	struct scene *s = owner;

	strbuf_text(&s->heard, ends ? "];" : "[");
}

static void
hear_trouble(void *owner, const char *path, int error)
{
	struct scene *s = owner;

	(void)error;
	strbuf_printf(&s->heard, "trouble %s;", path);
}

static const struct tree_hooks hooks = {
    hear_file, hear_folder_gone, hear_walk, hear_trouble};

static void
end(void *owner)
{
	struct scene *s = owner;

	loop_stop(&s->loop);
}

/* Everything that is waiting; returns what was heard since the last time. */
static const char *
heard(struct scene *s)
{
	static char text[4096];

	s->loop.stopping = false;
	timer_at(&s->loop, &s->end, loop_now(&s->loop) + 20);
	CHECK(loop_run(&s->loop) == 0);
	(void)snprintf(text, sizeof(text), "%s", strbuf_cstr(&s->heard));
	strbuf_clear(&s->heard);
	return text;
}

static void
set(struct scene *s)
{
	*s = (struct scene){.name = "/tmp/hobnail-tree-XXXXXX"};
	CHECK(mkdtemp(s->name) != NULL);
	s->root = open(s->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(loop_init(&s->loop) == 0);
	s->end = (struct timer){.fire = end, .owner = s};
}

static void
begin(struct scene *s)
{
	int home = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	s->tree = tree_watch_new(&s->loop, s->root, home, &hooks, s);
	CHECK(s->tree != NULL);
}

static void
put(struct scene *s, const char *name, const char *text)
{
	int fd = openat(s->root, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(close(fd) == 0);
}

static void
clear(struct scene *s)
{
	char command[128];

	tree_watch_free(s->tree);
	loop_clear(&s->loop);
	strbuf_clear(&s->heard);
	CHECK(close(s->root) == 0);
	(void)snprintf(command, sizeof(command), "rm -r %s", s->name);
	CHECK(system(command) == 0);
}

TEST(what_is_there_at_the_start_is_found_in_folders_too)
{
	struct scene s;

	set(&s);
	put(&s, "a", "x");
	CHECK(mkdirat(s.root, "d", 0700) == 0);
	put(&s, "d/b", "x");
	CHECK(mkdirat(s.root, ".hidden", 0700) == 0);
	put(&s, ".hidden/c", "x");
	begin(&s);
	CHECK_TEXT(heard(&s), "[found a;found d/b;];");
	clear(&s);
}

TEST(a_file_is_heard_of_when_it_is_written_and_closed)
{
	struct scene s;

	set(&s);
	begin(&s);
	(void)heard(&s);
	put(&s, "a", "x");
	CHECK_TEXT(heard(&s), "found a;writing a;closed a;");
	CHECK(fchmodat(s.root, "a", 0644, 0) == 0);
	CHECK_TEXT(heard(&s), "changed a;");
	CHECK(renameat(s.root, "a", s.root, "b") == 0);
	CHECK_TEXT(heard(&s), "gone a;closed b;");
	CHECK(unlinkat(s.root, "b", 0) == 0);
	CHECK_TEXT(heard(&s), "gone b;");
	clear(&s);
}

TEST(a_folder_that_comes_later_is_watched_and_one_that_goes_is_told)
{
	struct scene s;

	set(&s);
	begin(&s);
	(void)heard(&s);
	CHECK(mkdirat(s.root, "d", 0700) == 0);
	CHECK(mkdirat(s.root, "d/e", 0700) == 0);
	put(&s, "d/e/a", "x");
	CHECK_TEXT(heard(&s), "found d/e/a;");
	put(&s, "d/e/a", "y");
	CHECK_TEXT(heard(&s), "writing d/e/a;closed d/e/a;");
	CHECK(renameat(s.root, "d", s.root, "f") == 0);
	CHECK_TEXT(heard(&s), "folder d;found f/e/a;");
	put(&s, "f/e/a", "z");
	CHECK_TEXT(heard(&s), "writing f/e/a;closed f/e/a;");
	clear(&s);
}

TEST(links_to_files_are_told_and_links_to_folders_not_entered)
{
	struct scene s;

	set(&s);
	put(&s, "a", "x");
	CHECK(symlinkat("a", s.root, "b") == 0);
	CHECK(mkdirat(s.root, "d", 0700) == 0);
	CHECK(symlinkat("..", s.root, "d/up") == 0);
	begin(&s);
	(void)heard(&s);
	tree_watch_walk(s.tree);
	CHECK(strstr(heard(&s), "up/") == NULL);
	CHECK(symlinkat("a", s.root, "c") == 0);
	CHECK_TEXT(heard(&s), "found c;");
	clear(&s);
}
