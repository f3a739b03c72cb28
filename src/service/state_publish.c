#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/log.h"
#include "io/memfd.h"
#include "service/state.h"

static const enum role readers[] = {ROLE_DHCP, ROLE_BOOT, ROLE_ADMIN};

static int
by_title(const void *a, const void *b)
{
	const struct image *x = a, *y = b;
	int order = strcasecmp(x->title, y->title);

	return order ? order : strcmp(x->id, y->id);
}

static int
by_mac(const void *a, const void *b)
{
	return memcmp(((const struct host *)a)->mac.b,
	    ((const struct host *)b)->mac.b, sizeof(struct mac));
}

static enum image_state
shown_state(const struct image_entry *e)
{
	return e->writing ? IMAGE_PROBING : e->state;
}

static const char *
shown_why(const struct image_entry *e)
{
	if (e->writing)
		return "somebody is still writing to it";
	return e->why ? e->why : "";
}

static struct image
image_of(const struct image_entry *e)
{
	struct image image = {0};

	if (e->state == IMAGE_READY)
		image = e->image;
	else
		image.title = e->path;
	image.id = e->id;
	image.path = e->path;
	image.kind = e->kind;
	image.state = shown_state(e);
	image.stamp = e->stamp;
	image.outside = e->outside;
	image.why = shown_why(e);
	return image;
}

static size_t
collect_images(const struct images *im, struct image *out)
{
	size_t count = 0;

	for (size_t i = 0; i < im->count; i++)
		if (im->entries[i]->present && im->entries[i]->id[0])
			out[count++] = image_of(im->entries[i]);
	qsort(out, count, sizeof(*out), by_title);
	return count;
}

static size_t
collect_hosts(const struct table *hosts, struct host *out)
{
	size_t count = 0, at = 0;
	const struct host *h;

	while ((h = table_next(hosts, &at)))
		out[count++] = *h;
	qsort(out, count, sizeof(*out), by_mac);
	return count;
}

static void
encode(struct state *s)
{
	const struct loaders *l = &s->loaders;
	struct image *images = mem_array(s->images.count, sizeof(*images));
	struct host *hosts = mem_array(s->ledger.hosts.count, sizeof(*hosts));
	struct loader *loaders = mem_array(l->count, sizeof(*loaders));
	struct catalogue c = {.generation = ++s->generation,
	    .images = images,
	    .loaders = loaders,
	    .hosts = hosts};

	c.image_count = collect_images(&s->images, images);
	c.host_count = collect_hosts(&s->ledger.hosts, hosts);
	for (; c.loader_count < l->count; c.loader_count++)
		loaders[c.loader_count] = l->entries[c.loader_count].loader;
	strbuf_clear(&s->catalogue);
	catalogue_encode(&c, &s->catalogue);
	free(images);
	free(hosts);
	free(loaders);
}

static void
send_to(struct state *s, int fd, enum role reader)
{
	struct ipc m = {.kind = IPC_CATALOGUE, .number = s->generation};

	(void)outbox_send(&s->outboxes[reader], &m, fd);
}

static int
sealed(struct state *s)
{
	int fd = memfd_sealed("catalogue", strbuf_view(&s->catalogue));

	if (fd < 0)
		log_line(LOG_LEVEL_ERROR, "catalogue", "error=%s",
		    log_text(span_text(strerror(-fd))));
	return fd;
}

static void
publish(void *owner)
{
	struct state *s = owner;
	int fd;

	encode(s);
	fd = sealed(s);
	if (fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		send_to(s, fd, readers[i]);
	(void)close(fd);
}

void
state_publish(struct state *s)
{
	loop_later(s->context->loop, &s->publish);
}

void
state_publish_now(struct state *s)
{
	publish(s);
}

void
state_publish_to(struct state *s, enum role reader)
{
	int fd;

	if (!s->catalogue.len)
		return; /* the first one goes to all */
	fd = sealed(s);
	if (fd < 0)
		return;
	send_to(s, fd, reader);
	(void)close(fd);
}

void
state_publish_init(struct state *s)
{
	s->publish = (struct task){.run = publish, .owner = s};
	s->generation = state_time_ms(); /* grows over restarts, too */
}
