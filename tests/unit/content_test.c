#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "boot/catalogue.h"
#include "io/channel.h"
#include "io/memfd.h"
#include "service/content.h"

#define MENU "/m/52-54-00-12-34-56/pcbios/i386/-,cpu64/"

/* A server's folders with an image of 8 KiB, a script and a loader; a pair
 * of channels stands for each of the roles that content talks to. */
struct world {
	char root[64];
	struct settings settings;
	struct context context;
	struct content_source *source;
	struct image images[3];
	struct loader loader;
	struct catalogue catalogue;
	struct channel state, keeper; /* the other ends */
};

static int
folder(struct world *w, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", w->root, name);
	CHECK(mkdir(path, 0700) == 0);
	return open(path, O_RDONLY | O_DIRECTORY);
}

static void
write_file(int at, const char *name, struct span bytes)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len);
	(void)close(fd);
}

static struct file_stamp
stamp_of(int at, const char *name)
{
	struct stat st;

	CHECK(fstatat(at, name, &st, 0) == 0);
	return (struct file_stamp){.dev = st.st_dev,
	    .ino = st.st_ino,
	    .size = (uint64_t)st.st_size,
	    .mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000U +
	                (uint64_t)st.st_mtim.tv_nsec};
}

static void
write_table_of(struct world *w, const struct image_facts *facts)
{
	struct image_table_builder *b = image_table_builder_new();
	const struct image_extent two[] = {{2048, 10}, {4096, 6}};
	struct strbuf out = {0};

	CHECK(!image_table_add(b, span_text("linux"), two, 2));
	CHECK(!image_table_add(b, span_text("initrd.gz"), two, 1));
	CHECK(!image_table_add(b, span_text("README"), NULL, 0));
	image_table_finish(b, facts, &out);
	image_table_builder_free(b);
	write_file(
	    w->context.folders[FOLDER_TABLES], "debian", strbuf_view(&out));
	strbuf_clear(&out);
}

static void
write_table(struct world *w)
{
	struct image_facts facts = {.size = 8192};

	write_table_of(w, &facts);
}

static struct channel
connect_role(struct world *w, enum role role)
{
	int fds[2];

	CHECK(channel_pair(fds) == 0);
	w->context.peers[role] =
	    (struct channel){.fd = fds[0], .self = ROLE_BOOT, .peer = role};
	return (struct channel){.fd = fds[1], .self = role, .peer = ROLE_BOOT};
}

static void
publish(struct world *w)
{
	struct strbuf bytes = {0};

	w->catalogue.generation++;
	catalogue_encode(&w->catalogue, &bytes);
	CHECK_TEXT(content_catalogue(w->source,
	               memfd_sealed("catalogue", strbuf_view(&bytes))),
	    NULL);
	strbuf_clear(&bytes);
}

static struct image
image(const char *id, const char *path, struct file_stamp stamp)
{
	return (struct image){
	    .id = id, .path = path, .title = id, .stamp = stamp};
}

static void
world_init(struct world *w)
{
	static char bytes[8192];
	int *folders = w->context.folders;

	*w = (struct world){.root = "/tmp/hobnail-content-XXXXXX"};
	w->settings = settings_default();
	CHECK(mkdtemp(w->root) != NULL);
	folders[FOLDER_IMAGES] = folder(w, "images");
	folders[FOLDER_TABLES] = folder(w, "tables");
	folders[FOLDER_LOADERS] = folder(w, "loaders");
	w->context.settings = &w->settings;
	w->state = connect_role(w, ROLE_STATE);
	w->keeper = connect_role(w, ROLE_KEEPER);
	write_file(folders[FOLDER_IMAGES], "debian.iso",
	    span_of(bytes, sizeof(bytes)));
	write_file(folders[FOLDER_IMAGES], "own.ipxe", span_text("#!ipxe\n"));
	write_file(folders[FOLDER_LOADERS], "undionly.kpxe", span_text("UN"));
	write_table(w);
	w->images[0] = image("debian", "debian.iso",
	    stamp_of(folders[FOLDER_IMAGES], "debian.iso"));
	w->images[0].table = "debian";
	w->images[0].kernel = "linux";
	w->images[0].initrd = "initrd.gz";
	w->images[0].bios = true;
	w->images[1] = image(
	    "own", "own.ipxe", stamp_of(folders[FOLDER_IMAGES], "own.ipxe"));
	w->images[1].kind = IMAGE_SCRIPT;
	w->images[2] = image("torn", "torn.iso", (struct file_stamp){0});
	w->images[2].state = IMAGE_BROKEN;
	w->loader = (struct loader){.name = "undionly.kpxe"};
	w->catalogue = (struct catalogue){.images = w->images,
	    .image_count = 3,
	    .loaders = &w->loader,
	    .loader_count = 1};
	w->source = content_source_new(&w->context);
}

