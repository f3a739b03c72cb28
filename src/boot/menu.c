#include "boot/menu.h"

#include "base/text.h"
#include "boot/script.h"
#include "boot/url.h"

#define TITLE_MAX 52U /* characters; a menu is 80 columns wide */
#define LINE_MAX 70U  /* characters */
#define HOST_WAIT 5U  /* seconds before a host's own image starts */

/* Labels of the menu that are no image; an ID never has a '_'. */
#define KEY_DISK "_disk"
#define KEY_WAYS "_ways"
#define KEY_NETWORK "_network"
#define KEY_SHELL "_shell"
#define KEY_REBOOT "_reboot"
#define KEY_BACK "_back"

/*
 * The network: an interface that already has an address, as firmware or iPXE
 * itself configured it, is used as it is.  It may have been closed meanwhile
 * (https://github.com/netbootxyz/netboot.xyz/issues/1793).  With an
 * autoexec.ipxe DHCP is up to the script
 * (https://github.com/ipxe/ipxe/issues/593).
 */
static void
first_network(struct strbuf *out)
{
	script_add(out, ":network\n");
	for (unsigned int i = 0; i < 4; i++)
		strbuf_printf(out,
		    "isset ${net%u/ip} && ifopen net%u && goto known ||\n", i,
		    i);
	script_add(out, "dhcp && goto known ||\n"
	                "echo Hobnail: no address from DHCP (error ${errno})\n"
	                "goto again\n");
}

void
menu_first(const struct menu_server *s, struct strbuf *out)
{
	script_add(out, "#!ipxe\n");
	strbuf_printf(out, "echo Hobnail %s\n", s->version);
	script_add(out, "set leave no\n");
	first_network(out);
	script_add(out, ":known\n"
	                "set facts -\n"
	                "isset ${memsize} && set facts mem${memsize} ||\n"
	                "iseq ${buildarch} arm64 && goto menu ||\n"
	                "cpuid --ext 29 && set facts ${facts},cpu64 ||\n"
	                ":menu\n"
	                "chain --autofree ");
	url_server(out, s);
	script_add(out,
	    "/m/${netX/mac:hexhyp}/${platform}/${buildarch}/${facts}"
	    "/menu.ipxe || set error ${errno}\n"
	    "iseq ${leave} yes && exit 1 ||\n"
	    "echo Hobnail: no menu from ");
	url_server(out, s);
	script_add(out,
	    " (error ${error})\n"
	    ":again\n"
	    "prompt --key s --timeout 5000 Trying again in 5 seconds; "
	    "press s for a shell. && shell ||\n"
	    "goto network\n");
}

static const char *
why_not_ready(const struct image *image)
{
	if (image->state == IMAGE_PROBING)
		return "is being looked at";
	if (image->why && image->why[0])
		return image->why;
	return "cannot be read";
}

static bool
has_memdisk(const struct menu_server *s)
{
	return catalogue_loader(s->catalogue, span_text("memdisk")) != NULL;
}

/* The methods of an image for this client; none if it is not ready. */
static size_t
methods_of(const struct menu_server *s, const struct route *r,
    const struct image *image, struct method out[METHOD_KINDS])
{
	if (image->state != IMAGE_READY)
		return 0;
	return decide_methods(image, &r->client, has_memdisk(s), out);
}

static void
put_title(struct strbuf *out, const struct image *image)
{
	size_t start = out->len;

	script_text(out, span_text(image->title), TITLE_MAX);
	if (out->len == start)
		script_word(out, span_text(image->id));
}

/* A line that cannot be chosen. */
static void
put_gap(struct strbuf *out, const char *text)
{
	script_add(out, "item --gap -- ");
	script_text(out, span_text(text), LINE_MAX);
	script_end(out);
}

static void
put_unusable(struct strbuf *out, const struct image *image, const char *why)
{
	script_add(out, "item --gap -- ");
	put_title(out, image);
	strbuf_char(out, ' ');
	script_text(out, span_text(why), 0);
	script_end(out);
}

static void
put_image(struct strbuf *out, const struct menu_server *s,
    const struct route *r, const struct image *image)
{
	struct method methods[METHOD_KINDS];
	size_t count = methods_of(s, r, image, methods);

	if (count == 0 || methods[0].why) {
		put_unusable(
		    out, image, count ? methods[0].why : why_not_ready(image));
		return;
	}
	script_add(out, "item ");
	script_word(out, span_text(image->id));
	strbuf_printf(out, "/%s ", method_name(methods[0].kind));
	put_title(out, image);
	if (image->kind != IMAGE_SCRIPT) {
		script_add(out, " (");
		text_size(out, image->stamp.size);
		script_add(out, ")");
	}
	script_end(out);
}

