/*
 * http_service.h - an HTTP/1.1 server on one listening socket and one loop.
 *
 * It owns connections, time-outs, limits and the bytes on the wire; what a
 * request means is the handler's.  A handler answers at once or later, with a
 * text, with extents of a file, or with a stream that goes on.  All calls are
 * made on the loop's thread.
 *
 * The boot role uses it for clients (RFC 9110, 9112), the admin role for the
 * API on the control socket.
 */
#ifndef HOBNAIL_SERVICE_HTTP_SERVICE_H
#define HOBNAIL_SERVICE_HTTP_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/attr.h"
#include "base/strbuf.h"
#include "io/loop.h"
#include "media/image_table.h"
#include "proto/http_request.h"

/* One request and its answer.  It lives from begin() to done(). */
struct http_exchange {
	const struct http_request *request; /* valid during begin() only */
	void *self;                         /* the handler's own */
};

/* Who is at the other end. */
struct http_peer {
	struct endpoint client; /* zero on a Unix socket */
	uint32_t local_ip;      /* the address of ours that it came to */
	uid_t uid;              /* on a Unix socket; else (uid_t)-1 */
};

struct http_answer {
	uint16_t status;     /* 200, 404, ... */
	const char *type;    /* Content-Type, or NULL; a literal */
	const char *etag;    /* with its quotes, or NULL or "" */
	const char *headers; /* further lines, each with CRLF, or NULL */
	/* The body is one of the three. */
	struct strbuf text; /* taken over: cleared by the server */
	int fd;             /* with extents; -1: not a file */
	const struct image_extent *extents;
	size_t extent_count;
	uint64_t size; /* of the file's body, bytes */
	bool stream;   /* what http_push() adds until http_finish() */
};

struct http_handler {
	/* Methods beside GET and HEAD: bits 1 << HTTP_METHOD_...; others get
	 * 405. */
	unsigned int methods;
	uint64_t body_max; /* bytes; larger ones get 413; 0: no bodies */

	/*
	 * A request has come; path, fields and method are in x->request.  The
	 * handler calls http_answer() now, from body(), or at any time later.
	 */
	void (*begin)(void *owner, struct http_exchange *x);
	/* The next bytes of the request's body; `last` with the final call
	 * (an announced body of no bytes brings just that).  Not called where
	 * no body was announced (PUT and POST without a length get 411), or
	 * once an answer was given.  May be NULL with body_max 0. */
	void (*body)(
	    void *owner, struct http_exchange *x, struct span bytes, bool last);
	/* Bytes of the body have left; `sent` counts them all.  Called at most
	 * once per turn of the loop.  May be NULL. */
	void (*progress)(void *owner, struct http_exchange *x, uint64_t sent);
	/* The exchange is over; each begin() has one done().  `whole`: the
	 * answer was sent to its end.  Extents and fd may be released now. */
	void (*done)(
	    void *owner, struct http_exchange *x, uint64_t sent, bool whole);
};

struct http_server;

/*
 * Serve `listener` (which stays the caller's) on `loop`.  `share` is how many
 * servers share the process' descriptors.  NULL when it cannot be watched.
 */
struct http_server *http_server_new(struct loop *loop, int listener,
    unsigned int share, const struct http_handler *handler, void *owner);

/* Close all connections; every exchange gets its done(). */
void http_server_free(struct http_server *s);

/*
 * Answer.  Within begin() the conditions and ranges of the request are applied
 * (RFC 9110 sections 13 and 14) to what `a` says.  a->text is taken; fd and
 * extents must stay until done(), which is never called from within here.
 */
void http_answer(struct http_exchange *x, struct http_answer *a);

/* Answer with a short text/plain of its own. */
void http_answer_text(
    struct http_exchange *x, uint16_t status, const char *text);

/* Add bytes to a stream.  A reader that lags more than 1 MiB behind is cut. */
void http_push(struct http_exchange *x, struct span bytes);
void http_finish(struct http_exchange *x); /* the stream's end */

struct http_peer http_exchange_peer(const struct http_exchange *x);

#endif
