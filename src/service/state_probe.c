#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/text.h"
#include "boot/recipe.h"
#include "io/file.h"
#include "io/log.h"
#include "service/state.h"
#include "service/unpacked.h"

#define PROBES_AT_ONCE 2
#define REPORT_MAX (256U << 20) /* bytes */
#define WHY_MAX 512             /* bytes */
#define RECIPE_MAX (1U << 20)   /* bytes of texts about one image */
#define DEATHS 3                /* of its process, until an image is broken */
#define DEATH_WAIT 200          /* ms */
#define RETRY_MS 10000          /* after a table could not be stored */

/* One image role at work. */
struct probe {
	struct probe *next;
	struct image_entry *entry;
	uint64_t id;                  /* of the IPC_PROBE */
	struct watch watch;           /* of the report; fd -1 until it comes */
	char image[IMAGE_ID_MAX + 1]; /* ID of the entry then */
	struct unpacked content;
	struct strbuf report;
	struct file_stamp stamp; /* of the file that keeper opened */
};

static int
tables_of(const struct image_entry *e)
{
	return e->images->state->context->folders[FOLDER_TABLES];
}

/* The temporary name of a table; hidden, so it is no ID. */
static void
temporary_name(const struct image_entry *e, char out[IMAGE_ID_MAX + 8])
{
	(void)snprintf(out, IMAGE_ID_MAX + 8, ".%s.new", e->id);
}

