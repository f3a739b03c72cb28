#include "media/gzip.h"

#include <stdlib.h>

#include <zlib.h>

#include "base/mem.h"

#define PIECE 65536U
#define ANY_RATIO (UINT64_C(1) << 20) /* bytes of content */
#define WINDOW (16 + MAX_WBITS)       /* a gzip header, not a zlib one */

static const char unready[] = "gzip stream cannot be read for want of memory";

struct gzip {
	const struct backing *packed;
	z_stream z;
	bool ready;   /* `z` is */
	bool begun;   /* inside a member */
	bool cut;     /* the file ended there */
	bool ended;   /* behind the last member */
	uint64_t in;  /* bytes taken from the file, with those in `input` */
	uint64_t out; /* bytes of content given out */
	uint8_t input[PIECE];
};

bool
gzip_starts(const struct backing *packed)
{
	uint8_t start[3];

	return !backing_read(packed, 0, start, sizeof(start)) &&
	       start[0] == 0x1f && start[1] == 0x8b && start[2] == Z_DEFLATED;
}

struct gzip *
gzip_new(const struct backing *packed)
{
	struct gzip *g = mem_alloc(sizeof(*g));

	g->packed = packed;
	g->ready = inflateInit2(&g->z, WINDOW) == Z_OK;
	return g;
}

void
gzip_free(struct gzip *g)
{
	if (g && g->ready)
		(void)inflateEnd(&g->z);
	free(g);
}

uint64_t
gzip_used(const struct gzip *g)
{
	return g->in - g->z.avail_in;
}

bool
gzip_cut(const struct gzip *g)
{
	return g->cut;
}

static void
rewind_to_start(struct gzip *g)
{
	if (g->ready)
		(void)inflateReset(&g->z);
	g->z.avail_in = 0;
	g->in = g->out = 0;
	g->begun = g->cut = g->ended = false;
}

/* Have input at hand, as long as the file has more. */
static const char *
fill(struct gzip *g)
{
	uint64_t left = g->packed->size - g->in;
	size_t len = left < PIECE ? (size_t)left : PIECE;
	const char *fault;

	if (g->z.avail_in || len == 0)
		return NULL;
	fault = backing_read(g->packed, g->in, g->input, len);
	if (fault)
		return fault;
	g->in += len;
	g->z.next_in = g->input;
	g->z.avail_in = (uInt)len;
	return NULL;
}

/* Between members.  Zeroes of a tape's last block, or whatever else stands
 * behind the last one, are no content. */
static bool
member_follows(struct gzip *g)
{
	if (g->z.avail_in == 0)
		return false;
	return g->in == g->z.avail_in || g->z.next_in[0] == 0x1f;
}

static const char *
check_bounds(const struct gzip *g)
{
	if (g->out > GZIP_CONTENT_MAX)
		return "compressed file unpacks to more than 512 MiB";
	if (g->out > ANY_RATIO && g->out / GZIP_RATIO_MAX > gzip_used(g))
		return "compressed file unpacks to more than 64 times its "
		       "size";
	return NULL;
}

/* One step of inflate; counts what came out. */
static const char *
step(struct gzip *g)
{
	uInt before = g->z.avail_out;
	int result;

	if (g->z.avail_in == 0) {
		g->cut = true;
		return "compressed file ends inside its content";
	}
	result = inflate(&g->z, Z_NO_FLUSH);
	g->out += before - g->z.avail_out;
	if (result == Z_STREAM_END) {
		g->begun = false;
		return inflateReset(&g->z) == Z_OK ? NULL : unready;
	}
	if (result == Z_MEM_ERROR)
		return unready;
	if (result != Z_OK)
		return "compressed content is damaged";
	return NULL;
}

const char *
gzip_next(struct gzip *g, void *buf, size_t room, size_t *len)
{
	size_t piece = room < PIECE ? room : PIECE;
	const char *fault = g->ready ? NULL : unready;

	g->z.next_out = buf;
	g->z.avail_out = (uInt)piece;
	while (!fault && g->z.avail_out && !g->ended) {
		fault = fill(g);
		if (fault)
			break;
		if (!g->begun && !member_follows(g)) {
			g->ended = true;
			break;
		}
		g->begun = true;
		fault = step(g);
		if (!fault)
			fault = check_bounds(g);
	}
	if (fault)
		return fault;
	*len = piece - g->z.avail_out;
	return NULL;
}

const char *
gzip_measure(struct gzip *g, uint64_t *size)
{
	uint8_t piece[PIECE];
	const char *fault;
	size_t len;

	rewind_to_start(g);
	do
		fault = gzip_next(g, piece, sizeof(piece), &len);
	while (!fault && len);
	if (!fault)
		*size = g->out;
	return fault;
}

/* Pass over content up to `offset`. */
static const char *
seek(struct gzip *g, uint64_t offset)
{
	uint8_t piece[PIECE];

	if (offset < g->out)
		rewind_to_start(g);
	while (g->out < offset) {
		uint64_t left = offset - g->out;
		size_t room = left < PIECE ? (size_t)left : PIECE;
		size_t len = 0;
		const char *fault = gzip_next(g, piece, room, &len);

		if (fault)
			return fault;
		if (len == 0)
			return "compressed content became shorter";
	}
	return NULL;
}

static const char *
read_at(void *ctx, uint64_t offset, void *buf, size_t len)
{
	struct gzip *g = ctx;
	const char *fault = seek(g, offset);
	uint8_t *to = buf;

	while (!fault && len) {
		size_t got = 0;

		fault = gzip_next(g, to, len, &got);
		if (!fault && got == 0)
			fault = "compressed content became shorter";
		to += got;
		len -= got;
	}
	return fault;
}

struct backing
gzip_backing(struct gzip *g, uint64_t size)
{
	return (struct backing){.size = size, .read = read_at, .ctx = g};
}
