#include "cmd/images.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/scope.h"
#include "base/text.h"
#include "cmd/columns.h"
#include "cmd/options.h"

static const struct options_help help = {
    .command = "images",
    .args = "[list | show ID]",
    .doc = "Show the images that the server offers, and those that it cannot "
           "offer with the reason.",
};

/* "BIOS, UEFI x86_64": what the image itself can boot. */
static void
cell_firmware(struct strbuf *cell, json_t *image)
{
	json_t *efi = json_object_get(image, "efi");
	const char *arch;
	json_t *path;

	if (json_is_true(json_object_get(image, "bios")))
		strbuf_text(cell, "BIOS");
	json_object_foreach(efi, arch, path)
	{
		if (cell->len)
			strbuf_text(cell, ", ");
		strbuf_text(cell, "UEFI ");
		text_for_terminal(cell, arch);
	}
	if (!cell->len)
		strbuf_char(cell, '-');
}

static int
list(const struct options *o)
{
	static const char *const titles[] = {
	    "ID", "STATE", "SIZE", "BOOTS ON", "TITLE"};
	struct columns table = columns_with(titles, ARRAY_LEN(titles));
	json_t *images, *image;
	int status = client_show(&o->client, "/api/v1/images", &images);
	size_t i;

	if (status != EXIT_GOOD || !images)
		return status;
	json_array_foreach(images, i, image)
	{
		struct strbuf cells[ARRAY_LEN(titles)] = {{0}};
		SCOPED(strbuf_clear) struct strbuf why = {0};

		cell_text(&cells[0], image, "id");
		cell_text(&cells[1], image, "state");
		cell_size(&cells[2], image, "size");
		cell_firmware(&cells[3], image);
		cell_text(&cells[4], image, "title");
		text_for_terminal(&why, json_text(image, "why"));
		columns_add(&table, cells, strbuf_cstr(&why));
		for (size_t n = 0; n < ARRAY_LEN(cells); n++)
			strbuf_clear(&cells[n]);
	}
	if (table.rows)
		columns_print(&table, stdout);
	else
		(void)puts("There is no image in the folder yet: copy an ISO "
		           "file into it.\nWhere the folder was made or "
		           "mounted anew since the server started, start the "
		           "server again.");
	columns_clear(&table);
	json_decref(images);
	return EXIT_GOOD;
}

static void
print_member(const json_t *image, const char *key, const char *title)
{
	SCOPED(strbuf_clear) struct strbuf text = {0};

	if (!json_text(image, key)[0])
		return;
	text_for_terminal(&text, json_text(image, key));
	(void)printf("%-13s%s\n", title, strbuf_cstr(&text));
}

static void
print_image(json_t *image)
{
	SCOPED(strbuf_clear) struct strbuf size = {0};
	SCOPED(strbuf_clear) struct strbuf modified = {0};
	SCOPED(strbuf_clear) struct strbuf firmware = {0};

	cell_size(&size, image, "size");
	cell_time(&modified, image, "modified");
	cell_firmware(&firmware, image);
	print_member(image, "id", "ID");
	print_member(image, "title", "Title");
	print_member(image, "file", "File");
	print_member(image, "kind", "Kind");
	print_member(image, "state", "State");
	print_member(image, "why", "Why");
	(void)printf("%-13s%s\n", "Size", strbuf_cstr(&size));
	(void)printf("%-13s%s\n", "Modified", strbuf_cstr(&modified));
	(void)printf("%-13s%s\n", "Boots on", strbuf_cstr(&firmware));
	print_member(image, "family", "Family");
	print_member(image, "arch", "Architecture");
	print_member(image, "kernel", "Kernel");
	print_member(image, "initrd", "Initrd");
	print_member(image, "cmdline", "Command line");
}

static int
show(const struct options *o, const char *id)
{
	SCOPED(strbuf_clear) struct strbuf path = {0};
	json_t *image;
	int status;

	if (strchr(id, '/'))
		return options_wrong("images", "an ID has no slash in it");
	strbuf_text(&path, "/api/v1/images/");
	text_percent_encode(&path, span_text(id));
	status = client_show(&o->client, strbuf_cstr(&path), &image);
	if (status != EXIT_GOOD || !image)
		return status;
	print_image(image);
	json_decref(image);
	return EXIT_GOOD;
}

int
images_main(int argc, char **argv)
{
	struct options o;

	options_parse(argc, argv, &help, &o);
	if (o.arg_count == 0 || (o.arg_count == 1 && streq(o.args[0], "list")))
		return list(&o);
	if (o.arg_count == 2 && streq(o.args[0], "show"))
		return show(&o, o.args[1]);
	return options_wrong("images", "say 'list' or 'show ID'");
}
