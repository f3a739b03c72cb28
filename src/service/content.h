/*
 * content.h - what lies behind a name that a client asked for.
 *
 * The boot role's HTTP and TFTP servers ask here; the answer is a text made
 * for this client, or ranges of an open file.  Which name means what is
 * decided in boot/route.c; this is where files are opened.
 *
 * One source serves all event loops of the role: the catalogue is swapped by
 * the main thread, an answer holds its own reference to what it needs.
 */
#ifndef HOBNAIL_SERVICE_CONTENT_H
#define HOBNAIL_SERVICE_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "boot/catalogue.h"
#include "boot/event.h"
#include "media/image_table.h"
#include "service/service.h"

/* Who asks, and how. */
struct content_request {
	struct span path;       /* decoded and normalised, leading slash */
	struct endpoint client; /* where the request came from */
	uint32_t local_ip;      /* the address of ours that it came to */
	bool tftp;
	/* HTTP: no body is wanted, or not from its start (HEAD, ranges); such
	 * a request is no boot step of its own. */
	bool partial;
};

/* What to answer.  Give it back with content_done. */
struct content {
	uint16_t status;      /* 200, 204, 404, 503 ... as HTTP says it */
	const char *type;     /* Content-Type; a literal */
	char etag[ETAG_SIZE]; /* with quotes; "" for a text */
	struct strbuf text;   /* the body, where fd is -1 */
	int fd;               /* an open file, or -1 */
	const struct image_extent *extents; /* of fd that are the body */
	size_t extent_count;
	uint64_t size; /* of the body, bytes */

	/* For the timeline: kind and texts; kind EVENT_KINDS for none.  What
	 * a client said is in them as it said it. */
	enum event_kind kind;
	struct mac mac; /* zero where it is not known */
	char image[65];
	char file[256];
	char note[128];
	void *hold; /* what keeps fd and extents alive; content.c's own */
};

struct content_source;

/* Settings, folders and channels come from `c`, which outlives the source. */
struct content_source *content_source_new(struct context *c);
void content_source_free(struct content_source *s);

/* Take a new catalogue (memfd; closed here).  NULL, or why it is none. */
const char *content_catalogue(struct content_source *s, int fd);

/* keeper's answer to an IPC_OPEN. */
void content_opened(struct content_source *s, const struct ipc *m, int fd);

/* Look up what `r` asks for.  Any thread. */
void content_find(struct content_source *s, const struct content_request *r,
    struct content *out);

/* Any thread.  Accepts a zeroed content. */
void content_done(struct content_source *s, struct content *c);

#endif
