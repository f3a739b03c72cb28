#include "check.h"

#include "base/attr.h"
#include "boot/decide.h"

#define GIB (1ULL << 30)

static const struct client bios32 = {FIRMWARE_BIOS, ARCH_I386, false, 0};
static const struct client bios64 = {FIRMWARE_BIOS, ARCH_I386, true, 0};
static const struct client uefi64 = {FIRMWARE_UEFI, ARCH_X86_64, true, 0};
static const struct client arm64 = {FIRMWARE_UEFI, ARCH_ARM64, false, 0};

static struct image
installer(void)
{
	return (struct image){
	    .kernel = "install.amd/vmlinuz",
	    .initrd = "install.amd/initrd.gz",
	    .cmdline = "",
	    .arch = ARCH_X86_64,
	    .bios = true,
	    .efi = {"", "", "[efi]/EFI/BOOT/BOOTX64.EFI", ""},
	    .stamp = {.size = 700 << 20},
	};
}

static struct image
memtest(void)
{
	struct image image = installer();

	image.kernel = image.initrd = "";
	image.stamp.size = 6 << 20;
	return image;
}

/* The names of the methods, those that cannot be used in brackets. */
static const char *
ways(const struct image *image, const struct client *client)
{
	static char text[128];
	struct method m[METHOD_KINDS];
	size_t count = decide_methods(image, client, true, m);

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, m[i].why ? "(" : "");
		strcat(text, method_name(m[i].kind));
		strcat(text, m[i].why ? ")" : "");
	}
	return text;
}

static const char *
why(const struct image *image, const struct client *client,
    enum method_kind kind, bool memdisk)
{
	struct method m[METHOD_KINDS];
	size_t count = decide_methods(image, client, memdisk, m);

	for (size_t i = 0; i < count; i++)
		if (m[i].kind == kind)
			return m[i].why;
	return "not listed";
}

TEST(an_installer_starts_by_its_own_kernel)
{
	struct image image = installer();

	CHECK_TEXT(ways(&image, &bios64), "linux san (efi) (memdisk)");
	CHECK_TEXT(ways(&image, &uefi64), "linux san efi (memdisk)");
	CHECK_TEXT(ways(&image, &arm64), "(linux) (san) (efi) (memdisk)");
	CHECK_TEXT(ways(&image, &bios32), "san (linux) (efi) (memdisk)");
	CHECK_TEXT(
	    why(&image, &bios32, METHOD_LINUX, true), "needs a 64-bit CPU");
	CHECK_TEXT(why(&image, &arm64, METHOD_LINUX, true),
	    "is for another kind of CPU");
}

TEST(an_image_without_a_kernel_is_a_network_disk_first)
{
	struct image image = memtest();

	CHECK_TEXT(ways(&image, &bios32), "san memdisk (efi)");
	CHECK_TEXT(ways(&image, &uefi64), "san efi (memdisk)");
	CHECK_TEXT(why(&image, &bios32, METHOD_MEMDISK, false),
	    "the server has no memdisk");
}

TEST(firmware_boots_a_network_disk_only_by_el_torito)
{
	struct image image = memtest();

	image.efi[ARCH_X86_64] = "EFI/BOOT/BOOTX64.EFI";
	CHECK_TEXT(ways(&image, &uefi64), "efi (san) (memdisk)");
	image.bios = false;
	CHECK_TEXT(
	    why(&image, &bios64, METHOD_SAN, true), "does not boot on BIOS");
}

TEST(a_32_bit_loader_gets_no_network_disk_over_4_gib)
{
	struct image image = memtest();

	image.stamp.size = 4 * GIB;
	CHECK(!why(&image, &bios64, METHOD_SAN, true));
	image.stamp.size = 4 * GIB + 1;
	CHECK_TEXT(why(&image, &bios64, METHOD_SAN, true),
	    "is over 4 GiB, too large for this 32-bit loader");
	CHECK(!why(&image, &uefi64, METHOD_SAN, true));
}

TEST(memdisk_needs_the_memory_for_it)
{
	struct client small = bios64;
	struct image image = memtest();

	image.stamp.size = 300 << 20;
	CHECK(!why(&image, &small, METHOD_MEMDISK, true));
	small.mem_mib = 512;
	CHECK_TEXT(why(&image, &small, METHOD_MEMDISK, true),
	    "needs more memory than this machine has");
}

TEST(a_floppy_inside_an_image_boots_by_memdisk_alone)
{
	struct image image = memtest();

	image.bios = false;
	image.bios_emulated = true;
	CHECK_TEXT(ways(&image, &bios64), "memdisk (san) (efi)");
	CHECK_TEXT(why(&image, &bios64, METHOD_SAN, true),
	    "boots from a floppy inside it");
	image.bios_emulated = false;
	CHECK_TEXT(ways(&image, &bios64), "(san) (efi) (memdisk)");
}

TEST(scripts_and_netboot_trees_have_no_disk)
{
	struct image image = memtest();

	image.kind = IMAGE_SCRIPT;
	CHECK_TEXT(ways(&image, &arm64), "script");
	image = installer();
	image.kind = IMAGE_NETBOOT;
	CHECK_TEXT(ways(&image, &uefi64), "linux");
}

TEST(what_the_first_script_found_is_read_back)
{
	struct client c = client_from(span_text("pcbios"), span_text("i386"),
	    span_text("-,cpu64,mem2048,future,mem,memx"));

	CHECK(c.firmware == FIRMWARE_BIOS && c.arch == ARCH_I386);
	CHECK(c.cpu64 && c.mem_mib == 2048);
	c = client_from(span_text("efi"), span_text("arm64"), span_text("-"));
	CHECK(c.firmware == FIRMWARE_UEFI && c.arch == ARCH_ARM64);
	CHECK(!c.cpu64 && c.mem_mib == 0);
	c = client_from(span_text("x"), span_text("y"), span_text(""));
	CHECK(c.firmware == FIRMWARE_UNKNOWN && c.arch == ARCH_UNKNOWN);
}

TEST(every_method_is_found_by_its_name)
{
	for (unsigned int i = 0; i < METHOD_KINDS; i++) {
		enum method_kind kind = (enum method_kind)i;

		CHECK(method_named(span_text(method_name(kind))) == kind);
	}
	CHECK(method_named(span_text("")) == METHOD_KINDS);
}
