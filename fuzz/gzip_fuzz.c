/*
 * gzip_fuzz.c - a compressed file, read as a whole and in pieces.
 */
#include <stdlib.h>

#include "../tests/memory_backing.h"
#include "media/gzip.h"
#include "media/inspect.h"

#define MOST (1U << 20) /* bytes of content that are compared */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The content read in one piece is that read in small ones, backwards. */
static void
compare(struct gzip *g, uint64_t size)
{
	struct backing b = gzip_backing(g, size);
	uint8_t *whole = malloc((size_t)size + 1), piece[512];

	if (!whole || backing_read(&b, 0, whole, (size_t)size))
		__builtin_trap();
	for (uint64_t at = size; at > sizeof(piece); at -= at / 2 + 1) {
		uint64_t from = at - sizeof(piece);

		if (backing_read(&b, from, piece, sizeof(piece)) ||
		    memcmp(piece, whole + from, sizeof(piece)) != 0)
			__builtin_trap();
	}
	free(whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = {.data = data, .size = size};
	struct backing b = memory_backing(&m);
	struct gzip *g = gzip_new(&b);
	struct strbuf report = {0};
	enum inspect_verdict verdict;
	struct span rest;
	uint64_t length = 0;

	if (!gzip_measure(g, &length) && length < MOST)
		compare(g, length);
	gzip_free(g);
	inspect_image(&b, &report);
	if (inspect_report_parse(strbuf_view(&report), &verdict, &rest))
		__builtin_trap();
	strbuf_clear(&report);
	return 0;
}
