#include "media/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Merge from[start..middle) and from[middle..end) into `to`. */
static void
merge(const void **from, const void **to, const size_t at[3],
    int (*order)(const void *, const void *))
{
	size_t left = at[0], right = at[1];

	for (size_t i = at[0]; i < at[2]; i++) {
		if (left < at[1] &&
		    (right >= at[2] || order(from[left], from[right]) <= 0))
			to[i] = from[left++];
		else
			to[i] = from[right++];
	}
}

void
sort_pointers(const void **items, size_t count,
    int (*order)(const void *a, const void *b))
{
	const void **spare = mem_array(count, sizeof(*spare));
	const void **from = items, **to = spare;

	for (size_t width = 1; width < count; width *= 2) {
		const void **swap = from;

		for (size_t i = 0; i < count; i += 2 * width) {
			size_t at[3] = {i, i + width, i + 2 * width};

			if (at[1] > count)
				at[1] = count;
			if (at[2] > count)
				at[2] = count;
			merge(from, to, at, order);
		}
		from = to;
		to = swap;
	}
	if (from != items && count)
		memcpy(items, from, count * sizeof(*items));
	free(spare);
}
