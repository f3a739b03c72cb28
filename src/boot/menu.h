/*
 * menu.h - the iPXE scripts that a client runs, from the first to the one
 * that starts an image.
 *
 * Each is a text for one client, made from the catalogue of the moment.  The
 * chain: the first script finds out what the client is and fetches the menu;
 * the menu fetches the script of a method; that one starts the image or says
 * why not, and fetches the menu again.  Names from images and from the
 * configuration are written by boot/script.h and stay text.
 */
#ifndef HOBNAIL_BOOT_MENU_H
#define HOBNAIL_BOOT_MENU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "boot/catalogue.h"
#include "boot/route.h"
#include "boot/settings.h"

/* What the scripts of one server have in common. */
struct menu_server {
	const struct catalogue *catalogue;
	const struct settings *settings;
	const char *version; /* of Hobnail */
	uint32_t ip;         /* the address that the client came to */
};

/* The first script, for any client. */
void menu_first(const struct menu_server *s, struct strbuf *out);

/* The menu (ROUTE_MENU).  `r` says who asks. */
void menu_main(
    const struct menu_server *s, const struct route *r, struct strbuf *out);

/* All ways to start `image` (ROUTE_METHODS). */
void menu_methods(const struct menu_server *s, const struct route *r,
    const struct image *image, struct strbuf *out);

/* Start `image` by r->method (ROUTE_METHOD).  NULL, or why the method cannot
 * be used; then nothing was written. */
MUST_USE const char *menu_method(const struct menu_server *s,
    const struct route *r, const struct image *image, struct strbuf *out);

#endif