static void
world_clear(struct world *w)
{
	char command[128];

	content_source_free(w->source);
	for (size_t i = 0; i < FOLDER_KINDS; i++)
		if (w->context.folders[i] > 0)
			(void)close(w->context.folders[i]);
	channel_close(&w->context.peers[ROLE_STATE]);
	channel_close(&w->context.peers[ROLE_KEEPER]);
	channel_close(&w->state);
	channel_close(&w->keeper);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", w->root);
	CHECK(system(command) == 0);
}

static struct content
ask(struct world *w, const char *path)
{
	struct content_request r = {.path = span_text(path),
	    .client = {.ip = 0xc0000264, .port = 1},
	    .local_ip = 0xc0000201};
	struct content c;

	content_find(w->source, &r, &c);
	return c;
}

/* The status of an answer that is thrown away. */
static unsigned int
status(struct world *w, const char *path)
{
	struct content c = ask(w, path);
	unsigned int got = c.status;

	content_done(w->source, &c);
	return got;
}

TEST(before_the_first_catalogue_the_server_is_starting)
{
	struct world w;

	world_init(&w);
	CHECK(status(&w, "/boot.ipxe") == 503);
	CHECK(status(&w, "/undionly.kpxe") == 503);
	CHECK(status(&w, "/no/such") == 404);
	publish(&w);
	CHECK(status(&w, "/boot.ipxe") == 200);
	world_clear(&w);
}

TEST(a_file_in_an_image_is_ranges_of_the_image)
{
	struct content c;
	struct world w;

	world_init(&w);
	publish(&w);
	c = ask(&w, "/iso/debian/linux");
	CHECK(c.status == 200 && c.fd >= 0 && c.size == 16);
	CHECK(c.extent_count == 2 && c.extents[1].offset == 4096);
	CHECK(c.kind == EVENT_KERNEL && c.etag[0] == '"');
	CHECK_TEXT(c.image, "debian");
	CHECK_TEXT(c.file, "linux");
	CHECK_TEXT(c.type, "application/octet-stream");
	content_done(w.source, &c);
	c = ask(&w, "/iso/debian/README");
	CHECK(c.status == 200 && c.size == 0 && c.extent_count == 0);
	CHECK(c.kind == EVENT_FILE);
	content_done(w.source, &c);
	CHECK(status(&w, "/iso/debian/LINUX") == 200);
	CHECK(status(&w, "/iso/debian/none") == 404);
	CHECK(status(&w, "/iso/none/linux") == 404);
	CHECK(status(&w, "/iso/torn/linux") == 503);
	world_clear(&w);
}

TEST(whole_images_scripts_and_loaders_have_their_types)
{
	struct content c;
	struct world w;

	world_init(&w);
	publish(&w);
	c = ask(&w, "/raw/debian.iso");
	CHECK(c.status == 200 && c.size == 8192 && c.kind == EVENT_IMAGE);
	CHECK_TEXT(c.type, "application/vnd.efi-iso");
	content_done(w.source, &c);
	c = ask(&w, "/script/own.ipxe");
	CHECK(c.status == 200 && c.size == 7 && c.kind == EVENT_FILE);
	CHECK_TEXT(c.type, "text/plain");
	content_done(w.source, &c);
	c = ask(&w, "/b/52-54-00-12-34-56/UNDIONLY.KPXE.0");
	CHECK(c.status == 200 && c.size == 2 && c.kind == EVENT_LOADER);
	CHECK_TEXT(c.file, "undionly.kpxe");
	content_done(w.source, &c);
	CHECK(status(&w, "/raw/own.iso") == 404);
	CHECK(status(&w, "/script/debian.ipxe") == 404);
	CHECK(status(&w, "/snponly.efi") == 404);
	world_clear(&w);
}

