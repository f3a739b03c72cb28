#include "media/eltorito.h"

#include "base/reader.h"
#include "media/fat.h"

#define ENTRY_SIZE 32U
#define BLOCK 2048U
#define VIRTUAL_SECTOR 512U

enum {
	VALIDATION = 0x01,
	SECTION = 0x90,
	SECTION_LAST = 0x91,
	EXTENSION = 0x44,
	BOOTABLE = 0x88,
};

/* Section 2.1: the words of the validation entry sum up to zero. */
static const char *
check_validation(const uint8_t *entry)
{
	struct reader r = reader_over(entry, ENTRY_SIZE);
	uint16_t sum = 0;

	while (reader_left(&r))
		sum = (uint16_t)(sum + reader_le16(&r));
	if (entry[0] != VALIDATION || entry[30] != 0x55 || entry[31] != 0xaa)
		return "no El Torito validation entry";
	return sum ? "El Torito validation entry with a wrong sum" : NULL;
}

/* Sections 2.2 and 2.4. */
static struct eltorito_entry
entry_parse(const uint8_t *bytes, uint8_t platform)
{
	struct reader r = reader_over(bytes, ENTRY_SIZE);
	struct eltorito_entry e = {.platform = platform};

	e.bootable = reader_u8(&r) == BOOTABLE;
	e.emulation = reader_u8(&r) & 0x0f;
	reader_skip(&r, 4);
	e.sectors = reader_le16(&r);
	e.block = reader_le32(&r);
	return e;
}

const char *
eltorito_parse(const void *bytes, size_t len, struct eltorito_entry *out,
    size_t room, size_t *count)
{
	struct reader r = reader_over(bytes, len);
	const uint8_t *entry = reader_bytes(&r, ENTRY_SIZE);
	const char *fault = entry ? check_validation(entry) : r.fault;
	uint8_t platform;
	size_t left = 1; /* the initial entry needs no header */

	if (fault)
		return fault;
	platform = entry[1];
	*count = 0;
	while ((entry = reader_bytes(&r, ENTRY_SIZE)) && *count < room) {
		if (left > 0) {
			if (entry[0] == EXTENSION)
				continue;
			out[(*count)++] = entry_parse(entry, platform);
			left--;
		} else if (entry[0] == SECTION || entry[0] == SECTION_LAST) {
			platform = entry[1];
			left = (size_t)(entry[2] | entry[3] << 8);
		} else if (entry[0] != EXTENSION) {
			break;
		}
	}
	return NULL;
}

/* Bytes of the boot image, as far as anything says it. */
static uint64_t
length_of(const struct backing *b, const struct eltorito_entry *e,
    uint64_t offset, uint64_t volume_end)
{
	static const uint64_t floppies[] = {
	    0, 1200U * 1024, 1440U * 1024, 2880U * 1024};
	uint64_t length = (uint64_t)e->sectors * VIRTUAL_SECTOR;
	uint64_t left = b->size - offset;
	uint64_t volume = 0;

	if (e->emulation >= 1 && e->emulation <= 3)
		length = floppies[e->emulation];
	if (e->platform == ELTORITO_EFI) {
		/* The count has 16 bits, so it is often 0, 1 or too small;
		 * UEFI takes 0 and 1 as "to the end".  What the file system
		 * says of itself is better. */
		if (!fat_size(b, offset, &volume) && volume > length)
			length = volume;
		else if (e->sectors <= 1)
			length =
			    volume_end > offset ? volume_end - offset : left;
	}
	return length < left ? length : left;
}

const char *
eltorito_read(const struct backing *b, uint64_t at, uint64_t volume_end,
    struct image_facts *facts, uint64_t *needs)
{
	struct eltorito_entry entries[IMAGE_BOOT_ENTRIES_MAX];
	uint8_t bytes[ELTORITO_CATALOGUE_MAX];
	size_t len = sizeof(bytes), count = 0;
	const char *fault;

	if (at >= b->size)
		return "boot catalogue outside the image";
	if (len > b->size - at)
		len = (size_t)(b->size - at);
	fault = backing_read(b, at, bytes, len);
	if (!fault)
		fault = eltorito_parse(
		    bytes, len, entries, IMAGE_BOOT_ENTRIES_MAX, &count);
	if (fault)
		return fault;
	for (size_t i = 0; i < count; i++) {
		const struct eltorito_entry *e = &entries[i];
		uint64_t offset = (uint64_t)e->block * BLOCK;

		if (offset >= b->size) {
			*needs = offset;
			continue;
		}
		facts->boot[facts->boot_count++] = (struct image_boot_entry){
		    .platform = e->platform,
		    .emulation = e->emulation,
		    .bootable = e->bootable,
		    .offset = offset,
		    .length = length_of(b, e, offset, volume_end),
		};
	}
	return NULL;
}
