/*
 * arena.h - memory that is freed all at once.
 *
 * One arena per session, request or generation, each with a cap.  At the cap
 * arena_alloc returns NULL and `fault` is set; running out of real memory
 * aborts the process.  Nothing is freed singly.
 */
#ifndef HOBNAIL_BASE_ARENA_H
#define HOBNAIL_BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t cap;                 /* bytes that may be handed out in all */
	size_t used;                /* bytes handed out */
	const char *fault;          /* "too much" once the cap was hit */
};

/* An empty arena that hands out at most `cap` bytes. */
struct arena arena_with(size_t cap);

/* Free all that the arena handed out.  The arena is then empty and usable. */
void arena_clear(struct arena *a);

/* `size` zeroed bytes, aligned for any type; NULL at the cap. */
void *arena_alloc(struct arena *a, size_t size);

/* An array of `count` zeroed elements of `size` bytes; NULL at the cap. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* A NUL-terminated copy of `s`; NULL at the cap. */
char *arena_text(struct arena *a, struct span s);

/* Formatted text; NULL at the cap. */
char *arena_printf(struct arena *a, const char *format, ...) PRINTF(2, 3);

#endif
