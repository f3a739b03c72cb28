#include "cmd/status.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/scope.h"
#include "cmd/columns.h"
#include "cmd/options.h"

enum cell_kind { CELL_TEXT, CELL_TIME };

/* A list of the API, as a table. */
struct listing {
	struct options_help help;
	const char *path;
	const char *none; /* what to say where the list is empty */
	size_t count;
	const char *titles[COLUMNS_MAX];
	struct {
		const char *key;
		enum cell_kind kind;
	} cells[COLUMNS_MAX];
};

static const struct listing hosts = {
    .help = {.command = "hosts",
        .args = "",
        .doc = "Show the machines that asked to boot."},
    .path = "/api/v1/hosts",
    .none = "No machine has asked to boot yet.",
    .count = 6,
    .titles = {"MAC", "ADDRESS", "FIRMWARE", "ARCH", "FIRST SEEN", "LAST SEEN"},
    .cells = {{"mac", CELL_TEXT}, {"ip", CELL_TEXT}, {"firmware", CELL_TEXT},
        {"arch", CELL_TEXT}, {"first_seen", CELL_TIME},
        {"last_seen", CELL_TIME}},
};

static const struct listing leases = {
    .help = {.command = "leases",
        .args = "",
        .doc = "Show the addresses that the server has handed out as DHCP "
               "server."},
    .path = "/api/v1/leases",
    .none = "There are no leases: the server hands out addresses in the DHCP "
            "mode 'server' only.",
    .count = 5,
    .titles = {"ADDRESS", "MAC", "STATE", "EXPIRES", "NAME"},
    .cells = {{"ip", CELL_TEXT}, {"mac", CELL_TEXT}, {"state", CELL_TEXT},
        {"expires", CELL_TIME}, {"hostname", CELL_TEXT}},
};

static void
add_row(struct columns *table, const struct listing *l, const json_t *item)
{
	struct strbuf cells[COLUMNS_MAX] = {{0}};

	for (size_t i = 0; i < l->count; i++)
		if (l->cells[i].kind == CELL_TIME)
			cell_time(&cells[i], item, l->cells[i].key);
		else
			cell_text(&cells[i], item, l->cells[i].key);
	columns_add(table, cells, "");
	for (size_t i = 0; i < l->count; i++)
		strbuf_clear(&cells[i]);
}

static int
show_listing(const struct listing *l, int argc, char **argv)
{
	struct columns table = columns_with(l->titles, l->count);
	struct options o;
	json_t *list, *item;
	size_t i;
	int status;

	options_parse(argc, argv, &l->help, &o);
	if (o.arg_count)
		return options_wrong(
		    l->help.command, "there is nothing to name");
	status = client_show(&o.client, l->path, &list);
	if (status != EXIT_GOOD || !list)
		return status;
	json_array_foreach(list, i, item) add_row(&table, l, item);
	if (table.rows)
		columns_print(&table, stdout);
	else
		(void)puts(l->none);
	columns_clear(&table);
	json_decref(list);
	return EXIT_GOOD;
}

int
hosts_main(int argc, char **argv)
{
	return show_listing(&hosts, argc, argv);
}

int
leases_main(int argc, char **argv)
{
	return show_listing(&leases, argc, argv);
}

static void
print_interfaces(const json_t *status)
{
	json_t *list = json_object_get(status, "interfaces"), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		SCOPED(strbuf_clear) struct strbuf line = {0};

		cell_text(&line, item, "name");
		strbuf_text(&line, ", ");
		cell_text(&line, item, "ip");
		(void)printf(
		    "%-12s%s\n", i ? "" : "Serves on", strbuf_cstr(&line));
	}
}

static void
print_off(const json_t *status)
{
	json_t *list = json_object_get(status, "off"), *name;
	SCOPED(strbuf_clear) struct strbuf line = {0};
	size_t i;

	json_array_foreach(list, i, name)
	{
		strbuf_text(&line, i ? ", " : "");
		text_for_terminal(&line, json_string_value(name));
	}
	if (line.len)
		(void)printf("%-12s%s: the port could not be had; the "
		             "server's log says why\n",
		    "Off", strbuf_cstr(&line));
}

static void
print_images(const json_t *status)
{
	json_t *counts = json_object_get(status, "images"), *count;
	SCOPED(strbuf_clear) struct strbuf line = {0};
	const char *state;

	json_object_foreach(counts, state, count)
	{
		if (json_integer_value(count) == 0)
			continue;
		strbuf_printf(&line, "%s%" JSON_INTEGER_FORMAT " ",
		    line.len ? ", " : "", json_integer_value(count));
		text_for_terminal(&line, state);
	}
	(void)printf(
	    "%-12s%s\n", "Images", line.len ? strbuf_cstr(&line) : "none");
}

static void
print_loaders(const json_t *status)
{
	uint64_t count = json_number(status, "loaders");

	if (count)
		(void)printf("%-12s%" PRIu64 "\n", "Loaders", count);
	else
		(void)printf("%-12snone, so no machine can boot: 'hobnail "
		             "loaders import FILE' adds one\n",
		    "Loaders");
}

static void
print_roles(const json_t *status)
{
	static const char *const titles[] = {"ROLE", "PID", "CONFINEMENT"};
	struct columns table = columns_with(titles, ARRAY_LEN(titles));
	json_t *list = json_object_get(status, "roles"), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct strbuf cells[ARRAY_LEN(titles)] = {{0}};
		uint64_t pid = json_number(item, "pid");

		cell_text(&cells[0], item, "role");
		if (pid)
			strbuf_printf(&cells[1], "%" PRIu64, pid);
		else
			strbuf_text(&cells[1], "down");
		cell_text(&cells[2], item, "confinement");
		columns_add(&table, cells, "");
		for (size_t n = 0; n < ARRAY_LEN(cells); n++)
			strbuf_clear(&cells[n]);
	}
	(void)putchar('\n');
	columns_print(&table, stdout);
	columns_clear(&table);
}

static void
print_status(const json_t *status)
{
	SCOPED(strbuf_clear) struct strbuf version = {0};
	SCOPED(strbuf_clear) struct strbuf dhcp = {0};

	cell_text(&version, status, "version");
	cell_text(&dhcp, status, "dhcp");
	(void)printf("%-12s%s\n", "Version", strbuf_cstr(&version));
	print_interfaces(status);
	(void)printf("%-12s%s\n", "DHCP", strbuf_cstr(&dhcp));
	(void)printf("%-12s%" PRIu64 "\n", "HTTP port",
	    json_number(status, "http_port"));
	(void)printf("%-12s%" PRIu64 "\n", "TFTP port",
	    json_number(status, "tftp_port"));
	print_off(status);
	print_images(status);
	print_loaders(status);
	(void)printf(
	    "%-12s%" PRIu64 "\n", "Machines", json_number(status, "hosts"));
	print_roles(status);
}

int
status_main(int argc, char **argv)
{
	static const struct options_help help = {.command = "status",
	    .args = "",
	    .doc = "Show how the server is: where it serves, what it has, and "
	           "how its parts are confined."};
	struct options o;
	json_t *status;
	int result;

	options_parse(argc, argv, &help, &o);
	if (o.arg_count)
		return options_wrong("status", "there is nothing to name");
	result = client_show(&o.client, "/api/v1/status", &status);
	if (result != EXIT_GOOD || !status)
		return result;
	print_status(status);
	json_decref(status);
	return EXIT_GOOD;
}
