/*
 * iso9660_fuzz.c - the whole inspection of an image.
 *
 * The input is an image, or one without its first 32 KiB, which ISO 9660 does
 * not use: that keeps seeds small.
 */
#include <stdlib.h>

#include "../tests/memory_backing.h"
#include "media/image_table.h"
#include "media/inspect.h"

#define LEAD 32768U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool condition)
{
	if (!condition)
		abort();
}

/* What was reported must open, and every file must be found. */
static void
check_table(struct span bytes, uint64_t image_size)
{
	struct image_table t;

	want(!image_table_open(bytes.data, bytes.len, image_size, &t));
	for (uint32_t i = 0; i < t.file_count; i++) {
		struct image_file wanted = image_table_file(&t, i), found;

		want(image_table_find(&t, wanted.path, &found));
		want(found.first == wanted.first && found.size == wanted.size);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = {.data = data, .size = size};
	struct backing b;
	struct strbuf report = {0};
	enum inspect_verdict verdict;
	struct span rest;

	if (size < LEAD + 6 || memcmp(data + LEAD + 1, "CD001", 5) != 0)
		m.lead = LEAD;
	b = memory_backing(&m);
	inspect_image(&b, &report);
	want(!inspect_report_parse(strbuf_view(&report), &verdict, &rest));
	if (verdict == INSPECT_OK)
		check_table(rest, b.size);
	else
		want(rest.len > 0);
	strbuf_clear(&report);
	return 0;
}
