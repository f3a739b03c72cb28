#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void *
mem_array(size_t count, size_t size)
{
	void *room = calloc(count ? count : 1, size ? size : 1);

	if (!room)
		abort();
	return room;
}

void *
mem_alloc(size_t size)
{
	return mem_array(1, size);
}

void *
mem_resize(void *old, size_t size)
{
	void *room = realloc(old, size ? size : 1);

	if (!room)
		abort();
	return room;
}

char *
mem_text(const char *text, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (len)
		memcpy(copy, text, len);
	return copy;
}

void
mem_free(void *p)
{
	free(*(void **)p);
}
