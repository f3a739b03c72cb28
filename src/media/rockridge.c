#include "media/rockridge.h"

#include <string.h>

#include "base/reader.h"

#define AREAS_MAX 32U      /* continuations of one record */
#define AREA_MAX 4096U     /* bytes of one continuation */
#define JUMPS_MAX 2000000U /* continuations of one image */
#define NAME_LEN_MAX 1024U /* bytes */
#define TARGET_LEN_MAX 1024U

enum { NM_CURRENT = 2, NM_PARENT = 4 };
enum { SL_CONTINUES = 1, SL_CURRENT = 2, SL_PARENT = 4, SL_ROOT = 8 };

/* What one parse needs beside its result. */
struct parse {
	struct rock_entry *e;
	bool joined;       /* the last SL component goes on in the next */
	uint64_t next_at;  /* the continuation area, or 0 */
	uint32_t next_len; /* bytes */
};

void
rock_entry_clear(struct rock_entry *e)
{
	strbuf_clear(&e->name);
	strbuf_clear(&e->target);
}

static void
empty(struct rock_entry *e)
{
	struct rock_entry fresh = {
	    .name = e->name, .target = e->target, .skip = -1};

	fresh.name.len = fresh.target.len = 0;
	fresh.name.fault = fresh.target.fault = NULL;
	fresh.name.cap = NAME_LEN_MAX;
	fresh.target.cap = TARGET_LEN_MAX;
	*e = fresh;
}

/* A number stored in both byte orders (ECMA-119 section 7.3.3). */
static uint32_t
both32(struct reader *r)
{
	uint32_t value = reader_le32(r);

	reader_skip(r, 4);
	return value;
}

/* SUSP section 5.1. */
static void
take_ce(struct parse *p, struct reader *r, uint32_t block_size)
{
	uint64_t block = both32(r);
	uint64_t offset = both32(r);
	uint32_t len = both32(r);

	if (r->fault || len > AREA_MAX)
		return;
	p->next_at = block * block_size + offset;
	p->next_len = len;
}

/* RRIP section 4.1.4. */
static void
take_nm(struct parse *p, struct reader *r)
{
	uint8_t flags = reader_u8(r);

	if (!(flags & (NM_CURRENT | NM_PARENT)))
		strbuf_span(&p->e->name, reader_span(r, reader_left(r)));
}

/* RRIP section 4.1.3. */
static void
take_sl(struct parse *p, struct reader *r)
{
	struct strbuf *target = &p->e->target;

	reader_skip(r, 1);
	while (reader_left(r)) {
		uint8_t flags = reader_u8(r);
		struct span text = reader_span(r, reader_u8(r));

		if (r->fault)
			return;
		if (flags & SL_ROOT)
			text = span_text("/");
		else if (flags & SL_PARENT)
			text = span_text("..");
		else if (flags & SL_CURRENT)
			text = span_text(".");
		if (target->len && !p->joined &&
		    target->data[target->len - 1] != '/')
			strbuf_char(target, '/');
		strbuf_span(target, text);
		p->joined = flags & SL_CONTINUES;
	}
}

static void
take_sp(struct parse *p, struct reader *r)
{
	if (reader_be16(r) == 0xbeef)
		p->e->skip = reader_u8(r);
}

/* SUSP section 5.5; the identifiers are those of RRIP section 4.3. */
static void
take_er(struct parse *p, struct reader *r)
{
	struct span id;
	size_t len = reader_u8(r);

	reader_skip(r, 3);
	id = reader_span(r, len);
	if (span_starts(id, "RRIP_1991A") || span_starts(id, "IEEE_P1282") ||
	    span_starts(id, "IEEE_1282"))
		p->e->extensions = true;
}

static bool
is(const uint8_t *entry, const char *signature)
{
	return memcmp(entry, signature, 2) == 0;
}

static void
take_entry(
    struct parse *p, const uint8_t *entry, size_t len, uint32_t block_size)
{
	struct reader r = reader_over(entry + 4, len - 4);

	if (is(entry, "CE"))
		take_ce(p, &r, block_size);
	else if (is(entry, "NM"))
		take_nm(p, &r);
	else if (is(entry, "SL"))
		take_sl(p, &r);
	else if (is(entry, "PX"))
		p->e->mode = both32(&r);
	else if (is(entry, "CL"))
		p->e->child = both32(&r);
	else if (is(entry, "RE"))
		p->e->relocated = true;
	else if (is(entry, "ZF"))
		p->e->compressed = true;
	else if (is(entry, "SP"))
		take_sp(p, &r);
	else if (is(entry, "ER"))
		take_er(p, &r);
	else if (is(entry, "RR")) /* RRIP 1.09 marks each record */
		p->e->extensions = true;
}

static void
take_area(struct parse *p, struct span area, uint32_t block_size)
{
	p->next_at = 0;
	while (area.len >= 4) {
		const uint8_t *entry = (const uint8_t *)area.data;
		size_t len = entry[2];

		if (len < 4 || len > area.len || is(entry, "ST"))
			return;
		take_entry(p, entry, len, block_size);
		area = span_skip(area, len);
	}
}

/* The `len` bytes at `at`, out of the window; absent where there are none. */
static struct span
window(struct rock_reader *r, uint64_t at, uint32_t len)
{
	const struct backing *b = r->backing;

	if (!backing_holds(b, at, len))
		return span_of(NULL, 0);
	if (at < r->window_at || at + len > r->window_at + r->window_len) {
		uint64_t start = at - at % 2048;
		uint64_t left = b->size - start;

		r->window_at = start;
		r->window_len = left < ROCK_WINDOW ? (size_t)left : ROCK_WINDOW;
		if (backing_read(b, start, r->window, r->window_len)) {
			r->window_len = 0;
			return span_of(NULL, 0);
		}
	}
	return span_of(r->window + (at - r->window_at), len);
}

void
rock_parse(struct rock_reader *r, struct span system_use, struct rock_entry *e)
{
	struct parse p = {.e = e};

	empty(e);
	take_area(&p, span_skip(system_use, r->skip), r->block_size);
	for (unsigned int i = 0; p.next_at && i < AREAS_MAX; i++) {
		struct span area;

		if (++r->jumps > JUMPS_MAX)
			break;
		area = window(r, p.next_at, p.next_len);
		take_area(&p, area, r->block_size);
	}
}
