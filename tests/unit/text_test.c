#include "check.h"

#include "base/text.h"

TEST(numbers_are_digits_only_and_bounded)
{
	static const struct {
		const char *text;
		uint64_t max, value;
		const char *fault;
	} cases[] = {
	    {"0", 10, 0, NULL},
	    {"10", 10, 10, NULL},
	    {"11", 10, 0, "number too large"},
	    {"", 10, 0, "not a number"},
	    {"-1", 10, 0, "not a number"},
	    {" 1", 10, 0, "not a number"},
	    {"18446744073709551615", UINT64_MAX, UINT64_MAX, NULL},
	    {"18446744073709551616", UINT64_MAX, 0, "number too large"},
	    {"7", 5, 0, "number too large"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 0;

		CHECK_TEXT(
		    text_number(span_text(cases[i].text), cases[i].max, &value),
		    cases[i].fault);
		CHECK(value == cases[i].value);
	}
}

static const char *
escaped(const char *text)
{
	static struct strbuf out;

	strbuf_clear(&out);
	text_escape(&out, span_text(text));
	return strbuf_cstr(&out);
}

TEST(escaped_text_holds_no_control_quote_or_deceptive_character)
{
	CHECK_TEXT(escaped("plain"), "plain");
	CHECK_TEXT(escaped("a\"b\\"), "a\\x22b\\x5c");
	CHECK_TEXT(escaped("\033[2J"), "\\x1b[2J");
	CHECK_TEXT(escaped("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
	CHECK_TEXT(escaped("\xff"), "\\xff");
	CHECK_TEXT(escaped("\xc2\x9b"), "\\xc2\\x9b");          /* C1 CSI */
	CHECK_TEXT(escaped("\xe2\x80\xae"), "\\xe2\\x80\\xae"); /* RLO */
	CHECK_TEXT(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80"); /* surrogate */
}

TEST(all_but_unreserved_bytes_and_slashes_are_percent_encoded)
{
	struct strbuf out = {0};

	text_percent_encode(&out, span_text("a b/%\xc3\xbc~"));
	CHECK_TEXT(strbuf_cstr(&out), "a%20b/%25%C3%BC~");
	strbuf_clear(&out);
}

TEST(sizes_read_as_people_say_them)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
	    {0, "0 B"},
	    {1023, "1023 B"},
	    {1024, "1.0 KiB"},
	    {1536, "1.5 KiB"},
	    {10240, "10 KiB"},
	    {5ULL << 30, "5.0 GiB"},
	    {3ULL << 40, "3.0 TiB"},
	};
	struct strbuf out = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strbuf_clear(&out);
		text_size(&out, cases[i].bytes);
		CHECK_TEXT(strbuf_cstr(&out), cases[i].text);
	}
	strbuf_clear(&out);
}

TEST(a_span_is_cut_at_each_separator)
{
	struct span rest = span_text("a//b");

	CHECK(span_is(span_cut(&rest, '/'), "a"));
	CHECK(span_is(span_cut(&rest, '/'), ""));
	CHECK(span_is(span_cut(&rest, '/'), "b"));
	CHECK(rest.data == NULL && rest.len == 0);
}
