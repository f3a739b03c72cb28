/*
 * catalogue.h - what can be booted, at one moment.
 *
 * The state role publishes a catalogue as one sealed memfd per generation;
 * readers decode it once, when it arrives, and then swap a pointer.  Nobody
 * changes a catalogue.  Texts are NUL-terminated and borrow from the decoded
 * bytes; "" where there is nothing to say.
 */
#ifndef HOBNAIL_BOOT_CATALOGUE_H
#define HOBNAIL_BOOT_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "boot/host.h"

enum image_kind {
	IMAGE_ISO,     /* an ISO 9660 image */
	IMAGE_SCRIPT,  /* NAME.ipxe, served as it is */
	IMAGE_NETBOOT, /* a Debian netboot tarball */
	IMAGE_KINDS,
};

enum image_state {
	IMAGE_READY,
	IMAGE_PROBING,    /* being looked at */
	IMAGE_INCOMPLETE, /* shorter than the volume that it declares */
	IMAGE_BROKEN,     /* not readable as an image; `why` says where */
	IMAGE_UNREADABLE, /* the server's user may not read it */
	IMAGE_STATES,
};

const char *image_state_name(enum image_state state); /* "ready", ... */

/* Which version of a file this is; its ETag is made from it. */
struct file_stamp {
	uint64_t dev, ino;
	uint64_t size;     /* bytes */
	uint64_t mtime_ns; /* since 1970 */
};

/* How an image can be started, beside HTTP SAN boot and memdisk. */
struct image {
	const char *id;
	const char *path;   /* below the image folder */
	const char *title;  /* "Debian 13.1.0 netinst amd64" */
	const char *family; /* "debian-installer", "live-boot", ... or "" */
	const char *why;    /* why it is not IMAGE_READY, and what mends it */
	const char *table;  /* name of its table in FOLDER_TABLES */
	enum image_kind kind;
	enum image_state state;
	struct file_stamp stamp;
	bool outside;  /* a symbolic link that leaves the image folder */
	bool unpacked; /* its content is in FOLDER_TABLES: image_stored_name */

	bool bios;          /* has a BIOS El Torito entry without emulation */
	bool bios_emulated; /* has one with a floppy or disk in it */
	const char *efi[ARCH_COUNT]; /* EFI program inside, by architecture */

	enum arch arch;     /* of the kernel */
	const char *kernel; /* path inside, or "" */
	const char *initrd; /* path inside, or "" */
	/* Command line; ${base} stands for the URL of the image's tree. */
	const char *cmdline;
};

struct loader {
	const char *name;     /* file name in FOLDER_LOADERS */
	const char *source;   /* "Debian ipxe", "imported", ... */
	const char *version;  /* or "" */
	const char *features; /* "HTTPS iSCSI ...", or "" */
	const char *sha256;   /* hexadecimal */
	enum firmware firmware;
	enum arch arch;
	struct file_stamp stamp;
	bool known; /* the digest is that of the package it came from */
};

struct catalogue {
	uint64_t generation;
	const struct image *images; /* sorted by title */
	size_t image_count;
	const struct loader *loaders; /* sorted by name */
	size_t loader_count;
	const struct host *hosts; /* sorted by hardware address */
	size_t host_count;
};

void catalogue_encode(const struct catalogue *c, struct strbuf *out);

/*
 * NULL, or why the bytes are no catalogue.  Arrays live in `a`, texts in
 * `bytes`; both must outlive `out`.
 */
MUST_USE const char *catalogue_decode(
    struct arena *a, const void *bytes, size_t len, struct catalogue *out);

const struct image *catalogue_image(const struct catalogue *c, struct span id);
const struct loader *catalogue_loader(
    const struct catalogue *c, struct span name);
const struct host *catalogue_host(const struct catalogue *c, struct mac mac);

/* Whether both are the same version of the same file. */
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);

/* The strong ETag of this version of a file, with its quotes (RFC 9110
 * section 8.8.3); `out` has room for ETAG_SIZE bytes. */
#define ETAG_SIZE 40
const char *file_stamp_etag(const struct file_stamp *s, char out[ETAG_SIZE]);

void file_stamp_encode(const struct file_stamp *s, struct strbuf *out);
MUST_USE const char *file_stamp_decode(
    const void *bytes, size_t len, struct file_stamp *out);

#endif
