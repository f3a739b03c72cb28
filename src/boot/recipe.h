/*
 * recipe.h - what an image is, and with which command line it boots.
 *
 * Looks names up in the image's table of files and reads what the image says
 * of itself; a static table knows the families.  Nothing in an image is
 * believed beyond that: all that is taken over is text.
 */
#ifndef HOBNAIL_BOOT_RECIPE_H
#define HOBNAIL_BOOT_RECIPE_H

#include "base/arena.h"
#include "base/attr.h"
#include "boot/catalogue.h"
#include "boot/settings.h"
#include "media/image_table.h"

/*
 * Fill in title, family, BIOS and EFI entries, kernel, initrd, command line
 * and architecture of `out`, whose id, path and kind are set.  Texts live in
 * `a`.  NULL, or "too much" when `a` is full.
 */
MUST_USE const char *recipe_fill(
    struct arena *a, const struct image_table *t, struct image *out);

/* The title of an image of which nothing but its path is known. */
const char *recipe_title_of_path(struct arena *a, const char *path);

/* Put what the configuration says over what was recognised; texts are
 * borrowed from `over`. */
void recipe_override(struct image *image, const struct settings_image *over);

#endif
