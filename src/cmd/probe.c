#include "cmd/probe.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/scope.h"
#include "base/text.h"
#include "boot/recipe.h"
#include "cmd/probe_child.h"
#include "media/image_table.h"

#define TEXTS_MAX (1U << 20) /* bytes of what the recipe says */

struct options {
	bool json, files;
	char **paths;
	int count;
};

/* One image, looked at. */
struct probed {
	const char *path;
	uint64_t file_size; /* bytes */
	enum inspect_verdict verdict;
	struct span why; /* where the verdict is not INSPECT_OK */
	struct image_table table;
	struct image image; /* what was recognised */
};

static const char *const efi_arch[ARCH_COUNT] = {
    "unknown", "i386", "x86_64", "arm64"};

static const char *
tree_name(const struct image_facts *f)
{
	if (f->archive)
		return f->packed ? "tar in gzip" : "tar";
	if (f->rock_ridge)
		return "Rock Ridge";
	return f->joliet ? "Joliet" : "ISO 9660";
}

static const char *
platform_name(uint8_t platform)
{
	switch (platform) {
	case 0:
		return "BIOS";
	case 1:
		return "PowerPC";
	case 2:
		return "Mac";
	case 0xef:
		return "EFI";
	default:
		return "unknown platform";
	}
}

static const char *
emulation_name(uint8_t emulation)
{
	static const char *const names[] = {"no emulation", "1.2 MB floppy",
	    "1.44 MB floppy", "2.88 MB floppy", "hard disk"};

	return emulation < ARRAY_LEN(names) ? names[emulation]
	                                    : "unknown emulation";
}

/* Escaped, but quotes and backslashes stay: nothing here stands in quotes. */
static void
add_shown(struct strbuf *out, struct span text)
{
	while (text.len) {
		size_t len = 0;

		while (len < text.len && text.data[len] != '"' &&
		       text.data[len] != '\\')
			len++;
		text_escape(out, span_of(text.data, len));
		text = span_skip(text, len);
		if (text.len) {
			strbuf_char(out, text.data[0]);
			text = span_skip(text, 1);
		}
	}
}

static void
print_line(const char *key, struct span text)
{
	struct strbuf shown = {0};

	if (text.len == 0)
		return;
	add_shown(&shown, text);
	(void)printf("  %-8s %s\n", key, strbuf_cstr(&shown));
	strbuf_clear(&shown);
}

static void
print_sizes(const struct probed *p)
{
	struct strbuf line = {0};

	text_size(&line, p->file_size);
	if (p->table.facts.size != p->file_size) {
		strbuf_printf(&line, " (%s takes ",
		    p->table.facts.packed ? "its content" : "the volume");
		text_size(&line, p->table.facts.size);
		strbuf_text(&line, ")");
	}
	print_line("size", strbuf_view(&line));
	line.len = 0;
	strbuf_printf(&line, "%s%s, %" PRIu32 " files",
	    tree_name(&p->table.facts), p->table.facts.hybrid ? ", hybrid" : "",
	    p->table.file_count);
	print_line("tree", strbuf_view(&line));
	strbuf_clear(&line);
}

static void
print_boot(const struct probed *p)
{
	for (size_t i = 0; i < p->table.facts.boot_count; i++) {
		const struct image_boot_entry *e = &p->table.facts.boot[i];

		(void)printf("  %-8s %s, %s%s, %" PRIu64 " bytes at %" PRIu64
		             "\n",
		    "boot", platform_name(e->platform),
		    emulation_name(e->emulation),
		    e->bootable ? "" : ", not bootable", e->length, e->offset);
	}
	for (size_t i = 0; i < ARCH_COUNT; i++) {
		if (!p->image.efi[i] || !*p->image.efi[i])
			continue;
		(void)printf("  %-8s %s: ", "efi", efi_arch[i]);
		(void)printf("%s\n", p->image.efi[i]);
	}
}

