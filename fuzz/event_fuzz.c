/* Events, hosts and leases: what was decoded is the same again after it was
 * encoded.  The first byte says which. */
#include <stdlib.h>

#include "boot/event.h"
#include "boot/host.h"
#include "boot/lease.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
round_trip(uint8_t which, const uint8_t *data, size_t size, struct strbuf *out)
{
	struct event e;
	struct host h;
	struct lease l;

	if (which == 'e' && !event_decode(data, size, &e))
		event_encode(&e, out);
	else if (which == 'h' && !host_decode(data, size, &h))
		host_encode(&h, out);
	else if (which == 'l' && !lease_decode(data, size, &l))
		lease_encode(&l, out);
	else
		return false;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf again = {0};

	if (size && round_trip(data[0], data + 1, size - 1, &again) &&
	    !span_equal(strbuf_view(&again), span_of(data + 1, size - 1)))
		abort();
	strbuf_clear(&again);
	return 0;
}
