#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

static char moved[STORE_MOVED_SIZE];

static struct store *
opened(int dir)
{
	struct store *s = NULL;
	const char *fault = NULL;

	CHECK(store_open(dir, 1700000000, &s, moved, &fault) == 0);
	CHECK(s != NULL);
	return s;
}

/* A fresh folder; its descriptor. */
static int
folder(char name[64])
{
	int dir;

	(void)snprintf(name, 64, "/tmp/hobnail-store-XXXXXX");
	CHECK(mkdtemp(name) != NULL);
	dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(dir >= 0);
	return dir;
}

static void
remove_folder(int dir, const char *name)
{
	static const char *const files[] = {"state.db", "state.db-wal",
	    "state.db.damaged-1700000000", "state.db.damaged-1700000000-wal"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlinkat(dir, files[i], 0);
	CHECK(close(dir) == 0);
	CHECK(rmdir(name) == 0);
}

static int
put_leases(struct store *s, const struct lease *leases, size_t count)
{
	return store_commit(
	    s, &(struct store_batch){.leases = leases, .lease_count = count});
}

struct seen {
	size_t count;
	uint64_t keys[8]; /* of the first ones */
	char text[128];   /* of the last one */
	uint64_t number;  /* of the last one */
};

static void
note(struct seen *seen, uint64_t key, struct span text, uint64_t number)
{
	if (seen->count < ARRAY_LEN(seen->keys))
		seen->keys[seen->count] = key;
	seen->count++;
	seen->number = number;
	(void)snprintf(
	    seen->text, sizeof(seen->text), "%.*s", (int)text.len, text.data);
}

static void
see_lease(void *owner, const struct lease *l)
{
	note(owner, l->ip, l->hostname, mac_key(l->mac));
}

static void
see_host(void *owner, const struct host *h)
{
	note(owner, mac_key(h->mac), span_of(h->uuid, sizeof(h->uuid)),
	    h->first_seen);
}

static void
see_image(void *owner, const struct store_image *i)
{
	note(owner, i->stamp.mtime_ns, i->id, i->state);
}

static void
see_event(void *owner, const struct event *e)
{
	note(owner, e->seq, e->note, e->time);
}

TEST(a_fresh_store_holds_nothing)
{
	struct store *s = opened(-1);
	struct seen seen = {0};

	CHECK(store_leases(s, see_lease, &seen) == 0);
	CHECK(store_hosts(s, see_host, &seen) == 0);
	CHECK(store_images(s, see_image, &seen) == 0);
	CHECK(store_events(s, 10, see_event, &seen) == 0);
	CHECK(seen.count == 0);
	store_close(s);
}

TEST(a_lease_replaces_that_of_its_address)
{
	struct lease leases[] = {
	    {.ip = 0xffffffff, .mac = {{1}}, .hostname = span_text("a")},
	    {.ip = 7, .mac = {{2}}, .hostname = span_text("b")},
	    {.ip = 0xffffffff,
	        .mac = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	        .expires = 99,
	        .hostname = span_of("c\0\xff", 3)},
	};
	struct store *s = opened(-1);
	struct seen seen = {0};

	CHECK(put_leases(s, leases, 3) == 0);
	CHECK(store_leases(s, see_lease, &seen) == 0);
	CHECK(seen.count == 2);
	CHECK(seen.keys[0] == 7 && seen.keys[1] == 0xffffffff);
	CHECK(seen.number == 0xffffffffffff);
	CHECK_TEXT(seen.text, "c");
	store_close(s);
}

TEST(a_host_keeps_all_its_fields)
{
	struct host h = {.mac = {{0x52, 0x54, 0, 1, 2, 3}},
	    .uuid = "abcdefghijklmno",
	    .firmware = FIRMWARE_UEFI,
	    .arch = ARCH_ARM64,
	    .first_seen = 11,
	    .last_seen = 12};
	struct store *s = opened(-1);
	struct seen seen = {0};

	CHECK(store_commit(
	          s, &(struct store_batch){.hosts = &h, .host_count = 1}) == 0);
	CHECK(store_hosts(s, see_host, &seen) == 0);
	CHECK(seen.count == 1 && seen.keys[0] == mac_key(h.mac));
	CHECK(seen.number == 11);
	CHECK_TEXT(seen.text, "abcdefghijklmno");
	store_close(s);
}

TEST(an_image_that_takes_an_id_over_pushes_the_old_one_out)
{
	struct store_image old = {.path = span_text("a.iso"),
	    .id = span_text("a"),
	    .stamp.mtime_ns = 1,
	    .state = IMAGE_BROKEN,
	    .why = span_text("why")};
	struct store_image new = old;
	struct store *s = opened(-1);
	struct seen seen = {0};

	new.path = span_text("sub/a.iso");
	new.stamp.mtime_ns = 2;
	CHECK(store_image_put(s, &old) == 0);
	CHECK(store_image_put(s, &new) == 0);
	CHECK(store_images(s, see_image, &seen) == 0);
	CHECK(seen.count == 1 && seen.keys[0] == 2);
	CHECK(seen.number == IMAGE_BROKEN);
	CHECK_TEXT(seen.text, "a");
	store_close(s);
}

TEST(only_the_newest_events_are_kept_and_they_come_in_order)
{
	struct event e = {.note = span_text("n")};
	struct event *many = calloc(STORE_EVENTS_MAX + 5, sizeof(*many));
	struct store *s = opened(-1);
	struct seen seen = {0}, all = {0};

	for (size_t i = 0; i < STORE_EVENTS_MAX + 5; i++) {
		many[i] = e;
		many[i].seq = i + 1;
		many[i].time = 2 * i;
	}
	CHECK(store_commit(s, &(struct store_batch){.events = many,
	                          .event_count = STORE_EVENTS_MAX + 5}) == 0);
	CHECK(store_events(s, 3, see_event, &seen) == 0);
	CHECK(seen.count == 3);
	CHECK(seen.keys[0] == STORE_EVENTS_MAX + 3);
	CHECK(seen.keys[2] == STORE_EVENTS_MAX + 5);
	CHECK(store_events(s, UINT32_MAX, see_event, &all) == 0);
	CHECK(all.count == STORE_EVENTS_MAX && all.keys[0] == 6);
	free(many);
	store_close(s);
}

TEST(what_was_committed_is_there_after_opening_again)
{
	char name[64];
	int dir = folder(name);
	struct lease l = {.ip = 5, .hostname = span_text("kept")};
	struct store *s = opened(dir);
	struct seen seen = {0};

	CHECK(put_leases(s, &l, 1) == 0);
	store_close(s);
	s = opened(dir);
	CHECK_TEXT(moved, "");
	CHECK(store_leases(s, see_lease, &seen) == 0);
	CHECK(seen.count == 1);
	CHECK_TEXT(seen.text, "kept");
	store_close(s);
	remove_folder(dir, name);
}

TEST(a_damaged_file_is_moved_aside_and_a_fresh_one_made)
{
	static const char junk[8192] = "this is no database";
	char name[64];
	int dir = folder(name);
	int file = openat(dir, "state.db", O_CREAT | O_WRONLY, 0600);
	struct stat st;
	struct seen seen = {0};
	struct store *s;

	CHECK(write(file, junk, sizeof(junk)) == (ssize_t)sizeof(junk));
	CHECK(close(file) == 0);
	s = opened(dir);
	CHECK_TEXT(moved, "state.db.damaged-1700000000");
	CHECK(fstatat(dir, moved, &st, 0) == 0);
	CHECK(st.st_size == (off_t)sizeof(junk));
	CHECK(store_leases(s, see_lease, &seen) == 0);
	store_close(s);
	remove_folder(dir, name);
}

TEST(a_file_with_a_torn_page_is_moved_aside)
{
	static const char junk[2048] = {0x55};
	char name[64];
	int dir = folder(name);
	struct lease l = {.ip = 5, .hostname = span_text("kept")};
	struct store *s = opened(dir);
	int file;

	CHECK(put_leases(s, &l, 1) == 0);
	store_close(s);
	file = openat(dir, "state.db", O_WRONLY);
	CHECK(pwrite(file, junk, sizeof(junk), 4096) == (ssize_t)sizeof(junk));
	CHECK(close(file) == 0);
	s = opened(dir);
	CHECK_TEXT(moved, "state.db.damaged-1700000000");
	store_close(s);
	remove_folder(dir, name);
}

TEST(a_second_server_is_kept_off)
{
	char name[64];
	int dir = folder(name);
	struct store *s = opened(dir);
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct store *other = NULL;
		const char *fault = "";

		_exit(store_open(dir, 1, &other, moved, &fault) == -EBUSY ? 0
		                                                          : 1);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(status == 0);
	store_close(s);
	remove_folder(dir, name);
}

/* The limit stands for a full disk: every write beyond it fails. */
TEST(a_commit_that_cannot_be_written_leaves_nothing_and_harms_nothing)
{
	struct rlimit old, tight = {.rlim_cur = 65536, .rlim_max = 0};
	static struct lease many[5000];
	struct lease after = {.ip = 1, .hostname = span_text("after")};
	char name[64];
	int dir = folder(name);
	struct store *s = opened(dir);
	struct seen seen = {0};

	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct lease){.ip = (uint32_t)i + 10,
		    .hostname = span_text("a-rather-long-host-name")};
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
	tight.rlim_max = old.rlim_max;
	CHECK(setrlimit(RLIMIT_FSIZE, &tight) == 0);
	CHECK(put_leases(s, many, ARRAY_LEN(many)) < 0);
	CHECK(store_fault(s)[0] != '\0');
	CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);

	CHECK(put_leases(s, &after, 1) == 0);
	CHECK(store_leases(s, see_lease, &seen) == 0);
	CHECK(seen.count == 1);
	CHECK_TEXT(seen.text, "after");
	store_close(s);
	remove_folder(dir, name);
}