TEST(an_image_that_changed_is_not_served)
{
	struct content open;
	struct world w;

	world_init(&w);
	publish(&w);
	open = ask(&w, "/raw/debian.iso");
	CHECK(open.status == 200);
	write_file(w.context.folders[FOLDER_IMAGES], "debian.iso",
	    span_text("shorter"));
	CHECK(status(&w, "/raw/debian.iso") == 503);
	w.images[0].stamp =
	    stamp_of(w.context.folders[FOLDER_IMAGES], "debian.iso");
	w.images[0].table = "";
	publish(&w);
	CHECK(status(&w, "/raw/debian.iso") == 200);
	CHECK(fcntl(open.fd, F_GETFD) >= 0); /* still held */
	content_done(w.source, &open);
	world_clear(&w);
}

TEST(files_of_a_compressed_image_come_from_its_stored_content)
{
	static char archive[8192];
	struct image_facts facts = {
	    .size = sizeof(archive), .archive = true, .packed = true};
	struct content c;
	struct world w;
	int tables;

	world_init(&w);
	tables = w.context.folders[FOLDER_TABLES];
	write_table_of(&w, &facts);
	w.images[0].kind = IMAGE_NETBOOT;
	w.images[0].path = "netboot.tar.gz";
	w.images[0].unpacked = true;
	write_file(w.context.folders[FOLDER_IMAGES], "netboot.tar.gz",
	    span_text("packed"));
	w.images[0].stamp =
	    stamp_of(w.context.folders[FOLDER_IMAGES], "netboot.tar.gz");
	publish(&w);
	CHECK(status(&w, "/iso/debian/initrd.gz") == 503);
	write_file(tables, "debian_files.tar", span_of(archive, 100));
	CHECK(status(&w, "/iso/debian/initrd.gz") == 503);
	memset(archive, 'c', sizeof(archive));
	write_file(
	    tables, "debian_files.tar", span_of(archive, sizeof(archive)));
	c = ask(&w, "/iso/debian/initrd.gz");
	CHECK(c.status == 200 && c.size == 10 && c.extent_count == 1);
	archive[0] = '\0';
	CHECK(pread(c.fd, archive, 1, (off_t)c.extents[0].offset) == 1);
	CHECK(archive[0] == 'c');
	content_done(w.source, &c);
	CHECK(status(&w, "/raw/debian.iso") == 404);

	/* A new version of the file is not served from the old content. */
	write_file(w.context.folders[FOLDER_IMAGES], "netboot.tar.gz",
	    span_text("another"));
	CHECK(status(&w, "/iso/debian/initrd.gz") == 503);
	world_clear(&w);
}

TEST(nothing_outside_of_the_folder_is_opened)
{
	struct world w;

	world_init(&w);
	CHECK(symlinkat("/etc/hostname", w.context.folders[FOLDER_IMAGES],
	          "out.iso") == 0);
	w.images[0].path = "out.iso";
	publish(&w);
	CHECK(status(&w, "/raw/debian.iso") == 503);
	w.images[0].path = "../tables/debian";
	publish(&w);
	CHECK(status(&w, "/raw/debian.iso") == 503);
	world_clear(&w);
}

TEST(keeper_opens_what_a_link_out_of_the_folder_names)
{
	struct channel_buffer buffer;
	const char *fault;
	struct world w;
	struct ipc m;
	int fd;

	world_init(&w);
	w.images[0].outside = true;
	w.images[0].table = "";
	publish(&w);
	CHECK(status(&w, "/raw/debian.iso") == 503);
	CHECK(channel_receive(&w.keeper, &buffer, &m, &fd, &fault) == 1);
	CHECK(m.kind == IPC_OPEN && span_is(m.text, "debian.iso"));
	m = (struct ipc){.kind = IPC_OPENED, .id = m.id};
	content_opened(w.source, &m,
	    openat(w.context.folders[FOLDER_IMAGES], "debian.iso", O_RDONLY));
	CHECK(status(&w, "/raw/debian.iso") == 200);
	publish(&w); /* stays open */
	CHECK(status(&w, "/raw/debian.iso") == 200);
	CHECK(channel_receive(&w.keeper, &buffer, &m, &fd, &fault) == 0);
	world_clear(&w);
}