static void
put_images(
    struct strbuf *out, const struct menu_server *s, const struct route *r)
{
	put_gap(out, "Images");
	for (size_t i = 0; i < s->catalogue->image_count; i++)
		put_image(out, s, r, &s->catalogue->images[i]);
	if (s->catalogue->image_count == 0)
		put_gap(out, "none: copy an ISO file into the server's folder");
}

static void
put_tools(struct strbuf *out)
{
	put_gap(out, "Tools");
	script_add(out,
	    "item --key d " KEY_DISK " Boot from disk (d)\n"
	    "item --key o " KEY_WAYS " Other ways to start an image (o)\n"
	    "item --key n " KEY_NETWORK " Network diagnostics (n)\n"
	    "item --key s " KEY_SHELL " Rescue shell (s)\n"
	    "item --key r " KEY_REBOOT " Reboot (r)\n");
}

/* Which entry starts by itself: an image's ID, "disk" or "". */
static const char *
default_of(
    const struct menu_server *s, const struct route *r, uint32_t *seconds)
{
	const struct settings_host *host = settings_host(s->settings, r->mac);

	*seconds = s->settings->menu_timeout;
	if (host && host->image[0]) {
		if (*seconds == 0)
			*seconds = HOST_WAIT;
		return host->image;
	}
	return s->settings->menu_default;
}

/* The label of the entry `wanted`; false where there is none to choose. */
static bool
put_key(struct strbuf *out, const struct menu_server *s, const struct route *r,
    const char *wanted)
{
	const struct image *image =
	    catalogue_image(s->catalogue, span_text(wanted));
	struct method methods[METHOD_KINDS];

	if (streq(wanted, "disk")) {
		script_add(out, KEY_DISK);
		return true;
	}
	if (!image || methods_of(s, r, image, methods) == 0 || methods[0].why)
		return false;
	script_word(out, span_text(image->id));
	strbuf_printf(out, "/%s", method_name(methods[0].kind));
	return true;
}

/* Go to where the chosen key leads; keys of images are parts of a URL. */
static void
put_dispatch(
    struct strbuf *out, const struct menu_server *s, const struct route *r)
{
	static const char *const keys[] = {
	    KEY_DISK, KEY_WAYS, KEY_NETWORK, KEY_SHELL, KEY_REBOOT, KEY_BACK};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		strbuf_printf(
		    out, "iseq ${target} %s && goto %s ||\n", keys[i], keys[i]);
	script_add(out, "chain --autofree --replace ");
	url_scripts(out, s, r);
	script_add(out,
	    "${target}.ipxe ||\n"
	    "echo Hobnail: the server does not answer (error ${errno})\n"
	    "prompt --timeout 5000 Press any key to return to the menu. ||\n"
	    "goto escaped\n");
}

/* The menu again, made anew by the server. */
static void
put_back(struct strbuf *out, const struct menu_server *s, const struct route *r)
{
	script_add(out, "chain --autofree --replace ");
	url_scripts(out, s, r);
	script_add(out, "menu.ipxe ||\nexit 1\n");
}

static void
put_disk(struct strbuf *out, const struct route *r)
{
	script_add(out, ":" KEY_DISK "\n");
	if (r->client.firmware == FIRMWARE_BIOS)
		script_add(out,
		    "sanboot --no-describe --drive 0x80 ||\n"
		    "echo This machine does not boot from its first disk "
		    "(error ${errno})\n"
		    "prompt --timeout 5000 Press any key to return to the "
		    "menu. ||\n"
		    "goto escaped\n");
	else
		/* UEFI goes on with its next boot entry when a program ends
		 * with an error (UEFI specification, section 3.1.1). */
		script_add(out, "set leave yes\nexit 1\n");
}

/* Other ways: the same images, each leading to all its methods. */
static void
put_ways(struct strbuf *out, const struct menu_server *s, const struct route *r)
{
	script_add(out, ":" KEY_WAYS "\nmenu Other ways to start an image\n");
	for (size_t i = 0; i < s->catalogue->image_count; i++) {
		const struct image *image = &s->catalogue->images[i];
		struct method methods[METHOD_KINDS];

		if (methods_of(s, r, image, methods) == 0)
			continue;
		script_add(out, "item ");
		script_word(out, span_text(image->id));
		strbuf_char(out, ' ');
		put_title(out, image);
		script_end(out);
	}
	script_add(out, "item " KEY_BACK " Back\n"
	                "choose target || goto escaped\n"
	                "goto chosen\n");
}

