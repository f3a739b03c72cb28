/*
 * rockridge.h - what the system use area of one directory record says.
 *
 * SUSP 1.12 (IEEE P1281) and RRIP 1.12 (IEEE P1282).  Times, owners and
 * permissions are of no interest here.  Continuation areas are bounded in
 * number and size.
 */
#ifndef HOBNAIL_MEDIA_ROCKRIDGE_H
#define HOBNAIL_MEDIA_ROCKRIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "media/backing.h"

#define ROCK_WINDOW 32768U /* bytes of continuation areas read at once */

/* Reads continuation areas, which lie close together, in few reads. */
struct rock_reader {
	const struct backing *backing;
	uint32_t block_size; /* bytes */
	uint8_t skip;        /* bytes before the entries (SP) */
	uint32_t jumps;      /* continuations followed so far */
	uint64_t window_at;  /* where in the image the window starts */
	size_t window_len;   /* bytes of it that are filled */
	uint8_t window[ROCK_WINDOW];
};

struct rock_entry {
	struct strbuf name;   /* NM; empty: none */
	struct strbuf target; /* SL; empty: no symbolic link */
	uint32_t child;       /* CL: block of the relocated folder, or 0 */
	uint32_t mode;        /* PX: as in struct stat, or 0 */
	bool extensions;      /* ER: this is Rock Ridge */
	bool relocated;       /* RE: shown elsewhere, not here */
	bool compressed;      /* ZF: zisofs, not readable as it is */
	int skip;             /* SP: bytes to skip from now on, or -1 */
};

void rock_entry_clear(struct rock_entry *e);

/*
 * Read one system use area.  `e` is emptied first and keeps its memory from
 * call to call.  Entries that cannot be read are passed over: a name may then
 * be missing, but nothing else goes wrong.
 */
void rock_parse(
    struct rock_reader *r, struct span system_use, struct rock_entry *e);

#endif
