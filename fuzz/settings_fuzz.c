/* What was decoded is the same again after it was encoded. */
#include <stdlib.h>

#include "boot/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = arena_with(64U << 20);
	struct strbuf again = {0};
	struct settings s;

	if (!settings_decode(&a, data, size, &s)) {
		settings_encode(&s, &again);
		if (!span_equal(strbuf_view(&again), span_of(data, size)))
			abort();
	}
	strbuf_clear(&again);
	arena_clear(&a);
	return 0;
}
