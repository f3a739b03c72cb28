/*
 * mem.h - heap memory that is there, or the process ends.
 *
 * Out of memory aborts the role; keeper starts it again (architecture.md,
 * section 3).  So nothing here returns NULL.
 */
#ifndef HOBNAIL_BASE_MEM_H
#define HOBNAIL_BASE_MEM_H

#include <stddef.h>

/* `size` zeroed bytes; free() them. */
void *mem_alloc(size_t size);

/* `count` zeroed elements of `size` bytes; free() them. */
void *mem_array(size_t count, size_t size);

/* `old` grown or cut to `size` bytes (not zeroed); free() it. */
void *mem_resize(void *old, size_t size);

/* A copy of the first `len` bytes of `text` plus a NUL; free() it. */
char *mem_text(const char *text, size_t len);

/* For SCOPED(): free what the pointer at `p` points to. */
void mem_free(void *p);

#endif
