#include "check.h"

#include "media/eltorito.h"
#include "memory_backing.h"

#define BLOCK 2048U
#define SIZE (100U * BLOCK)

struct disc {
	uint8_t bytes[SIZE]; /* the catalogue is at 0 */
	struct memory memory;
	struct image_facts facts;
	uint64_t needs;
};

static uint8_t *
entry(struct disc *d, size_t number)
{
	return d->bytes + 32 * number;
}

static void
put_entry(uint8_t *e, uint8_t media, uint8_t sectors, uint8_t block)
{
	e[0] = 0x88;
	e[1] = media;
	e[6] = sectors;
	e[8] = block;
}

/* A validation entry for `platform` whose words sum up to zero. */
static struct disc *
disc_new(uint8_t platform)
{
	struct disc *d = calloc(1, sizeof(*d));
	uint32_t sum;

	CHECK(d != NULL);
	d->bytes[0] = 1;
	d->bytes[1] = platform;
	d->bytes[30] = 0x55;
	d->bytes[31] = 0xaa;
	sum = 0x10000U - (1U + platform * 256U + 0xaa55U);
	d->bytes[28] = (uint8_t)(sum & 0xff);
	d->bytes[29] = (uint8_t)(sum >> 8 & 0xff);
	d->memory = (struct memory){.data = d->bytes, .size = SIZE};
	return d;
}

static const char *
read_disc(struct disc *d, uint64_t volume_end)
{
	struct backing b = memory_backing(&d->memory);

	d->facts = (struct image_facts){0};
	return eltorito_read(&b, 0, volume_end, &d->facts, &d->needs);
}

TEST(the_initial_entry_and_those_of_sections_are_read)
{
	struct disc *d = disc_new(0);

	put_entry(entry(d, 1), 0, 4, 10);
	entry(d, 2)[0] = 0x90;
	entry(d, 2)[1] = 0xef;
	entry(d, 2)[2] = 1;
	put_entry(entry(d, 3), 0, 8, 20);
	entry(d, 4)[0] = 0x91;
	entry(d, 4)[1] = 0;
	entry(d, 4)[2] = 1;
	put_entry(entry(d, 5), 2, 1, 30);
	entry(d, 5)[0] = 0;
	CHECK_TEXT(read_disc(d, SIZE), NULL);
	CHECK(d->facts.boot_count == 3);
	CHECK(d->facts.boot[0].platform == 0 && d->facts.boot[0].bootable);
	CHECK(d->facts.boot[0].offset == 10 * BLOCK);
	CHECK(d->facts.boot[0].length == 4 * 512);
	CHECK(d->facts.boot[1].platform == 0xef);
	CHECK(d->facts.boot[1].length == 8 * 512);
	CHECK(d->facts.boot[2].emulation == 2 && !d->facts.boot[2].bootable);
	free(d);
}

TEST(a_floppy_image_is_as_long_as_a_floppy_but_ends_with_the_file)
{
	struct disc *d = disc_new(0);

	put_entry(entry(d, 1), 2, 1, 10);
	CHECK_TEXT(read_disc(d, SIZE), NULL);
	CHECK(d->facts.boot[0].length == SIZE - 10 * BLOCK);
	free(d);
}

TEST(an_efi_entry_without_a_length_reaches_to_the_end_of_the_volume)
{
	struct disc *d = disc_new(0xef);

	put_entry(entry(d, 1), 0, 1, 10);
	CHECK_TEXT(read_disc(d, 50 * BLOCK), NULL);
	CHECK(d->facts.boot[0].length == 40 * BLOCK);
	/* It may lie behind the volume: then it ends with the file. */
	CHECK_TEXT(read_disc(d, 5 * BLOCK), NULL);
	CHECK(d->facts.boot[0].length == SIZE - 10 * BLOCK);
	free(d);
}

TEST(the_fat_in_an_efi_image_says_how_long_it_is)
{
	static const uint8_t fat[] = {0xeb, 0x3c, 0x90, 'M', 'S', 'D', 'O', 'S',
	    '5', '.', '0', 0, 2, 1, 1, 0, 1, 16, 0, 32, 0, 0xf8, 1, 0};
	struct disc *d = disc_new(0xef);

	put_entry(entry(d, 1), 0, 0, 10);
	memcpy(d->bytes + 10 * (size_t)BLOCK, fat, sizeof(fat));
	CHECK_TEXT(read_disc(d, SIZE), NULL);
	CHECK(d->facts.boot[0].length == 32 * 512);
	free(d);
}

TEST(an_entry_outside_the_image_is_left_out)
{
	struct disc *d = disc_new(0);

	put_entry(entry(d, 1), 0, 4, 100);
	CHECK_TEXT(read_disc(d, SIZE), NULL);
	CHECK(d->facts.boot_count == 0 && d->needs == 100 * BLOCK);
	free(d);
}

TEST(a_catalogue_with_a_wrong_sum_is_none)
{
	struct disc *d = disc_new(0);

	d->bytes[4] = 1;
	CHECK_TEXT(
	    read_disc(d, SIZE), "El Torito validation entry with a wrong sum");
	d->bytes[4] = 0;
	d->bytes[30] = 0;
	CHECK_TEXT(read_disc(d, SIZE), "no El Torito validation entry");
	free(d);
}

TEST(more_entries_than_there_is_room_for_are_left_out)
{
	struct disc *d = disc_new(0);

	put_entry(entry(d, 1), 0, 4, 10);
	entry(d, 2)[0] = 0x91;
	entry(d, 2)[2] = 200;
	for (size_t i = 3; i < 40; i++)
		put_entry(entry(d, i), 0, 4, 10);
	CHECK_TEXT(read_disc(d, SIZE), NULL);
	CHECK(d->facts.boot_count == IMAGE_BOOT_ENTRIES_MAX);
	free(d);
}
