#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "boot/catalogue.h"
#include "boot/event.h"
#include "boot/lease.h"
#include "io/memfd.h"
#include "media/image_table.h"
#include "service/service.h"

/* The state role in this process, with all its peers played by the test. */
struct scene {
	char name[64];
	struct loop loop;
	struct settings settings;
	struct context context;
	struct channel ends[ROLE_COUNT]; /* the peers' */
	struct watch watches[ROLE_COUNT];
	struct timer end;
	bool ended;
	struct channel_buffer buffer;
};

/* Also for what the worker does: hand messages over. */
static void
deliver(void *owner, uint32_t events)
{
	struct channel *c = owner;
	struct scene *s =
	    (struct scene *)(void *)((char *)(c - c->peer) -
	                             offsetof(struct scene, context.peers));
	const char *fault;
	struct ipc m;
	int fd;

	(void)events;
	while (channel_receive(c, &s->buffer, &m, &fd, &fault) > 0)
		CHECK(state_service.message(&s->context, c->peer, &m, fd) ==
		      NULL);
}

static void
end(void *owner)
{
	struct scene *s = owner;

	s->ended = true;
	loop_stop(&s->loop);
}

static void
turn(struct scene *s, uint64_t ms)
{
	s->loop.stopping = false;
	timer_at(&s->loop, &s->end, loop_now(&s->loop) + ms);
	CHECK(loop_run(&s->loop) == 0);
}

