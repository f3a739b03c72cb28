#include "check.h"

#include "media/image_table.h"
#include "media/inspect.h"
#include "media/iso9660.h"
#include "memory_backing.h"

#define BLOCK 2048U
#define BLOCKS 64U
#define ROOT 20U
#define SECOND 22U /* root of the Joliet tree */
#define SUB 24U

/* An image in memory that tests fill record by record. */
struct disk {
	uint8_t bytes[BLOCKS * BLOCK];
	size_t fill[BLOCKS]; /* bytes used in a directory's block */
	struct memory memory;
	struct backing backing;
	struct strbuf report;
	enum inspect_verdict verdict;
	struct span rest;
	struct image_table table;
};

static void
le32(uint8_t *at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint8_t *
block(struct disk *d, uint32_t number)
{
	return d->bytes + (size_t)number * BLOCK;
}

struct file {
	const char *name;
	size_t name_len; /* 0: as long as the text */
	uint32_t at, size;
	uint8_t flags, gap;
	const void *extra; /* system use area */
	size_t extra_len;
};

/* Write a directory record; returns its length. */
static size_t
put_record(uint8_t *to, const struct file *f)
{
	size_t name_len = f->name_len ? f->name_len : strlen(f->name);
	size_t head = (33 + name_len + 1) & ~(size_t)1;

	to[0] = (uint8_t)(head + f->extra_len);
	le32(to + 2, f->at);
	le32(to + 10, f->size);
	to[25] = f->flags;
	to[26] = f->gap;
	to[32] = (uint8_t)name_len;
	memcpy(to + 33, f->name, name_len);
	if (f->extra_len)
		memcpy(to + head, f->extra, f->extra_len);
	return to[0];
}

static void
add(struct disk *d, uint32_t folder, struct file f)
{
	d->fill[folder] += put_record(block(d, folder) + d->fill[folder], &f);
}

static void
add_folder_start(struct disk *d, uint32_t number, const void *extra, size_t len)
{
	add(d, number,
	    (struct file){.name = "\0",
	        .name_len = 1,
	        .at = number,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER,
	        .extra = extra,
	        .extra_len = len});
	add(d, number,
	    (struct file){.name = "\1",
	        .name_len = 1,
	        .at = ROOT,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER});
}

static void
put_descriptor(struct disk *d, uint32_t sector, uint8_t type, uint32_t root)
{
	struct file f = {.name = "\0",
	    .name_len = 1,
	    .at = root,
	    .size = BLOCK,
	    .flags = ISO_RECORD_FOLDER};
	uint8_t *to = block(d, sector);

	to[0] = type;
	memcpy(to + 1, "CD001\1", 6);
	memset(to + 8, ' ', 64);
	memcpy(to + 40, "TEST DISK", 9);
	le32(to + 80, BLOCKS);
	to[128] = (uint8_t)(BLOCK & 0xff);
	to[129] = (uint8_t)(BLOCK >> 8);
	(void)put_record(to + 156, &f);
}

/* SP and a Rock Ridge ER, as the root's own record has them. */
static const uint8_t rock_root[] = "SP\7\1\xbe\xef\0"
                                   "ER\x12\1\xa\0\0\1RRIP_1991A";

static struct disk *
disk_new(bool rock)
{
	struct disk *d = calloc(1, sizeof(*d));

	CHECK(d != NULL);
	put_descriptor(d, 16, 1, ROOT);
	block(d, 17)[0] = 255;
	memcpy(block(d, 17) + 1, "CD001", 5);
	add_folder_start(d, ROOT, rock_root, rock ? sizeof(rock_root) - 1 : 0);
	d->memory = (struct memory){.data = d->bytes, .size = sizeof(d->bytes)};
	return d;
}

static void
inspect(struct disk *d)
{
	d->backing = memory_backing(&d->memory);
	strbuf_clear(&d->report);
	inspect_image(&d->backing, &d->report);
	CHECK_TEXT(inspect_report_parse(
	               strbuf_view(&d->report), &d->verdict, &d->rest),
	    NULL);
	if (d->verdict == INSPECT_OK)
		CHECK_TEXT(image_table_open(d->rest.data, d->rest.len,
		               d->backing.size, &d->table),
		    NULL);
}

static void
disk_free(struct disk *d)
{
	strbuf_clear(&d->report);
	free(d);
}

/* Whether `path` is a file of exactly this name. */
static bool
has(const struct disk *d, const char *path)
{
	struct image_file f;

	return image_table_find(&d->table, span_text(path), &f) &&
	       span_is(f.path, path);
}

TEST(version_numbers_and_empty_extensions_are_dropped)
{
	struct disk *d = disk_new(false);

	add(d, ROOT, (struct file){.name = "KERNEL.;1", .at = 30, .size = 5});
	add(d, ROOT, (struct file){.name = "B.CFG;12", .at = 31, .size = 6});
	add(d, ROOT, (struct file){.name = "C9", .at = 31, .size = 6});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.file_count == 3);
	CHECK(has(d, "KERNEL") && has(d, "B.CFG") && has(d, "C9"));
	CHECK(span_is(d->table.facts.volume, "TEST DISK"));
	CHECK(d->table.facts.size == sizeof(d->bytes));
	CHECK(!d->table.facts.rock_ridge && !d->table.facts.joliet);
	disk_free(d);
}

