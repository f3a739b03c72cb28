#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/schema.h"

#define FILE_NAME "state.db"
#define VFS_NAME "hobnail"
#define BUSY_MS 2000 /* how long a predecessor may take to let go */

enum statement {
	BEGIN,
	COMMIT,
	ROLLBACK,
	PUT_LEASE,
	PUT_HOST,
	PUT_EVENT,
	TRIM_EVENTS,
	FREE_IMAGE_ID,
	PUT_IMAGE,
	ALL_LEASES,
	ALL_HOSTS,
	ALL_IMAGES,
	NEWEST_EVENTS,
	STATEMENTS,
};

static const char *const statement_texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [PUT_LEASE] = "REPLACE INTO leases (ip, mac, state, expires, hostname)"
                  " VALUES (?, ?, ?, ?, ?)",
    [PUT_HOST] = "REPLACE INTO hosts (mac, uuid, firmware, arch, ip,"
                 " first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?)",
    [PUT_EVENT] = "REPLACE INTO events (seq, time, kind, phase, mac, ip,"
                  " bytes, total, duration_ms, image, file, note)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [TRIM_EVENTS] = "DELETE FROM events WHERE seq <= ?",
    [FREE_IMAGE_ID] = "DELETE FROM images WHERE id = ? AND path <> ?",
    [PUT_IMAGE] = "REPLACE INTO images (path, id, dev, ino, size, mtime_ns,"
                  " state, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [ALL_LEASES] = "SELECT ip, mac, state, expires, hostname FROM leases"
                   " ORDER BY ip",
    [ALL_HOSTS] = "SELECT mac, uuid, firmware, arch, ip, first_seen,"
                  " last_seen FROM hosts ORDER BY mac",
    [ALL_IMAGES] = "SELECT path, id, dev, ino, size, mtime_ns, state, why"
                   " FROM images ORDER BY path",
    [NEWEST_EVENTS] = "SELECT * FROM (SELECT seq, time, kind, phase, mac, ip,"
                      " bytes, total, duration_ms, image, file, note"
                      " FROM events ORDER BY seq DESC LIMIT ?) ORDER BY seq",
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	sqlite3_vfs vfs; /* the system's, with names left as they are */
	char fault[256];
};

/* One statement being filled in: the next parameter to bind. */
struct binder {
	sqlite3_stmt *stmt;
	int next;
};

static int
errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return -EACCES;
	default:
		return -EIO;
	}
}

static int
fail(struct store *s)
{
	(void)snprintf(s->fault, sizeof(s->fault), "%s", sqlite3_errmsg(s->db));
	return errno_of(sqlite3_extended_errcode(s->db));
}

const char *
store_fault(const struct store *s)
{
	return s->fault;
}

/*
 * The library would resolve the name to an absolute one and walk all folders
 * above, which this user may not be allowed to see.
 */
static int
name_as_it_is(sqlite3_vfs *vfs, const char *name, int room, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)room, "%s", name) < room ? SQLITE_OK
	                                                      : SQLITE_CANTOPEN;
}

static struct binder
binder_over(struct store *s, enum statement which)
{
	return (struct binder){.stmt = s->statements[which], .next = 1};
}

/* What cannot be bound makes the step fail (SQLITE_NOMEM only). */
static void
bind_number(struct binder *b, uint64_t value)
{
	(void)sqlite3_bind_int64(b->stmt, b->next++, (sqlite3_int64)value);
}

static void
bind_bytes(struct binder *b, const void *bytes, size_t len)
{
	(void)sqlite3_bind_blob64(
	    b->stmt, b->next++, len ? bytes : "", len, SQLITE_STATIC);
}

static void
bind_text(struct binder *b, struct span s)
{
	(void)sqlite3_bind_text64(b->stmt, b->next++, s.len ? s.data : "",
	    s.len, SQLITE_STATIC, SQLITE_UTF8);
}

static uint64_t
number_at(sqlite3_stmt *stmt, int column)
{
	return (uint64_t)sqlite3_column_int64(stmt, column);
}

static struct span
span_at(sqlite3_stmt *stmt, int column)
{
	const void *bytes = sqlite3_column_blob(stmt, column);

	return span_of(
	    bytes ? bytes : "", (size_t)sqlite3_column_bytes(stmt, column));
}

/* Run a statement that yields no rows. */
static int
run(struct store *s, enum statement which)
{
	sqlite3_stmt *stmt = s->statements[which];
	int code = sqlite3_step(stmt);
	int result = code == SQLITE_DONE ? 0 : fail(s);

	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	return result;
}

