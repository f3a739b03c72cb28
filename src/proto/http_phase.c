#include "proto/http_phase.h"

#include "base/attr.h"

/* What a body must move before its deadline is set anew, bytes. */
#define STEP 1024

static const struct {
	const char *name;
	uint64_t patience; /* ms; 0: without end */
} states[] = {
    [HTTP_IDLE] = {"idle", 30000},
    [HTTP_HEADING] = {"heading", 10000},
    [HTTP_TAKING] = {"taking", 30000},
    [HTTP_THINKING] = {"thinking", 0},
    [HTTP_SENDING] = {"sending", 120000},
    [HTTP_PAUSING] = {"pausing", 0},
    [HTTP_LEAVING] = {"leaving", 2000},
};

void
http_phase_enter(struct http_phase *p, enum http_state state, uint64_t now)
{
	uint64_t patience = states[state].patience;

	p->state = state;
	p->deadline = patience ? now + patience : UINT64_MAX;
	p->marked = 0;
}

void
http_phase_moved(struct http_phase *p, uint64_t moved, uint64_t now)
{
	if (p->state != HTTP_TAKING && p->state != HTTP_SENDING)
		return;
	if (moved - p->marked < STEP)
		return;
	p->marked = moved;
	p->deadline = now + states[p->state].patience;
}

const char *
http_state_name(enum http_state state)
{
	return state < ARRAY_LEN(states) ? states[state].name : "?";
}
