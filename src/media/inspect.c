#include "media/inspect.h"

#include <inttypes.h>
#include <string.h>

#include "media/eltorito.h"
#include "media/fat.h"
#include "media/gzip.h"
#include "media/image_table.h"
#include "media/iso9660.h"
#include "media/tar.h"

#define INFO_MAX 1024U      /* bytes of .disk/info that are read */
#define SENTENCE_MAX 65536U /* bytes of a report without a table */
#define SHORTEST (18 * (uint64_t)ISO_SECTOR)

struct inspection {
	const struct backing *backing; /* of what the table speaks of */
	struct gzip *gzip;             /* of a compressed file */
	struct backing content;        /* what is in it */
	struct iso_image iso;
	struct image_facts facts;
	struct image_table_builder *table;
	uint64_t needs; /* bytes the file should have, where it is too short */
	bool cut;       /* a compressed file ends inside its content */
	char info[INFO_MAX];
};

const char *
inspect_verdict_name(enum inspect_verdict v)
{
	static const char *const names[INSPECT_VERDICTS] = {
	    "ok", "incomplete", "broken"};

	return v < INSPECT_VERDICTS ? names[v] : "unknown";
}

static void
put_verdict(struct strbuf *report, enum inspect_verdict v)
{
	strbuf_text(report, inspect_verdict_name(v));
	strbuf_char(report, '\0');
}

/* A hybrid image has a partition in the master boot record (which ISO 9660
 * leaves to others: ECMA-119 section 6.2.1). */
static bool
is_hybrid(const struct backing *b)
{
	uint8_t sector[512];

	if (backing_read(b, 0, sector, sizeof(sector)) || sector[510] != 0x55 ||
	    sector[511] != 0xaa)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (sector[446 + i * 16 + 4])
			return true;
	return false;
}

static void
read_disk_info(struct inspection *x, const struct image_extent *e)
{
	size_t len = e->length < INFO_MAX ? (size_t)e->length : INFO_MAX;
	struct span text = span_of(x->info, len);

	if (len == 0 || backing_read(x->backing, e->offset, x->info, len))
		return;
	text = span_cut(&text, '\n');
	if (text.len && text.data[text.len - 1] == '\r')
		text.len--;
	x->facts.disk_info = text;
}

/* The boot catalogue and the files in its EFI images. */
static void
read_boot_images(struct inspection *x)
{
	const struct backing *b = x->backing;
	struct image_facts *f = &x->facts;
	uint64_t outside = 0;
	uint64_t end = x->iso.size < b->size ? x->iso.size : b->size;

	if (!x->iso.boot_catalogue ||
	    eltorito_read(b, x->iso.boot_catalogue, end, f, &outside))
		return;
	/* An entry that points nowhere in a whole image is just a bad entry. */
	if (outside && x->iso.size > b->size)
		x->needs = outside + ISO_SECTOR;
	for (size_t i = 0; i < f->boot_count; i++) {
		const char *fault;

		if (f->boot[i].platform != ELTORITO_EFI)
			continue;
		fault = fat_list(
		    b, f->boot[i].offset, ELTORITO_PREFIX, x->table, &x->needs);
		if (fault)
			continue; /* what was listed until then is good */
	}
}

static void
take_facts(struct inspection *x)
{
	x->facts.size = x->iso.size;
	x->facts.volume = span_text(x->iso.volume);
	x->facts.system = span_text(x->iso.system);
	x->facts.publisher = span_text(x->iso.publisher);
	x->facts.application = span_text(x->iso.application);
	x->facts.rock_ridge = x->iso.rock_ridge;
	x->facts.joliet = x->iso.joliet.block_size != 0;
	x->facts.hybrid = is_hybrid(x->backing);
}

static void
put_incomplete(const struct inspection *x, struct strbuf *report)
{
	uint64_t whole = x->iso.size > x->needs ? x->iso.size : x->needs;

	put_verdict(report, INSPECT_INCOMPLETE);
	if (x->cut)
		strbuf_printf(report,
		    "the compressed file ends inside its content, at byte "
		    "%" PRIu64 ": it was not copied whole",
		    x->backing->size);
	else
		strbuf_printf(report,
		    "the file has %" PRIu64
		    " bytes%s, but the image in it takes %" PRIu64
		    ": it was not copied whole",
		    x->backing->size, x->facts.packed ? " unpacked" : "",
		    whole);
}

