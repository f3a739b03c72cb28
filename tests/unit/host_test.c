#include "check.h"

#include "boot/host.h"
#include "boot/lease.h"

TEST(a_host_comes_back_and_a_cut_one_is_refused)
{
	const struct host h = {.mac = {{2, 1, 2, 3, 4, 5}},
	    .uuid = {1, 2, 3},
	    .firmware = FIRMWARE_UEFI,
	    .arch = ARCH_ARM64,
	    .ip = 0xc0000201,
	    .first_seen = 5,
	    .last_seen = 1ULL << 40};
	struct strbuf bytes = {0};
	struct host got;

	host_encode(&h, &bytes);
	CHECK(!host_decode(bytes.data, bytes.len, &got));
	CHECK(mac_equal(got.mac, h.mac) && got.uuid[2] == 3);
	CHECK(got.firmware == FIRMWARE_UEFI && got.arch == ARCH_ARM64);
	CHECK(got.ip == h.ip && got.first_seen == 5);
	CHECK(got.last_seen == 1ULL << 40);
	for (size_t len = 0; len < bytes.len; len++)
		CHECK(host_decode(bytes.data, len, &got));
	bytes.data[22] = FIRMWARE_COUNT;
	CHECK_TEXT(
	    host_decode(bytes.data, bytes.len, &got), "value out of range");
	strbuf_clear(&bytes);
}

TEST(a_lease_comes_back_and_a_cut_one_is_refused)
{
	const struct lease l = {.ip = 9,
	    .mac = {{2}},
	    .state = LEASE_DECLINED,
	    .expires = 77,
	    .hostname = span_text("bench-1")};
	struct strbuf bytes = {0};
	struct lease got;

	lease_encode(&l, &bytes);
	CHECK(!lease_decode(bytes.data, bytes.len, &got));
	CHECK(got.ip == 9 && got.state == LEASE_DECLINED && got.expires == 77);
	CHECK(span_is(got.hostname, "bench-1") && got.mac.b[0] == 2);
	for (size_t len = 0; len < bytes.len; len++)
		CHECK(lease_decode(bytes.data, len, &got));
	strbuf_clear(&bytes);
}

TEST(a_host_name_over_64_bytes_is_cut_when_written_and_refused_when_read)
{
	char name[65];
	struct lease l = {.hostname = span_of(name, sizeof(name))}, got;
	struct strbuf bytes = {0};

	memset(name, 'a', sizeof(name));
	lease_encode(&l, &bytes);
	CHECK(!lease_decode(bytes.data, bytes.len, &got));
	CHECK(got.hostname.len == 64);
	strbuf_char(&bytes, 'a');
	bytes.data[19] = 65;
	CHECK_TEXT(
	    lease_decode(bytes.data, bytes.len, &got), "host name too long");
	strbuf_clear(&bytes);
}

TEST(client_architectures_mean_what_iana_says)
{
	static const struct {
		uint16_t type;
		enum firmware firmware;
		enum arch arch;
		bool http;
	} cases[] = {
	    {0, FIRMWARE_BIOS, ARCH_I386, false},
	    {7, FIRMWARE_UEFI, ARCH_X86_64, false},
	    {9, FIRMWARE_UEFI, ARCH_X86_64, false},
	    {11, FIRMWARE_UEFI, ARCH_ARM64, false},
	    {16, FIRMWARE_UEFI, ARCH_X86_64, true},
	    {19, FIRMWARE_UEFI, ARCH_ARM64, true},
	};
	enum firmware firmware;
	enum arch arch;
	bool http;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK(
		    host_architecture(cases[i].type, &firmware, &arch, &http));
		CHECK(firmware == cases[i].firmware && arch == cases[i].arch);
		CHECK(http == cases[i].http);
	}
	CHECK(!host_architecture(10, &firmware, &arch, &http));
	CHECK(!host_architecture(0xffff, &firmware, &arch, &http));
}

TEST(every_firmware_and_architecture_has_a_name)
{
	for (unsigned int i = 0; i < FIRMWARE_COUNT; i++)
		CHECK(firmware_name((enum firmware)i) != NULL);
	for (unsigned int i = 0; i < ARCH_COUNT; i++)
		CHECK(arch_name((enum arch)i) != NULL);
	CHECK_TEXT(firmware_name(FIRMWARE_BIOS), "BIOS");
	CHECK_TEXT(arch_name(ARCH_ARM64), "arm64");
}
