/* The first bytes choose who sends to whom; the rest is the message. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/ipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[IPC_MESSAGE_MAX];
	struct writer w = writer_over(again, sizeof(again));
	struct ipc m;

	if (size < 3 || size - 3 > IPC_MESSAGE_MAX)
		return 0;
	if (ipc_parse(span_of(data + 3, size - 3),
	        (enum role)(data[0] % ROLE_COUNT),
	        (enum role)(data[1] % ROLE_COUNT), data[2] & 1, &m))
		return 0;
	/* What is accepted is written again to the byte. */
	ipc_put(&w, &m);
	assert(!w.fault && writer_len(&w) == size - 3);
	assert(memcmp(again, data + 3, size - 3) == 0);
	return 0;
}