static void
print_files(const struct image_table *t)
{
	struct strbuf shown = {0};

	for (uint32_t i = 0; i < t->file_count; i++) {
		struct image_file f = image_table_file(t, i);

		shown.len = 0;
		add_shown(&shown, f.path);
		(void)printf("%12" PRIu64 " %s\n", f.size, strbuf_cstr(&shown));
	}
	strbuf_clear(&shown);
}

static void
print_text(const struct probed *p, const struct options *o)
{
	struct strbuf shown = {0};

	add_shown(&shown, span_text(p->path));
	if (p->verdict != INSPECT_OK) {
		(void)printf("%s: %s: %.*s\n", strbuf_cstr(&shown),
		    inspect_verdict_name(p->verdict), (int)p->why.len,
		    p->why.data);
		strbuf_clear(&shown);
		return;
	}
	(void)printf("%s\n", strbuf_cstr(&shown));
	strbuf_clear(&shown);
	print_line("title", span_text(p->image.title));
	print_line("volume", p->table.facts.volume);
	print_line("disk", p->table.facts.disk_info);
	print_sizes(p);
	print_boot(p);
	print_line("family", span_text(p->image.family));
	print_line("kernel", span_text(p->image.kernel));
	print_line("initrd", span_text(p->image.initrd));
	print_line("cmdline", span_text(p->image.cmdline));
	if (o->files)
		print_files(&p->table);
}

/* Text of an image need not be UTF-8, that of JSON must. */
static json_t *
text_of(struct span s)
{
	struct strbuf shown = {0};
	json_t *text = json_stringn(s.data ? s.data : "", s.len);

	if (text)
		return text;
	text_escape(&shown, s);
	text = json_string(strbuf_cstr(&shown));
	strbuf_clear(&shown);
	return text;
}

static void
set_text(json_t *object, const char *key, struct span text)
{
	if (text.len)
		(void)json_object_set_new(object, key, text_of(text));
}

static void
set_number(json_t *object, const char *key, uint64_t number)
{
	(void)json_object_set_new(
	    object, key, json_integer((json_int_t)number));
}

static json_t *
boot_of(const struct image_facts *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->boot_count; i++) {
		const struct image_boot_entry *e = &f->boot[i];
		json_t *entry = json_object();

		set_text(
		    entry, "platform", span_text(platform_name(e->platform)));
		set_text(entry, "emulation",
		    span_text(emulation_name(e->emulation)));
		(void)json_object_set_new(
		    entry, "bootable", json_boolean(e->bootable));
		set_number(entry, "offset", e->offset);
		set_number(entry, "length", e->length);
		(void)json_array_append_new(list, entry);
	}
	return list;
}

static json_t *
efi_of(const struct image *image)
{
	json_t *programs = json_object();

	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (image->efi[i])
			set_text(
			    programs, efi_arch[i], span_text(image->efi[i]));
	return programs;
}

/* Path, size, and the extents as pairs of offset and length. */
static json_t *
files_of(const struct image_table *t)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < t->file_count; i++) {
		struct image_file f = image_table_file(t, i);
		json_t *file = json_object(), *extents = json_array();

		for (uint32_t n = 0; n < f.extent_count; n++) {
			struct image_extent x =
			    image_table_extent(t, f.first + n);
			json_t *pair = json_array();

			(void)json_array_append_new(
			    pair, json_integer((json_int_t)x.offset));
			(void)json_array_append_new(
			    pair, json_integer((json_int_t)x.length));
			(void)json_array_append_new(extents, pair);
		}
		(void)json_object_set_new(file, "path", text_of(f.path));
		set_number(file, "size", f.size);
		(void)json_object_set_new(file, "extents", extents);
		(void)json_array_append_new(list, file);
	}
	return list;
}

