/*
 * fat_fuzz.c - the listing of a FAT file system.
 */
#include "../tests/memory_backing.h"
#include "media/fat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = {.data = data, .size = size};
	struct backing b = memory_backing(&m);
	struct image_table_builder *table = image_table_builder_new();
	struct image_facts facts = {0};
	struct image_table t;
	struct strbuf out = {0};
	uint64_t needs = 0;

	(void)!fat_list(&b, 0, ELTORITO_PREFIX, table, &needs);
	image_table_finish(table, &facts, &out);
	if (image_table_open(out.data, out.len, size, &t))
		__builtin_trap();
	image_table_builder_free(table);
	strbuf_clear(&out);
	return 0;
}
