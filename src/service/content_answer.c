#include "service/content_answer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "boot/menu.h"
#include "io/log.h"

/* What keeps an answer's file and extents alive. */
struct hold {
	struct open_image *image; /* or NULL */
	int fd;                   /* to be closed, or -1 */
	struct image_extent extents[];
};

/* Copy as much of a text as `to` has room for. */
static void
put_text(char *to, size_t room, struct span text)
{
	size_t len = text.len < room ? text.len : room - 1;

	if (len)
		memcpy(to, text.data, len);
	to[len] = '\0';
}

#define PUT(field, text) put_text(field, sizeof(field), text)

static void
answer_text(struct lookup *l, uint16_t status, const char *text)
{
	l->out->status = status;
	l->out->type = "text/plain";
	strbuf_clear(&l->out->text);
	strbuf_text(&l->out->text, text);
	strbuf_char(&l->out->text, '\n');
	l->out->size = l->out->text.len;
}

static void
refuse(struct lookup *l, uint16_t status, const char *why)
{
	answer_text(l, status, why);
	l->out->kind = EVENT_REFUSED;
	PUT(l->out->file, l->request->path);
	PUT(l->out->note, span_text(why));
}

static const char *
type_of(struct span path)
{
	static const struct {
		const char *suffix;
		const char *type;
	} types[] = {
	    {".efi", "application/efi"},
	    {".iso", "application/vnd.efi-iso"},
	    {".img", "application/vnd.efi-img"},
	    {".ipxe", "text/plain"},
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t len = strlen(types[i].suffix);

		if (path.len >= len &&
		    span_is_nocase(
		        span_skip(path, path.len - len), types[i].suffix))
			return types[i].type;
	}
	return "application/octet-stream";
}

/* Answer with extents of an open file: of `fd`, or of what the table of `image`
 * speaks of.  Both are taken over. */
static struct hold *
answer_file(struct lookup *l, struct open_image *image, int fd, size_t count)
{
	struct hold *hold =
	    mem_alloc(sizeof(*hold) + count * sizeof(struct image_extent));

	hold->image = image;
	hold->fd = fd;
	l->out->status = 200;
	l->out->fd = image ? image->files : fd;
	l->out->extents = hold->extents;
	l->out->extent_count = count;
	l->out->hold = hold;
	return hold;
}

/* The whole file as one extent. */
static void
answer_whole(struct lookup *l, struct open_image *image, int fd,
    const struct file_stamp *stamp)
{
	struct hold *hold = answer_file(l, image, fd, stamp->size ? 1 : 0);

	if (stamp->size)
		hold->extents[0] =
		    (struct image_extent){.offset = 0, .length = stamp->size};
	l->out->size = stamp->size;
	(void)file_stamp_etag(stamp, l->out->etag);
}

/* Which loader is meant: some ROMs ask in capitals, some add ".0". */
static const struct loader *
find_loader(const struct catalogue *c, struct span name)
{
	for (int tries = 0; tries < 2; tries++) {
		for (size_t i = 0; i < c->loader_count; i++)
			if (span_is_nocase(name, c->loaders[i].name))
				return &c->loaders[i];
		if (!span_ends(name, ".0"))
			return NULL;
		name.len -= 2;
	}
	return NULL;
}

static void
find_loader_file(struct lookup *l)
{
	const struct loader *loader =
	    find_loader(&l->snapshot->catalogue, l->route.name);
	struct file_stamp stamp;
	int fd;

	if (!loader) {
		refuse(l, 404, "no such loader");
		return;
	}
	fd = open_beneath(l->context->folders[FOLDER_LOADERS], loader->name);
	if (fd < 0 || stamp_of_file(fd, &stamp) < 0) {
		if (fd >= 0)
			(void)close(fd);
		refuse(l, 503, "the loader cannot be read");
		return;
	}
	l->out->kind = EVENT_LOADER;
	l->out->type = type_of(span_text(loader->name));
	PUT(l->out->file, span_text(loader->name));
	answer_whole(l, NULL, fd, &stamp);
}

