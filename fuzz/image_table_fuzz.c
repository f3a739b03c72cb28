/*
 * image_table_fuzz.c - a table that somebody else may have written.
 */
#include "media/image_table.h"

#define IMAGE_SIZE 1000000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_table t;
	uint64_t most;

	if (image_table_open(data, size, IMAGE_SIZE, &t))
		return 0;
	most = t.facts.packed ? t.facts.size : IMAGE_SIZE;
	for (uint32_t i = 0; i < t.extent_count; i++) {
		struct image_extent x = image_table_extent(&t, i);

		if (x.offset > most || x.length > most - x.offset)
			__builtin_trap();
	}
	for (uint32_t i = 0; i < t.file_count; i++) {
		struct image_file f = image_table_file(&t, i), found;

		if (!image_table_find(&t, f.path, &found) ||
		    found.first != f.first)
			__builtin_trap();
	}
	return 0;
}
