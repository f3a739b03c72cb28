#include "check.h"

#include "base/attr.h"
#include "boot/script.h"
#include "ipxe_model.h"

static const char *const hostile[] = {
    "plain",
    "a || shell",
    "a && shell",
    "a ; shell",
    "|| shell",
    "a\nshell",
    "a\r\nshell",
    "a\vshell\f||\tshell",
    "ends in \\",
    "\\",
    "${net0/ip}",
    "$${net0/ip}",
    "$\x01{net0/ip}",
    "${${net0/ip}}",
    "# all a comment",
    "a #b",
    "--default x",
    "\xc3\xa4 \xff\xfe ||\xc2\x85shell",
};

/* What iPXE would do with `line`; the caller clears it. */
static struct strbuf
understood(const struct strbuf *line)
{
	struct strbuf out = {0};

	model_script(strbuf_view(line), &out);
	return out;
}

TEST(text_stays_text_whatever_it_holds)
{
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		struct strbuf line = {0}, got;

		script_add(&line, "echo x ");
		script_text(&line, span_text(hostile[i]), 0);
		script_end(&line);
		script_add(&line, "boot");
		got = understood(&line);
		CHECK_TEXT(strbuf_cstr(&got), "echo\nboot\n");
		strbuf_clear(&got);
		strbuf_clear(&line);
	}
}

TEST(a_command_line_stays_one_whatever_it_holds)
{
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		struct strbuf line = {0}, got;

		script_add(&line, "kernel http://192.0.2.1/k ");
		script_cmdline(&line, span_text(hostile[i]), "http://b/");
		script_add(&line, " || goto failed");
		script_end(&line);
		got = understood(&line);
		CHECK_TEXT(strbuf_cstr(&got), "kernel ||\ngoto\n\n");
		strbuf_clear(&got);
		strbuf_clear(&line);
	}
}

TEST(text_is_readable_after_it_was_made_safe)
{
	static const char *const cases[][2] = {
	    {"Debian 13.1.0 (amd64)", "Debian 13.1.0 (amd64)"},
	    {"  two\t words ", "two words"},
	    {"price $5 {x}", "price $5 {x}"},
	    {"${x}", "$(x}"},
	    {"$${x}", "$$(x}"},
	    {"C || D && E ; F", "C | D & E , F"},
	    {"#1", "*1"},
	    {"Linux f\xc3\xbcr alle", "Linux f?r alle"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strbuf line = {0};

		script_text(&line, span_text(cases[i][0]), 0);
		CHECK_TEXT(strbuf_cstr(&line), cases[i][1]);
		strbuf_clear(&line);
	}
}

TEST(long_text_is_cut)
{
	struct strbuf line = {0};

	script_add(&line, "echo ");
	script_text(&line, span_text("one two three"), 8);
	CHECK_TEXT(strbuf_cstr(&line), "echo one two ");
	strbuf_clear(&line);
}

TEST(only_base_is_put_into_a_command_line)
{
	struct strbuf line = {0};

	script_cmdline(&line,
	    span_text("a=${base}x,${base}y ${ba} $${base} --- quiet"),
	    "http://192.0.2.1/iso/d/");
	CHECK_TEXT(strbuf_cstr(&line),
	    "a=http://192.0.2.1/iso/d/x,http://192.0.2.1/iso/d/y $(ba} "
	    "$http://192.0.2.1/iso/d/ --- quiet");
	strbuf_clear(&line);
}

TEST(words_and_paths_hold_no_space_and_no_setting)
{
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		struct strbuf line = {0}, got;

		script_add(&line, "chain http://192.0.2.1/");
		script_path(&line, span_text(hostile[i]));
		script_add(&line, "/");
		script_word(&line, span_text(hostile[i]));
		script_end(&line);
		CHECK(!memchr(line.data + 6, ' ', line.len - 6));
		got = understood(&line);
		CHECK_TEXT(strbuf_cstr(&got), "chain\n\n");
		strbuf_clear(&got);
		strbuf_clear(&line);
	}
}

TEST(the_model_sees_an_injection_that_nobody_prevented)
{
	struct strbuf line = {0}, got;

	script_add(&line, "echo a || shell ${x}\n");
	got = understood(&line);
	CHECK_TEXT(strbuf_cstr(&got), "echo ||\nshell ${x}\n\n");
	strbuf_clear(&got);
	strbuf_clear(&line);
}
