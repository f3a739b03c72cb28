#include "boot/catalogue.h"

#include <stdio.h>

#include "boot/codec.h"

#define MAGIC 0x32434248U /* "HBC2" */

/* The fewest bytes that one element takes. */
#define IMAGE_BYTES (32U + 7U + 9U + ARCH_COUNT)
#define LOADER_BYTES (32U + 3U + 5U)
#define HOST_BYTES 44U

const char *
image_state_name(enum image_state state)
{
	static const char *const names[IMAGE_STATES] = {
	    [IMAGE_READY] = "ready",
	    [IMAGE_PROBING] = "probing",
	    [IMAGE_INCOMPLETE] = "incomplete",
	    [IMAGE_BROKEN] = "broken",
	    [IMAGE_UNREADABLE] = "unreadable",
	};

	return names[state];
}

void
file_stamp_encode(const struct file_stamp *s, struct strbuf *out)
{
	strbuf_le(out, s->dev, 8);
	strbuf_le(out, s->ino, 8);
	strbuf_le(out, s->size, 8);
	strbuf_le(out, s->mtime_ns, 8);
}

static struct file_stamp
stamp(struct reader *r)
{
	struct file_stamp s = {.dev = reader_le64(r)};

	s.ino = reader_le64(r);
	s.size = reader_le64(r);
	s.mtime_ns = reader_le64(r);
	return s;
}

const char *
file_stamp_decode(const void *bytes, size_t len, struct file_stamp *out)
{
	struct reader r = reader_over(bytes, len);
	struct file_stamp s = stamp(&r);

	if (codec_end(&r))
		return r.fault;
	*out = s;
	return NULL;
}

bool
file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns;
}

/* The finishing step of SplitMix64: every bit of `x` reaches every bit of the
 * result. */
static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

const char *
file_stamp_etag(const struct file_stamp *s, char out[ETAG_SIZE])
{
	uint64_t a = mix(mix(s->mtime_ns) ^ s->size);
	uint64_t b = mix(mix(s->size) ^ s->mtime_ns);

	a = mix(mix(a ^ s->ino) ^ s->dev);
	b = mix(mix(b ^ s->dev) ^ s->ino);
	(void)snprintf(out, ETAG_SIZE, "\"%016llx%016llx\"",
	    (unsigned long long)a, (unsigned long long)b);
	return out;
}

static void
encode_image(const struct image *m, struct strbuf *out)
{
	strbuf_le(out, m->kind, 1);
	strbuf_le(out, m->state, 1);
	file_stamp_encode(&m->stamp, out);
	strbuf_le(out, m->outside, 1);
	strbuf_le(out, m->unpacked, 1);
	strbuf_le(out, m->bios, 1);
	strbuf_le(out, m->bios_emulated, 1);
	strbuf_le(out, m->arch, 1);
	codec_put_text(out, m->id);
	codec_put_text(out, m->path);
	codec_put_text(out, m->title);
	codec_put_text(out, m->family);
	codec_put_text(out, m->why);
	codec_put_text(out, m->table);
	for (size_t i = 0; i < ARCH_COUNT; i++)
		codec_put_text(out, m->efi[i]);
	codec_put_text(out, m->kernel);
	codec_put_text(out, m->initrd);
	codec_put_text(out, m->cmdline);
}

static void
decode_image(struct reader *r, struct image *m)
{
	m->kind = (enum image_kind)codec_enum(r, IMAGE_KINDS);
	m->state = (enum image_state)codec_enum(r, IMAGE_STATES);
	m->stamp = stamp(r);
	m->outside = codec_bool(r);
	m->unpacked = codec_bool(r);
	m->bios = codec_bool(r);
	m->bios_emulated = codec_bool(r);
	m->arch = (enum arch)codec_enum(r, ARCH_COUNT);
	m->id = reader_string(r);
	m->path = reader_string(r);
	m->title = reader_string(r);
	m->family = reader_string(r);
	m->why = reader_string(r);
	m->table = reader_string(r);
	for (size_t i = 0; i < ARCH_COUNT; i++)
		m->efi[i] = reader_string(r);
	m->kernel = reader_string(r);
	m->initrd = reader_string(r);
	m->cmdline = reader_string(r);
}

