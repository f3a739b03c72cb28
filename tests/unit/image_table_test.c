#include "check.h"

#include "base/mem.h"
#include "media/image_table.h"

#define SIZE 1000000U

static void
add(struct image_table_builder *b, const char *path, uint64_t offset,
    uint64_t length)
{
	struct image_extent x = {offset, length};

	CHECK_TEXT(image_table_add(b, span_text(path), &x, 1), NULL);
}

/* A table of a few files, as bytes. */
static struct strbuf
sample(void)
{
	struct image_table_builder *b = image_table_builder_new();
	struct image_facts facts = {
	    .size = SIZE,
	    .volume = span_text("Debian 13"),
	    .disk_info = span_text("Debian GNU/Linux 13"),
	    .rock_ridge = true,
	    .hybrid = true,
	    .boot = {{.platform = 0xef, .offset = 4096, .length = 2048}},
	    .boot_count = 1,
	};
	struct image_extent two[] = {
	    {8192, 2048}, {10240, 2048}, {2048, 100}, {5, 0}};
	struct strbuf out = {0};

	add(b, "install/vmlinuz", 4096, 1000);
	add(b, "boot", 0, 1);
	add(b, "boot", 500, 5); /* a second one of the same name is dropped */
	add(b, "EFI/BOOT/BOOTX64.EFI", 100, 50);
	add(b, "efi/boot/grubx64.efi", 200, 60);
	add(b, "[efi]/EFI/BOOT/mmx64.efi", 300, 70);
	add(b, "empty", 7, 0);
	CHECK_TEXT(image_table_add(b, span_text("big"), two, 4), NULL);
	image_table_finish(b, &facts, &out);
	image_table_builder_free(b);
	return out;
}

static bool
finds(const struct image_table *t, const char *path, const char *what)
{
	struct image_file f;

	return image_table_find(t, span_text(path), &f) &&
	       span_is(f.path, what);
}

static bool
has(const struct image_table *t, const char *path)
{
	struct image_file f;

	return image_table_find(t, span_text(path), &f);
}

TEST(a_table_gives_back_the_facts_that_went_in)
{
	struct strbuf s = sample();
	struct image_table t;

	CHECK_TEXT(image_table_open(s.data, s.len, SIZE, &t), NULL);
	CHECK(t.facts.size == SIZE);
	CHECK(span_is(t.facts.volume, "Debian 13"));
	CHECK(span_is(t.facts.system, ""));
	CHECK(span_is(t.facts.disk_info, "Debian GNU/Linux 13"));
	CHECK(t.facts.rock_ridge && !t.facts.joliet && t.facts.hybrid);
	CHECK(t.facts.boot_count == 1 && t.facts.boot[0].platform == 0xef);
	CHECK(t.facts.boot[0].offset == 4096 && t.facts.boot[0].length == 2048);
	strbuf_clear(&s);
}

TEST(files_are_found_exactly_then_without_case_then_in_el_torito)
{
	struct strbuf s = sample();
	struct image_table t;

	CHECK_TEXT(image_table_open(s.data, s.len, SIZE, &t), NULL);
	CHECK(t.file_count == 7);
	CHECK(finds(&t, "boot", "boot"));
	CHECK(finds(&t, "Install/VMLINUZ", "install/vmlinuz"));
	CHECK(finds(&t, "efi/boot/bootx64.efi", "EFI/BOOT/BOOTX64.EFI"));
	CHECK(finds(&t, "EFI/BOOT/grubx64.efi", "efi/boot/grubx64.efi"));
	CHECK(finds(&t, "EFI/BOOT/mmx64.efi", "[efi]/EFI/BOOT/mmx64.efi"));
	CHECK(finds(&t, "efi/boot/MMX64.EFI", "[efi]/EFI/BOOT/mmx64.efi"));
	CHECK(!has(&t, "boo"));
	CHECK(!has(&t, "boot2"));
	CHECK(!has(&t, ""));
	CHECK(!has(&t, "zzz"));
	strbuf_clear(&s);
}

TEST(extents_that_touch_are_one)
{
	struct strbuf s = sample();
	struct image_table t;
	struct image_file f;
	struct image_extent x;

	CHECK_TEXT(image_table_open(s.data, s.len, SIZE, &t), NULL);
	CHECK(image_table_find(&t, span_text("big"), &f));
	CHECK(f.size == 4196 && f.extent_count == 2);
	x = image_table_extent(&t, f.first);
	CHECK(x.offset == 8192 && x.length == 4096);
	x = image_table_extent(&t, f.first + 1);
	CHECK(x.offset == 2048 && x.length == 100);
	CHECK(image_table_find(&t, span_text("empty"), &f));
	CHECK(f.size == 0 && f.extent_count == 0);
	strbuf_clear(&s);
}

