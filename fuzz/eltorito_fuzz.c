/*
 * eltorito_fuzz.c - a boot catalogue, and what it points to.
 */
#include "media/eltorito.h"
#include "memory_backing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = {.data = data, .size = size};
	struct backing b = memory_backing(&m);
	struct image_facts facts = {0};
	uint64_t needs = 0;

	if (eltorito_read(&b, 0, size / 2, &facts, &needs))
		return 0;
	for (size_t i = 0; i < facts.boot_count; i++)
		if (!backing_holds(
		        &b, facts.boot[i].offset, facts.boot[i].length))
			__builtin_trap();
	return 0;
}
