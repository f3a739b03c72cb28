/*
 * image_id.h - what a file in the image folder is, and what it is called.
 *
 * An ID is what URLs, the configuration and the command line call an image:
 * the file name without its extension, in lower case, `[a-z0-9.-]`, at most
 * IMAGE_ID_MAX characters.  Who has which ID is kept by the state role.
 */
#ifndef HOBNAIL_BOOT_IMAGE_ID_H
#define HOBNAIL_BOOT_IMAGE_ID_H

#include <stdbool.h>

#include "base/span.h"
#include "boot/catalogue.h"

#define IMAGE_ID_MAX 64 /* characters */
#define IMAGE_STORED_NAME_SIZE (IMAGE_ID_MAX + 16)

/*
 * What the file at `path` would be by its name: `*.iso`, `*.img`, `*.ipxe` or
 * `netboot.tar*`, without regard to case.  False for all others and for
 * hidden files.
 */
bool image_kind_of(struct span path, enum image_kind *kind);

/*
 * The `n`th ID (from 1) that the file at `path` may have: the first without a
 * number, then with "-2" and so on.  One that means something else in the
 * configuration or in a URL ("disk", "menu") is numbered from the start.
 * Returns `out`.
 */
const char *image_id_make(
    struct span path, unsigned int n, char out[IMAGE_ID_MAX + 1]);

/* In the folder of tables: the name of the file with the content of an image
 * that is compressed.  It is no ID, so no table has it.  Returns `out`. */
const char *image_stored_name(const char *id, char out[IMAGE_STORED_NAME_SIZE]);

#endif
