/*
 * http_phase.h - where a connection stands, and until when that may last.
 *
 * A client holds memory and a descriptor only while it gets on: each phase has
 * its deadline, and none is moved by bytes that trickle (RFC 9112 section 9.5
 * leaves the times to the server; iPXE keeps an idle connection for 10 s).
 */
#ifndef HOBNAIL_PROTO_HTTP_PHASE_H
#define HOBNAIL_PROTO_HTTP_PHASE_H

#include <stdint.h>

enum http_state {
	HTTP_IDLE,     /* nothing asked, nothing owed */
	HTTP_HEADING,  /* some bytes of a head have come */
	HTTP_TAKING,   /* the request's body comes in */
	HTTP_THINKING, /* the handler has yet to answer */
	HTTP_SENDING,  /* an answer goes out */
	HTTP_PAUSING,  /* a stream waits for what comes next */
	HTTP_LEAVING,  /* all is said; the last bytes get a moment to arrive */
};

struct http_phase {
	enum http_state state;
	uint64_t deadline; /* monotonic ms; UINT64_MAX: none */
	uint64_t marked;   /* bytes moved when the deadline was set */
};

/* The only way to change the state. */
void http_phase_enter(
    struct http_phase *p, enum http_state state, uint64_t now);

/* `moved` bytes of this body have passed so far: move the deadline, if that
 * are enough of them. */
void http_phase_moved(struct http_phase *p, uint64_t moved, uint64_t now);

/* The state as a log says it. */
const char *http_state_name(enum http_state state);

#endif
