#include "check.h"

#include "base/attr.h"
#include "boot/menu.h"
#include "ipxe_model.h"

#define MENU "/m/52-54-00-12-34-56/pcbios/i386/-,cpu64/"
#define EVIL "|| shell ; # ${net0/ip} && reboot \n:start\r\nshell \\"

static const struct loader memdisk = {.name = "memdisk"};

/* A catalogue of one image of each state and kind, all with these texts. */
struct world {
	struct image images[4];
	struct catalogue catalogue;
	struct settings settings;
	struct menu_server server;
};

static void
world_init(struct world *w, const char *text)
{
	static const char *const ids[] = {"debian", "memtest", "torn", "own"};

	*w = (struct world){.settings = settings_default()};
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		w->images[i] = (struct image){.id = ids[i],
		    .title = text,
		    .path = text,
		    .family = "",
		    .why = "",
		    .kernel = "",
		    .initrd = "",
		    .cmdline = "",
		    .efi = {"", "", "", ""},
		    .bios = true,
		    .stamp = {.size = 5 << 20}};
	w->images[0].family = "debian-installer";
	w->images[0].kernel = w->images[0].initrd = text;
	w->images[0].cmdline = text;
	w->images[0].arch = ARCH_X86_64;
	w->images[2].state = IMAGE_BROKEN;
	w->images[2].why = text;
	w->images[3].kind = IMAGE_SCRIPT;
	w->catalogue = (struct catalogue){.images = w->images,
	    .image_count = ARRAY_LEN(ids),
	    .loaders = &memdisk,
	    .loader_count = 1};
	w->server = (struct menu_server){.catalogue = &w->catalogue,
	    .settings = &w->settings,
	    .version = "1.0",
	    .ip = 0xc0000201};
}

/* The script for `path`, made from `w`; the caller clears it. */
static struct strbuf
script(struct world *w, const char *path)
{
	struct route r = route_parse(span_text(path));
	const struct image *image = catalogue_image(&w->catalogue, r.id);
	struct strbuf out = {0};

	if (r.kind == ROUTE_FIRST)
		menu_first(&w->server, &out);
	else if (r.kind == ROUTE_MENU)
		menu_main(&w->server, &r, &out);
	else if (r.kind == ROUTE_METHODS)
		menu_methods(&w->server, &r, image, &out);
	else
		CHECK_TEXT(menu_method(&w->server, &r, image, &out), NULL);
	return out;
}

static bool
says(struct world *w, const char *path, const char *text)
{
	struct strbuf out = script(w, path);
	bool found = strstr(strbuf_cstr(&out), text) != NULL;

	if (!found)
		print_error("%s\n", strbuf_cstr(&out));
	strbuf_clear(&out);
	return found;
}

TEST(no_name_changes_what_a_script_does)
{
	static const char *const paths[] = {MENU "menu.ipxe",
	    MENU "debian.ipxe", MENU "debian/linux.ipxe",
	    MENU "memtest/san.ipxe", MENU "memtest/memdisk.ipxe",
	    MENU "own/script.ipxe"};
	struct world plain, evil;

	world_init(&plain, "plain");
	world_init(&evil, EVIL);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct strbuf a = script(&plain, paths[i]), b;
		struct strbuf want = {0}, got = {0};

		b = script(&evil, paths[i]);
		model_script(strbuf_view(&a), &want);
		model_script(strbuf_view(&b), &got);
		CHECK_TEXT(strbuf_cstr(&got), strbuf_cstr(&want));
		strbuf_clear(&a);
		strbuf_clear(&b);
		strbuf_clear(&want);
		strbuf_clear(&got);
	}
}

TEST(the_menu_lists_what_boots_and_says_why_the_rest_does_not)
{
	struct world w;

	world_init(&w, "A title");
	CHECK(says(&w, MENU "menu.ipxe", "\nmenu Hobnail 1.0 at 192.0.2.1\n"));
	CHECK(says(
	    &w, MENU "menu.ipxe", "\nitem debian/linux A title (5.0 MiB)\n"));
	CHECK(says(
	    &w, MENU "menu.ipxe", "\nitem memtest/san A title (5.0 MiB)\n"));
	CHECK(says(&w, MENU "menu.ipxe", "\nitem --gap -- A title A title\n"));
	CHECK(says(&w, MENU "menu.ipxe", "\nitem own/script A title\n"));
	w.images[2].state = IMAGE_PROBING;
	CHECK(says(&w, MENU "menu.ipxe",
	    "\nitem --gap -- A title is being looked at\n"));
}

