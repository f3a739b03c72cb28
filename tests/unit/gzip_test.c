#include "check.h"

#include <zlib.h>

#include "media/gzip.h"
#include "media/image_table.h"
#include "media/inspect.h"
#include "memory_backing.h"

#define ROOM (4U << 20)

/* A compressed file that is put together, and its reader. */
struct packed {
	uint8_t *bytes;
	size_t len;
	struct memory memory;
	struct backing backing;
	struct gzip *gzip;
};

static struct packed *
packed_new(void)
{
	struct packed *p = calloc(1, sizeof(*p));

	CHECK(p != NULL);
	p->bytes = calloc(1, ROOM);
	CHECK(p->bytes != NULL);
	return p;
}

static void
packed_free(struct packed *p)
{
	gzip_free(p->gzip);
	free(p->bytes);
	free(p);
}

/* One gzip member more. */
static void
add_member(struct packed *p, const void *data, size_t len)
{
	z_stream z = {0};
	uint8_t *copy = malloc(len);

	CHECK(copy != NULL);
	memcpy(copy, data, len);
	CHECK(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
	          Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = copy;
	z.avail_in = (uInt)len;
	z.next_out = p->bytes + p->len;
	z.avail_out = (uInt)(ROOM - p->len);
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	p->len += z.total_out;
	(void)deflateEnd(&z);
	free(copy);
}

static void
open_packed(struct packed *p)
{
	p->memory = (struct memory){.data = p->bytes, .size = p->len};
	p->backing = memory_backing(&p->memory);
	gzip_free(p->gzip);
	p->gzip = gzip_new(&p->backing);
}

/* Bytes that cannot be compressed much. */
static uint8_t *
noise(size_t len)
{
	uint8_t *bytes = malloc(len);
	uint32_t x = 1;

	CHECK(bytes != NULL);
	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
	return bytes;
}

TEST(content_is_read_forward_and_after_a_step_back)
{
	struct packed *p = packed_new();
	uint8_t *content = noise(300000), got[1000];
	const uint64_t places[] = {0, 512, 200000, 199999, 299000, 0};
	struct backing b;
	uint64_t size = 0;

	add_member(p, content, 300000);
	open_packed(p);
	CHECK(gzip_starts(&p->backing));
	CHECK_TEXT(gzip_measure(p->gzip, &size), NULL);
	CHECK(size == 300000);
	b = gzip_backing(p->gzip, size);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		CHECK_TEXT(backing_read(&b, places[i], got, sizeof(got)), NULL);
		CHECK(memcmp(got, content + places[i], sizeof(got)) == 0);
	}
	CHECK(backing_read(&b, 299001, got, sizeof(got)) != NULL);
	free(content);
	packed_free(p);
}

TEST(several_members_are_one_content_and_padding_is_none)
{
	struct packed *p = packed_new();
	char got[16] = "";
	size_t len = 0;

	add_member(p, "one ", 4);
	add_member(p, "two", 3);
	p->len += 512; /* zeroes */
	open_packed(p);
	CHECK_TEXT(gzip_next(p->gzip, got, sizeof(got), &len), NULL);
	CHECK(span_is(span_of(got, len), "one two"));
	CHECK_TEXT(gzip_next(p->gzip, got, sizeof(got), &len), NULL);
	CHECK(len == 0 && !gzip_cut(p->gzip));
	packed_free(p);
}

TEST(a_file_that_ends_inside_its_content_is_cut)
{
	struct packed *p = packed_new();
	uint8_t *content = noise(100000);
	uint64_t size = 0;
	size_t whole;

	add_member(p, content, 100000);
	whole = p->len;
	for (size_t missing = 1; missing < whole; missing += 997) {
		p->len = whole - missing;
		open_packed(p);
		CHECK(gzip_measure(p->gzip, &size) != NULL);
		CHECK(gzip_cut(p->gzip) && size == 0);
	}
	free(content);
	packed_free(p);
}

TEST(content_with_a_wrong_sum_is_damaged)
{
	struct packed *p = packed_new();
	uint64_t size = 0;

	add_member(p, "content", 7);
	p->bytes[p->len - 8] ^= 1; /* CRC-32: RFC 1952, section 2.3.1 */
	open_packed(p);
	CHECK_TEXT(
	    gzip_measure(p->gzip, &size), "compressed content is damaged");
	CHECK(!gzip_cut(p->gzip));
	packed_free(p);
}

TEST(a_small_file_with_much_in_it_is_not_unpacked)
{
	struct packed *p = packed_new();
	uint8_t *zeroes = calloc(1, 40 << 20);
	uint64_t size = 0;

	CHECK(zeroes != NULL);
	add_member(p, zeroes, 40 << 20);
	open_packed(p);
	CHECK_TEXT(gzip_measure(p->gzip, &size),
	    "compressed file unpacks to more than 64 times its size");
	CHECK(size == 0 && gzip_used(p->gzip) < 40000);
	p->len = 0;
	add_member(p, zeroes, 1 << 20); /* a tape's padding */
	open_packed(p);
	CHECK_TEXT(gzip_measure(p->gzip, &size), NULL);
	CHECK(size == 1 << 20);
	free(zeroes);
	packed_free(p);
}

TEST(a_compressed_file_without_an_archive_is_told_to_be_one)
{
	struct packed *p = packed_new();
	struct strbuf report = {0};
	enum inspect_verdict verdict;
	struct span rest;

	add_member(p, "hello", 5);
	open_packed(p);
	inspect_image(&p->backing, &report);
	CHECK_TEXT(
	    inspect_report_parse(strbuf_view(&report), &verdict, &rest), NULL);
	CHECK(verdict == INSPECT_BROKEN);
	CHECK(span_is(rest, "the file is compressed (gzip): its content cannot "
	                    "be served before it is uncompressed"));
	strbuf_clear(&report);
	packed_free(p);
}

TEST(an_archive_in_gzip_is_listed_by_its_content)
{
	struct packed *p = packed_new();
	uint8_t archive[4 * 512] = {0};
	struct strbuf report = {0};
	enum inspect_verdict verdict;
	struct image_table table;
	struct image_file file;
	struct span rest;
	unsigned int sum = 0;

	memcpy(archive, "version.info", 12);
	memcpy(archive + 124, "00000000017", 11);
	memcpy(archive + 257, "ustar\00000", 8);
	memset(archive + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += archive[i];
	(void)snprintf((char *)archive + 148, 8, "%06o", sum & 0777777);
	memcpy(archive + 512, "Debian: 13\nnot", 15);
	add_member(p, archive, sizeof(archive));
	open_packed(p);
	inspect_image(&p->backing, &report);
	CHECK_TEXT(
	    inspect_report_parse(strbuf_view(&report), &verdict, &rest), NULL);
	CHECK(verdict == INSPECT_OK && p->len < 512);
	/* Its extents lie behind the end of the file, but in the content. */
	CHECK_TEXT(image_table_open(rest.data, rest.len, p->len, &table), NULL);
	CHECK(table.facts.packed && table.facts.archive);
	CHECK(table.facts.size == sizeof(archive));
	CHECK(span_is(table.facts.disk_info, "Debian: 13"));
	CHECK(image_table_find(&table, span_text("version.info"), &file));
	CHECK(image_table_extent(&table, file.first).offset == 512);
	strbuf_clear(&report);
	packed_free(p);
}
