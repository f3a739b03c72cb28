#include "check.h"

#include "boot/catalogue.h"

#define CAP (1U << 20)

static const struct image two_images[] = {
    {
        .id = "debian-13",
        .path = "debian-13.iso",
        .title = "Debian 13",
        .family = "debian-installer",
        .table = "debian-13",
        .state = IMAGE_READY,
        .stamp = {.dev = 1, .ino = 2, .size = 1ULL << 33, .mtime_ns = 4},
        .bios = true,
        .bios_emulated = true,
        .unpacked = true,
        .efi = {[ARCH_X86_64] = "EFI/BOOT/BOOTX64.EFI"},
        .arch = ARCH_X86_64,
        .kernel = "install.amd/vmlinuz",
        .initrd = "install.amd/initrd.gz",
        .cmdline = "base=${base}",
    },
    {
        .id = "torn",
        .path = "torn.iso",
        .title = "torn",
        .state = IMAGE_BROKEN,
        .why = "no volume descriptor",
        .outside = true,
    },
};

static const struct loader one_loader = {
    .name = "snponly.efi",
    .source = "Debian ipxe",
    .sha256 = "00",
    .firmware = FIRMWARE_UEFI,
    .arch = ARCH_X86_64,
    .known = true,
};

static const struct host three_hosts[] = {
    {.mac = {{2, 0, 0, 0, 0, 1}}, .ip = 1},
    {.mac = {{2, 0, 0, 0, 0, 2}}, .ip = 2, .arch = ARCH_ARM64},
    {.mac = {{2, 0, 0, 0, 1, 0}}, .ip = 3, .firmware = FIRMWARE_UEFI},
};

static const struct catalogue whole = {
    .generation = 7,
    .images = two_images,
    .image_count = 2,
    .loaders = &one_loader,
    .loader_count = 1,
    .hosts = three_hosts,
    .host_count = 3,
};

TEST(a_catalogue_comes_back_as_it_went)
{
	struct arena a = arena_with(CAP);
	struct strbuf bytes = {0};
	struct catalogue c;
	const struct image *m;

	catalogue_encode(&whole, &bytes);
	CHECK_TEXT(catalogue_decode(&a, bytes.data, bytes.len, &c), NULL);
	CHECK(c.generation == 7 && c.image_count == 2 && c.loader_count == 1);
	m = catalogue_image(&c, span_text("debian-13"));
	CHECK(m && m->bios && m->bios_emulated && !m->outside && m->unpacked &&
	      m->arch == ARCH_X86_64);
	CHECK_TEXT(m->efi[ARCH_X86_64], "EFI/BOOT/BOOTX64.EFI");
	CHECK_TEXT(m->efi[ARCH_ARM64], "");
	CHECK_TEXT(m->cmdline, "base=${base}");
	CHECK(m->stamp.size == 1ULL << 33 && m->stamp.mtime_ns == 4);
	m = catalogue_image(&c, span_text("torn"));
	CHECK(m && m->state == IMAGE_BROKEN && m->outside && !m->unpacked);
	CHECK_TEXT(m->why, "no volume descriptor");
	CHECK(!catalogue_image(&c, span_text("tor")));
	CHECK(catalogue_loader(&c, span_text("snponly.efi"))->known);
	CHECK(!catalogue_loader(&c, span_text("")));
	strbuf_clear(&bytes);
	arena_clear(&a);
}

TEST(hosts_are_found_by_hardware_address)
{
	const struct mac none = {{2, 0, 0, 0, 0, 3}};

	for (size_t i = 0; i < 3; i++)
		CHECK(catalogue_host(&whole, three_hosts[i].mac) ==
		      &three_hosts[i]);
	CHECK(!catalogue_host(&whole, none));
}

TEST(a_catalogue_cut_anywhere_is_refused)
{
	struct strbuf bytes = {0};
	struct catalogue c;

	catalogue_encode(&whole, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		struct arena a = arena_with(CAP);
		char *cut = malloc(len + 1);

		memcpy(cut, bytes.data, len);
		CHECK(catalogue_decode(&a, cut, len, &c));
		free(cut);
		arena_clear(&a);
	}
	strbuf_char(&bytes, 0);
	struct arena a = arena_with(CAP);
	CHECK_TEXT(catalogue_decode(&a, bytes.data, bytes.len, &c),
	    "bytes behind the end");
	arena_clear(&a);
	strbuf_clear(&bytes);
}

TEST(more_elements_than_bytes_are_refused_before_memory_is_taken)
{
	struct arena a = arena_with(CAP);
	struct strbuf bytes = {0};
	struct catalogue c, empty = {0};

	catalogue_encode(&empty, &bytes);
	memset(bytes.data + 12, 0xff, 4);
	CHECK_TEXT(catalogue_decode(&a, bytes.data, bytes.len, &c),
	    "more elements than bytes");
	CHECK(a.used == 0);
	strbuf_clear(&bytes);
	arena_clear(&a);
}

TEST(hosts_out_of_order_are_refused)
{
	const struct host hosts[] = {three_hosts[1], three_hosts[0]};
	const struct catalogue wrong = {.hosts = hosts, .host_count = 2};
	struct arena a = arena_with(CAP);
	struct strbuf bytes = {0};
	struct catalogue c;

	catalogue_encode(&wrong, &bytes);
	CHECK_TEXT(catalogue_decode(&a, bytes.data, bytes.len, &c),
	    "hosts are not in order");
	strbuf_clear(&bytes);
	arena_clear(&a);
}

TEST(an_etag_differs_when_any_part_of_the_stamp_does)
{
	const struct file_stamp stamps[] = {{1, 2, 3, 4}, {2, 1, 3, 4},
	    {1, 3, 2, 4}, {1, 2, 4, 3}, {1, 2, 3, 5}, {0}};
	char etags[ARRAY_LEN(stamps)][ETAG_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(stamps); i++) {
		CHECK(strlen(file_stamp_etag(&stamps[i], etags[i])) == 34);
		CHECK(etags[i][0] == '"' && etags[i][33] == '"');
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(etags[i], etags[j]) != 0);
	}
}

TEST(a_stamp_comes_back_and_a_cut_one_is_refused)
{
	const struct file_stamp s = {1, 2, 1ULL << 40, UINT64_MAX};
	struct strbuf bytes = {0};
	struct file_stamp got;

	file_stamp_encode(&s, &bytes);
	CHECK(!file_stamp_decode(bytes.data, bytes.len, &got));
	CHECK(memcmp(&s, &got, sizeof(s)) == 0);
	for (size_t len = 0; len < bytes.len; len++)
		CHECK(file_stamp_decode(bytes.data, len, &got));
	strbuf_clear(&bytes);
}
