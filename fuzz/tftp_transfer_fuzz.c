#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "proto/tftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct tftp_transfer *t, const struct tftp_datagram *d)
{
	if (t->base > t->next || t->next > t->sent || t->sent > t->last + 1)
		abort();
	if (d && (d->length > t->blksize || d->offset > t->size ||
	             d->length > t->size - d->offset))
		abort();
}

/* What a client does: each step is a byte that says what, then its operand. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_over(data, size);
	struct tftp_request req = {.blksize = reader_be16(&r),
	    .windowsize = reader_be16(&r),
	    .timeout = reader_u8(&r),
	    .tsize = reader_u8(&r) & 1};
	struct tftp_transfer t;
	struct tftp_datagram d;
	const char *over = NULL;
	uint64_t now = 0;

	if (req.blksize && req.blksize < 8)
		req.blksize = 8;
	if (req.blksize > TFTP_BLKSIZE_MAX)
		req.blksize = TFTP_BLKSIZE_MAX;
	tftp_transfer_start(&t, &req, reader_be32(&r), 1468, now);
	while (reader_left(&r) && !over && !tftp_transfer_done(&t)) {
		uint8_t what = reader_u8(&r);

		if (what & 1) {
			while (tftp_transfer_send(&t, &d, now))
				check(&t, &d);
		} else if (what & 2) {
			now = t.deadline;
			over = tftp_transfer_expire(&t, now);
		} else if (what & 4) {
			tftp_transfer_again(&t, now);
		} else {
			size_t len = what >> 3;
			struct span s = reader_span(
			    &r, len < reader_left(&r) ? len : reader_left(&r));

			over = tftp_transfer_receive(&t, s.data, s.len, ++now);
		}
		check(&t, NULL);
	}
	return 0;
}
