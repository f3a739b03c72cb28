#include "check.h"

#include "media/fat.h"
#include "memory_backing.h"

#define SECTOR 512U
#define SECTORS 32U
#define DATA 3U /* sector of cluster 2, in the root directory of 16 entries */

/* FAT12: one reserved sector, one FAT of one sector, one sector of root
 * directory, clusters of one sector. */
struct volume {
	uint8_t bytes[SECTORS * SECTOR];
	size_t entries; /* in the root directory */
	struct memory memory;
	struct image_table_builder *builder;
	struct strbuf out;
	struct image_table table;
	uint64_t needs;
	const char *fault;
};

static struct volume *
volume_new(void)
{
	static const uint8_t head[] = {0xeb, 0x3c, 0x90, 'M', 'S', 'D', 'O',
	    'S', '5', '.', '0', 0, 2, 1, 1, 0, 1, 16, 0, SECTORS, 0, 0xf8, 1,
	    0};
	struct volume *v = calloc(1, sizeof(*v));

	CHECK(v != NULL);
	memcpy(v->bytes, head, sizeof(head));
	v->memory = (struct memory){.data = v->bytes, .size = sizeof(v->bytes)};
	v->builder = image_table_builder_new();
	return v;
}

/* Say what follows cluster `n`. */
static void
chain(struct volume *v, uint32_t n, uint32_t next)
{
	uint8_t *p = v->bytes + SECTOR + n + n / 2;

	if (n % 2) {
		p[0] = (uint8_t)((p[0] & 0x0f) | (next & 0xf) << 4);
		p[1] = (uint8_t)(next >> 4);
	} else {
		p[0] = (uint8_t)(next & 0xff);
		p[1] = (uint8_t)((p[1] & 0xf0) | next >> 8);
	}
}

static void
put_entry(uint8_t *to, const char *name, uint8_t attributes, uint8_t cluster,
    uint16_t size)
{
	memcpy(to, name, 11);
	to[11] = attributes;
	to[26] = cluster;
	to[28] = (uint8_t)(size & 0xff);
	to[29] = (uint8_t)(size >> 8);
}

static uint8_t *
root_entry(struct volume *v)
{
	return v->bytes + (size_t)2 * SECTOR + 32 * v->entries++;
}

static void
list(struct volume *v)
{
	struct backing b = memory_backing(&v->memory);
	struct image_facts facts = {0};

	v->fault = fat_list(&b, 0, ELTORITO_PREFIX, v->builder, &v->needs);
	image_table_finish(v->builder, &facts, &v->out);
	CHECK_TEXT(
	    image_table_open(v->out.data, v->out.len, b.size, &v->table), NULL);
}

static void
volume_free(struct volume *v)
{
	image_table_builder_free(v->builder);
	strbuf_clear(&v->out);
	free(v);
}

static bool
has(const struct volume *v, const char *path)
{
	struct image_file f;

	return image_table_find(&v->table, span_text(path), &f) &&
	       span_is(f.path, path);
}

TEST(a_chain_becomes_extents)
{
	struct volume *v = volume_new();
	struct image_file f;

	chain(v, 2, 3);
	chain(v, 3, 7);
	chain(v, 7, 0xfff);
	put_entry(root_entry(v), "LABEL      ", 0x08, 0, 0);
	put_entry(root_entry(v), "A       EFI", 0x20, 2, 1100);
	list(v);
	CHECK_TEXT(v->fault, NULL);
	CHECK(v->table.file_count == 1);
	CHECK(image_table_find(&v->table, span_text("[efi]/A.EFI"), &f));
	CHECK(f.size == 1100 && f.extent_count == 2);
	CHECK(image_table_extent(&v->table, f.first).offset == DATA * SECTOR);
	CHECK(image_table_extent(&v->table, f.first).length == 2 * SECTOR);
	CHECK(image_table_extent(&v->table, f.first + 1).offset ==
	      (DATA + 5) * SECTOR);
	CHECK(image_table_extent(&v->table, f.first + 1).length == 76);
	volume_free(v);
}

TEST(short_names_keep_the_case_that_was_noted)
{
	struct volume *v = volume_new();
	uint8_t *e;

	e = root_entry(v);
	put_entry(e, "LOWER   TXT", 0x20, 0, 0);
	e[12] = 0x18;
	e = root_entry(v);
	put_entry(e, "BASE    TXT", 0x20, 0, 0);
	e[12] = 0x08;
	put_entry(root_entry(v), "NOEXT      ", 0x20, 0, 0);
	put_entry(root_entry(v),
	    "GR\x9a\xe1"
	    "E   TXT",
	    0x20, 0, 0);
	put_entry(root_entry(v),
	    "\xe5"
	    "ELETED TXT",
	    0x20, 0, 0);
	list(v);
	CHECK(v->table.file_count == 4);
	CHECK(has(v, "[efi]/lower.txt") && has(v, "[efi]/base.TXT"));
	CHECK(has(v, "[efi]/NOEXT") && has(v, "[efi]/GR__E.TXT"));
	volume_free(v);
}

