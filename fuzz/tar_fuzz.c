/*
 * tar_fuzz.c - the listing of a tar archive.
 */
#include "../tests/memory_backing.h"
#include "media/tar.h"

#define BLOCK 512U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inputs must get past the sums of their headers: each block that says of
 * itself that it is one gets a right one. */
static void
make_valid(uint8_t *bytes, size_t size)
{
	for (size_t at = 0; size - at >= BLOCK; at += BLOCK) {
		unsigned int sum = 0;

		if (memcmp(bytes + at + 257, "ustar", 5) != 0)
			continue;
		memset(bytes + at + 148, ' ', 8);
		for (size_t i = 0; i < BLOCK; i++)
			sum += bytes[at + i];
		for (size_t i = 6; i > 0; i--, sum >>= 3)
			bytes[at + 147 + i] = (uint8_t)('0' + (sum & 7));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[65536];
	struct memory m = {.data = copy, .size = size};
	struct backing b = memory_backing(&m);
	struct image_table_builder *table;
	struct image_facts facts = {0};
	struct image_table t;
	struct tar_place place;
	struct strbuf out = {0};

	if (size > sizeof(copy))
		return 0;
	memcpy(copy, data, size);
	make_valid(copy, size);
	table = image_table_builder_new();
	(void)!tar_list(&b, table, &place);
	image_table_finish(table, &facts, &out);
	if (image_table_open(out.data, out.len, size, &t))
		__builtin_trap();
	image_table_builder_free(table);
	strbuf_clear(&out);
	return 0;
}