TEST(a_file_of_several_sections_is_one)
{
	struct disk *d = disk_new(false);
	struct image_file f;

	add(d, ROOT,
	    (struct file){.name = "BIG",
	        .at = 40,
	        .size = 2 * BLOCK,
	        .flags = ISO_RECORD_CONTINUES});
	add(d, ROOT,
	    (struct file){.name = "BIG",
	        .at = 30,
	        .size = BLOCK,
	        .flags = ISO_RECORD_CONTINUES});
	add(d, ROOT, (struct file){.name = "BIG", .at = 31, .size = 7});
	add(d, ROOT, (struct file){.name = "NEXT", .at = 33, .size = 7});
	inspect(d);
	CHECK(d->table.file_count == 2 && has(d, "NEXT"));
	CHECK(image_table_find(&d->table, span_text("BIG"), &f));
	CHECK(f.size == 3 * BLOCK + 7 && f.extent_count == 2);
	CHECK(image_table_extent(&d->table, f.first).offset == 40 * BLOCK);
	CHECK(image_table_extent(&d->table, f.first + 1).length == BLOCK + 7);
	disk_free(d);
}

TEST(a_folder_that_contains_itself_is_listed_once)
{
	struct disk *d = disk_new(false);

	add(d, ROOT,
	    (struct file){.name = "SUB",
	        .at = SUB,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER});
	add_folder_start(d, SUB, NULL, 0);
	add(d, SUB,
	    (struct file){.name = "UP",
	        .at = ROOT,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER});
	add(d, SUB,
	    (struct file){.name = "SELF",
	        .at = SUB,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER});
	add(d, SUB, (struct file){.name = "FILE", .at = 30, .size = 1});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.file_count == 1);
	CHECK(has(d, "SUB/FILE"));
	disk_free(d);
}

TEST(names_that_are_no_names_are_left_out)
{
	static const char *const bad[] = {
	    "A/B", "..", ".", "/", ";1", "../../etc/passwd"};
	struct disk *d = disk_new(false);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		add(d, ROOT,
		    (struct file){.name = bad[i], .at = 30, .size = 1});
	add(d, ROOT,
	    (struct file){.name = "A\0B", .name_len = 3, .at = 30, .size = 1});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.file_count == 0);
	disk_free(d);
}

TEST(a_file_that_lies_outside_breaks_a_whole_image)
{
	struct disk *d = disk_new(false);

	add(d, ROOT, (struct file){.name = "A", .at = 63, .size = BLOCK + 1});
	inspect(d);
	CHECK(d->verdict == INSPECT_BROKEN);
	CHECK_TEXT(d->rest.data,
	    "file outside the image, at byte 41028: it would end at byte "
	    "131073, the file ends at byte 131072");
	disk_free(d);
}

