/*
 * table.h - a hash table from a 64-bit key to a pointer.
 *
 * The caller owns what the pointers point to.  `seed` is a random number, so
 * that a peer who chooses keys (hardware addresses) cannot choose collisions.
 * A NULL value is not stored.
 */
#ifndef HOBNAIL_BASE_TABLE_H
#define HOBNAIL_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_slot {
	uint64_t key;
	void *value; /* NULL: free */
};

struct table {
	struct table_slot *slots; /* NULL while empty */
	size_t room;              /* slots, a power of two */
	size_t count;             /* slots in use */
	uint64_t seed;
};

void table_clear(struct table *t);

/* The value at `key`, or NULL. */
void *table_get(const struct table *t, uint64_t key);

/* Set the value at `key`; NULL removes it.  Returns what was there before. */
void *table_put(struct table *t, uint64_t key, void *value);

/*
 * Walk all values in no order: start with `*at` 0, ends with NULL.  Nothing
 * may be added or removed between two steps.
 */
void *table_next(const struct table *t, size_t *at);

#endif