static void
set_image(json_t *object, const struct probed *p, const struct options *o)
{
	const struct image_facts *f = &p->table.facts;

	set_text(object, "title", span_text(p->image.title));
	set_text(object, "volume", f->volume);
	set_text(object, "system", f->system);
	set_text(object, "publisher", f->publisher);
	set_text(object, "application", f->application);
	set_text(object, "disk_info", f->disk_info);
	set_number(object, "volume_size", f->size);
	set_text(object, "tree", span_text(tree_name(f)));
	(void)json_object_set_new(object, "hybrid", json_boolean(f->hybrid));
	(void)json_object_set_new(object, "boot", boot_of(f));
	(void)json_object_set_new(object, "efi", efi_of(&p->image));
	set_text(object, "family", span_text(p->image.family));
	set_text(object, "kernel", span_text(p->image.kernel));
	set_text(object, "initrd", span_text(p->image.initrd));
	set_text(object, "cmdline", span_text(p->image.cmdline));
	set_number(object, "file_count", p->table.file_count);
	if (o->files)
		(void)json_object_set_new(object, "files", files_of(&p->table));
}

static void
print_json(const struct probed *p, const struct options *o)
{
	json_t *object = json_object();

	set_text(object, "file", span_text(p->path));
	set_text(
	    object, "verdict", span_text(inspect_verdict_name(p->verdict)));
	set_text(object, "why", p->why);
	set_number(object, "size", p->file_size);
	if (p->verdict == INSPECT_OK)
		set_image(object, p, o);
	(void)json_dumpf(object, stdout, JSON_COMPACT);
	(void)putchar('\n');
	json_decref(object);
}

/* Show what the report on `path` says.  Whether it is a whole image. */
static bool
show(const char *path, uint64_t size, struct span report,
    const struct options *o)
{
	struct arena texts = arena_with(TEXTS_MAX);
	struct probed p = {
	    .path = path, .file_size = size, .image = {.id = "", .path = path}};
	struct span rest;
	const char *fault = inspect_report_parse(report, &p.verdict, &rest);

	if (!fault && p.verdict == INSPECT_OK)
		fault = image_table_open(rest.data, rest.len, size, &p.table);
	else if (!fault)
		p.why = rest;
	if (!fault && p.verdict == INSPECT_OK)
		fault = recipe_fill(&texts, &p.table, &p.image);
	if (fault) {
		p.verdict = INSPECT_BROKEN;
		p.why = span_text(fault);
	}
	if (o->json)
		print_json(&p, o);
	else
		print_text(&p, o);
	arena_clear(&texts);
	return p.verdict == INSPECT_OK;
}

static bool
probe(const char *path, const struct options *o)
{
	SCOPED(strbuf_clear) struct strbuf report = {0};
	uint64_t size = 0;
	int result = probe_child(path, &size, &report);

	if (result == -EINVAL)
		(void)fprintf(
		    stderr, "hobnail probe: '%s': not a regular file\n", path);
	else if (result < 0)
		(void)fprintf(stderr, "hobnail probe: '%s': %s\n", path,
		    strerror(-result));
	return result == 0 && show(path, size, strbuf_view(&report), o);
}

static error_t
take(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case 'f':
		o->files = true;
		return 0;
	case ARGP_KEY_ARGS:
		o->paths = state->argv + state->next;
		o->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
probe_main(int argc, char **argv)
{
	static const struct argp_option wanted[] = {
	    {"json", 'j', NULL, 0, "Print one line of JSON per image", 0},
	    {"files", 'f', NULL, 0, "List the files in the image too", 0},
	    {0},
	};
	static const struct argp argp = {.options = wanted,
	    .parser = take,
	    .args_doc = "FILE...",
	    .doc = "Show what is in an image and how it can be booted.  Needs "
	           "no server.\vThe exit status is 1 where a file is no whole "
	           "image."};
	char program[] = "hobnail probe";
	struct options o = {0};
	bool good = true;

	argv[0] = program;
	argp_err_exit_status = 2;
	if (argp_parse(&argp, argc, argv, 0, NULL, &o))
		return 2;
	for (int i = 0; i < o.count; i++)
		good = probe(o.paths[i], &o) && good;
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
