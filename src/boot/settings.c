#include "boot/settings.h"

#include "boot/codec.h"

#define MAGIC 0x31534248U /* "HBS1" */

/* The fewest bytes that one element takes. */
#define INTERFACE_BYTES 16U
#define HOST_BYTES 13U
#define IMAGE_BYTES 5U

struct settings
settings_default(void)
{
	return (struct settings){
	    .dhcp = DHCP_MODE_PROXY,
	    .loader = LOADER_SNP,
	    .http_port = 80,
	    .tftp_port = 69,
	    .dhcp_port = 67,
	    .pxe_port = 4011,
	    .lease_seconds = 3600,
	    .domain = "",
	    .menu_default = "",
	    .tftp_blksize_max = 1468,
	};
}

static void
encode_lists(const struct settings *s, struct strbuf *out)
{
	strbuf_le(out, s->interface_count, 4);
	for (size_t i = 0; i < s->interface_count; i++) {
		const struct settings_interface *f = &s->interfaces[i];

		codec_put_text(out, f->name);
		strbuf_le(out, f->index, 4);
		strbuf_le(out, f->ip, 4);
		strbuf_le(out, f->prefix, 1);
		codec_put_mac(out, f->mac);
	}
	strbuf_le(out, s->host_count, 4);
	for (size_t i = 0; i < s->host_count; i++) {
		const struct settings_host *h = &s->hosts[i];

		codec_put_mac(out, h->mac);
		strbuf_le(out, h->ip, 4);
		strbuf_le(out, h->loader, 1);
		codec_put_text(out, h->name);
		codec_put_text(out, h->image);
	}
	strbuf_le(out, s->image_count, 4);
	for (size_t i = 0; i < s->image_count; i++) {
		const struct settings_image *m = &s->images[i];

		codec_put_text(out, m->id);
		codec_put_text(out, m->title);
		codec_put_text(out, m->kernel);
		codec_put_text(out, m->initrd);
		codec_put_text(out, m->cmdline);
	}
}

void
settings_encode(const struct settings *s, struct strbuf *out)
{
	strbuf_le(out, MAGIC, 4);
	strbuf_le(out, s->dhcp, 1);
	strbuf_le(out, s->loader, 1);
	strbuf_le(out, s->http_port, 2);
	strbuf_le(out, s->tftp_port, 2);
	strbuf_le(out, s->dhcp_port, 2);
	strbuf_le(out, s->pxe_port, 2);
	strbuf_le(out, s->range_first, 4);
	strbuf_le(out, s->range_last, 4);
	strbuf_le(out, s->lease_seconds, 4);
	strbuf_le(out, s->router, 4);
	for (size_t i = 0; i < ARRAY_LEN(s->dns); i++)
		strbuf_le(out, s->dns[i], 4);
	codec_put_text(out, s->domain);
	codec_put_text(out, s->menu_default);
	strbuf_le(out, s->menu_timeout, 4);
	strbuf_le(out, s->tftp_blksize_max, 4);
	strbuf_le(out, s->rescan_seconds, 4);
	strbuf_le(out, s->threads, 4);
	strbuf_le(out, s->ports_off, 4);
	encode_lists(s, out);
}

/* A text copied into the arena; "" with the fault set. */
static const char *
text(struct arena *a, struct reader *r)
{
	const char *copy = arena_text(a, span_text(reader_string(r)));

	if (!copy)
		reader_fail(r, "settings are too large");
	return copy ? copy : "";
}

static enum loader_choice
choice(struct reader *r)
{
	return (enum loader_choice)codec_enum(r, LOADER_ALL + 1);
}

/* Room for a list; NULL with the fault set, or where it is empty. */
static void *
list(struct arena *a, struct reader *r, size_t count, size_t size)
{
	void *room = count ? arena_array(a, count, size) : NULL;

	if (count && !room)
		reader_fail(r, "settings are too large");
	return room;
}

static void
decode_interfaces(struct arena *a, struct reader *r, struct settings *s)
{
	size_t count = codec_count(r, INTERFACE_BYTES);

	s->interfaces = list(a, r, count, sizeof(*s->interfaces));
	for (size_t i = 0; !r->fault && i < count; i++) {
		struct settings_interface *f = &s->interfaces[i];

		f->name = text(a, r);
		f->index = reader_le32(r);
		f->ip = reader_le32(r);
		f->prefix = reader_u8(r);
		f->mac = codec_mac(r);
		if (f->prefix > 32)
			reader_fail(r, "value out of range");
	}
	s->interface_count = count;
}

static void
decode_hosts(struct arena *a, struct reader *r, struct settings *s)
{
	size_t count = codec_count(r, HOST_BYTES);

	s->hosts = list(a, r, count, sizeof(*s->hosts));
	for (size_t i = 0; !r->fault && i < count; i++) {
		struct settings_host *h = &s->hosts[i];

		h->mac = codec_mac(r);
		h->ip = reader_le32(r);
		h->loader = choice(r);
		h->name = text(a, r);
		h->image = text(a, r);
	}
	s->host_count = count;
}

static void
decode_images(struct arena *a, struct reader *r, struct settings *s)
{
	size_t count = codec_count(r, IMAGE_BYTES);

	s->images = list(a, r, count, sizeof(*s->images));
	for (size_t i = 0; !r->fault && i < count; i++) {
		struct settings_image *m = &s->images[i];

		m->id = text(a, r);
		m->title = text(a, r);
		m->kernel = text(a, r);
		m->initrd = text(a, r);
		m->cmdline = text(a, r);
	}
	s->image_count = count;
}

const char *
settings_decode(
    struct arena *a, const void *bytes, size_t len, struct settings *out)
{
	struct reader r = reader_over(bytes, len);
	struct settings s = {0};

	if (reader_le32(&r) != MAGIC)
		return "not settings";
	s.dhcp = (enum dhcp_mode)codec_enum(&r, DHCP_MODE_OFF + 1);
	s.loader = choice(&r);
	s.http_port = reader_le16(&r);
	s.tftp_port = reader_le16(&r);
	s.dhcp_port = reader_le16(&r);
	s.pxe_port = reader_le16(&r);
	s.range_first = reader_le32(&r);
	s.range_last = reader_le32(&r);
	s.lease_seconds = reader_le32(&r);
	s.router = reader_le32(&r);
	for (size_t i = 0; i < ARRAY_LEN(s.dns); i++)
		s.dns[i] = reader_le32(&r);
	s.domain = text(a, &r);
	s.menu_default = text(a, &r);
	s.menu_timeout = reader_le32(&r);
	s.tftp_blksize_max = reader_le32(&r);
	s.rescan_seconds = reader_le32(&r);
	s.threads = reader_le32(&r);
	s.ports_off = reader_le32(&r);
	decode_interfaces(a, &r, &s);
	decode_hosts(a, &r, &s);
	decode_images(a, &r, &s);
	if (codec_end(&r))
		return r.fault;
	*out = s;
	return NULL;
}

const struct settings_interface *
settings_interface(const struct settings *s, uint32_t index)
{
	for (size_t i = 0; i < s->interface_count; i++)
		if (s->interfaces[i].index == index)
			return &s->interfaces[i];
	return NULL;
}

const struct settings_host *
settings_host(const struct settings *s, struct mac mac)
{
	for (size_t i = 0; i < s->host_count; i++)
		if (mac_equal(s->hosts[i].mac, mac))
			return &s->hosts[i];
	return NULL;
}
