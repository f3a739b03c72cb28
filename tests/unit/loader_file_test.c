#include "check.h"

#include "boot/loader_file.h"

#define DIGEST                                                                 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static bool
refused(const char *text)
{
	struct loader_line l;

	return loader_line_parse(span_text(text), &l) != NULL;
}

TEST(a_line_of_sources_has_six_fields)
{
	struct loader_line l;

	CHECK(!loader_line_parse(
	    span_text("ipxe.efi\t" DIGEST
	              "\tDebian ipxe\t1.21.1\t2022-01-13\tHTTPS iSCSI"),
	    &l));
	CHECK(span_is(l.name, "ipxe.efi") && span_is(l.sha256, DIGEST));
	CHECK(span_is(l.source, "Debian ipxe") && span_is(l.version, "1.21.1"));
	CHECK(span_is(l.date, "2022-01-13"));
	CHECK(span_is(l.features, "HTTPS iSCSI"));
}

TEST(a_line_without_a_name_or_a_digest_is_refused)
{
	CHECK(refused(""));
	CHECK(refused("ipxe.efi"));
	CHECK(refused("ipxe.efi\tabc"));
	CHECK(refused("../x\t" DIGEST));
	CHECK(refused("\t" DIGEST));
	CHECK(!refused("x\t" DIGEST));
}

TEST(an_import_replaces_the_line_of_its_name_only)
{
	struct strbuf out = {0};
	struct loader_line l = {.name = span_text("b"),
	    .sha256 = span_text("2"),
	    .source = span_text("imported")};

	loader_lines_replace(&out, span_text("a\t1\nb\t1\tx\nc\t1"), &l);
	CHECK_TEXT(out.data, "a\t1\nc\t1\nb\t2\timported\t\t\t\n");
	strbuf_clear(&out);
	loader_lines_replace(&out, span_of(NULL, 0), &l);
	CHECK_TEXT(out.data, "b\t2\timported\t\t\t\n");
	strbuf_clear(&out);
}

TEST(a_loader_has_a_plain_name)
{
	CHECK(!loader_name_check(span_text("ipxe-arm64.efi")));
	CHECK(!loader_name_check(span_text("undionly_2.kpxe")));
	CHECK(loader_name_check(span_text("")));
	CHECK(loader_name_check(span_text(".x")));
	CHECK(loader_name_check(span_text("a/b")));
	CHECK(loader_name_check(span_text("a\tb")));
	CHECK(loader_name_check(span_text("SOURCES")));
	CHECK(loader_name_check(span_of("a\0b", 3)));
}

static enum arch
arch_of(uint16_t machine, uint32_t at, enum firmware *firmware)
{
	uint8_t bytes[256] = {'M', 'Z'};
	enum arch arch;

	memcpy(bytes + 0x3c, &at, 4);
	if (at < sizeof(bytes) - 6) {
		memcpy(bytes + at, "PE\0\0", 4);
		memcpy(bytes + at + 4, &machine, 2);
	}
	loader_target(span_of(bytes, sizeof(bytes)), firmware, &arch);
	return arch;
}

TEST(the_machine_type_of_a_pe_image_says_whom_it_is_for)
{
	enum firmware f;

	CHECK(arch_of(0x8664, 0x80, &f) == ARCH_X86_64 && f == FIRMWARE_UEFI);
	CHECK(arch_of(0xaa64, 0x40, &f) == ARCH_ARM64 && f == FIRMWARE_UEFI);
	CHECK(arch_of(0x1234, 0x40, &f) == ARCH_UNKNOWN && f == FIRMWARE_UEFI);
}

TEST(what_is_no_pe_image_is_for_bios)
{
	enum firmware f;
	enum arch arch;

	CHECK(arch_of(0x8664, 0xffffffff, &f) == ARCH_I386);
	CHECK(f == FIRMWARE_BIOS);
	CHECK(arch_of(0x8664, 252, &f) == ARCH_I386 && f == FIRMWARE_BIOS);
	loader_target(span_of("", 0), &f, &arch);
	CHECK(f == FIRMWARE_BIOS);
}

TEST(the_version_is_found_among_other_bytes)
{
	static const char ipxe[] = "\x80 9.9 \0iPXE\0"
	                           "1.21.1+git-20220113.fbbdc3926-0ubuntu1\0x";

	CHECK(span_is(loader_version(span_of(ipxe, sizeof(ipxe))),
	    "1.21.1+git-20220113.fbbdc3926-0ubuntu1"));
	CHECK(span_is(
	    loader_version(span_text("x MEMDISK 6.04  Copyright")), "6.04"));
	CHECK(loader_version(span_text("1.2.3 10.1.2.3+")).len == 0);
	CHECK(loader_version(span_text("1.2")).len == 0);
	CHECK(loader_version(span_of("", 0)).len == 0);
}