TEST(a_menu_tells_who_a_machine_is_and_later_requests_carry_it)
{
	struct channel_buffer buffer;
	const struct mac mac = {{0x52, 0x54, 0, 0x12, 0x34, 0x56}};
	const char *fault;
	struct content c;
	struct world w;
	struct host host;
	struct ipc m;
	int fd;

	world_init(&w);
	publish(&w);
	c = ask(&w, MENU "menu.ipxe");
	CHECK(c.status == 200 && c.kind == EVENT_MENU);
	CHECK(strstr(c.text.data, "item debian/linux"));
	CHECK_TEXT(c.note, "pcbios i386");
	content_done(w.source, &c);
	CHECK(channel_receive(&w.state, &buffer, &m, &fd, &fault) == 1);
	CHECK(m.kind == IPC_HOST);
	CHECK(!host_decode(m.body.data, m.body.len, &host));
	CHECK(mac_equal(host.mac, mac) && host.ip == 0xc0000264);
	CHECK(host.firmware == FIRMWARE_BIOS && host.arch == ARCH_I386);
	c = ask(&w, "/iso/debian/initrd.gz");
	CHECK(c.kind == EVENT_INITRD && mac_equal(c.mac, mac));
	content_done(w.source, &c);
	w.catalogue.hosts = &host;
	w.catalogue.host_count = 1;
	publish(&w);
	CHECK(status(&w, MENU "menu.ipxe") == 200);
	CHECK(channel_receive(&w.state, &buffer, &m, &fd, &fault) == 0);
	world_clear(&w);
}

TEST(failures_and_reports_are_events_with_their_text)
{
	struct content c;
	struct world w;

	world_init(&w);
	publish(&w);
	c = ask(&w, "/m/52-54-00-12-34-56/failed/debian/linux/0x1");
	CHECK(c.status == 200 && c.kind == EVENT_FAILED);
	CHECK_TEXT(c.note, "linux error 0x1");
	content_done(w.source, &c);
	c = ask(&w, "/report/52-54-00-12-34-56/up and running");
	CHECK(c.status == 204 && c.kind == EVENT_REPORT && c.text.len == 0);
	CHECK_TEXT(c.note, "up and running");
	content_done(w.source, &c);
	c = ask(&w, "/nothing\n");
	CHECK(c.status == 404 && c.kind == EVENT_REFUSED);
	CHECK_TEXT(c.file, "/nothing\n");
	CHECK(!strstr(c.text.data, "nothing")); /* nothing is echoed */
	content_done(w.source, &c);
	world_clear(&w);
}

TEST(a_part_of_a_file_is_no_step_of_a_boot)
{
	struct content_request r = {
	    .path = span_text("/iso/debian/linux"), .partial = true};
	struct content c;
	struct world w;

	world_init(&w);
	publish(&w);
	content_find(w.source, &r, &c);
	CHECK(c.status == 200 && c.kind == EVENT_KINDS);
	content_done(w.source, &c);
	r.path = span_text("/raw/debian.iso");
	content_find(w.source, &r, &c);
	CHECK(c.kind == EVENT_IMAGE);
	content_done(w.source, &c);
	world_clear(&w);
}

TEST(a_catalogue_that_is_none_changes_nothing)
{
	struct world w;

	world_init(&w);
	publish(&w);
	CHECK_TEXT(content_catalogue(w.source,
	               memfd_sealed("x", span_text("not one at all"))),
	    "not a catalogue");
	CHECK(status(&w, "/raw/debian.iso") == 200);
	world_clear(&w);
}

TEST(a_damaged_table_is_refused)
{
	struct world w;

	world_init(&w);
	write_file(w.context.folders[FOLDER_TABLES], "debian",
	    span_text("hobtbl01 and no more"));
	publish(&w);
	CHECK(status(&w, "/iso/debian/linux") == 503);
	world_clear(&w);
}
