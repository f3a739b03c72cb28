/*
 * decide.h - the ways to start one image on one client, best first.
 *
 * A way that cannot work is listed too, with the reason, so that a menu can
 * say why.  Which way is best depends on what the image is: a system with a
 * kernel of its own must be started by that kernel, as an HTTP SAN disk is
 * gone once the kernel runs.
 */
#ifndef HOBNAIL_BOOT_DECIDE_H
#define HOBNAIL_BOOT_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "boot/catalogue.h"

enum method_kind {
	METHOD_LINUX,   /* kernel and initial RAM disk from inside the image */
	METHOD_EFI,     /* an EFI program from inside the image */
	METHOD_SAN,     /* the image as an HTTP SAN disk */
	METHOD_MEMDISK, /* the image in RAM, under memdisk (BIOS) */
	METHOD_SCRIPT,  /* a script of the user's */
	METHOD_KINDS,
};

/* What the first script found out about a client. */
struct client {
	enum firmware firmware;
	enum arch arch;   /* that iPXE was built for (`${buildarch}`) */
	bool cpu64;       /* the CPU runs x86-64 code */
	uint32_t mem_mib; /* memory in MiB, or 0: not known */
};

struct method {
	enum method_kind kind;
	const char *why; /* it cannot be used because; NULL: it can */
};

const char *method_name(enum method_kind kind);  /* "linux", as in URLs */
const char *method_title(enum method_kind kind); /* for a menu */

/* The method called `name`, or METHOD_KINDS. */
enum method_kind method_named(struct span name);

/*
 * The client that these parts of a URL describe: iPXE's platform and
 * architecture, and facts, words with commas between them ("cpu64",
 * "mem2048"); unknown words mean nothing.
 */
struct client client_from(
    struct span platform, struct span arch, struct span facts);

/*
 * All methods that make sense for this kind of image, usable ones first, the
 * best of them at the front.  `memdisk`: the server has that loader.  Returns
 * how many.
 */
size_t decide_methods(const struct image *image, const struct client *client,
    bool memdisk, struct method out[METHOD_KINDS]);

#endif
