#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/log.h"
#include "service/state.h"
#include "service/unpacked.h"

/* A file that nobody was seen to close counts as complete when it did not
 * change for this long. */
#define SETTLE_MS 2000
#define AHEAD_MS (3600 * 1000) /* a clock that is further ahead is wrong */
#define BLIND_RESCAN_MS 30000  /* where the kernel does not tell us */

static int
folder_of(const struct images *im)
{
	return im->state->context->folders[FOLDER_IMAGES];
}

/* Where `path` stands in the sorted list, or would. */
static size_t
place_of(const struct images *im, const char *path)
{
	size_t low = 0, high = im->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(im->entries[middle]->path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct image_entry *
find(const struct images *im, const char *path)
{
	size_t at = place_of(im, path);

	return at < im->count && streq(im->entries[at]->path, path)
	           ? im->entries[at]
	           : NULL;
}

static void settled(void *owner);

struct image_entry *
images_entry(struct images *im, const char *path)
{
	size_t at = place_of(im, path);
	struct image_entry *e;

	if (at < im->count && streq(im->entries[at]->path, path))
		return im->entries[at];
	e = mem_alloc(sizeof(*e));
	*e = (struct image_entry){.images = im,
	    .path = mem_text(path, strlen(path)),
	    .state = IMAGE_PROBING,
	    .settle = {.fire = settled, .owner = e}};
	if (im->count == im->room) {
		im->room = im->room ? im->room * 2 : 64;
		im->entries =
		    mem_resize(im->entries, im->room * sizeof(*im->entries));
	}
	memmove(&im->entries[at + 1], &im->entries[at],
	    (im->count - at) * sizeof(*im->entries));
	im->entries[at] = e;
	im->count++;
	return e;
}

void
images_touch(struct image_entry *e)
{
	e->dirty = true;
	loop_later(e->images->state->context->loop, &e->images->work);
}

static void
settled(void *owner)
{
	images_touch(owner);
}

static void
set_verdict(struct image_entry *e, enum image_state state, const char *why)
{
	char *text = mem_text(why, strlen(why)); /* `why` may be e->why */

	free(e->why);
	e->why = text;
	e->state = state;
	state_publish(e->images->state);
}

static void
remember(const struct image_entry *e)
{
	struct store *store = e->images->state->store;
	struct store_image kept = {
	    .path = span_text(e->path),
	    .id = span_text(e->id),
	    .stamp = e->stamp,
	    .state = e->state,
	    .why = span_text(e->why),
	};

	if (store_image_put(store, &kept) < 0)
		log_line(LOG_LEVEL_ERROR, "store", "what=image why=%s",
		    log_text(span_text(store_fault(store))));
}

/* What was found out about the version `stamp` of the file. */
void
images_settle(struct image_entry *e, enum image_state state, const char *why,
    const struct file_stamp *stamp)
{
	e->stamp = *stamp;
	set_verdict(e, state, why);
	remember(e);
	log_line(state == IMAGE_READY ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
	    "image", "id=%s file=%s state=%s%s%s", e->id,
	    log_text(span_text(e->path)), image_state_name(state),
	    why[0] ? " why=" : "", why[0] ? log_text(span_text(why)) : "");
}

/* Remove what is stored of an image. */
static void
forget(struct image_entry *e)
{
	int tables = e->images->state->context->folders[FOLDER_TABLES];

	e->kept = false;
	e->content_size = 0;
	if (!e->id[0])
		return;
	(void)unlinkat(tables, e->id, 0);
	unpacked_remove(tables, e->id);
}

static void
vanish(struct image_entry *e)
{
	struct state *s = e->images->state;

	timer_stop(s->context->loop, &e->settle);
	e->waiting = e->writing = e->closed = e->dirty = false;
	e->probe = 0; /* an answer that still comes is for nobody */
	if (!e->present)
		return;
	e->present = false;
	forget(e);
	log_line(LOG_LEVEL_INFO, "image-gone", "id=%s file=%s", e->id,
	    log_text(span_text(e->path)));
	state_publish(s);
}

/* Who has `id` beside `e`, or NULL. */
static struct image_entry *
holder(const struct image_entry *e, const char *id)
{
	const struct images *im = e->images;

	for (size_t i = 0; i < im->count; i++)
		if (im->entries[i] != e && streq(im->entries[i]->id, id))
			return im->entries[i];
	return NULL;
}

/* A file that is gone leaves its ID to one that is there and wants it. */
static bool
claim(struct image_entry *e, const char *id)
{
	struct image_entry *other = holder(e, id);

	if (other && other->present)
		return false;
	if (other)
		other->id[0] = '\0';
	if (e->id != id)
		memcpy(e->id, id, strlen(id) + 1);
	return true;
}

static void
name_it(struct image_entry *e)
{
	char id[IMAGE_ID_MAX + 1];

	if (e->id[0] && claim(e, e->id))
		return;
	for (unsigned int n = 1;; n++)
		if (claim(e, image_id_make(span_text(e->path), n, id)))
			return;
}

static struct file_stamp
stamp_of(const struct stat *st)
{
	return (struct file_stamp){
	    .dev = st->st_dev,
	    .ino = st->st_ino,
	    .size = (uint64_t)st->st_size,
	    .mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000U +
	                (uint64_t)st->st_mtim.tv_nsec,
	};
}

/* How long the file must still be left alone, in ms; 0: it is complete. */
static uint64_t
unrest(const struct image_entry *e, const struct file_stamp *stamp)
{
	int64_t age =
	    (int64_t)state_time_ms() - (int64_t)(stamp->mtime_ns / 1000000);

	if (e->closed || age >= SETTLE_MS || age < -AHEAD_MS)
		return 0;
	return age < 0 ? SETTLE_MS : (uint64_t)(SETTLE_MS - age);
}

/* The boot role opens beneath the folder only (openat2(2)). */
static bool
leads_out(const struct image_entry *e)
{
	struct open_how how = {
	    .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH};
	long fd = syscall(
	    SYS_openat2, folder_of(e->images), e->path, &how, sizeof(how));

	if (fd >= 0)
		(void)close((int)fd);
	return fd < 0 && errno == EXDEV;
}

static bool
may_read(const struct image_entry *e)
{
	return faccessat(folder_of(e->images), e->path, R_OK, 0) == 0;
}

static bool
is_verdict(enum image_state state)
{
	return state == IMAGE_READY || state == IMAGE_INCOMPLETE ||
	       state == IMAGE_BROKEN;
}

/* A script is served as it is: there is nothing to find out. */
static void
take_script(struct image_entry *e, const struct file_stamp *stamp)
{
	const char *name = strrchr(e->path, '/');

	arena_clear(&e->arena);
	e->arena = arena_with(8192);
	name = name ? name + 1 : e->path;
	e->image = (struct image){.kind = IMAGE_SCRIPT,
	    .title = arena_text(
	        &e->arena, span_of(name, strlen(name) - strlen(".ipxe"))),
	    .family = "",
	    .table = "",
	    .kernel = "",
	    .initrd = "",
	    .cmdline = "",
	    .efi = {"", "", "", ""}};
	images_settle(e, IMAGE_READY, "", stamp);
}

/* What the store remembers of this very version need not be found out again.
 * False where it does not help. */
static bool
recall(struct image_entry *e)
{
	bool kept = e->kept;

	e->kept = false;
	if (!kept || !is_verdict(e->state))
		return false;
	if (e->state == IMAGE_READY && !probe_reuse(e))
		return false;
	state_publish(e->images->state);
	return true;
}

/* Decide what is to be done about a file of which `stamp` is the version. */
static void
consider(struct image_entry *e, const struct file_stamp *stamp)
{
	struct loop *loop = e->images->state->context->loop;
	bool same = file_stamp_equal(&e->stamp, stamp);
	bool readable = may_read(e);
	uint64_t wait;

	if (same && !e->kept) {
		if (e->probe || e->waiting || e->settle.place)
			return; /* under way, or to be tried again later */
		if (is_verdict(e->state) && readable)
			return;
		if (e->state == IMAGE_UNREADABLE && !readable)
			return;
	}
	wait = same ? 0 : unrest(e, stamp);
	if (wait || stamp->size == 0) {
		e->kept = false;
		e->probe = 0;
		e->waiting = false;
		set_verdict(e, IMAGE_PROBING,
		    stamp->size ? "changed a moment ago" : "empty so far");
		if (wait)
			timer_at(loop, &e->settle, loop_now(loop) + wait);
		return;
	}
	if (same && readable && e->kind != IMAGE_SCRIPT && recall(e))
		return;
	e->kept = false;
	if (!same)
		e->deaths = 0;
	e->stamp = *stamp;
	if (e->kind == IMAGE_SCRIPT && readable)
		take_script(e, stamp);
	else
		probe_wanted(e);
}

static void
look(struct image_entry *e)
{
	struct file_stamp stamp;
	struct stat st;

	if (fstatat(folder_of(e->images), e->path, &st, 0) < 0) {
		stamp = (struct file_stamp){0};
		if (errno != EACCES) {
			vanish(e); /* or a link to nowhere */
			return;
		}
		name_it(e);
		if (e->state != IMAGE_UNREADABLE)
			images_settle(e, IMAGE_UNREADABLE,
			    "it links to a folder that the server's user may "
			    "not enter",
			    &stamp);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		vanish(e);
		return;
	}
	stamp = stamp_of(&st);
	name_it(e);
	e->outside = leads_out(e);
	consider(e, &stamp);
	e->closed = false;
}

static void
work(void *owner)
{
	struct images *im = owner;

	for (size_t i = 0; i < im->count; i++) {
		struct image_entry *e = im->entries[i];

		if (!e->dirty)
			continue;
		e->dirty = false;
		if (e->present && !e->writing)
			look(e);
	}
}

static void
hear_file(void *owner, const char *path, enum tree_news news)
{
	struct images *im = owner;
	struct image_entry *e;
	enum image_kind kind;

	if (!image_kind_of(span_text(path), &kind))
		return;
	if (news == TREE_GONE) {
		e = find(im, path);
		if (e)
			vanish(e);
		return;
	}
	e = images_entry(im, path);
	e->kind = kind;
	e->present = e->found = true;
	if (news == TREE_WRITING) {
		if (!e->writing)
			state_publish(im->state);
		e->writing = true;
		return;
	}
	if (news == TREE_CLOSED) {
		e->writing = false;
		e->closed = true;
	}
	/* A walk starts anew where events were lost, perhaps the one that
	 * would have said so; the age of the file decides. */
	if (news == TREE_FOUND)
		e->writing = false;
	images_touch(e);
}

static void
hear_folder_gone(void *owner, const char *folder)
{
	struct images *im = owner;
	size_t len = strlen(folder);

	for (size_t i = 0; i < im->count; i++) {
		struct image_entry *e = im->entries[i];

		if (len == 0 ||
		    (strncmp(e->path, folder, len) == 0 && e->path[len] == '/'))
			vanish(e);
	}
}

static void
hear_walk(void *owner, bool ends)
{
	struct images *im = owner;

	for (size_t i = 0; i < im->count; i++) {
		struct image_entry *e = im->entries[i];

		if (!ends)
			e->found = false;
		else if (e->present && !e->found)
			vanish(e);
		else if (!e->present && e->kept)
			forget(e); /* it went while nobody looked */
	}
}

static void
hear_trouble(void *owner, const char *path, int error)
{
	struct images *im = owner;

	im->blind = im->blind || error == -ENOSPC;
	log_line(LOG_LEVEL_WARNING, "folder", "path=%s error=%s hint=%s",
	    log_text(span_text(path)), log_text(span_text(strerror(-error))),
	    error == -ENOSPC  ? "\"sysctl fs.inotify.max_user_watches\""
	    : error == -ELOOP ? "\"too deep\""
	                      : "\"chmod o+rx\"");
}

static const struct tree_hooks hooks = {
    .file = hear_file,
    .folder_gone = hear_folder_gone,
    .walk = hear_walk,
    .trouble = hear_trouble,
};

static void
set_rescan(struct images *im)
{
	struct context *c = im->state->context;
	uint64_t ms = (uint64_t)c->settings->rescan_seconds * 1000;

	if (im->blind && ms == 0)
		ms = BLIND_RESCAN_MS;
	if (ms)
		timer_at(c->loop, &im->rescan, loop_now(c->loop) + ms);
}

static void
rescan(void *owner)
{
	struct images *im = owner;

	tree_watch_walk(im->tree);
	set_rescan(im);
}

static void
load(void *owner, const struct store_image *kept)
{
	struct images *im = owner;
	char *path = mem_text(kept->path.data, kept->path.len);
	struct image_entry *e = images_entry(im, path);

	free(path);
	if (kept->id.len > IMAGE_ID_MAX)
		return;
	memcpy(e->id, kept->id.data, kept->id.len);
	e->id[kept->id.len] = '\0';
	e->stamp = kept->stamp;
	e->state = kept->state;
	e->why = mem_text(kept->why.data, kept->why.len);
	e->kept = true;
}

int
images_start(struct state *s)
{
	struct images *im = &s->images;

	im->state = s;
	im->work = (struct task){.run = work, .owner = im};
	im->rescan = (struct timer){.fire = rescan, .owner = im};
	unpacked_sweep(s->context->folders[FOLDER_TABLES]);
	if (store_images(s->store, load, im) < 0)
		log_line(LOG_LEVEL_ERROR, "store", "what=images why=%s",
		    log_text(span_text(store_fault(s->store))));
	if (folder_of(im) < 0)
		return 0;
	im->tree = tree_watch_new(s->context->loop, folder_of(im),
	    s->context->folders[FOLDER_STATE], &hooks, im);
	if (!im->tree)
		return -errno;
	set_rescan(im);
	return 0;
}

void
images_stop(struct images *im)
{
	struct loop *loop = im->state->context->loop;

	tree_watch_free(im->tree);
	probe_stop(im);
	timer_stop(loop, &im->rescan);
	for (size_t i = 0; i < im->count; i++) {
		struct image_entry *e = im->entries[i];

		timer_stop(loop, &e->settle);
		arena_clear(&e->arena);
		free(e->path);
		free(e->why);
		free(e);
	}
	free(im->entries);
}
