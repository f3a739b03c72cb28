#include "boot/url.h"

#include "boot/script.h"

void
url_server(struct strbuf *out, const struct menu_server *s)
{
	char ip[IP4_TEXT_SIZE];

	strbuf_printf(out, "http://%s", ip4_text(s->ip, ip));
	if (s->settings->http_port != 80)
		strbuf_printf(out, ":%u", s->settings->http_port);
}

void
url_scripts(
    struct strbuf *out, const struct menu_server *s, const struct route *r)
{
	char mac[MAC_TEXT_SIZE];

	url_server(out, s);
	strbuf_printf(out, "/m/%s/", mac_text(r->mac, '-', mac));
	script_word(out, r->platform);
	strbuf_char(out, '/');
	script_word(out, r->arch);
	strbuf_char(out, '/');
	script_path(out, r->facts);
	strbuf_char(out, '/');
}

void
url_file(struct strbuf *out, const struct menu_server *s,
    const struct image *image, const char *path)
{
	url_server(out, s);
	script_add(out, "/iso/");
	script_word(out, span_text(image->id));
	strbuf_char(out, '/');
	script_path(out, span_text(path));
}

void
url_raw(
    struct strbuf *out, const struct menu_server *s, const struct image *image)
{
	url_server(out, s);
	script_add(out, "/raw/");
	script_word(out, span_text(image->id));
	script_add(out, ".iso");
}

void
url_script(
    struct strbuf *out, const struct menu_server *s, const struct image *image)
{
	url_server(out, s);
	script_add(out, "/script/");
	script_word(out, span_text(image->id));
	script_add(out, ".ipxe");
}
