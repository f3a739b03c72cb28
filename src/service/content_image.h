/*
 * content_image.h - an image file that is open, with its table of files.
 *
 * Opened once per version of a file and shared by all threads; what is in it
 * never changes.  Whoever holds one keeps a reference.
 */
#ifndef HOBNAIL_SERVICE_CONTENT_IMAGE_H
#define HOBNAIL_SERVICE_CONTENT_IMAGE_H

#include "base/attr.h"
#include "boot/catalogue.h"
#include "media/image_table.h"

struct open_image {
	int fd;    /* the file in the image folder */
	int files; /* what the table speaks of: `fd`, or its content */
	struct file_stamp stamp;
	bool has_table;
	struct image_table table;
	void *map; /* what the table lies in */
	size_t map_len;
	unsigned int references; /* atomic */
};

/*
 * Open the file of `image` beneath the folder `images`, and its table, and its
 * content where that is unpacked, beneath `tables`.  NULL with one reference in
 * `*out`, or why not: the file is not there, is not the version that the
 * catalogue speaks of, or its table is damaged.
 */
MUST_USE const char *open_image_new(
    const struct image *image, int images, int tables, struct open_image **out);

/* As open_image_new, over a descriptor that keeper opened.  It is taken over,
 * also when it fails. */
MUST_USE const char *open_image_over(
    const struct image *image, int fd, int tables, struct open_image **out);

/* Another reference; returns `o`. */
struct open_image *open_image_hold(struct open_image *o);

/* Give a reference back; accepts NULL. */
void open_image_drop(struct open_image *o);

/* Whether the file is still that version: nobody has written to it. */
bool open_image_unchanged(const struct open_image *o);

/* The version of an open file.  0 or -errno; -EINVAL where it is no regular
 * file. */
MUST_USE int stamp_of_file(int fd, struct file_stamp *out);

/* Open a file for reading beneath a folder; symbolic links must not leave it
 * (openat2(2)).  A descriptor or -errno. */
MUST_USE int open_beneath(int folder, const char *path);

#endif
