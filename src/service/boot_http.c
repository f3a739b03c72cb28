#include "service/boot_http.h"

#include <stdlib.h>

#include "base/mem.h"
#include "service/http_service.h"

/* One answer that is being sent. */
struct asked {
	struct content content;
	struct transfer_note *note;
	uint64_t noted; /* bytes told to the note */
};

/* No body is wanted, or not from its start. */
static bool
partial(const struct http_request *r)
{
	return r->method == HTTP_METHOD_HEAD ||
	       (r->range.data && !span_is(r->range, "bytes=0-"));
}

static void
begin(void *owner, struct http_exchange *x)
{
	const struct boot_http *b = owner;
	const struct http_request *r = x->request;
	struct http_peer peer = http_exchange_peer(x);
	struct content_request request = {.path = span_of(r->path, r->path_len),
	    .client = peer.client,
	    .local_ip = peer.local_ip,
	    .partial = partial(r)};
	struct asked *asked = mem_alloc(sizeof(*asked));
	struct content *c = &asked->content;
	struct http_answer a;

	x->self = asked;
	content_find(b->content, &request, c);
	asked->note = transfers_begin(b->transfers, c, peer.client.ip,
	    request.partial, loop_now(b->loop));
	a = (struct http_answer){.status = c->status,
	    .type = c->type,
	    .etag = c->etag,
	    .text = c->text,
	    .fd = c->fd,
	    .extents = c->extents,
	    .extent_count = c->extent_count,
	    .size = c->size};
	c->text = (struct strbuf){0}; /* the answer's now */
	http_answer(x, &a);
}

static void
progress(void *owner, struct http_exchange *x, uint64_t sent)
{
	const struct boot_http *b = owner;
	struct asked *asked = x->self;

	transfers_moved(
	    b->transfers, asked->note, sent - asked->noted, loop_now(b->loop));
	asked->noted = sent;
}

static void
done(void *owner, struct http_exchange *x, uint64_t sent, bool whole)
{
	const struct boot_http *b = owner;
	struct asked *asked = x->self;

	progress(owner, x, sent);
	transfers_ended(b->transfers, asked->note, whole, loop_now(b->loop));
	content_done(b->content, &asked->content);
	free(asked);
}

const struct http_handler boot_http_handler = {
    .begin = begin,
    .progress = progress,
    .done = done,
};
