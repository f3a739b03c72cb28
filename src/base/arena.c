#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK_SIZE 4096U
#define ALIGNMENT alignof(max_align_t)

struct arena_block {
	struct arena_block *older;
	size_t size; /* bytes in data */
	size_t used;
	alignas(max_align_t) char data[];
};

struct arena
arena_with(size_t cap)
{
	return (struct arena){.cap = cap};
}

void
arena_clear(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *older = a->blocks->older;

		free(a->blocks);
		a->blocks = older;
	}
	a->used = 0;
	a->fault = NULL;
}

static struct arena_block *
block_new(struct arena *a, size_t size)
{
	size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	struct arena_block *block = mem_alloc(sizeof(*block) + room);

	block->older = a->blocks;
	block->size = room;
	block->used = 0;
	a->blocks = block;
	return block;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *block = a->blocks;
	void *room;

	if (a->fault || size > a->cap - a->used) {
		a->fault = "too much";
		return NULL;
	}
	a->used += size;
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (!block || size > block->size - block->used)
		block = block_new(a, size);
	room = block->data + block->used;
	block->used += size;
	return memset(room, 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total)) {
		a->fault = "too much";
		return NULL;
	}
	return arena_alloc(a, total);
}

char *
arena_text(struct arena *a, struct span s)
{
	char *copy = arena_alloc(a, s.len + 1);

	if (copy && s.len)
		memcpy(copy, s.data, s.len);
	return copy;
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
	if (!text)
		return NULL;
	va_start(args, format);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}