TEST(an_image_that_was_cut_short_is_incomplete)
{
	struct disk *d = disk_new(false);

	add(d, ROOT, (struct file){.name = "A", .at = 50, .size = 100});
	d->memory.size = 50 * BLOCK + 99;
	inspect(d);
	CHECK(d->verdict == INSPECT_INCOMPLETE);
	CHECK_TEXT(d->rest.data,
	    "the file has 102499 bytes, but the image in it takes 131072: it "
	    "was not copied whole");
	disk_free(d);
}

TEST(padding_that_is_missing_does_no_harm)
{
	struct disk *d = disk_new(false);

	add(d, ROOT, (struct file){.name = "A", .at = 50, .size = 100});
	d->memory.size = 50 * BLOCK + 100;
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && has(d, "A"));
	disk_free(d);
}

TEST(what_is_no_image_is_broken_and_says_why)
{
	struct disk *d = disk_new(false);

	memset(block(d, 16), 'x', BLOCK);
	inspect(d);
	CHECK(d->verdict == INSPECT_BROKEN);
	CHECK_TEXT(d->rest.data,
	    "no ISO 9660 volume descriptor (CD001), at byte 32768");
	memcpy(block(d, 16) + 1, "BEA01", 5);
	inspect(d);
	CHECK_TEXT(d->rest.data, "a UDF disk without ISO 9660, which is not "
	                         "supported, at byte 32768");
	d->memory.size = 1000;
	inspect(d);
	CHECK_TEXT(d->rest.data, "the file has only 1000 bytes, too few for "
	                         "an ISO 9660 image");
	disk_free(d);
}

TEST(a_record_of_an_impossible_length_is_told_with_its_place)
{
	struct disk *d = disk_new(false);

	block(d, ROOT)[d->fill[ROOT]] = 5;
	inspect(d);
	CHECK(d->verdict == INSPECT_BROKEN);
	CHECK_TEXT(d->rest.data,
	    "directory record of an impossible length, at byte 41028");
	disk_free(d);
}

TEST(interleaved_files_are_left_out)
{
	struct disk *d = disk_new(false);

	add(d, ROOT, (struct file){.name = "A", .at = 30, .size = 5, .gap = 1});
	add(d, ROOT,
	    (struct file){.name = "B",
	        .at = 30,
	        .size = 5,
	        .flags = ISO_RECORD_ASSOCIATED});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.file_count == 0);
	disk_free(d);
}

TEST(joliet_names_become_utf8)
{
	/* "ä.ü;1", and a surrogate pair (U+1F600) with a lone half */
	static const char umlauts[] = "\0\xe4\0.\0\xfc\0;\0001";
	static const char pair[] = "\xd8\x3d\xde\x00\xd8\x00\0x";
	struct disk *d = disk_new(false);

	put_descriptor(d, 17, 2, SECOND);
	memcpy(block(d, 17) + 88, "%/E", 3);
	block(d, 18)[0] = 255;
	memcpy(block(d, 18) + 1, "CD001", 5);
	add(d, ROOT, (struct file){.name = "PLAIN", .at = 30, .size = 5});
	add_folder_start(d, SECOND, NULL, 0);
	add(d, SECOND,
	    (struct file){
	        .name = umlauts, .name_len = 10, .at = 30, .size = 5});
	add(d, SECOND,
	    (struct file){.name = pair, .name_len = 8, .at = 30, .size = 5});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.facts.joliet);
	CHECK(d->table.file_count == 2);
	CHECK(has(d, "\xc3\xa4.\xc3\xbc"));
	CHECK(has(d, "\xf0\x9f\x98\x80\xef\xbf\xbdx"));
	disk_free(d);
}

