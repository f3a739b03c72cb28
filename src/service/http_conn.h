/*
 * http_conn.h - one connection of an HTTP server: its bytes, in and out.
 *
 * Private to http_service.c and http_conn.c.
 */
#ifndef HOBNAIL_SERVICE_HTTP_CONN_H
#define HOBNAIL_SERVICE_HTTP_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "proto/http_phase.h"
#include "proto/http_response.h"
#include "service/body.h"
#include "service/http_service.h"
#include "service/sources.h"

#define HTTP_INPUT 16384U  /* bytes read at once */
#define HTTP_OUTPUT 73728U /* bytes: a head and a small body */

struct http_server {
	struct loop *loop;
	const struct http_handler *handler;
	void *owner;
	struct watch watch; /* the listener */
	bool watching;
	struct timer pause; /* until accepting is tried again */
	struct http_conn *conns, *graves;
	struct task bury;
	size_t count, most; /* connections */
	struct sources sources;
	uint64_t date_of; /* seconds; what `date` says */
	char date[HTTP_DATE_SIZE];
	/* Used within one turn of one connection; nothing is kept here. */
	char input[HTTP_INPUT];
	char output[HTTP_OUTPUT];
};

struct http_conn {
	struct http_exchange x;
	struct http_server *server;
	struct http_conn *next, **place; /* in server->conns */
	struct watch watch;
	uint32_t events; /* that are watched */
	struct timer timer;
	struct task task; /* goes on after a late answer */
	struct http_phase phase;
	struct http_peer peer;
	struct strbuf in;   /* came, but was not taken yet */
	struct strbuf out;  /* of head, text or stream: not sent yet */
	size_t out_at;      /* bytes of `out` that were sent */
	struct body body;   /* of a file */
	int fd;             /* that file, or -1 */
	uint64_t left;      /* bytes of the file's body to send */
	uint64_t wire;      /* bytes sent since the answer began */
	uint64_t head_len;  /* how many of them are the head */
	uint64_t body_left; /* bytes of the request's body to come */
	size_t budget;      /* bytes that may still be sent in this turn */
	bool open;          /* begin() was called, done() was not */
	bool inside;        /* the handler is being called */
	bool answered;      /* http_answer() was called */
	bool stream, finished, chunked;
	bool keep_alive, http10, head_only;
	bool closed; /* waits to be freed */
};

/* Take over the accepted socket `fd`. */
void http_conn_new(struct http_server *s, int fd, const struct endpoint *from);

/* Close; freed at the end of the turn. */
void http_conn_close(struct http_conn *c);

/* A connection has gone: accept others again (http_service.c). */
void http_server_left(struct http_server *s, const struct http_conn *c);

/* The Date field's value. */
const char *http_server_date(struct http_server *s);

#endif
