/*
 * event.h - one step of one machine's boot, as the timeline keeps it.
 *
 * For each file a start, at most one progress a second and an end; never one
 * per request.
 */
#ifndef HOBNAIL_BOOT_EVENT_H
#define HOBNAIL_BOOT_EVENT_H

#include <stdint.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/strbuf.h"

enum event_kind {
	EVENT_OFFER,   /* DHCP: what was offered; note: file name */
	EVENT_LEASE,   /* DHCP: an address; ip is it */
	EVENT_LOADER,  /* a boot loader was sent */
	EVENT_SCRIPT,  /* the first script; with an image: that of a method */
	EVENT_MENU,    /* the menu; note: platform and architecture */
	EVENT_KERNEL,  /* a kernel of an image */
	EVENT_INITRD,  /* an initial RAM disk of an image */
	EVENT_FILE,    /* any other file of an image */
	EVENT_IMAGE,   /* the whole image, or ranges of it (SAN boot) */
	EVENT_FAILED,  /* the client said that an entry failed; note: why */
	EVENT_REFUSED, /* not found or not allowed; note: why */
	EVENT_REPORT,  /* a booted system reported home; note: its text */
	EVENT_KINDS,
};

enum event_phase {
	PHASE_POINT, /* happened at once */
	PHASE_START,
	PHASE_PROGRESS,
	PHASE_END,
	PHASE_CUT, /* the transfer ended early */
	PHASE_COUNT,
};

struct event {
	uint64_t seq;  /* set by the state role; grows */
	uint64_t time; /* wall clock, ms since 1970; set by the state role */
	enum event_kind kind;
	enum event_phase phase;
	struct mac mac;       /* zero where it is not known */
	uint32_t ip;          /* the client's, or 0 */
	uint64_t bytes;       /* sent so far */
	uint64_t total;       /* of the file, or 0 */
	uint32_t duration_ms; /* since the start */
	struct span image;    /* ID or empty */
	struct span file;     /* path as asked, or empty */
	struct span note;     /* or empty */
};

const char *event_kind_name(enum event_kind kind);    /* "offer", ... */
const char *event_phase_name(enum event_phase phase); /* "start", ... */

void event_encode(const struct event *e, struct strbuf *out);

/* NULL, or why the bytes are none.  The spans borrow from `bytes`. */
MUST_USE const char *event_decode(
    const void *bytes, size_t len, struct event *out);

#endif
