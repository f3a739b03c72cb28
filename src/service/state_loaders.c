#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/text.h"
#include "boot/loader_file.h"
#include "io/log.h"
#include "service/state.h"

#define LOADER_MAX (64U << 20) /* bytes of one file */
#define SOURCES_MAX (1U << 20) /* bytes */
#define SOURCES "SOURCES"
#define SOURCES_NEW ".SOURCES.new"
#define LOADER_NEW ".loader.new"

static int
folder_of(const struct loaders *l)
{
	return l->state->context->folders[FOLDER_LOADERS];
}

/* All of the file `fd`, which stays the caller's.  0 or -errno. */
static int
read_all(int fd, size_t most, struct strbuf *out)
{
	char piece[65536];
	ssize_t len;
	off_t at = 0;

	out->cap = most;
	while ((len = pread(fd, piece, sizeof(piece), at)) > 0) {
		strbuf_add(out, piece, (size_t)len);
		if (out->fault)
			return -EFBIG;
		at += len;
	}
	return len < 0 ? -errno : 0;
}

static int
read_named(int folder, const char *name, size_t most, struct strbuf *out)
{
	int fd = openat(
	    folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int result;

	if (fd < 0)
		return -errno;
	result = read_all(fd, most, out);
	(void)close(fd);
	return result;
}

/* A file with all of `s`, on the disk; none where that fails. */
static int
write_whole(int folder, const char *name, struct span s)
{
	int fd = openat(
	    folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int result = 0;

	if (fd < 0)
		return -errno;
	while (result == 0 && s.len) {
		ssize_t len = write(fd, s.data, s.len);

		if (len < 0)
			result = -errno;
		else
			s = span_skip(s, (size_t)len);
	}
	if (result == 0 && fsync(fd) < 0)
		result = -errno;
	(void)close(fd);
	if (result < 0)
		(void)unlinkat(folder, name, 0);
	return result;
}

static int
rename_to(int folder, const char *temporary, const char *name)
{
	int result = 0;

	if (renameat(folder, temporary, folder, name) < 0)
		result = -errno;
	if (result < 0)
		(void)unlinkat(folder, temporary, 0);
	return result;
}

static void
digest(struct span bytes, char out[65])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (EVP_Digest(bytes.data, bytes.len, sum, &len, EVP_sha256(), NULL) !=
	        1 ||
	    len != 32)
		abort(); /* a digest of memory has no reason to fail */
	for (unsigned int i = 0; i < len; i++)
		(void)snprintf(out + 2 * (size_t)i, 3, "%02x", sum[i]);
}

static struct loader_line
line_for(struct span sources, const char *name)
{
	struct loader_line line;

	while (sources.len)
		if (!loader_line_parse(span_cut(&sources, '\n'), &line) &&
		    span_is(line.name, name))
			return line;
	return (struct loader_line){.source = span_text("unknown")};
}

static char *
copy_of(struct span s)
{
	return mem_text(s.data, s.len);
}

static void
describe(struct loader_entry *e, struct span bytes, struct span sources,
    const struct stat *st)
{
	struct loader_line line = line_for(sources, e->name);
	char sum[65];
	bool listed;

	digest(bytes, sum);
	listed = span_is(line.sha256, sum);
	if (!listed) /* what the line says is of another file */
		line = (struct loader_line){.source = span_text("unknown")};
	if (!line.version.len)
		line.version = loader_version(bytes);
	e->source = copy_of(line.source);
	e->version = copy_of(line.version);
	e->features = copy_of(line.features);
	e->sha256 = copy_of(span_text(sum));
	e->loader = (struct loader){
	    .name = e->name,
	    .source = e->source,
	    .version = e->version,
	    .features = e->features,
	    .sha256 = e->sha256,
	    .known = listed && !span_is(line.source, "imported"),
	    .stamp.dev = st->st_dev,
	    .stamp.ino = st->st_ino,
	    .stamp.size = (uint64_t)st->st_size,
	    .stamp.mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000U +
	                      (uint64_t)st->st_mtim.tv_nsec,
	};
	loader_target(bytes, &e->loader.firmware, &e->loader.arch);
}

static void
entry_clear(struct loader_entry *e)
{
	free(e->name);
	free(e->source);
	free(e->version);
	free(e->features);
	free(e->sha256);
}

/* False where the file is none that can be served. */
static bool
examine(struct loaders *l, struct loader_entry *e, struct span sources)
{
	SCOPED(strbuf_clear) struct strbuf bytes = {0};
	struct stat st;
	int result = fstatat(folder_of(l), e->name, &st, AT_SYMLINK_NOFOLLOW);

	if (result < 0 || !S_ISREG(st.st_mode))
		return false;
	result = read_named(folder_of(l), e->name, LOADER_MAX, &bytes);
	if (result < 0) {
		log_line(LOG_LEVEL_WARNING, "loader", "file=%s error=%s",
		    log_text(span_text(e->name)),
		    log_text(span_text(strerror(-result))));
		return false;
	}
	describe(e, strbuf_view(&bytes), sources, &st);
	return true;
}

static void
take_name(struct loaders *l, const char *name, struct span sources)
{
	struct loader_entry e = {0};

	if (loader_name_check(span_text(name)))
		return;
	e.name = mem_text(name, strlen(name));
	if (!examine(l, &e, sources)) {
		entry_clear(&e);
		return;
	}
	l->entries =
	    mem_resize(l->entries, (l->count + 1) * sizeof(*l->entries));
	l->entries[l->count++] = e;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct loader_entry *)a)->name,
	    ((const struct loader_entry *)b)->name);
}

