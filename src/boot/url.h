/*
 * url.h - the URLs that our scripts name (docs/architecture.md, "URLs for
 * clients").
 *
 * Always with the literal address that the client came to, so that nothing
 * depends on its DNS, and percent-encoded.
 */
#ifndef HOBNAIL_BOOT_URL_H
#define HOBNAIL_BOOT_URL_H

#include "base/strbuf.h"
#include "boot/catalogue.h"
#include "boot/menu.h"
#include "boot/route.h"

/* "http://192.0.2.1", with the port where it is not 80. */
void url_server(struct strbuf *out, const struct menu_server *s);

/* Where this client's scripts lie; ends with a slash. */
void url_scripts(
    struct strbuf *out, const struct menu_server *s, const struct route *r);

/* A file inside an image; with the path "" its tree, with a slash. */
void url_file(struct strbuf *out, const struct menu_server *s,
    const struct image *image, const char *path);

/* The whole image. */
void url_raw(
    struct strbuf *out, const struct menu_server *s, const struct image *image);

/* A user's script. */
void url_script(
    struct strbuf *out, const struct menu_server *s, const struct image *image);

#endif
