/*
 * state.h - what the parts of the state role share.
 *
 * state_service.c starts it and hands messages out; state_ledger.c keeps
 * leases, machines and events; state_images.c knows the image folder,
 * state_probe.c has new files looked at; state_loaders.c knows the boot
 * loaders; state_publish.c makes the catalogue of all that.
 */
#ifndef HOBNAIL_SERVICE_STATE_H
#define HOBNAIL_SERVICE_STATE_H

#include "base/strbuf.h"
#include "base/table.h"
#include "boot/catalogue.h"
#include "boot/image_id.h"
#include "io/loop.h"
#include "io/tree_watch.h"
#include "service/outbox.h"
#include "service/service.h"
#include "store/store.h"

/* A file of the image folder, or one that was there once (its ID stays). */
struct image_entry {
	struct images *images;
	char *path; /* below the folder */
	char id[IMAGE_ID_MAX + 1];
	enum image_kind kind;
	enum image_state state;
	struct file_stamp stamp; /* of the version that `state` is about */
	char *why;
	bool outside;        /* a link out of the folder */
	bool present;        /* is in the folder */
	bool found;          /* in the walk that goes on */
	bool writing;        /* somebody writes to it */
	bool closed;         /* it was seen to be complete */
	bool dirty;          /* to be looked at before the loop sleeps */
	bool waiting;        /* for its turn to be probed */
	unsigned int deaths; /* of processes that read this version */
	bool kept;           /* the store has this version's verdict */
	uint64_t probe;      /* number of the IPC_PROBE under way, or 0 */
	struct timer settle;
	struct arena arena;    /* of `image` */
	struct image image;    /* filled while IMAGE_READY */
	uint64_t content_size; /* bytes stored of a compressed image */
};

struct images {
	struct state *state;
	struct tree_watch *tree;
	struct image_entry **entries; /* sorted by path */
	size_t count, room;
	struct task work;
	struct timer rescan;
	struct probe *probes; /* under way */
	unsigned int probing; /* how many of them */
	uint64_t last_probe;  /* number of the last IPC_PROBE */
	bool blind;           /* folders exist that cannot be watched */
};

/* A file of the loader folder. */
struct loader_entry {
	char *name;
	char *source, *version, *features, *sha256;
	struct loader loader;
};

struct loaders {
	struct state *state;
	struct tree_watch *tree;
	struct loader_entry *entries; /* sorted by name */
	size_t count;
	struct task work;
};

struct kept_lease {
	uint64_t id; /* of the message */
	struct lease lease;
	char hostname[64];
	bool orphan; /* the dhcp role that sent it has ended */
};

struct kept_event {
	struct event event;
	char *texts;
};

/* What is to be written in the next transaction. */
struct ledger {
	struct state *state;
	struct kept_lease *leases;
	size_t lease_count, lease_room;
	struct kept_event *events;
	size_t event_count, event_room;
	struct table hosts;   /* of struct host, by mac_key; all there are */
	struct table changed; /* those of them not written yet */
	uint64_t seq;         /* of the newest event */
	struct task commit;
	struct timer lazy;      /* for what need not be on disk at once */
	struct timer host_news; /* when to publish changed hosts */
	uint64_t complained;    /* monotonic ms, of the last failure logged */
};

struct state {
	struct context *context;
	struct store *store;
	struct outbox outboxes[ROLE_COUNT];
	struct ledger ledger;
	struct images images;
	struct loaders loaders;
	struct task publish;
	uint64_t generation;
	struct strbuf catalogue; /* encoded, the newest */
	bool unkept;             /* the store is in memory: there is no other */
	char why[256];           /* why that is so */
	struct timer reopen;
};

/* Wall clock, ms since 1970. */
uint64_t state_time_ms(void);

/* state_ledger.c */
void ledger_start(struct state *s);
const char *ledger_lease(struct state *s, const struct ipc *m);
const char *ledger_event(struct state *s, struct span body);
const char *ledger_host(struct state *s, struct span body);
void ledger_send_leases(struct state *s); /* all, to dhcp */
void ledger_lost_dhcp(struct state *s);
void ledger_commit(struct state *s);
void ledger_stop(struct state *s);

/* state_ask.c: answer a question of admin with JSON. */
void state_answer(struct state *s, const struct ipc *m);

/* state_images.c */
MUST_USE int images_start(struct state *s);
void images_stop(struct images *im);
struct image_entry *images_entry(struct images *im, const char *path);
void images_touch(struct image_entry *e);
void images_settle(struct image_entry *e, enum image_state state,
    const char *why, const struct file_stamp *stamp);

/* state_probe.c: have `e` looked at when its turn comes. */
void probe_wanted(struct image_entry *e);
const char *probe_answer(struct state *s, const struct ipc *m, int fd);
void probe_stop(struct images *im);
/* Fill e->image from a stored table; false where there is none that fits. */
MUST_USE bool probe_reuse(struct image_entry *e);

/* state_loaders.c */
MUST_USE int loaders_start(struct state *s);
void loaders_stop(struct loaders *l);
/* An import; `fd` is closed here.  Answers admin. */
void loaders_import(struct state *s, const struct ipc *m, int fd);

/* state_publish.c */
void state_publish(struct state *s); /* before the loop sleeps */
void state_publish_now(struct state *s);
void state_publish_to(struct state *s, enum role reader);
void state_publish_init(struct state *s);

#endif
