/*
 * sources.h - how many connections or transfers each client address has.
 */
#ifndef HOBNAIL_SERVICE_SOURCES_H
#define HOBNAIL_SERVICE_SOURCES_H

#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

struct sources {
	struct table counts;
};

/* None yet. */
struct sources sources_make(void);
void sources_clear(struct sources *s);

size_t sources_count(const struct sources *s, uint32_t ip);

/* One more, or one less. */
void sources_enter(struct sources *s, uint32_t ip);
void sources_leave(struct sources *s, uint32_t ip);

#endif
