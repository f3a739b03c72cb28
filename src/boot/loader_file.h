/*
 * loader_file.h - what a boot loader says of itself, and what SOURCES says.
 *
 * SOURCES has a line per file, its fields separated by tabs: name, SHA-256,
 * source, version, date (YYYY-MM-DD), features.
 */
#ifndef HOBNAIL_BOOT_LOADER_FILE_H
#define HOBNAIL_BOOT_LOADER_FILE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "boot/host.h"

#define LOADER_NAME_MAX 64 /* characters */

/* A line of SOURCES; borrows from it. */
struct loader_line {
	struct span name, sha256, source, version, date, features;
};

/* NULL, or why the line is refused.  Fields at the end may be missing, but
 * for the digest. */
MUST_USE const char *loader_line_parse(
    struct span line, struct loader_line *out);

void loader_line_put(struct strbuf *out, const struct loader_line *line);

/* SOURCES with the line of `line->name` replaced or added, into `out`. */
void loader_lines_replace(
    struct strbuf *out, struct span old, const struct loader_line *line);

/* NULL, or why a loader cannot be called that: names stand in URLs, in DHCP
 * packets and in SOURCES. */
MUST_USE const char *loader_name_check(struct span name);

/*
 * Which machines a file is for, by its first bytes: the machine type of a
 * PE image (PE format specification, "Machine Types"), else BIOS.
 */
void loader_target(struct span bytes, enum firmware *firmware, enum arch *arch);

/* The version that an uncompressed iPXE or memdisk carries as text, or an
 * empty span. */
struct span loader_version(struct span bytes);

#endif
