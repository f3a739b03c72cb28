#include "service/snapshot.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "proto/ipc.h"

#define ARENA_MAX (256U << 20) /* bytes */

struct snapshot *
snapshot_hold(struct snapshot *s)
{
	(void)__atomic_add_fetch(&s->references, 1, __ATOMIC_RELAXED);
	return s;
}

void
snapshot_drop(struct snapshot *s)
{
	if (!s || __atomic_sub_fetch(&s->references, 1, __ATOMIC_ACQ_REL))
		return;
	for (size_t i = 0; s->open && i < s->catalogue.image_count; i++)
		open_image_drop(s->open[i]);
	free(s->open);
	free(s->asked);
	arena_clear(&s->arena);
	strbuf_clear(&s->bytes);
	free(s);
}

static struct open_image *
peek(const struct snapshot *s, size_t i)
{
	return __atomic_load_n(&s->open[i], __ATOMIC_ACQUIRE);
}

static bool
same_file(const struct image *a, const struct image *b)
{
	return file_stamp_equal(&a->stamp, &b->stamp) &&
	       streq(a->path, b->path) && streq(a->table, b->table) &&
	       a->unpacked == b->unpacked;
}

/* Take over what is open already. */
static void
inherit(struct snapshot *s, struct snapshot *old)
{
	for (size_t i = 0; i < s->catalogue.image_count; i++) {
		const struct image *image = &s->catalogue.images[i];
		const struct image *before =
		    catalogue_image(&old->catalogue, span_text(image->id));
		size_t at;

		if (!before || !same_file(image, before))
			continue;
		at = (size_t)(before - old->catalogue.images);
		s->asked[i] = old->asked[at];
		if (peek(old, at))
			s->open[i] = open_image_hold(peek(old, at));
	}
}

const char *
snapshot_new(struct strbuf *bytes, struct snapshot *old, struct snapshot **out)
{
	struct snapshot *s = mem_alloc(sizeof(*s));
	const char *fault;

	s->references = 1;
	s->arena = arena_with(ARENA_MAX);
	s->bytes = *bytes;
	*bytes = (struct strbuf){0};
	fault = catalogue_decode(
	    &s->arena, s->bytes.data, s->bytes.len, &s->catalogue);
	if (fault) {
		snapshot_drop(s);
		return fault;
	}
	s->open =
	    mem_array(s->catalogue.image_count, sizeof(struct open_image *));
	s->asked = mem_array(s->catalogue.image_count, sizeof(*s->asked));
	if (old)
		inherit(s, old);
	*out = s;
	return NULL;
}

/* Put `o` in its place unless another thread was faster; returns what is
 * there, which the snapshot owns. */
static struct open_image *
settle(struct snapshot *s, size_t i, struct open_image *o)
{
	struct open_image *there = NULL;

	if (__atomic_compare_exchange_n(&s->open[i], &there, o, false,
	        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return o;
	open_image_drop(o);
	return there;
}

const char *
snapshot_open(
    struct snapshot *s, size_t i, const int folders[], struct open_image **out)
{
	const struct image *image = &s->catalogue.images[i];
	struct open_image *o = peek(s, i);
	const char *fault;

	if (!o) {
		if (image->outside)
			return "the image has not been opened yet";
		fault = open_image_new(
		    image, folders[FOLDER_IMAGES], folders[FOLDER_TABLES], &o);
		if (fault)
			return fault;
		o = settle(s, i, o);
	}
	if (!open_image_unchanged(o))
		return "the image has changed";
	*out = open_image_hold(o);
	return NULL;
}

const char *
snapshot_opened(struct snapshot *s, size_t i, int fd, int tables)
{
	struct open_image *o;
	const char *fault =
	    open_image_over(&s->catalogue.images[i], fd, tables, &o);

	if (!fault)
		(void)settle(s, i, o);
	return fault;
}
