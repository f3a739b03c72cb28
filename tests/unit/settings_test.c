#include "check.h"

#include "boot/settings.h"

#define CAP (1U << 20)

static struct settings
sample(void)
{
	static struct settings_interface interfaces[] = {
	    {"eth0", 2, 0xc0000201, 24, {{2, 1}}}, {"eth1", 3, 9, 32, {{2}}}};
	static struct settings_host hosts[] = {
	    {{{2, 0, 0, 0, 0, 1}}, 5, LOADER_ALL, "bench-1", "debian"}};
	static struct settings_image images[] = {
	    {"my-linux", "My Linux", "boot/vmlinuz", "boot/initrd", "quiet"}};
	struct settings s = settings_default();

	s.dhcp = DHCP_MODE_SERVER;
	s.dns[1] = 8;
	s.domain = "example.net";
	s.menu_default = "disk";
	s.menu_timeout = 30;
	s.ports_off = 1U << PORT_PXE;
	s.interfaces = interfaces;
	s.interface_count = 2;
	s.hosts = hosts;
	s.host_count = 1;
	s.images = images;
	s.image_count = 1;
	return s;
}

TEST(settings_come_back_as_they_went)
{
	struct arena a = arena_with(CAP);
	struct strbuf bytes = {0};
	const struct mac bench = {{2, 0, 0, 0, 0, 1}}, other = {{2}};
	struct settings s = sample(), got;

	settings_encode(&s, &bytes);
	CHECK_TEXT(settings_decode(&a, bytes.data, bytes.len, &got), NULL);
	strbuf_clear(&bytes); /* `got` lives in the arena alone */
	CHECK(got.dhcp == DHCP_MODE_SERVER && got.loader == LOADER_SNP);
	CHECK(got.http_port == 80 && got.pxe_port == 4011 && got.dns[1] == 8);
	CHECK_TEXT(got.domain, "example.net");
	CHECK_TEXT(got.menu_default, "disk");
	CHECK(got.menu_timeout == 30 && got.tftp_blksize_max == 1468);
	CHECK(got.ports_off == 1U << PORT_PXE);
	CHECK_TEXT(settings_interface(&got, 3)->name, "eth1");
	CHECK(settings_interface(&got, 2)->prefix == 24);
	CHECK(!settings_interface(&got, 4));
	CHECK_TEXT(settings_host(&got, bench)->image, "debian");
	CHECK(settings_host(&got, bench)->loader == LOADER_ALL);
	CHECK(!settings_host(&got, other));
	CHECK_TEXT(got.images[0].cmdline, "quiet");
	arena_clear(&a);
}

TEST(settings_cut_anywhere_or_too_long_are_refused)
{
	struct settings s = sample(), got;
	struct arena a = arena_with(CAP);
	struct strbuf bytes = {0};

	settings_encode(&s, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		char *cut = malloc(len + 1);

		memcpy(cut, bytes.data, len);
		CHECK(settings_decode(&a, cut, len, &got));
		free(cut);
		arena_clear(&a);
	}
	strbuf_char(&bytes, 0);
	CHECK_TEXT(settings_decode(&a, bytes.data, bytes.len, &got),
	    "bytes behind the end");
	strbuf_clear(&bytes);
	arena_clear(&a);
}

TEST(settings_over_the_cap_of_the_arena_are_refused)
{
	struct arena a = arena_with(16);
	struct settings s = sample(), got;
	struct strbuf bytes = {0};

	settings_encode(&s, &bytes);
	CHECK_TEXT(settings_decode(&a, bytes.data, bytes.len, &got),
	    "settings are too large");
	strbuf_clear(&bytes);
	arena_clear(&a);
}

TEST(every_default_works_without_a_file)
{
	struct settings s = settings_default();

	CHECK(s.dhcp == DHCP_MODE_PROXY && s.loader == LOADER_SNP);
	CHECK(s.http_port == 80 && s.tftp_port == 69 && s.dhcp_port == 67);
	CHECK(s.lease_seconds == 3600 && s.interface_count == 0);
	CHECK_TEXT(s.menu_default, "");
}