static void
list(struct loaders *l, struct span sources)
{
	int fd = openat(folder_of(l), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!names) {
		log_line(LOG_LEVEL_ERROR, "loaders", "error=%s",
		    log_text(span_text(strerror(errno))));
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((entry = readdir(names)))
		take_name(l, entry->d_name, sources);
	(void)closedir(names);
	if (l->count)
		qsort(l->entries, l->count, sizeof(*l->entries), by_name);
}

static void
forget(struct loaders *l)
{
	for (size_t i = 0; i < l->count; i++)
		entry_clear(&l->entries[i]);
	l->count = 0;
}

/* The folder holds a handful of files; it is read whole after each change. */
static void
work(void *owner)
{
	struct loaders *l = owner;
	SCOPED(strbuf_clear) struct strbuf sources = {0};

	forget(l);
	(void)read_named(folder_of(l), SOURCES, SOURCES_MAX, &sources);
	list(l, strbuf_view(&sources));
	if (l->count == 0)
		log_line(LOG_LEVEL_WARNING, "loaders",
		    "count=0 why=\"no boot loader is there; machines cannot "
		    "boot\" hint=\"hobnail loaders import FILE\"");
	else
		log_line(LOG_LEVEL_INFO, "loaders", "count=%zu", l->count);
	state_publish(l->state);
}

static void
again(struct loaders *l)
{
	loop_later(l->state->context->loop, &l->work);
}

static void
hear_file(void *owner, const char *path, enum tree_news news)
{
	(void)path;
	if (news != TREE_WRITING)
		again(owner);
}

static void
hear_folder_gone(void *owner, const char *path)
{
	(void)path;
	again(owner);
}

static void
hear_walk(void *owner, bool ends)
{
	if (ends)
		again(owner);
}

static void
hear_trouble(void *owner, const char *path, int error)
{
	(void)owner;
	log_line(LOG_LEVEL_WARNING, "loaders", "path=%s error=%s",
	    log_text(span_text(path)), log_text(span_text(strerror(-error))));
}

static const struct tree_hooks hooks = {
    .file = hear_file,
    .folder_gone = hear_folder_gone,
    .walk = hear_walk,
    .trouble = hear_trouble,
};

int
loaders_start(struct state *s)
{
	struct loaders *l = &s->loaders;

	l->state = s;
	l->work = (struct task){.run = work, .owner = l};
	if (folder_of(l) < 0)
		return 0;
	l->tree = tree_watch_new(s->context->loop, folder_of(l),
	    s->context->folders[FOLDER_STATE], &hooks, l);
	return l->tree ? 0 : -errno;
}

static int
add_source(struct loaders *l, struct span name, struct span bytes)
{
	SCOPED(strbuf_clear) struct strbuf old = {0};
	SCOPED(strbuf_clear) struct strbuf new = {0};
	struct loader_line line = {
	    .name = name, .source = span_text("imported")};
	char sum[65], date[16];
	time_t now = (time_t)(state_time_ms() / 1000);
	struct tm tm;
	int result = read_named(folder_of(l), SOURCES, SOURCES_MAX, &old);

	if (result < 0 && result != -ENOENT)
		return result;
	digest(bytes, sum);
	(void)gmtime_r(&now, &tm);
	(void)strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	line.sha256 = span_text(sum);
	line.version = loader_version(bytes);
	line.date = span_text(date);
	loader_lines_replace(&new, strbuf_view(&old), &line);
	result = write_whole(folder_of(l), SOURCES_NEW, strbuf_view(&new));
	if (result == 0)
		result = rename_to(folder_of(l), SOURCES_NEW, SOURCES);
	return result;
}

/* First the line, then the file's name: a digest that is not there yet makes
 * the old file unknown, never the new one known.  The bytes come before both,
 * so that a full disk changes nothing. */
static int
import(struct loaders *l, struct span name, int fd)
{
	SCOPED(strbuf_clear) struct strbuf bytes = {0};
	char text[LOADER_NAME_MAX + 1];
	int result = read_all(fd, LOADER_MAX, &bytes);

	if (result < 0)
		return result;
	if (bytes.len == 0)
		return -ENODATA;
	result = write_whole(folder_of(l), LOADER_NEW, strbuf_view(&bytes));
	if (result < 0)
		return result;
	result = add_source(l, name, strbuf_view(&bytes));
	if (result < 0) {
		(void)unlinkat(folder_of(l), LOADER_NEW, 0);
		return result;
	}
	(void)snprintf(text, sizeof(text), "%.*s", (int)name.len, name.data);
	return rename_to(folder_of(l), LOADER_NEW, text);
}

void
loaders_import(struct state *s, const struct ipc *m, int fd)
{
	struct ipc done = {.kind = IPC_DONE, .id = m->id};
	const char *fault = loader_name_check(m->text);
	int result = -EINVAL;

	if (!fault && folder_of(&s->loaders) < 0)
		fault = "the server has no folder for loaders";
	if (!fault) {
		result = import(&s->loaders, m->text, fd);
		if (result < 0)
			fault = strerror(-result);
	}
	(void)close(fd);
	if (fault) {
		done.number = (uint64_t)-result;
		done.text = span_text(fault);
	}
	log_line(fault ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "import",
	    "file=%s why=%s", log_text(m->text),
	    log_text(span_text(fault ? fault : "imported")));
	if (!fault) { /* who reads the answer finds it in the catalogue */
		work(&s->loaders);
		state_publish_now(s);
	}
	(void)outbox_send(&s->outboxes[ROLE_ADMIN], &done, -1);
}

void
loaders_stop(struct loaders *l)
{
	tree_watch_free(l->tree);
	forget(l);
	free(l->entries);
}
