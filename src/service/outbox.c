#include "service/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define RETRY_MS 2
#define WAITING_MAX (64U << 20) /* bytes */

struct letter {
	struct letter *next;
	struct ipc message; /* its spans are in `bytes` */
	int fd;             /* ours, or -1 */
	char bytes[];
};

static size_t
size_of(const struct ipc *m)
{
	return sizeof(struct letter) + m->text.len + m->body.len;
}

static void
drop_first(struct outbox *o)
{
	struct letter *l = o->first;

	o->first = l->next;
	if (!o->first)
		o->last = &o->first;
	o->waiting -= size_of(&l->message);
	if (l->fd >= 0)
		(void)close(l->fd);
	free(l);
}

static void
retry(void *owner)
{
	struct outbox *o = owner;

	while (o->first) {
		int result =
		    channel_try(o->channel, &o->first->message, o->first->fd);

		if (result == -EAGAIN || result == -ENOBUFS) {
			timer_at(
			    o->loop, &o->retry, loop_now(o->loop) + RETRY_MS);
			return;
		}
		drop_first(o); /* sent, or never to be */
	}
}

void
outbox_init(struct outbox *o, struct loop *loop, const struct channel *channel)
{
	*o = (struct outbox){.loop = loop,
	    .channel = channel,
	    .retry = {.fire = retry, .owner = o}};
	o->last = &o->first;
}

static bool
keep(struct outbox *o, const struct ipc *m, int fd)
{
	size_t size = size_of(m);
	struct letter *l;

	if (size > WAITING_MAX - o->waiting)
		return false;
	l = mem_alloc(size);
	l->message = *m;
	l->message.text.data = l->bytes;
	l->message.body.data = l->bytes + m->text.len;
	if (m->text.len)
		memcpy(l->bytes, m->text.data, m->text.len);
	if (m->body.len)
		memcpy(l->bytes + m->text.len, m->body.data, m->body.len);
	l->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0 && l->fd < 0) {
		free(l);
		return false;
	}
	o->waiting += size;
	*o->last = l;
	o->last = &l->next;
	timer_at(o->loop, &o->retry, loop_now(o->loop) + RETRY_MS);
	return true;
}

bool
outbox_send(struct outbox *o, const struct ipc *m, int fd)
{
	int result;

	if (o->channel->fd < 0)
		return false;
	if (o->first)
		return keep(o, m, fd);
	result = channel_try(o->channel, m, fd);
	if (result == -EAGAIN || result == -ENOBUFS)
		return keep(o, m, fd);
	return result == 0;
}

void
outbox_clear(struct outbox *o)
{
	while (o->first)
		drop_first(o);
	timer_stop(o->loop, &o->retry);
}
