#include "media/iso9660.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/reader.h"
#include "base/scope.h"
#include "media/rockridge.h"

#define FIRST_SECTOR 16U
#define DESCRIPTORS_MAX 64U
#define RECORD_MIN 34U

enum { BOOT_RECORD = 0, PRIMARY = 1, SUPPLEMENTARY = 2, TERMINATOR = 255 };

bool
iso_record_is_dot(const struct iso_record *r)
{
	return r->id.len == 1 && (r->id.data[0] == 0 || r->id.data[0] == 1);
}

/* ECMA-119 section 9.1; `bytes` is as long as the record says. */
static const char *
record_parse(struct span bytes, struct iso_record *out)
{
	struct reader r = reader_over(bytes.data, bytes.len);
	size_t id_len;

	reader_skip(&r, 1);
	out->attributes = reader_u8(&r);
	out->block = reader_le32(&r);
	reader_skip(&r, 4);
	out->size = reader_le32(&r);
	reader_skip(&r, 4 + 7);
	out->flags = reader_u8(&r);
	out->unit = reader_u8(&r);
	out->gap = reader_u8(&r);
	reader_skip(&r, 4);
	id_len = reader_u8(&r);
	out->id = reader_span(&r, id_len);
	if (r.fault || id_len == 0)
		return "directory record with a name that does not fit";
	if (id_len % 2 == 0 && reader_left(&r))
		reader_skip(&r, 1);
	out->system_use = reader_span(&r, reader_left(&r));
	return NULL;
}

bool
iso_record_next(
    struct span folder, size_t *at, struct iso_record *out, const char **fault)
{
	while (*at < folder.len) {
		size_t len = (uint8_t)folder.data[*at];

		if (len == 0) { /* no record crosses into the next sector */
			*at += ISO_SECTOR - *at % ISO_SECTOR;
			continue;
		}
		if (len < RECORD_MIN || len > folder.len - *at) {
			*fault = "directory record of an impossible length";
			return false;
		}
		*fault = record_parse(span_of(folder.data + *at, len), out);
		out->at = *at;
		*at += len;
		return !*fault;
	}
	return false;
}

/* An identifier, which is padded with spaces. */
static void
take_text(struct reader *r, char *out, size_t len)
{
	reader_copy(r, out, len);
	out[len] = '\0';
	len = strlen(out);
	while (len && out[len - 1] == ' ')
		out[--len] = '\0';
}

/* Block size and root directory: at the same places in every descriptor. */
static const char *
take_tree(const uint8_t *sector, struct iso_tree *out)
{
	struct reader r = reader_over(sector + 128, 62);
	struct iso_record root;
	uint32_t block_size = reader_le16(&r);
	const char *fault;

	if (block_size != 512 && block_size != 1024 && block_size != 2048)
		return "volume descriptor with an impossible block size";
	fault = record_parse(span_of(sector + 156, RECORD_MIN), &root);
	if (fault)
		return "volume descriptor without a root directory";
	out->block_size = block_size;
	out->at = ((uint64_t)root.block + root.attributes) * block_size;
	out->size = root.size;
	return NULL;
}

/* ECMA-119 section 8.4. */
static const char *
take_primary(struct iso_image *iso, const uint8_t *sector)
{
	struct reader r = reader_over(sector, ISO_SECTOR);
	const char *fault = take_tree(sector, &iso->plain);
	uint32_t blocks;

	if (fault)
		return fault;
	reader_skip(&r, 8);
	take_text(&r, iso->system, 32);
	take_text(&r, iso->volume, 32);
	reader_skip(&r, 8);
	blocks = reader_le32(&r);
	iso->size = (uint64_t)blocks * iso->plain.block_size;
	reader_skip(&r, 318 - 84);
	take_text(&r, iso->publisher, 128);
	reader_skip(&r, 128);
	take_text(&r, iso->application, 128);
	return NULL;
}

