#include <string.h>

#include "boot/menu.h"
#include "boot/script.h"
#include "boot/url.h"

#define TITLE_MAX 52U /* characters */

/* `initrd=` and the name: an EFI kernel finds its RAM disk by it. */
#define INITRD "initrd.img"

/* Installers and live systems take the interface that booted, of several
 * (pxelinux, IPAPPEND 2; netcfg and live-boot know the word). */
static bool
knows_bootif(const struct image *image)
{
	return strcmp(image->family, "debian-installer") == 0 ||
	       strcmp(image->family, "live-boot") == 0;
}

static void
put_linux(struct strbuf *out, const struct menu_server *s,
    const struct route *r, const struct image *image)
{
	struct strbuf base = {0};
	char mac[MAC_TEXT_SIZE];

	url_file(&base, s, image, "");
	script_add(out, "kernel ");
	url_file(out, s, image, image->kernel);
	if (image->initrd[0])
		script_add(out, " initrd=" INITRD);
	if (knows_bootif(image))
		strbuf_printf(out, " BOOTIF=01-%s", mac_text(r->mac, '-', mac));
	if (image->cmdline[0])
		strbuf_char(out, ' ');
	script_cmdline(out, span_text(image->cmdline), strbuf_cstr(&base));
	script_add(out, " || goto failed\n");
	if (image->initrd[0]) {
		script_add(out, "initrd --name " INITRD " ");
		url_file(out, s, image, image->initrd);
		script_add(out, " || goto failed\n");
	}
	script_add(out, "boot || goto failed\n");
	strbuf_clear(&base);
}

static void
put_memdisk(
    struct strbuf *out, const struct menu_server *s, const struct image *image)
{
	script_add(out, "kernel ");
	url_server(out, s);
	script_add(out, "/memdisk iso raw || goto failed\ninitrd ");
	url_raw(out, s, image);
	script_add(out, " || goto failed\nboot || goto failed\n");
}

/* A command whose argument is one URL. */
static void
put_start(struct strbuf *out, const struct menu_server *s,
    const struct route *r, const struct image *image)
{
	switch (r->method) {
	case METHOD_EFI:
		script_add(out, "chain --autofree ");
		url_file(out, s, image, image->efi[r->client.arch]);
		break;
	case METHOD_SAN:
		/* Without the iBFT: no system finds an HTTP disk by it. */
		script_add(out, "sanboot --no-describe ");
		url_raw(out, s, image);
		break;
	case METHOD_SCRIPT:
		script_add(out, "chain --autofree ");
		url_script(out, s, image);
		break;
	case METHOD_LINUX:
		put_linux(out, s, r, image);
		return;
	case METHOD_MEMDISK:
		put_memdisk(out, s, image);
		return;
	case METHOD_KINDS:
		return;
	}
	script_add(out, " || goto failed\n");
}

/* Say why, tell the server, and go back.  iPXE itself has printed what went
 * wrong. */
static void
put_failure(struct strbuf *out, const struct menu_server *s,
    const struct route *r, const struct image *image)
{
	char mac[MAC_TEXT_SIZE];

	script_add(out, "goto back\n:failed\nset error ${errno}\necho\necho ");
	script_text(out, span_text(image->title), TITLE_MAX);
	strbuf_printf(out, " did not start as %s (error ${error})\n",
	    method_title(r->method));
	script_add(out, "imgfree ||\nimgfetch --name report ");
	url_server(out, s);
	strbuf_printf(out, "/m/%s/failed/", mac_text(r->mac, '-', mac));
	script_word(out, span_text(image->id));
	strbuf_printf(out,
	    "/%s/${error} ||\n"
	    "imgfree report ||\n"
	    "prompt --timeout 5000 Press any key to return to the menu. ||\n",
	    method_name(r->method));
}

static const char *
why_not(const struct menu_server *s, const struct route *r,
    const struct image *image)
{
	struct method methods[METHOD_KINDS];
	bool memdisk =
	    catalogue_loader(s->catalogue, span_text("memdisk")) != NULL;
	size_t count = decide_methods(image, &r->client, memdisk, methods);

	if (image->state != IMAGE_READY)
		return "the image is not ready";
	for (size_t i = 0; i < count; i++)
		if (methods[i].kind == r->method)
			return methods[i].why;
	return "no way to start this image";
}

const char *
menu_method(const struct menu_server *s, const struct route *r,
    const struct image *image, struct strbuf *out)
{
	const char *why = why_not(s, r, image);

	if (why)
		return why;
	script_add(out, "#!ipxe\nimgfree ||\necho Starting ");
	script_text(out, span_text(image->title), TITLE_MAX);
	strbuf_printf(out, ": %s\n", method_title(r->method));
	put_start(out, s, r, image);
	put_failure(out, s, r, image);
	script_add(out, ":back\nchain --autofree --replace ");
	url_scripts(out, s, r);
	script_add(out, "menu.ipxe ||\nexit 1\n");
	return NULL;
}