TEST(the_default_starts_by_itself_only_if_it_can)
{
	static struct settings_host host = {
	    {{0x52, 0x54, 0, 0x12, 0x34, 0x56}}, 0, 0, "", "memtest"};
	struct world w;

	world_init(&w, "x");
	CHECK(says(&w, MENU "menu.ipxe", "\nset wait 0\n"));
	w.settings.menu_timeout = 30;
	w.settings.menu_default = "debian";
	CHECK(says(&w, MENU "menu.ipxe", "\nset wait 30000\n"));
	CHECK(says(&w, MENU "menu.ipxe", "--default debian/linux target"));
	w.settings.menu_default = "disk";
	CHECK(says(&w, MENU "menu.ipxe", "--default _disk target"));
	w.settings.menu_default = "torn";
	CHECK(says(&w, MENU "menu.ipxe", "\nset wait 0\n"));
	w.settings.hosts = &host;
	w.settings.host_count = 1;
	w.settings.menu_timeout = 0;
	CHECK(says(&w, MENU "menu.ipxe", "\nset wait 5000\n"));
	CHECK(says(&w, MENU "menu.ipxe", "--default memtest/san target"));
}

TEST(a_kernel_is_started_with_its_command_line)
{
	struct world w;

	world_init(&w, "x");
	w.settings.http_port = 8080;
	w.images[0].kernel = "install.amd/vmlinuz";
	w.images[0].initrd = "install.amd/initrd.gz";
	w.images[0].cmdline = "auto=true url=${base}preseed.cfg";
	CHECK(says(&w, MENU "debian/linux.ipxe",
	    "\nkernel http://192.0.2.1:8080/iso/debian/install.amd/vmlinuz "
	    "initrd=initrd.img BOOTIF=01-52-54-00-12-34-56 auto=true "
	    "url=http://192.0.2.1:8080/iso/debian/preseed.cfg "
	    "|| goto failed\n"
	    "initrd --name initrd.img "
	    "http://192.0.2.1:8080/iso/debian/install.amd/initrd.gz "
	    "|| goto failed\n"
	    "boot || goto failed\n"));
}

TEST(each_method_starts_the_image_in_its_way_and_reports_a_failure)
{
	struct world w;

	world_init(&w, "x");
	w.images[1].efi[ARCH_X86_64] = "[efi]/EFI/BOOT/BOOTX64.EFI";
	CHECK(says(&w, MENU "memtest/san.ipxe",
	    "\nsanboot --no-describe http://192.0.2.1/raw/memtest.iso || "));
	CHECK(says(&w, MENU "memtest/memdisk.ipxe",
	    "\nkernel http://192.0.2.1/memdisk iso raw || goto failed\n"
	    "initrd http://192.0.2.1/raw/memtest.iso || "));
	CHECK(says(&w, "/m/52-54-00-12-34-56/efi/x86_64/-/memtest/efi.ipxe",
	    "\nchain --autofree http://192.0.2.1/iso/memtest/"
	    "%5Befi%5D/EFI/BOOT/BOOTX64.EFI || "));
	CHECK(says(&w, MENU "own/script.ipxe",
	    "\nchain --autofree http://192.0.2.1/script/own.ipxe || "));
	CHECK(says(&w, MENU "memtest/san.ipxe",
	    "/m/52-54-00-12-34-56/failed/memtest/san/${error} ||"));
}

TEST(a_method_that_cannot_be_used_has_no_script)
{
	struct strbuf out = {0};
	struct route r = route_parse(span_text(MENU "memtest/efi.ipxe"));
	struct world w;

	world_init(&w, "x");
	CHECK_TEXT(
	    menu_method(&w.server, &r, &w.images[1], &out), "needs UEFI");
	CHECK(out.len == 0);
	r = route_parse(span_text(MENU "torn/san.ipxe"));
	CHECK_TEXT(menu_method(&w.server, &r, &w.images[2], &out),
	    "the image is not ready");
	r = route_parse(span_text(MENU "own/san.ipxe"));
	CHECK_TEXT(menu_method(&w.server, &r, &w.images[3], &out),
	    "no way to start this image");
}

TEST(disk_boot_leaves_to_the_firmware_under_uefi)
{
	struct world w;

	world_init(&w, "x");
	CHECK(says(&w, MENU "menu.ipxe",
	    "\n:_disk\nsanboot --no-describe --drive 0x80 ||\n"));
	CHECK(says(&w, "/m/52-54-00-12-34-56/efi/x86_64/-/menu.ipxe",
	    "\n:_disk\nset leave yes\nexit 1\n"));
}

TEST(every_label_that_a_script_goes_to_is_there)
{
	static const char *const paths[] = {"/boot.ipxe", MENU "menu.ipxe",
	    MENU "debian.ipxe", MENU "debian/linux.ipxe",
	    MENU "memtest/san.ipxe", MENU "own/script.ipxe"};
	struct world w;

	world_init(&w, "x");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct strbuf out = script(&w, paths[i]);
		const char *at = out.data;

		while ((at = strstr(at, "goto "))) {
			char label[64];
			char line[80];

			at += 5;
			CHECK(sscanf(at, "%63s", label) == 1);
			(void)snprintf(line, sizeof(line), "\n:%s\n", label);
			CHECK(strstr(out.data, line) != NULL);
		}
		strbuf_clear(&out);
	}
}