/* Joliet is told by its escape sequences: UCS-2 of level 1, 2 or 3. */
static bool
is_joliet(const uint8_t *sector)
{
	const uint8_t *escape = sector + 88;

	return escape[0] == '%' && escape[1] == '/' &&
	       (escape[2] == '@' || escape[2] == 'C' || escape[2] == 'E');
}

static void
take_boot_record(struct iso_image *iso, const uint8_t *sector)
{
	struct reader r = reader_over(sector + 0x47, 4);

	if (memcmp(sector + 7, "EL TORITO SPECIFICATION", 23) == 0)
		iso->boot_catalogue = (uint64_t)reader_le32(&r) * ISO_SECTOR;
}

static const char *
take_descriptor(struct iso_image *iso, const uint8_t *sector)
{
	switch (sector[0]) {
	case BOOT_RECORD:
		if (!iso->boot_catalogue)
			take_boot_record(iso, sector);
		return NULL;
	case PRIMARY:
		/* Writers may add copies of the first for other views. */
		return iso->plain.block_size ? NULL : take_primary(iso, sector);
	case SUPPLEMENTARY:
		if (iso->joliet.block_size || !is_joliet(sector))
			return NULL;
		return take_tree(sector, &iso->joliet);
	default:
		return NULL;
	}
}

/* Why the first descriptor is none. */
static const char *
foreign(const uint8_t *sector)
{
	if (memcmp(sector + 1, "BEA01", 5) == 0 ||
	    memcmp(sector + 1, "NSR0", 4) == 0)
		return "a UDF disk without ISO 9660, which is not supported";
	return "no ISO 9660 volume descriptor (CD001)";
}

static const char *
read_descriptors(const struct backing *b, struct iso_image *iso)
{
	uint8_t sector[ISO_SECTOR];
	const char *fault = NULL;

	for (uint32_t i = 0; !fault && i < DESCRIPTORS_MAX; i++) {
		iso->fault_at = (uint64_t)(FIRST_SECTOR + i) * ISO_SECTOR;
		iso->needs = iso->fault_at + ISO_SECTOR;
		fault = backing_read(b, iso->fault_at, sector, sizeof(sector));
		if (fault)
			break;
		iso->needs = 0;
		if (memcmp(sector + 1, "CD001", 5) != 0) {
			fault = i == 0 ? foreign(sector) : NULL;
			break;
		}
		if (sector[0] == TERMINATOR)
			break;
		fault = take_descriptor(iso, sector);
	}
	if (fault)
		return fault;
	return iso->plain.block_size ? NULL : "no primary volume descriptor";
}

/*
 * Whether the root directory's own record carries Rock Ridge.  SP says where
 * the entries start; on CD-ROM XA disks it comes 14 bytes late (SUSP 5.3).
 */
static void
look_for_rock_ridge(const struct backing *b, struct iso_image *iso)
{
	SCOPED(mem_free)
	struct rock_reader *reader = mem_alloc(sizeof(*reader));
	struct rock_entry e = {0};
	struct iso_record record;
	uint8_t sector[ISO_SECTOR];
	const char *fault = NULL;
	size_t at = 0;

	if (backing_read(b, iso->plain.at, sector, sizeof(sector)) ||
	    !iso_record_next(
	        span_of(sector, sizeof(sector)), &at, &record, &fault))
		return;
	reader->backing = b;
	reader->block_size = iso->plain.block_size;
	rock_parse(reader, record.system_use, &e);
	if (e.skip < 0) {
		reader->skip = 14;
		rock_parse(reader, record.system_use, &e);
	}
	iso->rock_ridge = e.skip >= 0 && (e.extensions || e.mode);
	if (iso->rock_ridge)
		iso->skip = (uint8_t)e.skip;
	rock_entry_clear(&e);
}

const char *
iso9660_open(const struct backing *b, struct iso_image *out)
{
	const char *fault;

	*out = (struct iso_image){0};
	fault = read_descriptors(b, out);
	if (!fault)
		look_for_rock_ridge(b, out);
	return fault;
}
