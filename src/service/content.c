#include "service/content.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "boot/route.h"
#include "io/log.h"
#include "io/memfd.h"
#include "service/content_answer.h"
#include "service/snapshot.h"

#define CATALOGUE_MAX (256U << 20) /* bytes */
#define SEEN_COUNT 65536U          /* clients whose hardware address is kept */

struct content_source {
	struct context *context;
	/* Guards the step from `snapshot` to a reference to it, no more; held
	 * for a few instructions and never with another lock. */
	pthread_mutex_t lock;
	struct snapshot *snapshot; /* NULL until the first catalogue */
	uint64_t asked;            /* last id of an IPC_OPEN; main thread */
	/*
	 * Which machine has which address, learnt from the URLs that carry a
	 * hardware address: at the lower half of the address its upper half
	 * and the 48 bits of the hardware address, in one atomic word.
	 */
	uint64_t seen[SEEN_COUNT];
};

struct content_source *
content_source_new(struct context *c)
{
	struct content_source *s = mem_alloc(sizeof(*s));

	s->context = c;
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
content_source_free(struct content_source *s)
{
	if (!s)
		return;
	snapshot_drop(s->snapshot);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct snapshot *
take_snapshot(struct content_source *s)
{
	struct snapshot *taken;

	(void)pthread_mutex_lock(&s->lock);
	taken = s->snapshot ? snapshot_hold(s->snapshot) : NULL;
	(void)pthread_mutex_unlock(&s->lock);
	return taken;
}

/* Have keeper open what lies outside of the folder, before it is asked for. */
static void
ask_for_outside(struct content_source *s)
{
	struct snapshot *now = s->snapshot;

	for (size_t i = 0; i < now->catalogue.image_count; i++) {
		const struct image *image = &now->catalogue.images[i];
		struct ipc m = {
		    .kind = IPC_OPEN, .text = span_text(image->path)};

		if (!image->outside || image->state != IMAGE_READY ||
		    now->open[i] || now->asked[i])
			continue;
		m.id = now->asked[i] = ++s->asked;
		if (channel_try(&s->context->peers[ROLE_KEEPER], &m, -1) < 0)
			now->asked[i] = 0;
	}
}

const char *
content_catalogue(struct content_source *s, int fd)
{
	struct strbuf bytes = {0};
	struct snapshot *fresh = NULL, *old = s->snapshot;
	const char *fault = NULL;

	if (memfd_read(fd, CATALOGUE_MAX, &bytes) < 0)
		fault = "catalogue cannot be read";
	(void)close(fd);
	if (!fault)
		fault = snapshot_new(&bytes, old, &fresh);
	strbuf_clear(&bytes);
	if (fault)
		return fault;
	(void)pthread_mutex_lock(&s->lock);
	s->snapshot = fresh;
	(void)pthread_mutex_unlock(&s->lock);
	snapshot_drop(old);
	ask_for_outside(s);
	return NULL;
}

void
content_opened(struct content_source *s, const struct ipc *m, int fd)
{
	struct snapshot *now = s->snapshot;
	const char *fault;

	for (size_t i = 0; now && i < now->catalogue.image_count; i++) {
		if (now->asked[i] != m->id || m->id == 0)
			continue;
		now->asked[i] = 0;
		if (fd < 0)
			return;
		fault = snapshot_opened(
		    now, i, fd, s->context->folders[FOLDER_TABLES]);
		if (fault)
			log_line(LOG_LEVEL_WARNING, "image", "id=%s why=%s",
			    now->catalogue.images[i].id,
			    log_text(span_text(fault)));
		return;
	}
	if (fd >= 0)
		(void)close(fd);
}

static uint64_t
seen_upper(uint32_t ip)
{
	return (uint64_t)(ip >> 16) << 48;
}

static void
remember(struct content_source *s, uint32_t ip, struct mac mac)
{
	__atomic_store_n(&s->seen[ip % SEEN_COUNT],
	    seen_upper(ip) | mac_key(mac), __ATOMIC_RELAXED);
}

/* The machine at this address; zero where it was not seen. */
static struct mac
machine_at(const struct content_source *s, uint32_t ip)
{
	uint64_t word =
	    __atomic_load_n(&s->seen[ip % SEEN_COUNT], __ATOMIC_RELAXED);
	uint64_t key = word & 0xffffffffffff;

	if ((word & ~(uint64_t)0xffffffffffff) != seen_upper(ip))
		key = 0;
	return mac_from_key(key);
}

void
content_find(struct content_source *s, const struct content_request *r,
    struct content *out)
{
	struct lookup l = {.context = s->context,
	    .snapshot = take_snapshot(s),
	    .request = r,
	    .route = route_parse(r->path),
	    .out = out};

	*out = (struct content){.fd = -1, .kind = EVENT_KINDS};
	if (l.route.has_mac)
		remember(s, r->client.ip, l.route.mac);
	out->mac = l.route.has_mac ? l.route.mac : machine_at(s, r->client.ip);
	content_answer(&l);
	/* A range of a file is a part of a step; those of a whole image are
	 * what a SAN boot is made of. */
	if (r->partial && out->kind != EVENT_IMAGE)
		out->kind = EVENT_KINDS;
	snapshot_drop(l.snapshot);
}

void
content_done(struct content_source *s, struct content *c)
{
	(void)s;
	content_release(c);
}