/* A Rock Ridge entry: signature, length, version 1, content. */
static size_t
entry(uint8_t *to, const char *signature, const void *content, size_t len)
{
	memcpy(to, signature, 2);
	to[2] = (uint8_t)(len + 4);
	to[3] = 1;
	memcpy(to + 4, content, len);
	return len + 4;
}

static size_t
mode(uint8_t *to, uint32_t value)
{
	uint8_t content[32] = {0};

	le32(content, value);
	return entry(to, "PX", content, sizeof(content));
}

/* CE: go on in `number` at `offset`. */
static size_t
go_on(uint8_t *to, uint32_t number, uint32_t offset, uint32_t len)
{
	uint8_t content[24] = {0};

	le32(content, number);
	le32(content + 8, offset);
	le32(content + 16, len);
	return entry(to, "CE", content, sizeof(content));
}

TEST(a_rock_ridge_name_may_go_on_elsewhere)
{
	struct disk *d = disk_new(true);
	uint8_t extra[64];
	size_t len = entry(extra, "NM", "\1long ", 6);
	size_t rest = entry(block(d, 28) + 100, "NM", "\0name", 5);

	len += go_on(extra + len, 28, 100, (uint32_t)rest);
	add(d, ROOT,
	    (struct file){.name = "LONG.;1",
	        .at = 30,
	        .size = 5,
	        .extra = extra,
	        .extra_len = len});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.facts.rock_ridge);
	CHECK(d->table.file_count == 1 && has(d, "long name"));
	disk_free(d);
}

TEST(a_continuation_that_leads_to_itself_ends)
{
	struct disk *d = disk_new(true);
	uint8_t extra[64];
	size_t len = entry(extra, "NM", "\0a", 2);

	len += go_on(extra + len, 28, 0, 28);
	(void)go_on(block(d, 28), 28, 0, 28);
	add(d, ROOT,
	    (struct file){.name = "A",
	        .at = 30,
	        .size = 5,
	        .extra = extra,
	        .extra_len = len});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && has(d, "a"));
	disk_free(d);
}

TEST(a_symbolic_link_is_a_file_of_its_own)
{
	/* up, then "real" in two pieces, then "file" */
	static const char target[] = "\0\4\0\1\2re\0\2al\0\4file";
	struct disk *d = disk_new(true);
	uint8_t extra[128];
	size_t len = entry(extra, "SL", target, sizeof(target) - 1);

	len += mode(extra + len, 0120777);
	add(d, ROOT,
	    (struct file){.name = "SUB",
	        .at = SUB,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER});
	add(d, ROOT,
	    (struct file){.name = "real",
	        .at = 26,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER});
	add_folder_start(d, SUB, NULL, 0);
	add(d, SUB,
	    (struct file){.name = "LINK", .extra = extra, .extra_len = len});
	add_folder_start(d, 26, NULL, 0);
	add(d, 26, (struct file){.name = "file", .at = 30, .size = 5});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.file_count == 2);
	CHECK(has(d, "real/file") && has(d, "SUB/LINK"));
	disk_free(d);
}

TEST(a_relocated_folder_stands_where_it_belongs)
{
	struct disk *d = disk_new(true);
	uint8_t extra[64], moved[64];
	uint8_t where[8] = {26};
	size_t len = entry(extra, "NM", "\0deep", 5);
	size_t moved_len = entry(moved, "RE", "", 0);

	len += entry(extra + len, "CL", where, sizeof(where));
	add(d, ROOT,
	    (struct file){.name = "DEEP", .extra = extra, .extra_len = len});
	add(d, ROOT,
	    (struct file){.name = "RR_MOVED",
	        .at = SUB,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER});
	add_folder_start(d, SUB, NULL, 0);
	add(d, SUB,
	    (struct file){.name = "DEEP",
	        .at = 26,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER,
	        .extra = moved,
	        .extra_len = moved_len});
	add_folder_start(d, 26, NULL, 0);
	add(d, 26, (struct file){.name = "file", .at = 30, .size = 5});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.file_count == 1);
	CHECK(has(d, "deep/file"));
	disk_free(d);
}

