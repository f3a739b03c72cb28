/*
 * content_answer.h - the answer to one request, by what its path means.
 *
 * Behind service/content.h: it is given a catalogue that nobody changes, and
 * opens what the answer needs.
 */
#ifndef HOBNAIL_SERVICE_CONTENT_ANSWER_H
#define HOBNAIL_SERVICE_CONTENT_ANSWER_H

#include "boot/route.h"
#include "service/content.h"
#include "service/snapshot.h"

/* One look-up. */
struct lookup {
	struct context *context;
	struct snapshot *snapshot; /* NULL: there is no catalogue yet */
	const struct content_request *request;
	struct route route;  /* what the path means */
	struct content *out; /* nothing yet but the machine */
};

void content_answer(struct lookup *l);

/* Give back what an answer holds. */
void content_release(struct content *c);

#endif