/* End the transaction that `result` was reached in. */
static int
finish(struct store *s, int result)
{
	char kept[sizeof(s->fault)];

	if (result == 0)
		result = run(s, COMMIT);
	if (result == 0)
		return 0;
	/* The failure counts; SQLite may have rolled back by itself. */
	memcpy(kept, s->fault, sizeof(kept));
	if (!sqlite3_get_autocommit(s->db))
		(void)run(s, ROLLBACK);
	memcpy(s->fault, kept, sizeof(kept));
	return result;
}

static int
put_lease(struct store *s, const struct lease *l)
{
	struct binder b = binder_over(s, PUT_LEASE);

	bind_number(&b, l->ip);
	bind_number(&b, mac_key(l->mac));
	bind_number(&b, l->state);
	bind_number(&b, l->expires);
	bind_bytes(&b, l->hostname.data, l->hostname.len);
	return run(s, PUT_LEASE);
}

static int
put_host(struct store *s, const struct host *h)
{
	struct binder b = binder_over(s, PUT_HOST);

	bind_number(&b, mac_key(h->mac));
	bind_bytes(&b, h->uuid, sizeof(h->uuid));
	bind_number(&b, h->firmware);
	bind_number(&b, h->arch);
	bind_number(&b, h->ip);
	bind_number(&b, h->first_seen);
	bind_number(&b, h->last_seen);
	return run(s, PUT_HOST);
}

static int
put_event(struct store *s, const struct event *e)
{
	struct binder b = binder_over(s, PUT_EVENT);

	bind_number(&b, e->seq);
	bind_number(&b, e->time);
	bind_number(&b, e->kind);
	bind_number(&b, e->phase);
	bind_number(&b, mac_key(e->mac));
	bind_number(&b, e->ip);
	bind_number(&b, e->bytes);
	bind_number(&b, e->total);
	bind_number(&b, e->duration_ms);
	bind_bytes(&b, e->image.data, e->image.len);
	bind_bytes(&b, e->file.data, e->file.len);
	bind_bytes(&b, e->note.data, e->note.len);
	return run(s, PUT_EVENT);
}

static int
put_events(struct store *s, const struct event *events, size_t count)
{
	struct binder b = binder_over(s, TRIM_EVENTS);
	int result = 0;
	uint64_t newest;

	if (count == 0)
		return 0;
	for (size_t i = 0; result == 0 && i < count; i++)
		result = put_event(s, &events[i]);
	newest = events[count - 1].seq;
	if (result < 0 || newest <= STORE_EVENTS_MAX)
		return result;
	bind_number(&b, newest - STORE_EVENTS_MAX);
	return run(s, TRIM_EVENTS);
}

int
store_commit(struct store *s, const struct store_batch *b)
{
	int result = run(s, BEGIN);

	if (result < 0)
		return result;
	for (size_t i = 0; result == 0 && i < b->lease_count; i++)
		result = put_lease(s, &b->leases[i]);
	for (size_t i = 0; result == 0 && i < b->host_count; i++)
		result = put_host(s, &b->hosts[i]);
	if (result == 0)
		result = put_events(s, b->events, b->event_count);
	return finish(s, result);
}

static int
put_image(struct store *s, const struct store_image *image)
{
	struct binder b = binder_over(s, FREE_IMAGE_ID);
	int result;

	bind_text(&b, image->id);
	bind_bytes(&b, image->path.data, image->path.len);
	result = run(s, FREE_IMAGE_ID);
	if (result < 0)
		return result;

	b = binder_over(s, PUT_IMAGE);
	bind_bytes(&b, image->path.data, image->path.len);
	bind_text(&b, image->id);
	bind_number(&b, image->stamp.dev);
	bind_number(&b, image->stamp.ino);
	bind_number(&b, image->stamp.size);
	bind_number(&b, image->stamp.mtime_ns);
	bind_number(&b, image->state);
	bind_bytes(&b, image->why.data, image->why.len);
	return run(s, PUT_IMAGE);
}

int
store_image_put(struct store *s, const struct store_image *image)
{
	int result = run(s, BEGIN);

	if (result < 0)
		return result;
	return finish(s, put_image(s, image));
}

/* After the last row: 0, or -errno where it was no regular end. */
static int
rows_end(struct store *s, sqlite3_stmt *stmt, int code)
{
	int result = code == SQLITE_DONE ? 0 : fail(s);

	(void)sqlite3_reset(stmt);
	return result;
}

