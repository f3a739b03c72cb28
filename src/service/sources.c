#include "service/sources.h"

#include <stdlib.h>

#include "base/mem.h"
#include "io/random.h"

struct sources
sources_make(void)
{
	return (struct sources){.counts = {.seed = random_number()}};
}

void
sources_clear(struct sources *s)
{
	size_t at = 0;
	size_t *count;

	while ((count = table_next(&s->counts, &at)))
		free(count);
	table_clear(&s->counts);
}

size_t
sources_count(const struct sources *s, uint32_t ip)
{
	const size_t *count = table_get(&s->counts, ip);

	return count ? *count : 0;
}

void
sources_enter(struct sources *s, uint32_t ip)
{
	size_t *count = table_get(&s->counts, ip);

	if (!count) {
		count = mem_alloc(sizeof(*count));
		(void)table_put(&s->counts, ip, count);
	}
	++*count;
}

void
sources_leave(struct sources *s, uint32_t ip)
{
	size_t *count = table_get(&s->counts, ip);

	if (!count || --*count)
		return;
	(void)table_put(&s->counts, ip, NULL);
	free(count);
}
