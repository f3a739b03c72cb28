#include "check.h"

#include "base/attr.h"
#include "boot/recipe.h"

/* A table of files of one byte each, all names separated by spaces. */
static struct strbuf
table_of(const char *names, const struct image_facts *facts)
{
	struct image_table_builder *b = image_table_builder_new();
	const struct image_extent extent = {2048, 1};
	struct span rest = span_text(names);
	struct strbuf out = {0};

	while (rest.len)
		CHECK(!image_table_add(b, span_cut(&rest, ' '), &extent, 1));
	image_table_finish(b, facts, &out);
	image_table_builder_free(b);
	return out;
}

static struct image
recognise(struct arena *a, const char *names, const struct image_facts *facts)
{
	struct strbuf bytes = table_of(names, facts);
	struct image image = {.id = "x", .path = "sub/My.Image_1.iso"};
	struct image_table t;

	CHECK_TEXT(image_table_open(bytes.data, bytes.len, 1 << 20, &t), NULL);
	CHECK_TEXT(recipe_fill(a, &t, &image), NULL);
	strbuf_clear(&bytes); /* nothing borrows from it */
	return image;
}

static struct image_facts
plain(void)
{
	return (struct image_facts){.size = 1 << 20};
}

TEST(a_debian_installer_is_recognised)
{
	struct arena a = arena_with(1 << 20);
	struct image_facts facts = plain();
	struct image image;

	facts.disk_info =
	    span_text("Debian GNU/Linux 13.1.0 \"Trixie\" - Official amd64 "
	              "NETINST with firmware 20250906-10:22");
	image = recognise(&a,
	    "install.amd/initrd.gz install.amd/vmlinuz "
	    "dists/trixie/Release [efi]/efi/boot/bootx64.efi",
	    &facts);
	CHECK_TEXT(image.family, "debian-installer");
	CHECK_TEXT(
	    image.title, "Debian 13.1.0 Trixie amd64 NETINST with firmware");
	CHECK_TEXT(image.kernel, "install.amd/vmlinuz");
	CHECK_TEXT(image.initrd, "install.amd/initrd.gz");
	CHECK_TEXT(image.cmdline, "--- quiet");
	CHECK(image.arch == ARCH_X86_64);
	CHECK_TEXT(image.efi[ARCH_X86_64], "[efi]/efi/boot/bootx64.efi");
	CHECK_TEXT(image.efi[ARCH_ARM64], "");
	arena_clear(&a);
}

TEST(a_preseed_file_inside_the_image_is_used)
{
	struct arena a = arena_with(1 << 20);
	struct image_facts facts = plain();
	struct image image = recognise(&a,
	    "debian-installer/arm64/linux debian-installer/arm64/initrd.gz "
	    "preseed.cfg",
	    &facts);

	CHECK(image.arch == ARCH_ARM64);
	CHECK_TEXT(image.cmdline,
	    "auto=true priority=critical url=${base}preseed.cfg --- quiet");
	arena_clear(&a);
}

TEST(a_live_image_fetches_its_file_system)
{
	struct arena a = arena_with(1 << 20);
	struct image_facts facts = plain();
	struct image image = recognise(&a,
	    "live/filesystem.squashfs live/vmlinuz live/initrd.img "
	    "EFI/BOOT/BOOTX64.EFI",
	    &facts);

	CHECK_TEXT(image.family, "live-boot");
	CHECK_TEXT(image.cmdline, "boot=live components ip=dhcp "
	                          "fetch=${base}live/filesystem.squashfs");
	CHECK(image.arch == ARCH_X86_64);
	CHECK_TEXT(image.efi[ARCH_X86_64], "EFI/BOOT/BOOTX64.EFI");
	arena_clear(&a);
}

TEST(of_several_live_kernels_the_last_with_an_initrd_is_taken)
{
	struct arena a = arena_with(1 << 20);
	struct image_facts facts = plain();
	struct image image = recognise(&a,
	    "live/a.squashfs live/vmlinuz-6.1.0-arm64 "
	    "live/initrd.img-6.1.0-arm64 live/vmlinuz-6.12.0-arm64 "
	    "live/initrd.img-6.12.0-arm64 live/vmlinuz-6.9.0-arm64",
	    &facts);

	CHECK_TEXT(image.kernel, "live/vmlinuz-6.12.0-arm64");
	CHECK_TEXT(image.initrd, "live/initrd.img-6.12.0-arm64");
	CHECK(image.arch == ARCH_ARM64);
	CHECK(strstr(image.cmdline, "fetch=${base}live/a.squashfs"));
	arena_clear(&a);
}