int
store_leases(struct store *s,
    void (*take)(void *owner, const struct lease *lease), void *owner)
{
	sqlite3_stmt *row = s->statements[ALL_LEASES];
	int code;

	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		struct lease l = {
		    .ip = (uint32_t)number_at(row, 0),
		    .mac = mac_from_key(number_at(row, 1)),
		    .state = (enum lease_state)number_at(row, 2),
		    .expires = number_at(row, 3),
		    .hostname = span_at(row, 4),
		};

		if (number_at(row, 2) < LEASE_STATES)
			take(owner, &l);
	}
	return rows_end(s, row, code);
}

int
store_hosts(struct store *s, void (*take)(void *owner, const struct host *host),
    void *owner)
{
	sqlite3_stmt *row = s->statements[ALL_HOSTS];
	int code;

	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		struct span uuid = span_at(row, 1);
		struct host h = {
		    .mac = mac_from_key(number_at(row, 0)),
		    .firmware = (enum firmware)number_at(row, 2),
		    .arch = (enum arch)number_at(row, 3),
		    .ip = (uint32_t)number_at(row, 4),
		    .first_seen = number_at(row, 5),
		    .last_seen = number_at(row, 6),
		};

		if (uuid.len != sizeof(h.uuid) ||
		    number_at(row, 2) >= FIRMWARE_COUNT ||
		    number_at(row, 3) >= ARCH_COUNT)
			continue;
		memcpy(h.uuid, uuid.data, sizeof(h.uuid));
		take(owner, &h);
	}
	return rows_end(s, row, code);
}

int
store_images(struct store *s,
    void (*take)(void *owner, const struct store_image *image), void *owner)
{
	sqlite3_stmt *row = s->statements[ALL_IMAGES];
	int code;

	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		struct store_image image = {
		    .path = span_at(row, 0),
		    .id = span_at(row, 1),
		    .stamp.dev = number_at(row, 2),
		    .stamp.ino = number_at(row, 3),
		    .stamp.size = number_at(row, 4),
		    .stamp.mtime_ns = number_at(row, 5),
		    .state = (enum image_state)number_at(row, 6),
		    .why = span_at(row, 7),
		};

		if (number_at(row, 6) < IMAGE_STATES)
			take(owner, &image);
	}
	return rows_end(s, row, code);
}

int
store_events(struct store *s, uint64_t most,
    void (*take)(void *owner, const struct event *event), void *owner)
{
	sqlite3_stmt *row = s->statements[NEWEST_EVENTS];
	struct binder b = binder_over(s, NEWEST_EVENTS);
	int code;

	bind_number(&b, most);
	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		struct event e = {
		    .seq = number_at(row, 0),
		    .time = number_at(row, 1),
		    .kind = (enum event_kind)number_at(row, 2),
		    .phase = (enum event_phase)number_at(row, 3),
		    .mac = mac_from_key(number_at(row, 4)),
		    .ip = (uint32_t)number_at(row, 5),
		    .bytes = number_at(row, 6),
		    .total = number_at(row, 7),
		    .duration_ms = (uint32_t)number_at(row, 8),
		    .image = span_at(row, 9),
		    .file = span_at(row, 10),
		    .note = span_at(row, 11),
		};

		if (number_at(row, 2) < EVENT_KINDS &&
		    number_at(row, 3) < PHASE_COUNT)
			take(owner, &e);
	}
	return rows_end(s, row, code);
}

static int
run_text(struct store *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK
	           ? 0
	           : fail(s);
}