/* The image that the path names, ready and open; NULL when it was refused. */
static struct open_image *
open_named(struct lookup *l, const struct image **image)
{
	const struct catalogue *c = &l->snapshot->catalogue;
	struct open_image *open;
	const char *fault;

	*image = catalogue_image(c, l->route.id);
	if (!*image) {
		refuse(l, 404, "no such image");
		return NULL;
	}
	PUT(l->out->image, l->route.id);
	if ((*image)->state != IMAGE_READY) {
		refuse(l, 503, "the image is not ready");
		return NULL;
	}
	fault = snapshot_open(l->snapshot, (size_t)(*image - c->images),
	    l->context->folders, &open);
	if (fault) {
		refuse(l, 503, fault);
		return NULL;
	}
	return open;
}

static enum event_kind
kind_of_file(const struct image *image, struct span path)
{
	if (span_is(path, image->kernel))
		return EVENT_KERNEL;
	if (span_is(path, image->initrd))
		return EVENT_INITRD;
	return EVENT_FILE;
}

static void
find_file(struct lookup *l)
{
	const struct image *image;
	struct open_image *open = open_named(l, &image);
	struct image_file file;
	struct hold *hold;

	if (!open)
		return;
	if (!open->has_table ||
	    !image_table_find(&open->table, l->route.name, &file)) {
		open_image_drop(open);
		refuse(l, 404, "no such file in the image");
		return;
	}
	hold = answer_file(l, open, -1, file.extent_count);
	for (uint32_t i = 0; i < file.extent_count; i++)
		hold->extents[i] =
		    image_table_extent(&open->table, file.first + i);
	l->out->size = file.size;
	l->out->type = type_of(file.path);
	l->out->kind = kind_of_file(image, file.path);
	PUT(l->out->file, file.path);
	(void)file_stamp_etag(&open->stamp, l->out->etag);
}

static void
find_raw(struct lookup *l)
{
	const struct image *image;
	struct open_image *open = open_named(l, &image);

	if (!open)
		return;
	if (image->kind != IMAGE_ISO) {
		open_image_drop(open);
		refuse(l, 404, "not a disk image");
		return;
	}
	l->out->kind = EVENT_IMAGE;
	l->out->type = type_of(l->request->path);
	answer_whole(l, open, -1, &open->stamp);
}

static void
find_script(struct lookup *l)
{
	const struct image *image;
	struct open_image *open = open_named(l, &image);

	if (!open)
		return;
	if (image->kind != IMAGE_SCRIPT) {
		open_image_drop(open);
		refuse(l, 404, "not a script");
		return;
	}
	l->out->kind = EVENT_FILE;
	l->out->type = "text/plain";
	PUT(l->out->file, span_text(image->path));
	answer_whole(l, open, -1, &open->stamp);
}

/* Tell the state role what the menu's URL says of a machine, if it is news. */
static void
learn(struct lookup *l)
{
	const struct route *r = &l->route;
	const struct host *known =
	    catalogue_host(&l->snapshot->catalogue, r->mac);
	struct host host = {.mac = r->mac,
	    .firmware = r->client.firmware,
	    .arch = r->client.arch,
	    .ip = l->request->client.ip};
	struct ipc m = {.kind = IPC_HOST};
	struct strbuf body = {0};

	if (known && known->firmware == host.firmware &&
	    known->arch == host.arch && known->ip == host.ip)
		return;
	host_encode(&host, &body);
	m.body = strbuf_view(&body);
	/* Where state has no room the next boot says it again. */
	if (channel_try(&l->context->peers[ROLE_STATE], &m, -1) < 0)
		log_line(LOG_LEVEL_DEBUG, "host", "why=%s",
		    log_text(span_text("state takes no news")));
	strbuf_clear(&body);
}

