/*
 * eltorito_fuzz.c - a boot catalogue, and what it points to.
 */
#include "../tests/memory_backing.h"
#include "media/eltorito.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inputs must get past the sum over the validation entry. */
static void
make_valid(uint8_t *entry)
{
	uint16_t sum = 0;

	entry[0] = 1;
	entry[28] = entry[29] = 0;
	entry[30] = 0x55;
	entry[31] = 0xaa;
	for (size_t i = 0; i < 32; i += 2)
		sum = (uint16_t)(sum + (entry[i] | entry[i + 1] << 8));
	sum = (uint16_t)-sum;
	entry[28] = (uint8_t)(sum & 0xff);
	entry[29] = (uint8_t)(sum >> 8);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[65536];
	struct memory m = {.data = copy, .size = size};
	struct backing b = memory_backing(&m);
	struct image_facts facts = {0};
	uint64_t needs = 0;

	if (size < 32 || size > sizeof(copy))
		return 0;
	memcpy(copy, data, size);
	make_valid(copy);
	if (eltorito_read(&b, 0, size / 2, &facts, &needs))
		return 0;
	for (size_t i = 0; i < facts.boot_count; i++)
		if (!backing_holds(
		        &b, facts.boot[i].offset, facts.boot[i].length))
			__builtin_trap();
	return 0;
}