/* The single number that `sql` yields. */
static int
ask_number(struct store *s, const char *sql, uint64_t *out)
{
	sqlite3_stmt *stmt;
	int result;

	if (sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return fail(s);
	result = sqlite3_step(stmt) == SQLITE_ROW ? 0 : fail(s);
	if (result == 0)
		*out = number_at(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return result;
}

static const char *
migrate(struct store *s)
{
	uint64_t version = 0;

	if (ask_number(s, "PRAGMA user_version", &version) < 0)
		return "state.db cannot be read";
	if (version > ARRAY_LEN(schema_steps))
		return "state.db was written by a newer version of hobnail";
	for (; version < ARRAY_LEN(schema_steps); version++) {
		char number[64];

		(void)snprintf(number, sizeof(number),
		    "PRAGMA user_version = %" PRIu64, version + 1);
		if (run_text(s, "BEGIN EXCLUSIVE") < 0 ||
		    run_text(s, schema_steps[version]) < 0 ||
		    run_text(s, number) < 0 || run_text(s, "COMMIT") < 0)
			return "the tables of state.db cannot be made";
	}
	return NULL;
}

static bool
is_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT ||
	       (code & 0xff) == SQLITE_NOTADB;
}

/* Whether the pages of the file hang together. */
static bool
sound(struct store *s)
{
	sqlite3_stmt *stmt;
	bool ok;

	if (sqlite3_prepare_v2(
	        s->db, "PRAGMA quick_check(1)", -1, &stmt, NULL) != SQLITE_OK)
		return !is_damage(sqlite3_errcode(s->db));
	if (sqlite3_step(stmt) == SQLITE_ROW)
		ok = span_is(span_at(stmt, 0), "ok");
	else
		ok = !is_damage(sqlite3_errcode(s->db));
	(void)sqlite3_finalize(stmt);
	return ok;
}

static const char *
prepare(struct store *s)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, statement_texts[i], -1,
		        SQLITE_PREPARE_PERSISTENT, &s->statements[i],
		        NULL) != SQLITE_OK)
			return "the tables of state.db are not ours";
	return NULL;
}

/*
 * The exclusive lock keeps a second server off, and lets SQLite do without
 * shared memory (https://www.sqlite.org/wal.html, "Use of WAL Without
 * Shared-Memory").
 */
static const char *
set_up(struct store *s, const char *name, bool *damaged)
{
	static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
	                               "PRAGMA journal_mode = WAL;"
	                               "PRAGMA synchronous = FULL;"
	                               "PRAGMA temp_store = MEMORY;"
	                               "PRAGMA journal_size_limit = 8388608;"
	                               "PRAGMA trusted_schema = OFF;";
	int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	const char *fault;

	if (sqlite3_open_v2(name, &s->db, flags, VFS_NAME) != SQLITE_OK)
		return "state.db cannot be opened";
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, BUSY_MS);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (run_text(s, settings) < 0) {
		*damaged = is_damage(sqlite3_errcode(s->db));
		return errno_of(sqlite3_errcode(s->db)) == -EBUSY
		           ? "state.db is in use by another server"
		           : "state.db cannot be read or written";
	}
	*damaged = !sound(s);
	if (*damaged)
		return "state.db is damaged";
	fault = migrate(s);
	return fault ? fault : prepare(s);
}

static void
shut(struct store *s)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	(void)sqlite3_close(s->db);
	s->db = NULL;
}

/* Move the file and its log aside.  0 or -errno. */
static int
move_aside(uint64_t now, char moved[STORE_MOVED_SIZE])
{
	char log[STORE_MOVED_SIZE + 8];

	(void)snprintf(
	    moved, STORE_MOVED_SIZE, "%s.damaged-%" PRIu64, FILE_NAME, now);
	(void)snprintf(log, sizeof(log), "%s-wal", moved);
	if (rename(FILE_NAME, moved) < 0)
		return -errno;
	if (rename(FILE_NAME "-wal", log) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int
open_here(struct store *s, const char *name, uint64_t now,
    char moved[STORE_MOVED_SIZE], const char **fault)
{
	bool damaged = false;
	int result;

	*fault = set_up(s, name, &damaged);
	if (*fault && damaged) {
		shut(s);
		result = move_aside(now, moved);
		if (result < 0)
			return result;
		*fault = set_up(s, name, &damaged);
	}
	if (!*fault)
		return 0;
	result = errno_of(sqlite3_errcode(s->db));
	return result;
}

int
store_open(int dir, uint64_t now, struct store **out,
    char moved[STORE_MOVED_SIZE], const char **fault)
{
	struct store *s;
	int result;

	moved[0] = '\0';
	if (dir >= 0 && fchdir(dir) < 0) {
		*fault = "the state folder cannot be entered";
		return -errno;
	}
	s = mem_alloc(sizeof(*s));
	s->vfs = *sqlite3_vfs_find(NULL);
	s->vfs.zName = VFS_NAME;
	s->vfs.pNext = NULL;
	s->vfs.xFullPathname = name_as_it_is;
	(void)sqlite3_vfs_register(&s->vfs, 0);
	result =
	    open_here(s, dir >= 0 ? FILE_NAME : ":memory:", now, moved, fault);
	if (result < 0) {
		store_close(s);
		return result;
	}
	*out = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	shut(s);
	(void)sqlite3_vfs_unregister(&s->vfs);
	free(s);
}