static struct menu_server
server_of(const struct lookup *l)
{
	return (struct menu_server){
	    .catalogue = &l->snapshot->catalogue,
	    .settings = l->context->settings,
	    .version = HOBNAIL_VERSION,
	    .ip = l->request->local_ip,
	};
}

static void
answer_script(struct lookup *l, enum event_kind kind)
{
	l->out->status = 200;
	l->out->type = "text/plain";
	l->out->size = l->out->text.len;
	l->out->kind = kind;
}

static void
find_first(struct lookup *l)
{
	struct menu_server server = server_of(l);

	menu_first(&server, &l->out->text);
	answer_script(l, EVENT_SCRIPT);
}

static void
find_menu(struct lookup *l)
{
	struct menu_server server = server_of(l);
	struct strbuf note = {0};

	learn(l);
	menu_main(&server, &l->route, &l->out->text);
	answer_script(l, EVENT_MENU);
	strbuf_span(&note, l->route.platform);
	strbuf_char(&note, ' ');
	strbuf_span(&note, l->route.arch);
	PUT(l->out->note, strbuf_view(&note));
	strbuf_clear(&note);
}

static void
find_methods(struct lookup *l)
{
	struct menu_server server = server_of(l);
	const struct image *image =
	    catalogue_image(server.catalogue, l->route.id);
	const char *fault = NULL;

	if (!image) {
		refuse(l, 404, "no such image");
		return;
	}
	PUT(l->out->image, l->route.id);
	if (l->route.kind == ROUTE_METHODS) {
		menu_methods(&server, &l->route, image, &l->out->text);
		answer_script(l, EVENT_KINDS);
		return;
	}
	fault = menu_method(&server, &l->route, image, &l->out->text);
	if (fault) {
		refuse(l, 404, fault);
		return;
	}
	answer_script(l, EVENT_SCRIPT);
	PUT(l->out->note, span_text(method_name(l->route.method)));
}

static void
find_failed(struct lookup *l)
{
	struct strbuf note = {0};

	/* An empty script: iPXE takes it, whatever it then does with it. */
	strbuf_text(&l->out->text, "#!ipxe\n");
	answer_script(l, EVENT_FAILED);
	PUT(l->out->image, l->route.id);
	strbuf_text(&note, method_name(l->route.method));
	if (l->route.name.len) {
		strbuf_text(&note, " error ");
		strbuf_span(&note, l->route.name);
	}
	PUT(l->out->note, strbuf_view(&note));
	strbuf_clear(&note);
}

static void
find_report(struct lookup *l)
{
	l->out->status = 204;
	l->out->kind = EVENT_REPORT;
	PUT(l->out->note, l->route.name);
}

void
content_answer(struct lookup *l)
{
	static void (*const finders[ROUTE_KINDS])(struct lookup * l) = {
	    [ROUTE_LOADER] = find_loader_file,
	    [ROUTE_FIRST] = find_first,
	    [ROUTE_MENU] = find_menu,
	    [ROUTE_METHODS] = find_methods,
	    [ROUTE_METHOD] = find_methods,
	    [ROUTE_FAILED] = find_failed,
	    [ROUTE_FILE] = find_file,
	    [ROUTE_RAW] = find_raw,
	    [ROUTE_SCRIPT] = find_script,
	    [ROUTE_REPORT] = find_report,
	};

	if (l->route.kind == ROUTE_NONE)
		refuse(l, 404, "no such name");
	else if (!l->snapshot)
		refuse(l, 503, "the server is starting");
	else
		finders[l->route.kind](l);
}

void
content_release(struct content *c)
{
	struct hold *hold = c->hold;

	strbuf_clear(&c->text);
	if (hold) {
		open_image_drop(hold->image);
		if (hold->fd >= 0)
			(void)close(hold->fd);
		free(hold);
	}
	*c = (struct content){.fd = -1};
}
