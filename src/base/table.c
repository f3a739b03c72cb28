#include "base/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
table_clear(struct table *t)
{
	free(t->slots);
	*t = (struct table){.seed = t->seed};
}

/* The finaliser of SplitMix64, which spreads every bit of the key. */
static size_t
home_of(const struct table *t, uint64_t key)
{
	key ^= t->seed;
	key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9U;
	key = (key ^ key >> 27) * 0x94d049bb133111ebU;
	return (size_t)(key ^ key >> 31) & (t->room - 1);
}

/* The slot that holds `key`, or the free one where it would go. */
static struct table_slot *
slot_of(const struct table *t, uint64_t key)
{
	size_t i = home_of(t, key);

	while (t->slots[i].value && t->slots[i].key != key)
		i = (i + 1) & (t->room - 1);
	return &t->slots[i];
}

void *
table_get(const struct table *t, uint64_t key)
{
	return t->slots ? slot_of(t, key)->value : NULL;
}

static void
grow(struct table *t)
{
	struct table_slot *old = t->slots;
	size_t count = t->room;

	t->room = count ? count * 2 : 16;
	t->slots = mem_array(t->room, sizeof(*t->slots));
	for (size_t i = 0; i < count; i++)
		if (old[i].value)
			*slot_of(t, old[i].key) = old[i];
	free(old);
}

/* Close the gap at `gap`, so that no search stops there too early. */
static void
close_gap(struct table *t, size_t gap)
{
	size_t mask = t->room - 1;

	for (size_t i = (gap + 1) & mask; t->slots[i].value;
	     i = (i + 1) & mask) {
		size_t home = home_of(t, t->slots[i].key);

		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		t->slots[gap] = t->slots[i];
		gap = i;
	}
	t->slots[gap] = (struct table_slot){0};
}

void *
table_put(struct table *t, uint64_t key, void *value)
{
	struct table_slot *slot;
	void *before;

	if (value && (t->count + 1) * 4 > t->room * 3)
		grow(t);
	if (!t->slots)
		return NULL;
	slot = slot_of(t, key);
	before = slot->value;
	if (value) {
		t->count += !before;
		*slot = (struct table_slot){.key = key, .value = value};
	} else if (before) {
		t->count--;
		close_gap(t, (size_t)(slot - t->slots));
	}
	return before;
}

void *
table_next(const struct table *t, size_t *at)
{
	for (; *at < t->room; ++*at)
		if (t->slots[*at].value)
			return t->slots[(*at)++].value;
	return NULL;
}
