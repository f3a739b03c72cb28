/*
 * http_request.h - the head of one HTTP/1.1 request, parsed and checked.
 *
 * llhttp in its strict mode knows the grammar (RFC 9112); here stand the rules
 * that a grammar does not say: exactly one Host, no folded fields, no transfer
 * coding, what a path may hold.  A head is parsed whole, once its end has come.
 *
 * Not here: what the request means for a resource (http_response.h).
 */
#ifndef HOBNAIL_PROTO_HTTP_REQUEST_H
#define HOBNAIL_PROTO_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

#define HTTP_HEAD_MAX 8192U /* bytes of a request's head */
#define HTTP_FIELDS_MAX 64U /* header fields of a request */
#define HTTP_PATH_MAX 1024U /* bytes of a path, decoded */

enum http_method {
	HTTP_METHOD_GET,
	HTTP_METHOD_HEAD,
	HTTP_METHOD_PUT,
	HTTP_METHOD_POST,
	HTTP_METHOD_DELETE,
	HTTP_METHODS,
};

struct http_request {
	enum http_method method;
	/* Decoded (RFC 3986 section 2.1), with a leading slash, without dot
	 * segments, NUL-terminated. */
	char path[HTTP_PATH_MAX + 1];
	size_t path_len;
	/* As sent; absent where there was none.  They borrow from the head. */
	struct span query; /* what follows '?' */
	struct span host;
	struct span range, if_range, if_match, if_none_match;
	struct span content_type;
	struct span user_agent;
	uint64_t body_len; /* Content-Length, bytes */
	bool body;         /* a Content-Length was sent, even 0 */
	bool keep_alive;   /* the connection may go on after the answer */
	bool http10;       /* HTTP/1.0: no chunked answers */
	bool
	    expect_continue; /* wants "100 Continue" before it sends the body */
};

/*
 * How many bytes of `input` are a whole head, its empty line included; 0 while
 * its end has not come.  Empty lines before the request line do not count as
 * its end (RFC 9112 section 2.2).
 */
size_t http_head_len(struct span input);

/* Whether `input`, the start of a head, can still become one. */
bool http_head_plausible(struct span input);

/*
 * Parse a whole head.  NULL, or why it is refused; `*status` is then what to
 * answer (400, 414, 431, 501, 505), and the connection must be closed after
 * that answer.
 */
MUST_USE const char *http_request_parse(
    struct span head, struct http_request *out, uint16_t *status);

#endif
