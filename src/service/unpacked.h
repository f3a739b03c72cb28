/*
 * unpacked.h - what a compressed image holds, as a file in the state folder.
 *
 * Extents can be sent from what lies on a disk only, so the content of a
 * compressed image is stored once, when the image is admitted.  The image role
 * writes it into its pipe ahead of the report:
 *
 *	UNPACKED_MAGIC, size in bytes (8, least significant byte first), content
 *
 * and the state role moves it from there into its folder of tables, piece by
 * piece.  Neither ever holds more of it than a piece.
 */
#ifndef HOBNAIL_SERVICE_UNPACKED_H
#define HOBNAIL_SERVICE_UNPACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/strbuf.h"
#include "boot/image_id.h"
#include "media/backing.h"

#define UNPACKED_MAGIC "content"             /* with its NUL */
#define UNPACKED_HEAD 16U                    /* bytes ahead of the content */
#define UNPACKED_ALL_MAX (UINT64_C(4) << 30) /* bytes of all images together */

/* One content that comes in.  Starts zeroed but for its first members. */
struct unpacked {
	int tables; /* the folder */
	const char *id;
	uint64_t number;   /* tells it from others for the same image */
	bool known;        /* whether there is content ahead of the report */
	bool coming;       /* there is; `fd` and `name` are valid */
	int fd;            /* -1 after an error */
	int error;         /* why it cannot be stored, an errno, or 0 */
	uint64_t size;     /* bytes */
	uint64_t left;     /* of them to come */
	uint64_t unsynced; /* written since the disk was last waited for */
	char name[IMAGE_ID_MAX + 40]; /* while it is not whole */
};

/* Write the content of the compressed image `packed` to `fd`.  0 or -errno. */
MUST_USE int unpacked_send(int fd, const struct backing *packed, uint64_t size);

/*
 * Take what is content from the front of `bytes`, which came just now.  At
 * most `room` bytes may be stored.
 */
void unpacked_take(struct unpacked *u, struct strbuf *bytes, uint64_t room);

/* Whether all content has come that was announced, or none was. */
bool unpacked_whole(const struct unpacked *u);

/* Make it the content of the image, or remove an older one where it has none.
 * 0 or -errno. */
MUST_USE int unpacked_keep(struct unpacked *u);

/* Throw away what has come, if it was not kept. */
void unpacked_drop(struct unpacked *u);

/* Remove the content of an image. */
void unpacked_remove(int tables, const char *id);

/* Remove what a server that was killed left behind half-way. */
void unpacked_sweep(int tables);

/* How many bytes of content are stored for an image; 0 for none. */
uint64_t unpacked_size(int tables, const char *id);

#endif