/* Put the table where the boot role finds it.  0 or -errno. */
static int
write_table(const struct image_entry *e, struct span bytes)
{
	char name[IMAGE_ID_MAX + 8];
	int result, fd;

	temporary_name(e, name);
	fd = openat(
	    tables_of(e), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	result = file_write_all(fd, bytes);
	if (result == 0 && fsync(fd) < 0)
		result = -errno;
	if (close(fd) < 0 && result == 0)
		result = -errno;
	if (result == 0 && renameat(tables_of(e), name, tables_of(e), e->id))
		result = -errno;
	if (result < 0)
		(void)unlinkat(tables_of(e), name, 0);
	return result;
}

static void
override(struct image_entry *e)
{
	const struct settings *s = e->images->state->context->settings;

	for (size_t i = 0; i < s->image_count; i++)
		if (streq(s->images[i].id, e->id))
			recipe_override(&e->image, &s->images[i]);
}

/* Recognise what the image is.  NULL, or why its table is none. */
static const char *
fill(struct image_entry *e, struct span bytes, uint64_t size)
{
	struct image_table table;
	const char *fault =
	    image_table_open(bytes.data, bytes.len, size, &table);

	if (fault)
		return fault;
	arena_clear(&e->arena);
	e->arena = arena_with(RECIPE_MAX);
	e->image =
	    (struct image){.id = e->id, .path = e->path, .kind = e->kind};
	fault = recipe_fill(&e->arena, &table, &e->image);
	if (fault)
		return fault;
	e->image.table = e->id;
	e->image.unpacked = table.facts.packed;
	e->content_size = table.facts.packed ? table.facts.size : 0;
	override(e);
	return NULL;
}

/* The bytes of a stored table. 0 or -errno. */
static int
load_table(const struct image_entry *e, struct strbuf *out)
{
	int fd = openat(tables_of(e), e->id, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t len = 1;
	char piece[65536];

	if (fd < 0)
		return -errno;
	out->cap = REPORT_MAX;
	while (len > 0 && !out->fault) {
		len = read(fd, piece, sizeof(piece));
		if (len > 0)
			strbuf_add(out, piece, (size_t)len);
	}
	(void)close(fd);
	return len < 0 || out->fault ? -EIO : 0;
}

/* As write_table(), but a disk that is full or read-only does no harm where
 * the very table is there already. */
static int
store_table(const struct image_entry *e, struct span bytes)
{
	SCOPED(strbuf_clear) struct strbuf old = {0};
	int result = write_table(e, bytes);

	if (result < 0 && load_table(e, &old) == 0 &&
	    span_equal(strbuf_view(&old), bytes))
		return 0;
	return result;
}

bool
probe_reuse(struct image_entry *e)
{
	SCOPED(strbuf_clear) struct strbuf bytes = {0};

	return load_table(e, &bytes) == 0 &&
	       fill(e, strbuf_view(&bytes), e->stamp.size) == NULL &&
	       unpacked_size(tables_of(e), e->id) == e->content_size;
}

/* Give the turn to the next. */
static void
probe_end(struct probe *p)
{
	struct images *im = p->entry->images;
	struct probe **at = &im->probes;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	im->probing--;
	if (p->watch.fd >= 0) {
		loop_unwatch(im->state->context->loop, &p->watch);
		(void)close(p->watch.fd);
	}
	unpacked_drop(&p->content);
	strbuf_clear(&p->report);
	free(p);
}

static void
pump(struct images *im)
{
	for (size_t i = 0; i < im->count && im->probing < PROBES_AT_ONCE; i++) {
		struct image_entry *e = im->entries[i];
		struct ipc m = {.kind = IPC_PROBE};
		struct probe *p;

		if (!e->waiting)
			continue;
		e->waiting = false;
		p = mem_alloc(sizeof(*p));
		*p = (struct probe){.next = im->probes,
		    .entry = e,
		    .id = ++im->last_probe,
		    .watch.fd = -1};
		memcpy(p->image, e->id, sizeof(p->image));
		p->content = (struct unpacked){
		    .tables = tables_of(e), .id = p->image, .number = p->id};
		im->probes = p;
		im->probing++;
		e->probe = m.id = p->id;
		m.text = span_text(e->path);
		(void)outbox_send(&im->state->outboxes[ROLE_KEEPER], &m, -1);
	}
}

void
probe_wanted(struct image_entry *e)
{
	free(e->why);
	e->why = mem_text("being looked at", 15);
	e->state = IMAGE_PROBING;
	e->probe = 0;
	e->waiting = true;
	state_publish(e->images->state);
	pump(e->images);
}

/* What cannot be stored is no fault of the image; try again. */
static void
not_stored(struct probe *p, const char *what, int error)
{
	struct image_entry *e = p->entry;
	struct loop *loop = e->images->state->context->loop;
	char why[WHY_MAX];

	(void)snprintf(why, sizeof(why),
	    "its %s cannot be stored in the state folder: %s; this is tried "
	    "again every %d seconds",
	    what, strerror(error), RETRY_MS / 1000);
	images_settle(e, IMAGE_UNREADABLE, why, &p->stamp);
	timer_at(loop, &e->settle, loop_now(loop) + RETRY_MS);
}

/* NULL, or why the report and what came ahead of it do not fit. */
static const char *
check_content(const struct probe *p)
{
	const struct unpacked *content = &p->content;

	if (content->coming != p->entry->image.unpacked ||
	    content->size != p->entry->content_size)
		return "it is about other content";
	return NULL;
}

static void
take_ok(struct probe *p, struct span bytes)
{
	struct image_entry *e = p->entry;
	const char *fault = fill(e, bytes, p->stamp.size);
	char why[WHY_MAX];
	int error;

	if (!fault)
		fault = check_content(p);
	if (fault) {
		(void)snprintf(why, sizeof(why),
		    "the report about it was wrong: %s", fault);
		images_settle(e, IMAGE_BROKEN, why, &p->stamp);
		return;
	}
	if (e->image.unpacked && e->kind != IMAGE_NETBOOT) {
		images_settle(e, IMAGE_BROKEN,
		    "it is a compressed archive; one to boot from is called "
		    "netboot*.tar.gz",
		    &p->stamp);
		return;
	}
	error = unpacked_keep(&p->content);
	if (error < 0) {
		not_stored(p, "content", -error);
		return;
	}
	error = store_table(e, bytes);
	if (error < 0) {
		not_stored(p, "table of files", -error);
		return;
	}
	images_settle(e, IMAGE_READY, "", &p->stamp);
}

/* Its process ended without a word.  Once or twice the machine may be to blame
 * (a kill, a slow disk, no memory), so nothing is held against the image. */
static void
no_report(struct probe *p)
{
	struct image_entry *e = p->entry;
	struct loop *loop = e->images->state->context->loop;

	if (++e->deaths >= DEATHS) {
		images_settle(e, IMAGE_BROKEN,
		    "reading it took too much time or memory", &p->stamp);
		return;
	}
	images_settle(e, IMAGE_UNREADABLE,
	    "reading it was cut off; this is tried again at once", &p->stamp);
	timer_at(loop, &e->settle, loop_now(loop) + DEATH_WAIT);
}

/* The report is whole, or as much of it as there will ever be. */
static void
take_report(struct probe *p)
{
	struct image_entry *e = p->entry;
	struct span rest = strbuf_view(&p->report);
	struct span verdict = span_cut(&rest, '\0');
	char why[WHY_MAX];

	(void)snprintf(why, sizeof(why), "%.*s",
	    rest.len < WHY_MAX ? (int)rest.len : WHY_MAX - 1,
	    rest.data ? rest.data : "");
	if (!rest.data || p->report.fault || !unpacked_whole(&p->content))
		no_report(p);
	else if (span_is(verdict, "ok"))
		take_ok(p, rest);
	else if (span_is(verdict, "incomplete"))
		images_settle(e, IMAGE_INCOMPLETE, why, &p->stamp);
	else
		images_settle(e, IMAGE_BROKEN, why, &p->stamp);
	if (e->state != IMAGE_READY) {
		unpacked_remove(tables_of(e), e->id);
		e->content_size = 0;
	}
}

static void
finish(struct probe *p)
{
	struct image_entry *e = p->entry;
	struct images *im = e->images;

	if (e->probe == p->id) { /* else it has changed or gone since */
		e->probe = 0;
		take_report(p);
		images_touch(e); /* it may have changed meanwhile */
	}
	probe_end(p);
	pump(im);
}

/* How many bytes of content may still be stored. */
static uint64_t
room_for(const struct image_entry *e)
{
	const struct images *im = e->images;
	uint64_t used = 0;

	for (size_t i = 0; i < im->count; i++)
		if (im->entries[i] != e && im->entries[i]->present)
			used += im->entries[i]->content_size;
	return used < UNPACKED_ALL_MAX ? UNPACKED_ALL_MAX - used : 0;
}

static void
readable(void *owner, uint32_t events)
{
	struct probe *p = owner;
	char piece[65536];
	ssize_t len = read(p->watch.fd, piece, sizeof(piece));

	(void)events;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0) {
		strbuf_add(&p->report, piece, (size_t)len);
		unpacked_take(&p->content, &p->report, room_for(p->entry));
	}
	if (len <= 0 || p->report.fault ||
	    (!unpacked_whole(&p->content) && p->entry->probe != p->id))
		finish(p);
}

/* Keeper could not open the file. */
static void
refused(struct probe *p, const struct ipc *m)
{
	struct image_entry *e = p->entry;
	struct images *im = e->images;
	char why[WHY_MAX];

	if (e->probe == p->id) {
		e->probe = 0;
		(void)snprintf(why, sizeof(why), "%.*s",
		    m->text.len < WHY_MAX ? (int)m->text.len : WHY_MAX - 1,
		    m->text.len ? m->text.data : "");
		if (m->number == ENOENT)
			images_touch(e);
		else
			images_settle(e, IMAGE_UNREADABLE,
			    why[0] ? why : strerror((int)m->number), &e->stamp);
	}
	probe_end(p);
	pump(im);
}

static const char *
accepted(struct probe *p, const struct ipc *m, int fd)
{
	struct loop *loop = p->entry->images->state->context->loop;
	const char *fault =
	    file_stamp_decode(m->body.data, m->body.len, &p->stamp);
	int flags = fcntl(fd, F_GETFL);

	if (fault) {
		(void)close(fd);
		return fault;
	}
	(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	p->report.cap = REPORT_MAX;
	p->watch = (struct watch){.fd = fd, .ready = readable, .owner = p};
	if (loop_watch(loop, &p->watch, EPOLLIN) < 0) {
		(void)close(fd);
		p->watch.fd = -1;
		return "the report cannot be watched";
	}
	return NULL;
}

const char *
probe_answer(struct state *s, const struct ipc *m, int fd)
{
	struct probe *p = s->images.probes;

	while (p && p->id != m->id)
		p = p->next;
	if (!p || p->watch.fd >= 0) {
		if (fd >= 0)
			(void)close(fd);
		return "answer to a probe that was not asked for";
	}
	if (m->number == 0)
		return accepted(p, m, fd);
	refused(p, m);
	return NULL;
}

void
probe_stop(struct images *im)
{
	struct probe *next;

	for (struct probe *p = im->probes; p; p = next) {
		next = p->next;
		probe_end(p);
	}
}
