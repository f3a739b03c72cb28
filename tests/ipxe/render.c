/*
 * render.c - print the script that a client gets for a path.
 *
 *	render ADDRESS PORT PATH
 *
 * The catalogue is a fixed one whose names are hostile, so that real iPXE can
 * show what it makes of them.  Exits with 1 where nothing is behind the path.
 */
#include <stdio.h>

#include "base/text.h"
#include "boot/menu.h"

static const struct image images[] = {
    {
        .id = "evil",
        .title = "|| shell ; # ${errno} && reboot \n shell \\",
        .state = IMAGE_READY,
        .stamp = {.size = 1 << 20},
        .bios = true,
        .efi = {"", "", "[efi]/EFI/BOOT/BOOTX64.EFI", ""},
    },
    {
        .id = "debian",
        .title = "Debian 13 ${net0/ip} amd64",
        .family = "debian-installer",
        .state = IMAGE_READY,
        .stamp = {.size = 700 << 20},
        .arch = ARCH_X86_64,
        .kernel = "a b/linux",
        .initrd = "initrd.gz",
        .cmdline = "auto=true url=${base}preseed.cfg ${net0/ip} || shell # x",
    },
    {
        .id = "small",
        .title = "A script of mine",
        .kind = IMAGE_SCRIPT,
        .state = IMAGE_READY,
    },
    {
        .id = "torn",
        .title = "torn",
        .state = IMAGE_BROKEN,
        .why = "is broken: no volume descriptor || shell",
    },
};
static const struct loader loaders[] = {{.name = "memdisk"}};

static bool
render(const struct menu_server *s, const struct route *r, struct strbuf *out)
{
	const struct image *image = catalogue_image(s->catalogue, r->id);

	if (r->kind == ROUTE_FIRST)
		menu_first(s, out);
	else if (r->kind == ROUTE_MENU)
		menu_main(s, r, out);
	else if (r->kind == ROUTE_METHODS && image)
		menu_methods(s, r, image, out);
	else if (r->kind == ROUTE_METHOD && image)
		return !menu_method(s, r, image, out);
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	const struct catalogue made = {.images = images,
	    .image_count = ARRAY_LEN(images),
	    .loaders = loaders,
	    .loader_count = ARRAY_LEN(loaders)};
	struct settings settings = settings_default();
	struct arena arena = arena_with(1 << 20);
	struct menu_server server = {
	    .settings = &settings, .version = HOBNAIL_VERSION};
	struct strbuf bytes = {0}, out = {0};
	struct catalogue catalogue;
	struct route route;
	uint64_t port;

	if (argc != 4 || ip4_parse(span_text(argv[1]), &server.ip) ||
	    text_number(span_text(argv[2]), 65535, &port))
		return 2;
	settings.http_port = (uint16_t)port;
	/* As it comes to a client: through bytes, no text is missing. */
	catalogue_encode(&made, &bytes);
	if (catalogue_decode(&arena, bytes.data, bytes.len, &catalogue))
		return 2;
	server.catalogue = &catalogue;
	route = route_parse(span_text(argv[3]));
	if (!render(&server, &route, &out))
		return 1;
	(void)fwrite(out.data, 1, out.len, stdout);
	strbuf_clear(&out);
	strbuf_clear(&bytes);
	arena_clear(&arena);
	return 0;
}