TEST(a_table_cut_short_or_too_long_is_refused)
{
	struct strbuf s = sample();
	struct image_table t;

	for (size_t len = 0; len < s.len; len++) {
		char *copy = mem_text(s.data, len);

		CHECK(image_table_open(copy, len, SIZE, &t) != NULL);
		free(copy);
	}
	strbuf_char(&s, 'x');
	CHECK(image_table_open(s.data, s.len, SIZE, &t) != NULL);
	strbuf_clear(&s);
}

TEST(a_table_with_a_byte_changed_is_refused_or_stays_in_bounds)
{
	struct strbuf s = sample();
	struct image_table t;

	for (size_t i = 0; i < s.len * 8; i++) {
		s.data[i / 8] = (char)(s.data[i / 8] ^ 1 << i % 8);
		if (!image_table_open(s.data, s.len, SIZE, &t)) {
			for (uint32_t n = 0; n < t.extent_count; n++) {
				struct image_extent x =
				    image_table_extent(&t, n);

				CHECK(x.offset <= SIZE &&
				      x.length <= SIZE - x.offset);
			}
			CHECK(!has(&t, "no/such"));
		}
		s.data[i / 8] = (char)(s.data[i / 8] ^ 1 << i % 8);
	}
	strbuf_clear(&s);
}

TEST(an_image_that_shrank_makes_its_table_invalid)
{
	struct strbuf s = sample();
	struct image_table t;

	CHECK_TEXT(image_table_open(s.data, s.len, 12288, &t), NULL);
	CHECK_TEXT(image_table_open(s.data, s.len, 12287, &t),
	    "extent outside the image");
	strbuf_clear(&s);
}

TEST(twenty_thousand_files_are_all_found)
{
	struct image_table_builder *b = image_table_builder_new();
	struct image_facts facts = {0};
	struct strbuf s = {0};
	struct image_table t;
	char path[64];

	for (unsigned int i = 0; i < 20000; i++) {
		(void)snprintf(path, sizeof(path), "Dir%u/File%u", i % 97, i);
		add(b, path, i, 1);
	}
	image_table_finish(b, &facts, &s);
	image_table_builder_free(b);
	CHECK_TEXT(image_table_open(s.data, s.len, SIZE, &t), NULL);
	for (unsigned int i = 0; i < 20000; i++) {
		struct image_file f;

		(void)snprintf(path, sizeof(path), "dir%u/FILE%u", i % 97, i);
		CHECK(image_table_find(&t, span_text(path), &f));
		CHECK(image_table_extent(&t, f.first).offset == i);
	}
	strbuf_clear(&s);
}

TEST(a_link_shows_what_it_leads_to)
{
	struct image_table_builder *b = image_table_builder_new();
	struct image_facts facts = {0};
	struct strbuf s = {0};
	struct image_table t;
	static const char *const links[][2] = {
	    {"debian", "."},
	    {"short", "dists"},
	    {"dists/stable", "trixie"},
	    {"a", "b"},
	    {"b", "./dists/../dists/stable/Release"},
	    {"loop", "loop"},
	    {"x/y/out", "../../../etc/passwd"},
	    {"absolute", "/dists/trixie/Release"},
	    {"x/y/in", "../../dists//trixie/"},
	    {"none", "no/such"},
	};

	add(b, "dists/trixie/Release", 4, 4);
	add(b, "dists/trixie-updates/Release", 12, 4);
	add(b, "file", 8, 4);
	add(b, "[efi]/program", 8, 4);
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		CHECK_TEXT(image_table_link(b, span_text(links[i][0]),
		               span_text(links[i][1])),
		    NULL);
	image_table_finish(b, &facts, &s);
	image_table_builder_free(b);
	CHECK_TEXT(image_table_open(s.data, s.len, 16, &t), NULL);
	CHECK(finds(&t, "debian/file", "debian/file"));
	CHECK(finds(
	    &t, "debian/dists/stable/Release", "debian/dists/stable/Release"));
	CHECK(finds(&t, "dists/stable/Release", "dists/stable/Release"));
	CHECK(finds(&t, "b", "b") && finds(&t, "a", "a"));
	CHECK(finds(&t, "x/y/in/Release", "x/y/in/Release"));
	CHECK(!has(&t, "x/y/in"));
	CHECK(!has(&t, "loop") && !has(&t, "x/y/out"));
	CHECK(!has(&t, "absolute") && !has(&t, "none"));
	CHECK(has(&t, "debian/short/trixie/Release"));
	CHECK(!has(&t, "debian/debian/file"));
	CHECK(!has(&t, "debian/[efi]/program"));
	CHECK(!has(&t, "dists/stable-updates/Release"));
	strbuf_clear(&s);
}
