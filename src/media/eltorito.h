/*
 * eltorito.h - the boot catalogue of a CD image.
 *
 * El Torito Bootable CD-ROM Format Specification 1.0, with platform 0xef for
 * EFI (UEFI specification, section 13.3.2).  Nothing is started here: an
 * entry becomes a range of bytes.
 */
#ifndef HOBNAIL_MEDIA_ELTORITO_H
#define HOBNAIL_MEDIA_ELTORITO_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "media/backing.h"
#include "media/image_table.h"

#define ELTORITO_CATALOGUE_MAX 8192U /* bytes that are looked at */

enum { ELTORITO_BIOS = 0, ELTORITO_EFI = 0xef };

/* One entry as the catalogue has it. */
struct eltorito_entry {
	uint8_t platform, emulation;
	bool bootable;
	uint16_t sectors; /* of 512 bytes */
	uint32_t block;   /* of 2048 bytes */
};

/*
 * Parse the bytes of a catalogue into at most `room` entries, the initial one
 * first.  NULL, or why it is none.
 */
MUST_USE const char *eltorito_parse(const void *bytes, size_t len,
    struct eltorito_entry *out, size_t room, size_t *count);

/*
 * Read the catalogue at `at` (bytes) and fill facts->boot.  Entries that
 * start outside the image are left out; `*needs` then becomes where such an
 * entry starts (bytes), else it stays.  `volume_end` (bytes) is where entries
 * without a length end.  NULL, or why there is no catalogue.
 */
MUST_USE const char *eltorito_read(const struct backing *b, uint64_t at,
    uint64_t volume_end, struct image_facts *facts, uint64_t *needs);

#endif
