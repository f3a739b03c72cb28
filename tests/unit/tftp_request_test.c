#include "check.h"

#include "proto/tftp_request.h"

#define RRQ(text) "\0\1" text, sizeof("\0\1" text) - 1

TEST(options_are_taken_in_any_order_and_case)
{
	struct tftp_request req;
	int error;

	CHECK(!tftp_request_parse(
	    RRQ("a/b.efi\0OCTET\0tsize\0000\0BlkSize\0001468\0"
	        "windowsize\0004\0timeout\0005\0"),
	    &req, &error));
	CHECK_TEXT(req.file, "a/b.efi");
	CHECK(req.tsize && req.blksize == 1468);
	CHECK(req.windowsize == 4 && req.timeout == 5);
}

TEST(options_that_make_no_sense_are_ignored)
{
	struct tftp_request req;
	int error;

	CHECK(!tftp_request_parse(
	    RRQ("f\0octet\0blksize\0007\0windowsize\0000\0timeout\000256\0"
	        "timeout\0000\0blksize\0-1\0multicast\0\0x\0y\0"),
	    &req, &error));
	CHECK(!req.tsize && !req.blksize && !req.windowsize && !req.timeout);
}

TEST(values_too_large_are_cut_to_the_largest)
{
	struct tftp_request req;
	int error;

	CHECK(!tftp_request_parse(
	    RRQ("f\0octet\0blksize\00099999999\0windowsize\00070000\0"), &req,
	    &error));
	CHECK(req.blksize == 65464 && req.windowsize == 65535);
}

TEST(junk_behind_the_request_is_dropped)
{
	struct tftp_request req;
	int error;

	CHECK(!tftp_request_parse(
	    RRQ("f\0octet\0blksize\000512\0\xff\xff\xff"), &req, &error));
	CHECK(req.blksize == 512);
}

TEST(what_is_no_read_is_refused_with_its_code)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *fault;
		int error;
	} cases[] = {
	    {"", 0, "not a read request", -1},
	    {"\0", 1, "not a read request", -1},
	    {"\0\4\0\1", 4, "not a read request", -1},
	    {"\0\5\0\1x", 6, "not a read request", -1},
	    {"\0\2f\0octet", 10, "this server is read-only", TFTP_ACCESS},
	    {"\0\1f", 3, "text without its final NUL", TFTP_ILLEGAL},
	    {"\0\1f\0octet", 9, "text without its final NUL", TFTP_ILLEGAL},
	    {"\0\1f\0netascii", 13, "only mode octet (binary) is served",
	        TFTP_ILLEGAL},
	    {"\0\1f\0mail", 9, "only mode octet (binary) is served",
	        TFTP_ILLEGAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tftp_request req;
		int error = 99;

		CHECK_TEXT(tftp_request_parse(
		               cases[i].bytes, cases[i].len, &req, &error),
		    cases[i].fault);
		CHECK(error == cases[i].error);
	}
}

TEST(names_become_paths)
{
	static const struct {
		const char *name, *path;
	} cases[] = {
	    {"undionly.kpxe", "/undionly.kpxe"},
	    {"/undionly.kpxe", "/undionly.kpxe"},
	    {"\\Boot\\x64\\wdsnbp.com", "/Boot/x64/wdsnbp.com"},
	    {"//b///52-54-00-12-34-56/./ipxe.efi",
	        "/b/52-54-00-12-34-56/ipxe.efi"},
	    {"undionly.kpxe\xff", "/undionly.kpxe"},
	    {"ipxe.efi\r\n", "/ipxe.efi"},
	    {"undionly.kpxe.0", "/undionly.kpxe"},
	    {"snponly.efi.0", "/snponly.efi"},
	    {"pxelinux.0", "/pxelinux.0"},
	    {"a..b/...", "/a..b/..."},
	    {"with space", "/with space"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[TFTP_NAME_SIZE];

		CHECK(!tftp_name(cases[i].name, path));
		CHECK_TEXT(path, cases[i].path);
	}
}

TEST(names_that_leave_the_tree_are_refused)
{
	static const char *const names[] = {"../etc/passwd", "..", "/..",
	    "a/../b", "a\\..\\..\\b", "..\\", "a/..", "", "/", "\\\\", "./.",
	    "\xff", "..\r\n", "/a/..\xff"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[TFTP_NAME_SIZE];

		CHECK(tftp_name(names[i], path) != NULL);
	}
}

TEST(the_longest_name_fits_and_one_byte_more_does_not)
{
	char name[TFTP_NAME_SIZE + 1], path[TFTP_NAME_SIZE];

	memset(name, 'a', sizeof(name));
	name[TFTP_NAME_SIZE - 2] = '\0';
	CHECK(!tftp_name(name, path));
	CHECK(strlen(path) == TFTP_NAME_SIZE - 1);
	name[TFTP_NAME_SIZE - 2] = 'a';
	name[TFTP_NAME_SIZE - 1] = '\0';
	CHECK_TEXT(tftp_name(name, path), "name too long");
}

TEST(an_error_carries_its_code_and_text)
{
	uint8_t bytes[64];
	struct writer w = writer_over(bytes, sizeof(bytes));

	tftp_error_put(&w, TFTP_NOT_FOUND, "not found");
	CHECK(writer_len(&w) == 14);
	CHECK(memcmp(bytes, "\0\5\0\1not found", 14) == 0);
}