/* The entry of a long name of at most 13 letters, in front of "LONG~1". */
static void
put_long(uint8_t *e, const char *text, uint8_t sum)
{
	static const uint8_t places[] = {
	    1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

	e[0] = 0x41;
	e[11] = 0x0f;
	e[13] = sum;
	for (size_t i = 0; i < 13 && (i == 0 || text[i - 1]); i++)
		e[places[i]] = (uint8_t)text[i];
}

TEST(a_long_name_counts_only_with_its_short_one)
{
	struct volume *v = volume_new();
	const char name[] = "LONG~1     ";
	uint8_t sum = 0;

	for (size_t i = 0; i < 11; i++)
		sum = (uint8_t)((sum << 7 | sum >> 1) + (uint8_t)name[i]);
	put_long(root_entry(v), "a Long name", sum);
	put_entry(root_entry(v), name, 0x20, 0, 0);
	put_long(root_entry(v), "stray", (uint8_t)(sum + 1));
	put_entry(root_entry(v), "OTHER      ", 0x20, 0, 0);
	put_long(root_entry(v), "../passwd", sum);
	put_entry(root_entry(v), name, 0x20, 0, 0);
	list(v);
	CHECK(v->table.file_count == 2);
	CHECK(has(v, "[efi]/a Long name") && has(v, "[efi]/OTHER"));
	volume_free(v);
}

TEST(a_chain_that_loops_ends_the_reading)
{
	struct volume *v = volume_new();

	chain(v, 2, 3);
	chain(v, 3, 2);
	put_entry(root_entry(v), "GOOD       ", 0x20, 9, 5);
	put_entry(root_entry(v), "LOOP       ", 0x20, 2, 5000);
	list(v);
	CHECK_TEXT(v->fault, "FAT cluster that is used twice");
	CHECK(v->table.file_count == 1 && has(v, "[efi]/GOOD"));
	volume_free(v);
}

TEST(a_folder_that_contains_itself_ends_the_reading)
{
	struct volume *v = volume_new();

	put_entry(root_entry(v), "SUB        ", 0x10, 4, 0);
	put_entry(v->bytes + (DATA + 2) * SECTOR, "SUB        ", 0x10, 4, 0);
	put_entry(
	    v->bytes + (DATA + 2) * SECTOR + 32, "FILE       ", 0x20, 9, 5);
	list(v);
	CHECK_TEXT(v->fault, "FAT cluster that is used twice");
	CHECK(has(v, "[efi]/SUB/FILE"));
	volume_free(v);
}

TEST(a_file_whose_chain_is_too_short_is_left_out)
{
	struct volume *v = volume_new();

	chain(v, 2, 0xfff);
	put_entry(root_entry(v), "SHORT      ", 0x20, 2, 513);
	put_entry(root_entry(v), "NONE       ", 0x20, 0, 5);
	put_entry(root_entry(v), "WHOLE      ", 0x20, 9, 5);
	list(v);
	CHECK_TEXT(v->fault, NULL);
	CHECK(v->table.file_count == 1 && has(v, "[efi]/WHOLE"));
	volume_free(v);
}

TEST(what_lies_behind_the_end_is_told)
{
	struct volume *v = volume_new();

	put_entry(root_entry(v), "FAR        ", 0x20, 20, 5);
	v->memory.size = 10 * SECTOR;
	list(v);
	CHECK_TEXT(v->fault, "FAT cluster outside the image");
	CHECK(v->needs == SECTORS * SECTOR);
	volume_free(v);
}

TEST(a_boot_sector_with_impossible_numbers_is_none)
{
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = {{12, 3}, {12, 64}, {13, 0}, {13, 3}, {14, 0}, {16, 0},
	    {16, 200}, {19, 2}, {22, 0}};
	struct volume *v = volume_new();
	struct fat_volume parsed;

	CHECK_TEXT(fat_parse(v->bytes, &parsed), NULL);
	CHECK(parsed.bits == 12 && parsed.size == sizeof(v->bytes));
	CHECK(parsed.clusters == SECTORS - DATA);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t sector[SECTOR];

		memcpy(sector, v->bytes, SECTOR);
		sector[cases[i].at] = cases[i].value;
		CHECK(fat_parse(sector, &parsed) != NULL);
	}
	volume_free(v);
}
