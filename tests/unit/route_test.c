#include "check.h"

#include "base/attr.h"
#include "boot/route.h"

static struct route
route(const char *path)
{
	return route_parse(span_text(path));
}

TEST(loaders_lie_at_the_root_and_below_a_hardware_address)
{
	const struct mac mac = {{0x52, 0x54, 0, 0x12, 0x34, 0x56}};
	struct route r = route("/b/52-54-00-12-34-56/snponly.efi");

	CHECK(r.kind == ROUTE_LOADER && r.has_mac && mac_equal(r.mac, mac));
	CHECK(span_is(r.name, "snponly.efi"));
	r = route("/undionly.kpxe");
	CHECK(r.kind == ROUTE_LOADER && !r.has_mac);
	CHECK(span_is(r.name, "undionly.kpxe"));
}

TEST(the_first_script_has_three_names)
{
	CHECK(route("/boot.ipxe").kind == ROUTE_FIRST);
	CHECK(route("/AUTOEXEC.IPXE").kind == ROUTE_FIRST);
	CHECK(route("/b/52-54-00-12-34-56/autoexec.ipxe").kind == ROUTE_FIRST);
	CHECK(route("/b/52-54-00-12-34-56/autoexec.ipxe").has_mac);
}

TEST(a_menu_says_what_the_client_is)
{
	struct route r =
	    route("/m/52-54-00-12-34-56/efi/x86_64/-,cpu64/menu.ipxe");

	CHECK(r.kind == ROUTE_MENU && r.client.firmware == FIRMWARE_UEFI);
	CHECK(r.client.arch == ARCH_X86_64 && r.client.cpu64);
	CHECK(span_is(r.facts, "-,cpu64") && span_is(r.platform, "efi"));
}

TEST(methods_have_their_own_scripts)
{
	struct route r =
	    route("/m/52-54-00-12-34-56/pcbios/i386/-/debian-13.1.ipxe");

	CHECK(r.kind == ROUTE_METHODS && span_is(r.id, "debian-13.1"));
	r = route("/m/52-54-00-12-34-56/pcbios/i386/-/debian/san.ipxe");
	CHECK(r.kind == ROUTE_METHOD && span_is(r.id, "debian"));
	CHECK(r.method == METHOD_SAN);
}

TEST(a_failure_names_image_and_method_and_perhaps_an_error)
{
	struct route r = route("/m/52-54-00-12-34-56/failed/debian/linux");

	CHECK(r.kind == ROUTE_FAILED && r.method == METHOD_LINUX);
	CHECK(span_is(r.id, "debian") && r.name.len == 0);
	r = route("/m/52-54-00-12-34-56/failed/debian/linux/0x3e11616e");
	CHECK(r.kind == ROUTE_FAILED && span_is(r.name, "0x3e11616e"));
}

TEST(images_are_served_whole_and_file_by_file)
{
	struct route r = route("/iso/debian/dists/trixie/Release");

	CHECK(r.kind == ROUTE_FILE && span_is(r.id, "debian"));
	CHECK(span_is(r.name, "dists/trixie/Release"));
	r = route("/iso/debian/[efi]/EFI/BOOT/BOOTX64.EFI");
	CHECK(span_is(r.name, "[efi]/EFI/BOOT/BOOTX64.EFI"));
	r = route("/raw/debian-13.1.iso");
	CHECK(r.kind == ROUTE_RAW && span_is(r.id, "debian-13.1"));
	r = route("/script/netboot.xyz.ipxe");
	CHECK(r.kind == ROUTE_SCRIPT && span_is(r.id, "netboot.xyz"));
}

TEST(a_booted_system_reports_a_text)
{
	struct route r = route("/report/525400123456/up/and running");

	CHECK(r.kind == ROUTE_REPORT && r.has_mac);
	CHECK(span_is(r.name, "up/and running"));
}

TEST(everything_else_is_not_found)
{
	static const char *const bad[] = {"", "/", "x", "//", "/.", "/..",
	    "/b/", "/b/52-54-00-12-34-56", "/b/52-54-00-12-34-56/",
	    "/b/52-54-00-12-34-56/a/b", "/b/xx/snponly.efi",
	    "/m/52-54-00-12-34-56/efi/x86_64/-/menu",
	    "/m/52-54-00-12-34-56/efi/x86_64/-/.ipxe",
	    "/m/52-54-00-12-34-56/efi/x86_64/menu.ipxe",
	    "/m/52-54-00-12-34-56/efi/mips/-/menu.ipxe",
	    "/m/52-54-00-12-34-56/dos/x86_64/-/menu.ipxe",
	    "/m/52-54-00-12-34-56/efi/x86_64/-/debian/fax.ipxe",
	    "/m/52-54-00-12-34-56/efi/x86_64/-/debian/san/x.ipxe",
	    "/m/52-54-00-12-34-56/failed/debian/fax",
	    "/m/52-54-00-12-34-56/failed/debian",
	    "/m/52-54-00-12-34-56/failed/debian/san/a b", "/iso/debian",
	    "/iso/debian/", "/iso//x", "/iso/../x", "/raw/debian", "/raw/.iso",
	    "/raw/a/b.iso", "/script/../x.ipxe", "/script/a", "/etc/passwd",
	    "/raw/"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    ".iso"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct route r = route(bad[i]);

		if (r.kind != ROUTE_NONE)
			print_error("%s\n", bad[i]);
		CHECK(r.kind == ROUTE_NONE);
	}
}