/* What a person needs who asks why a machine does not boot. */
static void
put_network(struct strbuf *out, const struct menu_server *s)
{
	strbuf_printf(out,
	    ":" KEY_NETWORK "\n"
	    "echo\n"
	    "echo Loader:    iPXE ${version}, ${platform} ${buildarch}; Hobnail"
	    " %s\n",
	    s->version);
	script_add(out,
	    "echo Machine:   ${manufacturer} ${product}, serial ${serial}\n"
	    "echo UUID:      ${uuid}\n"
	    "echo Interface: ${netX/mac}, ${netX/chip}\n"
	    "echo Address:   ${netX/ip} mask ${netX/netmask}\n"
	    "echo Gateway:   ${netX/gateway}\n"
	    "echo DNS:       ${netX/dns} ${netX/domain}\n"
	    "echo DHCP from: ${netX/dhcp-server}\n"
	    "ifstat ||\n"
	    "echo Server:    ");
	url_server(out, s);
	script_add(out, "\nimgfetch --name hobnail-test ");
	url_server(out, s);
	script_add(out, "/boot.ipxe && goto reached ||\n"
	                "echo The server does not answer (error ${errno})\n"
	                "goto tested\n"
	                ":reached\n"
	                "imgfree hobnail-test ||\n"
	                "echo The server answers\n"
	                ":tested\n"
	                "prompt Press any key to return to the menu. ||\n"
	                "goto escaped\n");
}

/* Draw the menu.  Only the first time does it wait and then go on by itself:
 * who comes back to it is there. */
static void
put_menu(struct strbuf *out, const struct menu_server *s, const struct route *r)
{
	char ip[IP4_TEXT_SIZE];
	struct strbuf key = {0};
	uint32_t seconds;
	bool found = put_key(&key, s, r, default_of(s, r, &seconds));

	strbuf_printf(out, "set wait %llu\n:start\nmenu Hobnail %s at %s\n",
	    found ? (unsigned long long)seconds * 1000 : 0, s->version,
	    ip4_text(s->ip, ip));
	put_images(out, s, r);
	put_tools(out);
	script_add(out, "choose --timeout ${wait} ");
	if (found)
		strbuf_printf(out, "--default %s ", strbuf_cstr(&key));
	script_add(out, "target || goto escaped\n");
	strbuf_clear(&key);
}

void
menu_main(
    const struct menu_server *s, const struct route *r, struct strbuf *out)
{
	script_add(out, "#!ipxe\nimgfree ||\n");
	put_menu(out, s, r);
	script_add(out, ":chosen\n");
	put_dispatch(out, s, r);
	script_add(out, ":" KEY_BACK "\n:escaped\nset wait 0\ngoto start\n");
	put_disk(out, r);
	put_ways(out, s, r);
	put_network(out, s);
	script_add(out, ":" KEY_SHELL "\n"
	                "echo Type 'exit' to return to the menu.\n"
	                "shell ||\n"
	                "goto escaped\n"
	                ":" KEY_REBOOT "\n"
	                "reboot ||\n"
	                "goto escaped\n");
}

void
menu_methods(const struct menu_server *s, const struct route *r,
    const struct image *image, struct strbuf *out)
{
	struct method methods[METHOD_KINDS];
	size_t count = methods_of(s, r, image, methods);

	script_add(out, "#!ipxe\nmenu ");
	put_title(out, image);
	script_add(out, " (");
	text_size(out, image->stamp.size);
	script_add(out, ")\n");
	for (size_t i = 0; i < count; i++) {
		if (methods[i].why)
			script_add(out, "item --gap -- Not as ");
		else
			strbuf_printf(
			    out, "item %s As ", method_name(methods[i].kind));
		script_add(out, method_title(methods[i].kind));
		if (methods[i].why)
			strbuf_printf(out, ": %s", methods[i].why);
		script_end(out);
	}
	if (count == 0)
		put_gap(out, why_not_ready(image));
	script_add(out, "item " KEY_BACK " Back\n"
	                "choose target || goto " KEY_BACK "\n"
	                "iseq ${target} " KEY_BACK " && goto " KEY_BACK " ||\n"
	                "chain --autofree --replace ");
	url_scripts(out, s, r);
	script_word(out, span_text(image->id));
	script_add(out, "/${target}.ipxe ||\n:" KEY_BACK "\n");
	put_back(out, s, r);
}
