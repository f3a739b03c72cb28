/*
 * script.h - write lines of an iPXE script that hostile text cannot change.
 *
 * iPXE splits a line at white space, ends a command at the words `||`, `&&`
 * and `;`, drops what follows a word that starts with '#', joins a line that
 * ends in '\' with the next, and then expands `${...}` in each word, again
 * and again until none is left (ipxe: src/core/exec.c, src/image/script.c,
 * src/core/settings.c).  There are no quotes and no escapes, so what would
 * mean something is replaced.  Every argument is written by its kind; only
 * script_add() takes text as it is, and that is for literals.
 */
#ifndef HOBNAIL_BOOT_SCRIPT_H
#define HOBNAIL_BOOT_SCRIPT_H

#include <stddef.h>

#include "base/span.h"
#include "base/strbuf.h"

/* Our own text, as it is: commands, options, `${settings}`. */
void script_add(struct strbuf *out, const char *literal);

/*
 * The last argument of `echo`, `item`, `menu`: text for a person.  It stays
 * text; what is not ASCII becomes '?', as consoles of firmware show no more;
 * cut behind `max` characters (0: not cut).
 */
void script_text(struct strbuf *out, struct span text, size_t max);

/* One word made of [A-Za-z0-9._-]; all else becomes '_'. */
void script_word(struct strbuf *out, struct span word);

/* The path of a URL, percent-encoded (RFC 3986 section 2.1). */
void script_path(struct strbuf *out, struct span path);

/*
 * The command line of a kernel.  `${base}` in it becomes `base`, which is
 * ours; no other setting is expanded.
 */
void script_cmdline(struct strbuf *out, struct span cmdline, const char *base);

/* End the line. */
void script_end(struct strbuf *out);

#endif
