#include "service/body.h"

#include <errno.h>

#include "io/file.h"

struct body
body_over(const struct image_extent *extents, size_t count)
{
	return (struct body){.extents = extents, .count = count};
}

void
body_seek(struct body *b, uint64_t at)
{
	if (at < b->start)
		*b = body_over(b->extents, b->count);
	b->at = at;
}

uint64_t
body_place(struct body *b, uint64_t *len)
{
	const struct image_extent *e;

	while (b->index < b->count &&
	       b->at - b->start >= b->extents[b->index].length)
		b->start += b->extents[b->index++].length;
	*len = 0;
	if (b->index == b->count)
		return 0;
	e = &b->extents[b->index];
	*len = e->length - (b->at - b->start);
	return e->offset + (b->at - b->start);
}

int
body_read(struct body *b, int fd, void *buf, size_t len, uint64_t at)
{
	char *to = buf;

	body_seek(b, at);
	while (len) {
		uint64_t run, place = body_place(b, &run);
		size_t step = run < len ? (size_t)run : len;
		int error;

		if (step == 0)
			return -ENODATA;
		error = file_read(fd, to, step, place);
		if (error)
			return error;
		to += step;
		b->at += step;
		len -= step;
	}
	return 0;
}
