#include "check.h"

#include "base/arena.h"
#include "base/strbuf.h"

TEST(a_buffer_grows_and_stays_terminated)
{
	struct strbuf b = {0};

	for (int i = 0; i < 1000; i++)
		strbuf_printf(&b, "%d,", i % 10);
	CHECK(b.len == 2000 && strlen(b.data) == 2000);
	strbuf_drop(&b, 1998);
	CHECK_TEXT(strbuf_cstr(&b), "9,");
	strbuf_clear(&b);
	CHECK_TEXT(strbuf_cstr(&b), "");
}

TEST(a_capped_buffer_drops_what_does_not_fit_and_says_so)
{
	struct strbuf b = {.cap = 4};

	strbuf_text(&b, "abc");
	strbuf_text(&b, "de");
	CHECK_TEXT(b.fault, "too much");
	CHECK_TEXT(strbuf_cstr(&b), "abc");
	strbuf_char(&b, 'd');
	CHECK(b.len == 3); /* a fault stays */
	strbuf_clear(&b);
}

TEST(an_arena_hands_out_zeroed_memory_up_to_its_cap)
{
	struct arena a = arena_with(10000);
	char *big = arena_alloc(&a, 9000);

	CHECK(big && big[0] == 0 && big[8999] == 0);
	CHECK_TEXT(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	CHECK_TEXT(arena_text(&a, span_of("abc", 2)), "ab");
	CHECK(arena_alloc(&a, 1000) == NULL);
	CHECK_TEXT(a.fault, "too much");
	CHECK(arena_array(&a, SIZE_MAX / 2, 3) == NULL);
	arena_clear(&a);
	CHECK(arena_alloc(&a, 10000) != NULL);
	arena_clear(&a);
}
