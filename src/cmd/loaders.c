#include "cmd/loaders.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/attr.h"
#include "base/scope.h"
#include "base/text.h"
#include "cmd/columns.h"
#include "cmd/options.h"
#include "service/admin.h"

static const struct options_help help = {
    .command = "loaders",
    .args = "[list | import FILE|DIR...]",
    .doc = "Show the boot loaders that the server hands out, or give it "
           "others: upstream's iPXE, a signed one, wimboot, ...",
};

/* When the file was made, and how long ago that is. */
static void
cell_age(struct strbuf *cell, const json_t *loader)
{
	struct tm tm = {0};
	double seconds;
	long days;

	if (!strptime(
	        json_text(loader, "modified"), "%Y-%m-%dT%H:%M:%S", &tm)) {
		strbuf_char(cell, '-');
		return;
	}
	seconds = difftime(time(NULL), timegm(&tm));
	days = seconds > 0 ? (long)(seconds / 86400) : 0;
	strbuf_add(cell, json_text(loader, "modified"), strlen("YYYY-MM-DD"));
	if (days == 0)
		strbuf_text(cell, ", today");
	else
		strbuf_printf(cell, ", %ld day%s", days, days == 1 ? "" : "s");
}

static int
list(const struct options *o)
{
	static const char *const titles[] = {
	    "NAME", "FOR", "VERSION", "SOURCE", "KNOWN", "AGE", "FEATURES"};
	struct columns table = columns_with(titles, ARRAY_LEN(titles));
	json_t *loaders, *loader;
	int status = client_show(&o->client, "/api/v1/loaders", &loaders);
	size_t i;

	if (status != EXIT_GOOD || !loaders)
		return status;
	json_array_foreach(loaders, i, loader)
	{
		struct strbuf cells[ARRAY_LEN(titles)] = {{0}};
		json_t *known = json_object_get(loader, "known");

		cell_text(&cells[0], loader, "name");
		cell_text(&cells[1], loader, "firmware");
		strbuf_char(&cells[1], ' ');
		cell_text(&cells[1], loader, "arch");
		cell_text(&cells[2], loader, "version");
		cell_text(&cells[3], loader, "source");
		strbuf_text(&cells[4], json_is_true(known) ? "yes" : "no");
		cell_age(&cells[5], loader);
		cell_text(&cells[6], loader, "features");
		columns_add(&table, cells, "");
		for (size_t n = 0; n < ARRAY_LEN(cells); n++)
			strbuf_clear(&cells[n]);
	}
	if (table.rows)
		columns_print(&table, stdout);
	else
		(void)puts("There is no boot loader yet, so no machine can "
		           "boot: 'hobnail loaders import FILE' adds one.");
	columns_clear(&table);
	json_decref(loaders);
	return EXIT_GOOD;
}

static int
no_file(const char *path)
{
	(void)fprintf(
	    stderr, "hobnail: cannot read '%s': %s\n", path, strerror(errno));
	return EXIT_FAILED;
}

static int
worse(int a, int b)
{
	return a > b ? a : b; /* good, failed, no server */
}

static int
import_file(const struct options *o, const char *path)
{
	SCOPED(strbuf_clear) struct strbuf url = {0};
	const char *name = strrchr(path, '/');
	FILE *file = fopen(path, "re");
	struct stat st;
	int status;

	name = name ? name + 1 : path;
	if (!file)
		return no_file(path);
	if (fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > ADMIN_BODY_MAX) {
		(void)fprintf(stderr,
		    "hobnail: '%s' is no loader: those are files of %u MiB at "
		    "most\n",
		    path, ADMIN_BODY_MAX >> 20);
		(void)fclose(file);
		return EXIT_FAILED;
	}
	strbuf_text(&url, "/api/v1/loaders/");
	text_percent_encode(&url, span_text(name));
	status =
	    client_put(&o->client, strbuf_cstr(&url), file, (long)st.st_size);
	(void)fclose(file);
	if (status == EXIT_GOOD)
		(void)printf("imported %s\n", name);
	else
		(void)fprintf(stderr, "hobnail: '%s' was not imported\n", path);
	return status;
}

/* Every file of the folder, but for hidden ones and SOURCES.  One that is
 * refused does not keep the others out. */
static int
import_folder(const struct options *o, const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	int status = EXIT_GOOD;
	bool any = false;

	if (!folder)
		return no_file(path);
	while (status != EXIT_NO_SERVER && (entry = readdir(folder))) {
		char file[PATH_MAX];
		struct stat st;

		(void)snprintf(
		    file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.' ||
		    streq(entry->d_name, "SOURCES") || stat(file, &st) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		any = true;
		status = worse(status, import_file(o, file));
	}
	(void)closedir(folder);
	if (any)
		return status;
	(void)fprintf(stderr, "hobnail: there is no file in '%s'\n", path);
	return EXIT_FAILED;
}

static int
import(const struct options *o, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return no_file(path);
	return S_ISDIR(st.st_mode) ? import_folder(o, path)
	                           : import_file(o, path);
}

int
loaders_main(int argc, char **argv)
{
	struct options o;
	int status = EXIT_GOOD;

	options_parse(argc, argv, &help, &o);
	if (o.arg_count == 0 || (o.arg_count == 1 && streq(o.args[0], "list")))
		return list(&o);
	if (o.arg_count < 2 || !streq(o.args[0], "import"))
		return options_wrong(
		    "loaders", "say 'list' or 'import FILE|DIR'");
	for (int i = 1; i < o.arg_count && status != EXIT_NO_SERVER; i++)
		status = worse(status, import(&o, o.args[i]));
	return status;
}
