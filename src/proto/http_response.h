/*
 * http_response.h - what to answer to a request for a resource, and the head
 * of that answer.
 *
 * Preconditions and ranges are applied in the order of RFC 9110 section 13.2.2
 * with strong entity tags; there is no Last-Modified, so conditions on dates
 * never hold.
 */
#ifndef HOBNAIL_PROTO_HTTP_RESPONSE_H
#define HOBNAIL_PROTO_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/writer.h"
#include "proto/http_request.h"

#define HTTP_RESPONSE_HEAD_MAX 2048U /* bytes */

/* What lies behind the name that was asked for. */
struct http_resource {
	uint16_t status;     /* 200, or why there is nothing else to say */
	const char *type;    /* Content-Type, or NULL */
	const char *etag;    /* strong, with its quotes; NULL or "": none */
	const char *headers; /* further lines, each with CRLF, or NULL */
	uint64_t size;       /* of the body, bytes */
	bool stream;         /* the size is not known: it goes on */
};

/* What to send. */
struct http_plan {
	uint16_t status;
	bool head_only;         /* no body follows */
	bool keep_alive;        /* the connection goes on afterwards */
	bool chunked;           /* the body comes in chunks */
	bool http10;            /* so keep_alive must be said */
	uint64_t first, length; /* of the resource, bytes: the body */
};

/* Decide.  `request` NULL: as for a plain GET of HTTP/1.1. */
struct http_plan http_plan_for(
    const struct http_request *request, const struct http_resource *resource);

/* Write the head, its empty line included.  `date` is IMF-fixdate text. */
void http_head_put(struct writer *w, const struct http_plan *plan,
    const struct http_resource *resource, const char *date);

/* "Not Found", ...; "Unknown" where we never send it. */
const char *http_reason(uint16_t status);

/* `time`, seconds since 1970, as "Sun, 06 Nov 1994 08:49:37 GMT". */
#define HTTP_DATE_SIZE 30
const char *http_date(uint64_t time, char out[HTTP_DATE_SIZE]);

#endif