static void
encode_loader(const struct loader *l, struct strbuf *out)
{
	codec_put_text(out, l->name);
	codec_put_text(out, l->source);
	codec_put_text(out, l->version);
	codec_put_text(out, l->features);
	codec_put_text(out, l->sha256);
	strbuf_le(out, l->firmware, 1);
	strbuf_le(out, l->arch, 1);
	file_stamp_encode(&l->stamp, out);
	strbuf_le(out, l->known, 1);
}

static void
decode_loader(struct reader *r, struct loader *l)
{
	l->name = reader_string(r);
	l->source = reader_string(r);
	l->version = reader_string(r);
	l->features = reader_string(r);
	l->sha256 = reader_string(r);
	l->firmware = (enum firmware)codec_enum(r, FIRMWARE_COUNT);
	l->arch = (enum arch)codec_enum(r, ARCH_COUNT);
	l->stamp = stamp(r);
	l->known = codec_bool(r);
}

void
catalogue_encode(const struct catalogue *c, struct strbuf *out)
{
	strbuf_le(out, MAGIC, 4);
	strbuf_le(out, c->generation, 8);
	strbuf_le(out, c->image_count, 4);
	for (size_t i = 0; i < c->image_count; i++)
		encode_image(&c->images[i], out);
	strbuf_le(out, c->loader_count, 4);
	for (size_t i = 0; i < c->loader_count; i++)
		encode_loader(&c->loaders[i], out);
	strbuf_le(out, c->host_count, 4);
	for (size_t i = 0; i < c->host_count; i++)
		host_encode(&c->hosts[i], out);
}

/* Room for a list; NULL with the fault set, or where it is empty. */
static void *
list(struct arena *a, struct reader *r, size_t count, size_t size)
{
	void *room = count ? arena_array(a, count, size) : NULL;

	if (count && !room)
		reader_fail(r, "catalogue is too large");
	return room;
}

static void
decode_images(struct arena *a, struct reader *r, struct catalogue *c)
{
	size_t count = codec_count(r, IMAGE_BYTES);
	struct image *images = list(a, r, count, sizeof(*images));

	for (size_t i = 0; !r->fault && i < count; i++)
		decode_image(r, &images[i]);
	c->images = images;
	c->image_count = count;
}

static void
decode_loaders(struct arena *a, struct reader *r, struct catalogue *c)
{
	size_t count = codec_count(r, LOADER_BYTES);
	struct loader *loaders = list(a, r, count, sizeof(*loaders));

	for (size_t i = 0; !r->fault && i < count; i++)
		decode_loader(r, &loaders[i]);
	c->loaders = loaders;
	c->loader_count = count;
}

static void
decode_hosts(struct arena *a, struct reader *r, struct catalogue *c)
{
	size_t count = codec_count(r, HOST_BYTES);
	struct host *hosts = list(a, r, count, sizeof(*hosts));

	for (size_t i = 0; !r->fault && i < count; i++) {
		struct span bytes = reader_span(r, HOST_BYTES);
		const char *fault =
		    host_decode(bytes.data, bytes.len, &hosts[i]);

		if (fault)
			reader_fail(r, fault);
		else if (i &&
		         mac_key(hosts[i].mac) <= mac_key(hosts[i - 1].mac))
			reader_fail(r, "hosts are not in order");
	}
	c->hosts = hosts;
	c->host_count = count;
}

const char *
catalogue_decode(
    struct arena *a, const void *bytes, size_t len, struct catalogue *out)
{
	struct reader r = reader_over(bytes, len);
	struct catalogue c = {0};

	if (reader_le32(&r) != MAGIC)
		return "not a catalogue";
	c.generation = reader_le64(&r);
	decode_images(a, &r, &c);
	decode_loaders(a, &r, &c);
	decode_hosts(a, &r, &c);
	if (codec_end(&r))
		return r.fault;
	*out = c;
	return NULL;
}

const struct image *
catalogue_image(const struct catalogue *c, struct span id)
{
	for (size_t i = 0; i < c->image_count; i++)
		if (span_is(id, c->images[i].id))
			return &c->images[i];
	return NULL;
}

const struct loader *
catalogue_loader(const struct catalogue *c, struct span name)
{
	for (size_t i = 0; i < c->loader_count; i++)
		if (span_is(name, c->loaders[i].name))
			return &c->loaders[i];
	return NULL;
}

const struct host *
catalogue_host(const struct catalogue *c, struct mac mac)
{
	size_t low = 0, high = c->host_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mac_equal(c->hosts[middle].mac, mac))
			return &c->hosts[middle];
		if (mac_key(c->hosts[middle].mac) < mac_key(mac))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
