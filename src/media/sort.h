/*
 * sort.h - sort without asking the system anything.
 *
 * qsort(3) of glibc asks how much memory the machine has before it takes
 * some, which the image role is not allowed to.
 */
#ifndef HOBNAIL_MEDIA_SORT_H
#define HOBNAIL_MEDIA_SORT_H

#include <stddef.h>

/* Sort `count` pointers; what is equal keeps its order.  `order` returns
 * below, at or above 0. */
void sort_pointers(const void **items, size_t count,
    int (*order)(const void *a, const void *b));

#endif
