#include <stdlib.h>
#include <string.h>

#include "proto/http_range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how large the body is, as a power of two. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = size ? ((uint64_t)1 << data[0] % 64) - 1 : 0;
	uint64_t first = 0, length = 0;

	if (size == 0)
		return 0;
	if (http_range_parse(span_of(data + 1, size - 1), whole, &first,
	        &length) != HTTP_RANGE_PART)
		return 0;
	if (length == 0 || first >= whole || length > whole - first)
		abort();
	return 0;
}
