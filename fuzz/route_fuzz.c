/* Any path means something or nothing; what it yields lies inside it. */
#include <stdlib.h>

#include "boot/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(struct span part, struct span whole)
{
	if (part.len && (part.data < whole.data ||
	                    part.data + part.len > whole.data + whole.len))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span path = span_of(data, size);
	struct route r = route_parse(path);

	inside(r.id, path);
	inside(r.name, path);
	inside(r.facts, path);
	if (r.kind != ROUTE_NONE && r.kind != ROUTE_FILE &&
	    r.kind != ROUTE_REPORT && r.name.len &&
	    memchr(r.name.data, '/', r.name.len))
		abort();
	return 0;
}