static int
sub_folder(struct scene *s, const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", s->name, name);
	CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static void
connect_peer(struct scene *s, enum role role)
{
	int fds[2];

	CHECK(channel_pair(fds) == 0);
	s->context.peers[role] =
	    (struct channel){.fd = fds[0], .self = ROLE_STATE, .peer = role};
	s->ends[role] =
	    (struct channel){.fd = fds[1], .self = role, .peer = ROLE_STATE};
	s->watches[role] = (struct watch){
	    .fd = fds[0], .ready = deliver, .owner = &s->context.peers[role]};
	CHECK(loop_watch(&s->loop, &s->watches[role], EPOLLIN) == 0);
}

static void
start(struct scene *s)
{
	static const char *const folders[FOLDER_KINDS] = {
	    [FOLDER_IMAGES] = "images",
	    [FOLDER_STATE] = "state",
	    [FOLDER_TABLES] = "state/tables",
	    [FOLDER_LOADERS] = "state/loaders",
	};

	CHECK(loop_init(&s->loop) == 0);
	s->end = (struct timer){.fire = end, .owner = s};
	s->settings = settings_default();
	s->context =
	    (struct context){.loop = &s->loop, .settings = &s->settings};
	for (int i = 0; i < FOLDER_KINDS; i++)
		s->context.folders[i] = sub_folder(s, folders[i]);
	for (enum role role = ROLE_KEEPER; role < ROLE_COUNT; role++)
		s->context.peers[role].fd = -1;
	connect_peer(s, ROLE_KEEPER);
	connect_peer(s, ROLE_DHCP);
	connect_peer(s, ROLE_BOOT);
	connect_peer(s, ROLE_ADMIN);
	CHECK(state_service.start(&s->context) == 0);
	state_service.peer(&s->context, ROLE_DHCP);
	state_service.peer(&s->context, ROLE_BOOT);
	state_service.peer(&s->context, ROLE_ADMIN);
}

static void
begin(struct scene *s)
{
	*s = (struct scene){.name = "/tmp/hobnail-state-XXXXXX"};
	CHECK(mkdtemp(s->name) != NULL);
	(void)close(sub_folder(s, "images"));
	(void)close(sub_folder(s, "state"));
	start(s);
}

/* What a kill leaves open is closed here, so that a next one can start. */
static void
stop(struct scene *s)
{
	state_service.stop(&s->context);
	for (enum role role = ROLE_KEEPER; role < ROLE_COUNT; role++) {
		if (s->context.peers[role].fd < 0)
			continue;
		channel_close(&s->context.peers[role]);
		channel_close(&s->ends[role]);
	}
	for (int i = 0; i < FOLDER_KINDS; i++)
		(void)close(s->context.folders[i]);
	loop_clear(&s->loop);
}

static void
clear(struct scene *s)
{
	char command[128];

	stop(s);
	(void)snprintf(command, sizeof(command), "rm -r %s", s->name);
	CHECK(system(command) == 0);
}

/* The next message to `role` of this kind; others are dropped. */
static bool
next(
    struct scene *s, enum role role, enum ipc_kind kind, struct ipc *m, int *fd)
{
	const char *fault;

	for (int tries = 0; tries < 100; tries++) {
		while (channel_receive(
		           &s->ends[role], &s->buffer, m, fd, &fault) > 0) {
			if (m->kind == kind)
				return true;
			if (*fd >= 0)
				(void)close(*fd);
		}
		turn(s, 5);
	}
	return false;
}

/* Whether a message of this kind came within 50 ms. */
static bool
comes(struct scene *s, enum role role, enum ipc_kind kind)
{
	const char *fault;
	struct ipc m;
	int fd;
	bool came = false;

	turn(s, 50);
	while (
	    channel_receive(&s->ends[role], &s->buffer, &m, &fd, &fault) > 0) {
		came = came || m.kind == kind;
		if (fd >= 0)
			(void)close(fd);
	}
	return came;
}

struct seen {
	struct arena arena;
	struct strbuf bytes;
	struct catalogue catalogue;
};

/* Take the catalogues that have come. */
static void
look(struct scene *s, struct seen *seen)
{
	const char *fault;
	struct ipc m;
	int fd;

	turn(s, 10);
	while (channel_receive(
	           &s->ends[ROLE_BOOT], &s->buffer, &m, &fd, &fault) > 0) {
		CHECK(m.kind == IPC_CATALOGUE);
		strbuf_clear(&seen->bytes);
		CHECK(memfd_read(fd, 1 << 20, &seen->bytes) == 0);
		(void)close(fd);
	}
	if (!seen->bytes.len)
		return;
	arena_clear(&seen->arena);
	seen->arena = arena_with(1 << 20);
	CHECK(catalogue_decode(&seen->arena, seen->bytes.data, seen->bytes.len,
	          &seen->catalogue) == NULL);
}

/* The catalogue that has so many images, all of which have been looked at,
 * and so many loaders; it must come within seconds. */
static const struct catalogue *
catalogue(struct scene *s, struct seen *seen, size_t images, size_t loaders)
{
	const struct catalogue *c = &seen->catalogue;

	for (int tries = 0; tries < 300; tries++) {
		bool probing = false;

		look(s, seen);
		for (size_t i = 0; i < c->image_count; i++)
			probing =
			    probing || c->images[i].state == IMAGE_PROBING;
		if (!probing && seen->bytes.len && c->image_count == images &&
		    c->loader_count == loaders)
			return c;
	}
	fail_msg("no such catalogue came");
	return c;
}

static void
seen_clear(struct seen *seen)
{
	arena_clear(&seen->arena);
	strbuf_clear(&seen->bytes);
}

static int
create(struct scene *s, const char *name)
{
	int fd = openat(s->context.folders[FOLDER_IMAGES], name,
	    O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	return fd;
}

static void
put(struct scene *s, enum ipc_folder folder, const char *name, const char *text)
{
	int fd = openat(s->context.folders[folder], name,
	    O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(close(fd) == 0);
}

/* Answer the probe `id` as keeper and an image role would. */
static void
report(struct scene *s, uint64_t id, const char *file, struct span text)
{
	struct strbuf body = {0};
	struct file_stamp stamp;
	struct stat st;
	int fds[2];
	struct ipc m = {.kind = IPC_PROBED, .id = id};

	CHECK(fstatat(s->context.folders[FOLDER_IMAGES], file, &st, 0) == 0);
	stamp = (struct file_stamp){st.st_dev, st.st_ino, (uint64_t)st.st_size,
	    (uint64_t)st.st_mtim.tv_sec * 1000000000U +
	        (uint64_t)st.st_mtim.tv_nsec};
	file_stamp_encode(&stamp, &body);
	m.body = strbuf_view(&body);
	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	CHECK(channel_send(&s->ends[ROLE_KEEPER], &m, fds[0]) == 0);
	CHECK(write(fds[1], text.data, text.len) == (ssize_t)text.len);
	(void)close(fds[0]);
	(void)close(fds[1]);
	strbuf_clear(&body);
}

/* What an image role says of an image with one file. */
static void
report_ok(struct scene *s, uint64_t id, const char *file)
{
	struct image_table_builder *b = image_table_builder_new();
	struct image_extent extent = {0, 1};
	struct image_facts facts = {.size = 1, .volume = span_text("VOLUME")};
	struct strbuf text = {0};

	CHECK(!image_table_add(b, span_text("boot/file"), &extent, 1));
	strbuf_add(&text, "ok", 3);
	struct strbuf table = {0};
	image_table_finish(b, &facts, &table);
	strbuf_add(&text, table.data, table.len);
	report(s, id, file, strbuf_view(&text));
	strbuf_clear(&table);
	strbuf_clear(&text);
	image_table_builder_free(b);
}

TEST(a_file_is_probed_when_it_is_closed_and_not_before)
{
	static struct scene s;
	struct seen seen = {0};
	const struct catalogue *c;
	struct ipc m;
	int fd, file;

	begin(&s);
	file = create(&s, "New.ISO");
	CHECK(write(file, "x", 1) == 1);
	CHECK(!comes(&s, ROLE_KEEPER, IPC_PROBE));
	look(&s, &seen);
	c = &seen.catalogue;
	CHECK(c->image_count == 0 || c->images[0].state == IMAGE_PROBING);
	CHECK(close(file) == 0);
	CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
	CHECK(span_is(m.text, "New.ISO"));
	report_ok(&s, m.id, "New.ISO");
	c = catalogue(&s, &seen, 1, 0);
	CHECK_TEXT(c->images[0].id, "new");
	CHECK_TEXT(c->images[0].why, "");
	CHECK(c->images[0].state == IMAGE_READY);
	CHECK(faccessat(s.context.folders[FOLDER_TABLES], "new", R_OK, 0) == 0);

	CHECK(unlinkat(s.context.folders[FOLDER_IMAGES], "New.ISO", 0) == 0);
	(void)catalogue(&s, &seen, 0, 0);
	CHECK(faccessat(s.context.folders[FOLDER_TABLES], "new", R_OK, 0) < 0);
	seen_clear(&seen);
	clear(&s);
}

TEST(what_is_wrong_with_an_image_is_in_the_catalogue)
{
	static const struct {
		const char *report;
		size_t len;
		enum image_state state;
		const char *why;
	} cases[] = {
	    {"incomplete\0ends at 5", 21, IMAGE_INCOMPLETE, "ends at 5"},
	    {"broken\0no volume", 16, IMAGE_BROKEN, "no volume"},
	    {"ok\0junk", 7, IMAGE_BROKEN, NULL},
	};
	static struct scene s;
	struct seen seen = {0};
	struct ipc m;
	int fd;

	begin(&s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct catalogue *c;

		put(&s, FOLDER_IMAGES, "a.iso", "x");
		CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
		report(
		    &s, m.id, "a.iso", span_of(cases[i].report, cases[i].len));
		c = catalogue(&s, &seen, 1, 0);
		CHECK(c->images[0].state == cases[i].state);
		if (cases[i].why)
			CHECK_TEXT(c->images[0].why, cases[i].why);
	}
	seen_clear(&seen);
	clear(&s);
}

TEST(an_image_is_broken_only_when_its_process_died_three_times)
{
	static struct scene s;
	struct seen seen = {0};
	struct ipc m;
	int fd;

	begin(&s);
	put(&s, FOLDER_IMAGES, "a.iso", "x");
	for (int death = 1; death <= 3; death++) {
		const struct image *image;

		CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
		report(&s, m.id, "a.iso", span_of("", 0));
		image = &catalogue(&s, &seen, 1, 0)->images[0];
		CHECK(image->state ==
		      (death < 3 ? IMAGE_UNREADABLE : IMAGE_BROKEN));
	}
	CHECK(!comes(&s, ROLE_KEEPER, IPC_PROBE));
	/* Another version starts anew. */
	put(&s, FOLDER_IMAGES, "a.iso", "xy");
	CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
	report(&s, m.id, "a.iso", span_of("", 0));
	CHECK(catalogue(&s, &seen, 1, 0)->images[0].state == IMAGE_UNREADABLE);
	seen_clear(&seen);
	clear(&s);
}

/* What an image role says of a compressed image, `missing` bytes less. */
static struct strbuf
packed_report(const char *content, size_t missing)
{
	struct image_table_builder *b = image_table_builder_new();
	struct image_extent extent = {0, 1};
	struct image_facts facts = {
	    .size = strlen(content), .archive = true, .packed = true};
	struct strbuf text = {0}, table = {0};

	CHECK(!image_table_add(b, span_text("file"), &extent, 1));
	image_table_finish(b, &facts, &table);
	strbuf_add(&text, "content", 8);
	strbuf_le(&text, facts.size, 8);
	strbuf_text(&text, content);
	strbuf_add(&text, "ok", 3);
	strbuf_span(&text, strbuf_view(&table));
	text.len -= missing;
	strbuf_clear(&table);
	image_table_builder_free(b);
	return text;
}

static bool
stored(const struct scene *s, const char *name)
{
	return faccessat(s->context.folders[FOLDER_TABLES], name, F_OK, 0) == 0;
}

/* Answer the next probe; the image as it is listed then. */
static const struct image *
probe_packed(struct scene *s, struct seen *seen, const char *file,
    const char *content, size_t missing)
{
	struct strbuf text = packed_report(content, missing);
	struct ipc m;
	int fd;

	CHECK(next(s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
	report(s, m.id, file, strbuf_view(&text));
	strbuf_clear(&text);
	return &catalogue(s, seen, 1, 0)->images[0];
}

TEST(the_content_of_a_compressed_image_is_stored_and_goes_with_it)
{
	static const char content[] = "all that is in the archive";
	static struct scene s;
	struct seen seen = {0};
	char got[sizeof(content)] = "";
	const struct image *image;
	int fd;

	begin(&s);
	put(&s, FOLDER_TABLES, ".netboot_files.1.new", "of a killed server");
	stop(&s);
	start(&s);
	CHECK(!stored(&s, ".netboot_files.1.new"));
	put(&s, FOLDER_IMAGES, "netboot.tar.gz", "x");
	image = probe_packed(&s, &seen, "netboot.tar.gz", content, 0);
	CHECK(image->state == IMAGE_READY && image->unpacked);
	fd = openat(s.context.folders[FOLDER_TABLES], "netboot_files.tar",
	    O_RDONLY | O_CLOEXEC);
	CHECK(read(fd, got, sizeof(got)) == sizeof(content) - 1);
	CHECK_TEXT(got, content);
	(void)close(fd);

	/* A restart finds it; a restart that does not has it made anew. */
	stop(&s);
	start(&s);
	image = &catalogue(&s, &seen, 1, 0)->images[0];
	CHECK(image->state == IMAGE_READY && image->unpacked);
	CHECK(!comes(&s, ROLE_KEEPER, IPC_PROBE));
	stop(&s);
	start(&s);
	CHECK(unlinkat(s.context.folders[FOLDER_TABLES], "netboot_files.tar",
	          0) == 0);
	image = probe_packed(&s, &seen, "netboot.tar.gz", content, 0);
	CHECK(image->state == IMAGE_READY);

	CHECK(unlinkat(s.context.folders[FOLDER_IMAGES], "netboot.tar.gz", 0) ==
	      0);
	(void)catalogue(&s, &seen, 0, 0);
	CHECK(!stored(&s, "netboot") && !stored(&s, "netboot_files.tar"));
	seen_clear(&seen);
	clear(&s);
}

TEST(content_that_does_not_fit_its_report_is_not_kept)
{
	static struct scene s;
	struct seen seen = {0};
	const struct image *image;
	struct strbuf text;
	struct ipc m;
	int fd;

	begin(&s);
	put(&s, FOLDER_IMAGES, "netboot.tar.gz", "x");
	text = packed_report("content", 0);
	image =
	    probe_packed(&s, &seen, "netboot.tar.gz", "content", text.len - 20);
	CHECK(image->state == IMAGE_UNREADABLE);

	/* A report on content that did not come. */
	put(&s, FOLDER_IMAGES, "netboot.tar.gz", "xy");
	CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
	report(&s, m.id, "netboot.tar.gz",
	    span_skip(strbuf_view(&text), 16 + strlen("content")));
	image = &catalogue(&s, &seen, 1, 0)->images[0];
	CHECK(image->state == IMAGE_BROKEN);
	CHECK(!stored(&s, "netboot_files.tar") &&
	      !stored(&s, ".netboot_files.1.new") &&
	      !stored(&s, ".netboot_files.2.new"));
	strbuf_clear(&text);

	/* More than one image may have. */
	put(&s, FOLDER_IMAGES, "netboot.tar.gz", "xyz");
	CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
	text = (struct strbuf){0};
	strbuf_add(&text, "content", 8);
	strbuf_le(&text, UINT64_MAX, 8);
	strbuf_text(&text, "and so on");
	report(&s, m.id, "netboot.tar.gz", strbuf_view(&text));
	image = &catalogue(&s, &seen, 1, 0)->images[0];
	CHECK(image->state == IMAGE_UNREADABLE);
	strbuf_clear(&text);
	seen_clear(&seen);
	clear(&s);
}

TEST(an_unreadable_image_is_listed_with_what_keeper_says)
{
	static struct scene s;
	struct seen seen = {0};
	const struct catalogue *c;
	struct ipc m, refusal = {.kind = IPC_PROBED,
	                  .number = EACCES,
	                  .text = span_text("chmod o+r it")};
	int fd;

	begin(&s);
	put(&s, FOLDER_IMAGES, "a.iso", "x");
	CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
	refusal.id = m.id;
	CHECK(channel_send(&s.ends[ROLE_KEEPER], &refusal, -1) == 0);
	c = catalogue(&s, &seen, 1, 0);
	CHECK(c->images[0].state == IMAGE_UNREADABLE);
	CHECK_TEXT(c->images[0].why, "chmod o+r it");
	seen_clear(&seen);
	clear(&s);
}

TEST(after_a_restart_nothing_is_probed_twice_and_ids_stay)
{
	static struct scene s;
	struct seen seen = {0};
	const struct catalogue *c;
	struct ipc m;
	int fd;

	begin(&s);
	put(&s, FOLDER_IMAGES, "a.iso", "x");
	CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
	report_ok(&s, m.id, "a.iso");
	(void)catalogue(&s, &seen, 1, 0);
	(void)close(sub_folder(&s, "images/0"));
	turn(&s, 20); /* now it is watched */
	put(&s, FOLDER_IMAGES, "0/a.iso", "x");
	CHECK(next(&s, ROLE_KEEPER, IPC_PROBE, &m, &fd));
	report(&s, m.id, "0/a.iso", span_of("broken\0x", 8));
	c = catalogue(&s, &seen, 2, 0);

	stop(&s);
	start(&s);
	strbuf_clear(&seen.bytes);
	CHECK(!comes(&s, ROLE_KEEPER, IPC_PROBE));
	c = catalogue(&s, &seen, 2, 0);
	for (size_t i = 0; i < 2; i++) {
		const struct image *image = &c->images[i];
		bool first = strcmp(image->path, "a.iso") == 0;

		CHECK_TEXT(image->id, first ? "a" : "a-2");
		CHECK(image->state == (first ? IMAGE_READY : IMAGE_BROKEN));
	}
	seen_clear(&seen);
	clear(&s);
}

TEST(a_script_is_offered_as_it_is)
{
	static struct scene s;
	struct seen seen = {0};
	const struct catalogue *c;

	begin(&s);
	put(&s, FOLDER_IMAGES, "netboot.xyz.ipxe", "#!ipxe\n");
	c = catalogue(&s, &seen, 1, 0);
	CHECK(c->images[0].kind == IMAGE_SCRIPT);
	CHECK(c->images[0].state == IMAGE_READY);
	CHECK_TEXT(c->images[0].title, "netboot.xyz");
	seen_clear(&seen);
	clear(&s);
}

static void
lease(struct scene *s, uint64_t id, uint32_t ip)
{
	struct lease l = {.ip = ip,
	    .mac = {{1, 2, 3, 4, 5, 6}},
	    .expires = 5,
	    .hostname = span_text("name")};
	struct strbuf body = {0};
	struct ipc m = {.kind = IPC_LEASE, .id = id};

	lease_encode(&l, &body);
	m.body = strbuf_view(&body);
	CHECK(channel_send(&s->ends[ROLE_DHCP], &m, -1) == 0);
	strbuf_clear(&body);
}

TEST(a_lease_is_acknowledged_when_kept_and_told_to_the_next_dhcp_role)
{
	static struct scene s;
	struct ipc m;
	struct lease l;
	int fd;

	begin(&s);
	CHECK(next(&s, ROLE_DHCP, IPC_LEASES_END, &m, &fd));
	lease(&s, 77, 0x0a000001);
	lease(&s, 78, 0x0a000002);
	CHECK(next(&s, ROLE_DHCP, IPC_LEASE_KEPT, &m, &fd) && m.id == 77);
	CHECK(next(&s, ROLE_DHCP, IPC_LEASE_KEPT, &m, &fd) && m.id == 78);

	stop(&s);
	start(&s);
	CHECK(next(&s, ROLE_DHCP, IPC_LEASE, &m, &fd));
	CHECK(!lease_decode(m.body.data, m.body.len, &l));
	CHECK(l.ip == 0x0a000001 && l.expires == 5);
	CHECK(span_is(l.hostname, "name"));
	CHECK(next(&s, ROLE_DHCP, IPC_LEASES_END, &m, &fd));
	clear(&s);
}

TEST(events_are_numbered_on_after_a_restart_and_forwarded)
{
	static struct scene s;
	struct event e = {.kind = EVENT_MENU, .note = span_text("efi")};
	struct strbuf body = {0};
	struct ipc m = {.kind = IPC_EVENT}, got;
	int fd;

	begin(&s);
	event_encode(&e, &body);
	m.body = strbuf_view(&body);
	for (uint64_t seq = 1; seq < 4; seq++) {
		CHECK(channel_send(&s.ends[ROLE_BOOT], &m, -1) == 0);
		CHECK(next(&s, ROLE_ADMIN, IPC_EVENT, &got, &fd));
		CHECK(!event_decode(got.body.data, got.body.len, &e));
		CHECK(e.seq == seq && e.time > 1600000000000);
		CHECK(span_is(e.note, "efi"));
		stop(&s);
		start(&s);
	}
	strbuf_clear(&body);
	clear(&s);
}

TEST(a_question_of_admin_is_answered_in_json)
{
	static struct scene s;
	struct ipc m, ask = {.kind = IPC_ASK, .id = 9};
	int fd;

	begin(&s);
	lease(&s, 1, 0x0a000001);
	CHECK(next(&s, ROLE_DHCP, IPC_LEASE_KEPT, &m, &fd));
	ask.text = span_text("leases");
	CHECK(channel_send(&s.ends[ROLE_ADMIN], &ask, -1) == 0);
	CHECK(next(&s, ROLE_ADMIN, IPC_ANSWER, &m, &fd));
	CHECK(m.id == 9 && m.number == 0);
	CHECK(span_is(m.body,
	    "[{\"ip\":\"10.0.0.1\",\"mac\":\"01:02:03:04:05:06\",\"state\":"
	    "\"expired\",\"expires\":\"1970-01-01T00:00:05Z\","
	    "\"hostname\":\"name\"}]"));
	ask.text = span_text("nonsense");
	CHECK(channel_send(&s.ends[ROLE_ADMIN], &ask, -1) == 0);
	CHECK(next(&s, ROLE_ADMIN, IPC_DONE, &m, &fd));
	CHECK(m.number == EINVAL);
	clear(&s);
}

TEST(an_imported_loader_is_listed_as_unknown_with_its_line)
{
	static struct scene s;
	struct seen seen = {0};
	const struct catalogue *c;
	struct ipc m, import = {.kind = IPC_LOADER_IMPORT, .id = 3};
	int fd, content = memfd_sealed("x", span_text("MZ content"));

	begin(&s);
	import.text = span_text("wimboot");
	CHECK(channel_send(&s.ends[ROLE_ADMIN], &import, content) == 0);
	CHECK(next(&s, ROLE_ADMIN, IPC_DONE, &m, &fd));
	CHECK(m.id == 3 && m.number == 0);
	c = catalogue(&s, &seen, 0, 1);
	CHECK_TEXT(c->loaders[0].name, "wimboot");
	CHECK_TEXT(c->loaders[0].source, "imported");
	CHECK(!c->loaders[0].known);

	import.text = span_text("../wimboot");
	CHECK(channel_send(&s.ends[ROLE_ADMIN], &import, content) == 0);
	CHECK(next(&s, ROLE_ADMIN, IPC_DONE, &m, &fd));
	CHECK(m.number == EINVAL);
	(void)close(content);
	seen_clear(&seen);
	clear(&s);
}

TEST(a_loader_is_known_by_its_digest_only)
{
	static const char sources[] =
	    "a\t2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a488"
	    "1\tDebian ipxe\t1.0\t2024-01-01\tHTTPS\n"
	    "b\t2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a488"
	    "1\tDebian ipxe\t1.0\t2024-01-01\tHTTPS\n";
	static struct scene s;
	struct seen seen = {0};
	const struct catalogue *c;

	begin(&s);
	put(&s, FOLDER_LOADERS, "SOURCES", sources);
	put(&s, FOLDER_LOADERS, "a", "x"); /* its SHA-256 is in the line */
	put(&s, FOLDER_LOADERS, "b", "changed");
	c = catalogue(&s, &seen, 0, 2);
	CHECK(c->loaders[0].known && !c->loaders[1].known);
	CHECK_TEXT(c->loaders[0].version, "1.0");
	CHECK(strncmp(c->loaders[0].sha256, sources + 2, 64) == 0);
	CHECK(strncmp(c->loaders[1].sha256, sources + 2, 64) != 0);
	CHECK_TEXT(c->loaders[1].version, "");
	seen_clear(&seen);
	clear(&s);
}