TEST(an_unknown_image_has_a_title_and_its_boot_entries)
{
	struct arena a = arena_with(1 << 20);
	struct image_facts facts = plain();
	struct image image;

	facts.volume = span_text("ISOIMAGE");
	facts.boot[0] = (struct image_boot_entry){.bootable = true};
	facts.boot_count = 1;
	image = recognise(&a, "boot/grub/x", &facts);
	CHECK_TEXT(image.title, "My.Image_1");
	CHECK_TEXT(image.family, "");
	CHECK_TEXT(image.kernel, "");
	CHECK(image.bios && !image.bios_emulated);
	facts.boot[0].emulation = 1;
	facts.volume = span_text("MY_TOOL_7");
	image = recognise(&a, "boot/grub/x", &facts);
	CHECK(!image.bios && image.bios_emulated);
	CHECK_TEXT(image.title, "MY TOOL 7");
	facts.volume = span_text("MT86PLUS_64");
	CHECK_TEXT(recognise(&a, "x", &facts).title, "Memtest86+");
	arena_clear(&a);
}

TEST(a_hostile_title_has_no_control_characters)
{
	struct arena a = arena_with(1 << 20);
	struct image_facts facts = plain();
	struct image image;

	facts.disk_info = span_of("a\x1b[31m \xff"
	                          "b\0c \n\x7f",
	    14);
	image = recognise(&a, "x", &facts);
	CHECK_TEXT(image.title, "a[31m bc");
	arena_clear(&a);
}

TEST(an_arena_that_is_too_small_is_a_fault)
{
	struct arena a = arena_with(8);
	struct image_facts facts = plain();
	struct strbuf bytes = table_of(
	    "live/filesystem.squashfs live/vmlinuz live/initrd.img", &facts);
	struct image image = {.id = "x", .path = "x.iso"};
	struct image_table t;

	CHECK(!image_table_open(bytes.data, bytes.len, 1 << 20, &t));
	CHECK_TEXT(recipe_fill(&a, &t, &image), "too much");
	strbuf_clear(&bytes);
	arena_clear(&a);
}

TEST(the_configuration_wins_over_what_was_recognised)
{
	struct image image = {.title = "t",
	    .kernel = "k",
	    .initrd = "i",
	    .cmdline = "c",
	    .arch = ARCH_ARM64};
	struct settings_image over = {"x", "", "", "", "quiet"};

	recipe_override(&image, &over);
	CHECK_TEXT(image.kernel, "k");
	CHECK_TEXT(image.cmdline, "quiet");
	over = (struct settings_image){"x", "T", "boot/k", "", ""};
	recipe_override(&image, &over);
	CHECK_TEXT(image.title, "T");
	CHECK_TEXT(image.kernel, "boot/k");
	CHECK_TEXT(image.initrd, "");
	CHECK_TEXT(image.cmdline, "");
	CHECK(image.arch == ARCH_UNKNOWN);
}

TEST(a_netboot_archive_says_which_installer_it_is)
{
	struct arena a = arena_with(1 << 20);
	struct image_facts facts = plain();
	struct image image;

	facts.archive = true;
	image = recognise(&a,
	    "debian-installer/arm64/initrd.gz debian-installer/arm64/linux",
	    &facts);
	CHECK_TEXT(image.title, "Debian installer netboot arm64");
	CHECK_TEXT(image.cmdline, "--- quiet");
	facts.disk_info = span_text("Debian version:  13 (trixie)");
	image = recognise(&a,
	    "debian-installer/amd64/initrd.gz debian-installer/amd64/linux",
	    &facts);
	CHECK_TEXT(image.title, "Debian 13 (trixie) installer netboot amd64");
	CHECK_TEXT(image.kernel, "debian-installer/amd64/linux");
	CHECK_TEXT(image.initrd, "debian-installer/amd64/initrd.gz");
	CHECK(image.arch == ARCH_X86_64);
	image = recognise(&a, "some/file", &facts);
	CHECK_TEXT(image.family, "");
	arena_clear(&a);
}
