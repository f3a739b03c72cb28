#include "check.h"

#include "proto/http_range.h"

#define GIB ((uint64_t)1 << 30)

TEST(a_range_means_the_bytes_that_the_rfc_says)
{
	static const struct {
		const char *value;
		uint64_t size;
		enum http_range range;
		uint64_t first, length;
	} cases[] = {
	    {"bytes=0-0", 10, HTTP_RANGE_PART, 0, 1},
	    {"bytes=0-9", 10, HTTP_RANGE_PART, 0, 10},
	    {"bytes=0-99", 10, HTTP_RANGE_PART, 0, 10},
	    {"bytes=9-", 10, HTTP_RANGE_PART, 9, 1},
	    {"BYTES=2-3", 10, HTTP_RANGE_PART, 2, 2},
	    {"bytes=-3", 10, HTTP_RANGE_PART, 7, 3},
	    {"bytes=-30", 10, HTTP_RANGE_PART, 0, 10},
	    {"bytes=-99999999999999999999999", 10, HTTP_RANGE_PART, 0, 10},
	    {"bytes=0-99999999999999999999999", 10, HTTP_RANGE_PART, 0, 10},
	    {"bytes=10-", 10, HTTP_RANGE_BEYOND, 0, 0},
	    {"bytes=10-11", 10, HTTP_RANGE_BEYOND, 0, 0},
	    {"bytes=99999999999999999999999-", 10, HTTP_RANGE_BEYOND, 0, 0},
	    {"bytes=0-", 0, HTTP_RANGE_BEYOND, 0, 0},
	    {"bytes=-0", 10, HTTP_RANGE_BEYOND, 0, 0},
	    {"bytes=-5", 0, HTTP_RANGE_BEYOND, 0, 0},
	    {"bytes=3-2", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=0-1,3-4", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=-", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=--1", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=1", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes= 1-2", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=1-2x", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=0x1-2", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=u-u", 10, HTTP_RANGE_NONE, 0, 0},
	    {"lines=1-2", 10, HTTP_RANGE_NONE, 0, 0},
	    {"byte", 10, HTTP_RANGE_NONE, 0, 0},
	    {"bytes=4294967296-4294967299", 5 * GIB, HTTP_RANGE_PART, 4 * GIB,
	        4},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t first = 0, length = 0;

		CHECK(http_range_parse(span_text(cases[i].value), cases[i].size,
		          &first, &length) == cases[i].range);
		CHECK(first == cases[i].first && length == cases[i].length);
	}
}

TEST(the_wrapped_ranges_of_32_bit_ipxe_are_repaired)
{
	static const struct {
		const char *value;
		uint64_t size, first, length;
	} cases[] = {
	    /* As Debian's BIOS build sent it for offset 2.25 GiB. */
	    {"bytes=-1879048192--1879046145", 3 * GIB, 2415919104, 2048},
	    {"bytes=-1540874240--1540857857", 4 * GIB, 2754093056, 16384},
	    {"bytes=-2147483648--2147481601", 3 * GIB, 2 * GIB, 2048},
	    {"bytes=-2048--1", 4 * GIB, 4 * GIB - 2048, 2048},
	    {"bytes=2147481600--2147479553", 3 * GIB, 2147481600, 6144},
	};
	static const char *const broken[] = {"bytes=-1--2", "bytes=-0--0",
	    "bytes=-2147483649--1", "bytes=-5-7", "bytes=1---2",
	    "bytes=-1879048192--"};
	uint64_t first, length;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(http_range_parse(span_text(cases[i].value), cases[i].size,
		          &first, &length) == HTTP_RANGE_PART);
		CHECK(first == cases[i].first && length == cases[i].length);
	}
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		CHECK(http_range_parse(span_text(broken[i]), 4 * GIB, &first,
		          &length) == HTTP_RANGE_NONE);
	CHECK(http_range_parse(span_text("bytes=-2048--1"), GIB, &first,
	          &length) == HTTP_RANGE_BEYOND);
}