/* What people put into the folder as it was downloaded. */
static const char *
compression(const struct backing *b)
{
	static const struct {
		const char *start;
		const char *name;
	} kinds[] = {{"\x1f\x8b", "gzip"},
	    {"\xfd"
	     "7zXZ",
	        "xz"},
	    {"BZh", "bzip2"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"PK\3\4", "zip"}};
	char start[8];

	if (backing_read(b, 0, start, sizeof(start)))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (span_starts(span_of(start, sizeof(start)), kinds[i].start))
			return kinds[i].name;
	return NULL;
}

static void
put_broken(const struct inspection *x, const char *fault, struct strbuf *report)
{
	const char *packed = compression(x->backing);

	put_verdict(report, INSPECT_BROKEN);
	if (!x->iso.plain.block_size && packed && !x->facts.archive) {
		strbuf_printf(report,
		    "the file is compressed (%s): its content cannot be "
		    "served before it is uncompressed",
		    packed);
		return;
	}
	if (x->backing->size < SHORTEST && !x->facts.archive) {
		strbuf_printf(report,
		    "the file has only %" PRIu64
		    " bytes, too few for an ISO 9660 image",
		    x->backing->size);
		return;
	}
	strbuf_printf(report, "%s, at byte %" PRIu64, fault, x->iso.fault_at);
	if (x->iso.needs)
		strbuf_printf(report,
		    ": it would end at byte %" PRIu64
		    ", the file ends at byte %" PRIu64,
		    x->iso.needs, x->backing->size);
}

static const char *
inspect_iso(struct inspection *x)
{
	const struct backing *b = x->backing;
	const char *fault = iso9660_list(b, &x->iso, x->table);

	if (fault && x->iso.needs > b->size && x->iso.size > b->size)
		x->needs = x->iso.needs;
	if (fault)
		return fault;
	take_facts(x);
	read_disk_info(x, &x->iso.disk_info);
	read_boot_images(x);
	return NULL;
}

/* An archive does not say how long it is: what is missing was not copied. */
static const char *
inspect_tar(struct inspection *x)
{
	struct tar_place place;
	const char *fault = tar_list(x->backing, x->table, &place);

	x->facts.archive = true;
	x->facts.size = x->backing->size;
	x->iso.fault_at = place.at;
	x->iso.needs = 0;
	x->needs = place.needs;
	if (!fault)
		read_disk_info(x, &place.version);
	return fault;
}

/* The archive in a compressed file. */
static const char *
inspect_packed(struct inspection *x)
{
	uint8_t first;
	const char *fault;

	x->gzip = gzip_new(x->backing);
	x->content = gzip_backing(x->gzip, GZIP_CONTENT_MAX);
	fault = backing_read(&x->content, 0, &first, 1);
	if (!fault && !tar_starts(&x->content))
		return "no archive in the compressed file";
	if (!fault)
		fault = gzip_measure(x->gzip, &x->content.size);
	x->facts.archive = x->facts.packed = true;
	x->cut = gzip_cut(x->gzip);
	x->iso.fault_at = gzip_used(x->gzip);
	x->iso.needs = 0;
	if (fault)
		return fault;
	x->backing = &x->content;
	return inspect_tar(x);
}

void
inspect_image(const struct backing *b, struct strbuf *report)
{
	struct inspection x = {
	    .backing = b, .table = image_table_builder_new()};
	const char *fault = iso9660_open(b, &x.iso);

	if (!fault)
		fault = inspect_iso(&x);
	else if (!x.iso.plain.block_size && tar_starts(b))
		fault = inspect_tar(&x);
	else if (!x.iso.plain.block_size && gzip_starts(b))
		fault = inspect_packed(&x);
	else if (x.iso.needs > b->size && x.iso.size > b->size)
		x.needs = x.iso.needs;
	if (x.needs || x.cut) {
		put_incomplete(&x, report);
	} else if (fault) {
		put_broken(&x, fault, report);
	} else {
		put_verdict(report, INSPECT_OK);
		image_table_finish(x.table, &x.facts, report);
	}
	image_table_builder_free(x.table);
	gzip_free(x.gzip);
}

const char *
inspect_report_parse(
    struct span report, enum inspect_verdict *verdict, struct span *rest)
{
	struct span body = report;
	struct span word = span_cut(&body, '\0');

	if (!body.data)
		return "report without a verdict";
	for (unsigned int v = 0; v < INSPECT_VERDICTS; v++) {
		if (!span_is(word, inspect_verdict_name(v)))
			continue;
		if (v != INSPECT_OK && body.len > SENTENCE_MAX)
			return "report with a sentence too long";
		*verdict = v;
		*rest = body;
		return NULL;
	}
	return "report with an unknown verdict";
}
