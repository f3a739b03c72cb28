/*
 * admin.h - what the parts of the admin role share.
 *
 * admin_service.c takes messages and the requests of the control socket;
 * admin_routes.c has the one table of what can be asked, and answers it;
 * admin_ask.c asks state for what only the store knows.
 */
#ifndef HOBNAIL_SERVICE_ADMIN_H
#define HOBNAIL_SERVICE_ADMIN_H

#include <jansson.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "boot/catalogue.h"
#include "service/http_service.h"
#include "service/outbox.h"
#include "service/service.h"

struct admin_role {
	uint64_t pid; /* 0: down */
	char confinement[64];
};

/* A request that waits for state, sends a body, or follows the events. */
struct admin_call {
	struct admin_call *next;
	struct http_exchange *x;
	uint64_t id;        /* of the question; 0: none was asked yet */
	bool follow;        /* goes on with the events that come */
	bool following;     /* and has begun to */
	const char *type;   /* of the answer */
	char loader[128];   /* name of the loader that is imported, or "" */
	struct strbuf text; /* the answer so far, or the request's body */
};

struct admin {
	struct context *context;
	struct http_server *server;
	struct outbox to_state;
	struct strbuf bytes; /* what `catalogue` borrows from */
	struct arena arena;
	struct catalogue catalogue;
	struct admin_role roles[ROLE_COUNT];
	struct admin_call *calls;
	uint64_t last_id;
};

#define ADMIN_BODY_MAX (64U << 20) /* bytes of an imported loader */

/* admin_routes.c: answer, or begin to. */
void admin_route(struct admin *a, struct http_exchange *x);

/* Answer with a problem (RFC 9457); `detail` is for a person. */
void admin_problem(
    struct http_exchange *x, uint16_t status, const char *detail);

/* Answer with JSON, which is given up. */
void admin_json(struct http_exchange *x, json_t *value);

/* admin_ask.c */
struct admin_call *admin_call_new(struct admin *a, struct http_exchange *x);
void admin_call_free(struct admin *a, struct admin_call *call);

/* Ask state; its answer, of media type `type`, is that of the call. */
void admin_ask(struct admin *a, struct admin_call *call, const char *question,
    const char *type);

/* The body of a PUT is whole: hand it to state. */
void admin_import(struct admin *a, struct admin_call *call);

void admin_answered(struct admin *a, const struct ipc *m);
void admin_done(struct admin *a, const struct ipc *m);
void admin_event(struct admin *a, struct span line);
void admin_state_lost(struct admin *a);

#endif
