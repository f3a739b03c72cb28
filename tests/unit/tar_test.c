#include "check.h"

#include "media/inspect.h"
#include "media/tar.h"
#include "memory_backing.h"

#define BLOCK 512U

struct archive {
	uint8_t bytes[80 * BLOCK];
	size_t len;
	struct memory memory;
	struct strbuf report;
	enum inspect_verdict verdict;
	struct span rest;
	struct image_table table;
};

static struct archive *
archive_new(void)
{
	struct archive *a = calloc(1, sizeof(*a));

	CHECK(a != NULL);
	return a;
}

static void
set_sum(uint8_t *header)
{
	unsigned int sum = 0;

	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += header[i];
	(void)snprintf((char *)header + 148, 8, "%06o", sum & 0777777);
}

/* Add a header and `data` behind it; returns the header. */
static uint8_t *
add(struct archive *a, const char *name, char kind, const char *data)
{
	uint8_t *header = a->bytes + a->len;

	memcpy(header, name, strlen(name));
	header[156] = (uint8_t)kind;
	(void)snprintf((char *)header + 124, 12, "%011o",
	    (unsigned int)strlen(data) & 0777777);
	memcpy(header + 257,
	    "ustar\0"
	    "00",
	    8);
	set_sum(header);
	memcpy(header + BLOCK, data, strlen(data));
	a->len += BLOCK + (strlen(data) + BLOCK - 1) / BLOCK * BLOCK;
	return header;
}

static void
add_link(struct archive *a, const char *name, char kind, const char *target)
{
	uint8_t *header = add(a, name, kind, "");

	memcpy(header + 157, target, strlen(target));
	set_sum(header);
}

/* Inspect the archive with `end` bytes of zeroes behind it. */
static void
inspect(struct archive *a, size_t end)
{
	struct backing b;

	a->memory = (struct memory){.data = a->bytes, .size = a->len + end};
	b = memory_backing(&a->memory);
	strbuf_clear(&a->report);
	inspect_image(&b, &a->report);
	CHECK_TEXT(inspect_report_parse(
	               strbuf_view(&a->report), &a->verdict, &a->rest),
	    NULL);
	if (a->verdict == INSPECT_OK)
		CHECK_TEXT(image_table_open(
		               a->rest.data, a->rest.len, b.size, &a->table),
		    NULL);
}

static void
archive_free(struct archive *a)
{
	strbuf_clear(&a->report);
	free(a);
}

/* Whether `path` is a file with this content. */
static bool
holds(const struct archive *a, const char *path, const char *data)
{
	struct image_extent x = {0};
	struct image_file f;

	if (!image_table_find(&a->table, span_text(path), &f) ||
	    !span_is(f.path, path))
		return false;
	if (f.extent_count)
		x = image_table_extent(&a->table, f.first);
	return x.length == strlen(data) &&
	       memcmp(a->bytes + x.offset, data, strlen(data)) == 0;
}

TEST(files_of_an_archive_have_extents)
{
	struct archive *a = archive_new();

	(void)add(a, "./", '5', "");
	(void)add(a, "./version.info", '0', "Debian");
	(void)add(a, "./debian-installer/amd64/linux", '\0', "kernel");
	(void)add(a, "empty", '0', "");
	(void)add(a, "null", '3', "");
	(void)add(a, "../../etc/passwd", '0', "x");
	inspect(a, 2 * BLOCK);
	CHECK(a->verdict == INSPECT_OK && a->table.facts.archive);
	CHECK(a->table.file_count == 3);
	CHECK(holds(a, "version.info", "Debian"));
	CHECK(holds(a, "debian-installer/amd64/linux", "kernel"));
	CHECK(holds(a, "empty", ""));
	archive_free(a);
}

TEST(long_names_and_sizes_come_before_the_file)
{
	struct archive *a = archive_new();
	uint8_t *header;

	(void)add(a, "././@LongLink", 'L', "a/long/gnu-name");
	(void)add(a, "a/lo", '0', "one");
	(void)add(a, "PaxHeaders/x", 'x',
	    "19 path=pax/name-x\n10 size=3\n21 mtime=1234567.890\n");
	header = add(a, "pax/na", '0', "two");
	memset(header + 124, '0', 11);
	set_sum(header);
	header = add(a, "name", '0', "three");
	memcpy(header + 345, "in/prefix", 9);
	set_sum(header);
	inspect(a, 2 * BLOCK);
	CHECK(a->verdict == INSPECT_OK && a->table.file_count == 3);
	CHECK(holds(a, "a/long/gnu-name", "one"));
	CHECK(holds(a, "pax/name-x", "two"));
	CHECK(holds(a, "in/prefix/name", "three"));
	archive_free(a);
}

TEST(links_in_an_archive_lead_to_its_files)
{
	struct archive *a = archive_new();

	(void)add(a, "d/linux", '0', "kernel");
	add_link(a, "soft", '2', "d/linux");
	add_link(a, "e/f/hard", '1', "./d/linux");
	add_link(a, "out", '2', "../x");
	inspect(a, 2 * BLOCK);
	CHECK(a->table.file_count == 3);
	CHECK(holds(a, "soft", "kernel") && holds(a, "e/f/hard", "kernel"));
	archive_free(a);
}

TEST(an_archive_that_was_cut_short_is_incomplete)
{
	struct archive *a = archive_new();

	(void)add(a, "a", '0', "data");
	inspect(a, 0);
	CHECK(a->verdict == INSPECT_INCOMPLETE);
	a->len = BLOCK + 2;
	inspect(a, 0);
	CHECK(a->verdict == INSPECT_INCOMPLETE);
	CHECK_TEXT(a->rest.data, "the file has 514 bytes, but the image in it "
	                         "takes 516: it was not copied whole");
	archive_free(a);
}

TEST(a_header_with_a_wrong_sum_breaks_an_archive)
{
	struct archive *a = archive_new();

	(void)add(a, "a", '0', "data");
	add(a, "b", '0', "data")[0] = 'c';
	inspect(a, 2 * BLOCK);
	CHECK(a->verdict == INSPECT_BROKEN);
	CHECK_TEXT(a->rest.data, "tar header with a wrong sum, at byte 1024");
	archive_free(a);
}

TEST(a_compressed_file_is_told_to_be_one)
{
	struct archive *a = archive_new();

	memcpy(a->bytes,
	    "\xfd"
	    "7zXZ",
	    5);
	a->len = 40000 - 2 * BLOCK;
	inspect(a, 2 * BLOCK);
	CHECK(a->verdict == INSPECT_BROKEN);
	CHECK_TEXT(a->rest.data, "the file is compressed (xz): its content "
	                         "cannot be served before it is uncompressed");
	archive_free(a);
}