TEST(compressed_and_special_files_are_left_out)
{
	struct disk *d = disk_new(true);
	uint8_t extra[128];
	size_t len = entry(extra, "ZF", "pz\4\17\0\0\0\0\0\0\0\0", 12);

	add(d, ROOT,
	    (struct file){.name = "Z",
	        .at = 30,
	        .size = 5,
	        .extra = extra,
	        .extra_len = len});
	len = mode(extra, 020666);
	add(d, ROOT,
	    (struct file){.name = "NULL", .extra = extra, .extra_len = len});
	len = mode(extra, 0100644);
	add(d, ROOT,
	    (struct file){.name = "GOOD",
	        .at = 30,
	        .size = 5,
	        .extra = extra,
	        .extra_len = len});
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.file_count == 1);
	CHECK(has(d, "GOOD"));
	disk_free(d);
}

TEST(rock_ridge_goes_before_joliet)
{
	struct disk *d = disk_new(true);

	put_descriptor(d, 17, 2, SECOND);
	memcpy(block(d, 17) + 88, "%/E", 3);
	block(d, 18)[0] = 255;
	memcpy(block(d, 18) + 1, "CD001", 5);
	add(d, ROOT, (struct file){.name = "rock", .at = 30, .size = 5});
	add_folder_start(d, SECOND, NULL, 0);
	add(d, SECOND,
	    (struct file){.name = "\0j", .name_len = 2, .at = 30, .size = 5});
	inspect(d);
	CHECK(d->table.facts.rock_ridge && d->table.facts.joliet);
	CHECK(d->table.file_count == 1 && has(d, "rock"));
	disk_free(d);
}

TEST(the_first_line_of_disk_info_is_a_fact)
{
	static const char text[] = "Debian GNU/Linux 13.1.0\r\nmore\n";
	struct disk *d = disk_new(false);

	add(d, ROOT,
	    (struct file){.name = ".disk",
	        .at = SUB,
	        .size = BLOCK,
	        .flags = ISO_RECORD_FOLDER});
	add_folder_start(d, SUB, NULL, 0);
	add(d, SUB,
	    (struct file){
	        .name = "INFO;1", .at = 30, .size = sizeof(text) - 1});
	memcpy(block(d, 30), text, sizeof(text));
	inspect(d);
	CHECK(span_is(d->table.facts.disk_info, "Debian GNU/Linux 13.1.0"));
	disk_free(d);
}

TEST(folders_nested_too_deep_end_the_reading)
{
	/* One folder per 34-byte record cannot nest 65 deep in 64 blocks of
	 * 2048, so blocks of 512 bytes carry this one. */
	struct disk *d = disk_new(false);

	block(d, 16)[128] = 0;
	block(d, 16)[129] = 2;
	le32(block(d, 16) + 156 + 2, 100);
	le32(block(d, 16) + 156 + 10, 512);
	for (uint32_t i = 0; i < ISO_DEPTH_MAX + 1; i++) {
		struct file f = {.name = "D",
		    .at = 101 + i,
		    .size = 512,
		    .flags = ISO_RECORD_FOLDER};

		(void)put_record(d->bytes + (size_t)(100 + i) * 512, &f);
	}
	inspect(d);
	CHECK(d->verdict == INSPECT_BROKEN);
	CHECK_TEXT(d->rest.data, "folders nested too deep, at byte 83968");
	disk_free(d);
}

TEST(a_partition_in_the_boot_record_makes_a_hybrid)
{
	struct disk *d = disk_new(false);

	d->bytes[510] = 0x55;
	d->bytes[511] = 0xaa;
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && !d->table.facts.hybrid);
	d->bytes[446 + 4] = 0x17;
	inspect(d);
	CHECK(d->verdict == INSPECT_OK && d->table.facts.hybrid);
	disk_free(d);
}
