#include "proc/config_text.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

#define KEYS_MAX 32
#define MESSAGE_SIZE 256
#define TEXT(key, type, member)                                                \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,  \
	    struct type, member, 0, CYAML_UNLIMITED)
#define NEEDED(key, type, member)                                              \
	CYAML_FIELD_STRING_PTR(                                                \
	    key, CYAML_FLAG_POINTER, struct type, member, 1, CYAML_UNLIMITED)
#define OPTIONAL_LIST (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define LIST_MAX 65536

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CYAML_UNLIMITED)};

static const cyaml_schema_field_t dhcp_fields[] = {
    TEXT("mode", raw_dhcp, mode),
    TEXT("port", raw_dhcp, port),
    TEXT("pxe_port", raw_dhcp, pxe_port),
    TEXT("range", raw_dhcp, range),
    TEXT("lease", raw_dhcp, lease),
    TEXT("router", raw_dhcp, router),
    TEXT("domain", raw_dhcp, domain),
    CYAML_FIELD_SEQUENCE(
        "dns", OPTIONAL_LIST, struct raw_dhcp, dns, &text_value, 0, LIST_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t menu_fields[] = {
    TEXT("default", raw_menu, choice),
    TEXT("timeout", raw_menu, timeout),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t host_fields[] = {
    NEEDED("mac", raw_host, mac),
    TEXT("ip", raw_host, ip),
    TEXT("name", raw_host, name),
    TEXT("loader", raw_host, loader),
    TEXT("image", raw_host, image),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t host_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct raw_host, host_fields)};

static const cyaml_schema_field_t override_fields[] = {
    NEEDED("id", raw_override, id),
    TEXT("title", raw_override, title),
    TEXT("kernel", raw_override, kernel),
    TEXT("initrd", raw_override, initrd),
    TEXT("cmdline", raw_override, cmdline),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t override_value = {CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct raw_override, override_fields)};

static const cyaml_schema_field_t top_fields[] = {
    TEXT("images", raw_config, images),
    CYAML_FIELD_SEQUENCE("interfaces", OPTIONAL_LIST, struct raw_config,
        interfaces, &text_value, 0, LIST_MAX),
    TEXT("address", raw_config, address),
    TEXT("http_port", raw_config, http_port),
    TEXT("tftp_port", raw_config, tftp_port),
    CYAML_FIELD_MAPPING_PTR(
        "dhcp", OPTIONAL_LIST, struct raw_config, dhcp, dhcp_fields),
    TEXT("loader", raw_config, loader),
    CYAML_FIELD_MAPPING_PTR(
        "menu", OPTIONAL_LIST, struct raw_config, menu, menu_fields),
    TEXT("tftp_blksize_max", raw_config, tftp_blksize_max),
    TEXT("rescan", raw_config, rescan),
    TEXT("threads", raw_config, threads),
    CYAML_FIELD_SEQUENCE("hosts", OPTIONAL_LIST, struct raw_config, hosts,
        &host_value, 0, LIST_MAX),
    {
        .key = "image_overrides",
        .value = {CYAML_VALUE_SEQUENCE(
            OPTIONAL_LIST, struct raw_override, &override_value, 0, LIST_MAX)},
        .data_offset = offsetof(struct raw_config, overrides),
        .count_size = sizeof(unsigned int),
        .count_offset = offsetof(struct raw_config, overrides_count),
    },
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t top_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw_config, top_fields)};

static const struct {
	const char *name;
	const cyaml_schema_field_t *fields;
} sections[] = {
    {"dhcp", dhcp_fields},
    {"menu", menu_fields},
    {"hosts", host_fields},
    {"image_overrides", override_fields},
};

/* What libcyaml says goes wrong, gathered from its lines. */
struct complaint {
	char message[MESSAGE_SIZE]; /* without "Load: " */
	char key[MESSAGE_SIZE];     /* the innermost key around it, or "" */
	char section[MESSAGE_SIZE]; /* the outermost one, or "" */
	bool entry;                 /* it is about an entry of the list `key` */
	unsigned int line;          /* of the event before; 0: not said */
};

static void complain(cyaml_log_t level, void *context, const char *format,
    va_list args) PRINTF(3, 0);

static void
complain(cyaml_log_t level, void *context, const char *format, va_list args)
{
	struct complaint *c = context;
	char line[MESSAGE_SIZE];
	const char *said, *where, *field;

	if (level < CYAML_LOG_ERROR)
		return;
	(void)vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	said = strstr(line, "Load: ");
	where = strstr(line, "(line: ");
	field = strstr(line, "in mapping field '");
	if (said && c->message[0] == '\0')
		(void)snprintf(c->message, sizeof(c->message), "%s", said + 6);
	if (where && c->line == 0)
		c->line = (unsigned int)strtoul(where + 7, NULL, 10);
	if (strstr(line, "in sequence entry") && !c->section[0])
		c->entry = true;
	if (field) {
		(void)snprintf(
		    c->section, sizeof(c->section), "%s", field + 18);
		c->section[strcspn(c->section, "'")] = '\0';
		if (!c->key[0])
			memcpy(c->key, c->section, sizeof(c->key));
	}
}

static const cyaml_schema_field_t *
fields_of(const char *section)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		if (streq(sections[i].name, section))
			return sections[i].fields;
	return top_fields;
}

/* How many letters must be put in, left out or changed to make b of a. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[KEYS_MAX + 1], width = strlen(b);

	if (width > KEYS_MAX)
		return KEYS_MAX;
	for (size_t i = 0; i <= width; i++)
		row[i] = i;
	for (size_t y = 0; a[y]; y++) {
		size_t diagonal = row[0];

		row[0] = y + 1;
		for (size_t x = 0; x < width; x++) {
			size_t best = diagonal + (a[y] != b[x]);

			if (best > row[x] + 1)
				best = row[x] + 1;
			if (best > row[x + 1] + 1)
				best = row[x + 1] + 1;
			diagonal = row[x + 1];
			row[x + 1] = best;
		}
	}
	return row[width];
}

static void
suggest(const char *key, const cyaml_schema_field_t *fields, struct strbuf *out)
{
	const char *nearest = NULL;
	size_t least = 4;

	for (size_t i = 0; fields[i].key; i++) {
		size_t d = distance(key, fields[i].key);

		if (d < least && d < strlen(fields[i].key)) {
			least = d;
			nearest = fields[i].key;
		}
	}
	if (nearest) {
		strbuf_printf(out, " (did you mean '%s'?)", nearest);
		return;
	}
	strbuf_text(out, " (allowed here:");
	for (size_t i = 0; fields[i].key; i++)
		strbuf_printf(out, "%s %s", i ? "," : "", fields[i].key);
	strbuf_char(out, ')');
}

/* The text of a line behind blanks and the "- " of a list. */
static struct span
content(struct span line)
{
	while (line.len && (line.data[0] == ' ' || line.data[0] == '-'))
		line = span_skip(line, 1);
	return line;
}

static bool
line_has_key(struct span line, const char *key)
{
	struct span found = content(line);
	size_t len = strlen(key);

	return span_starts(found, key) && found.len > len &&
	       found.data[len] == ':';
}

static size_t
indentation(struct span line)
{
	size_t n = 0;

	while (n < line.len && line.data[n] == ' ')
		n++;
	return n;
}

size_t
config_text_line(
    struct span text, const char *section, size_t index, const char *key)
{
	const char *outer = section ? section : key;
	size_t number = 0, found = 0, entries = 0, depth = SIZE_MAX;

	while (text.data) {
		struct span line = span_cut(&text, '\n');
		size_t indent = indentation(line);

		number++;
		if (content(line).len == 0 || line.data[indent] == '#')
			continue;
		if (!found) {
			if (indent == 0 && line_has_key(line, outer))
				found = number;
			if (found && !section)
				return found;
			continue;
		}
		if (indent == 0 && line.data[0] != '-')
			break;
		if (line.data[indent] == '-' && indent <= depth) {
			depth = indent;
			if (entries++ == index)
				found = number;
		}
		if ((entries == 0 || entries == index + 1) &&
		    line_has_key(line, key))
			return number;
	}
	return found ? found : 1;
}

/* libcyaml names the line of the event before an unknown key: look on from
 * there. */
static size_t
line_from(struct span text, size_t first, const char *key)
{
	for (size_t number = 1; text.data; number++) {
		struct span line = span_cut(&text, '\n');

		if (number >= first && line_has_key(line, key))
			return number;
	}
	return first ? first : 1;
}

/* The first line that is indented by a tab, which YAML forbids; 0: none. */
static size_t
line_with_tab(struct span text)
{
	for (size_t number = 1; text.data; number++) {
		struct span line = span_cut(&text, '\n');
		size_t indent = indentation(line);

		if (indent < line.len && line.data[indent] == '\t')
			return number;
	}
	return 0;
}

/* What is expected in words of YAML's own: the kinds of node. */
static void
explain_kind(const struct complaint *c, struct span wanted, struct strbuf *out)
{
	if (!c->key[0])
		strbuf_text(out, "the configuration");
	else
		strbuf_printf(
		    out, "%s'%s'", c->entry ? "an entry of " : "", c->key);
	if (span_is(wanted, "MAPPING"))
		strbuf_text(out, " must be a group of keys, 'KEY: VALUE'");
	else if (span_starts(wanted, "SEQUENCE"))
		strbuf_text(out, " must be a list: [A, B], or lines of '- A'");
	else
		strbuf_text(out, " must be a single value");
}

static void
explain(const struct complaint *c, const char *name, struct span text,
    struct strbuf *errors)
{
	struct span said = span_text(c->message);
	const char *key;

	if (span_starts(said, "Unexpected key: ")) {
		key = c->message + strlen("Unexpected key: ");
		strbuf_printf(errors, "%s:%zu: unknown key '", name,
		    line_from(text, c->line, key));
		text_escape(errors, span_text(key));
		strbuf_char(errors, '\'');
		suggest(key, fields_of(c->section), errors);
	} else if (span_starts(said, "Mapping field already seen: ")) {
		key = c->message + strlen("Mapping field already seen: ");
		strbuf_printf(errors, "%s:%zu: key '%s' stands there twice",
		    name, line_from(text, c->line + 1, key), key);
	} else if (span_starts(said, "Missing required mapping field: ")) {
		key = c->message + strlen("Missing required mapping field: ");
		strbuf_printf(errors,
		    "%s:%u: an entry of '%s' needs the key "
		    "'%s'",
		    name, c->line, c->section, key);
	} else if (span_starts(said, "Expecting ")) {
		said = span_skip(said, strlen("Expecting "));
		strbuf_printf(errors, "%s:%u: ", name, c->line ? c->line : 1);
		explain_kind(c, span_cut(&said, ','), errors);
	} else if (span_starts(said, "libyaml: ") && line_with_tab(text)) {
		strbuf_printf(errors,
		    "%s:%zu: a tab; YAML is indented with blanks", name,
		    line_with_tab(text));
	} else {
		strbuf_printf(errors, "%s:%u: ", name, c->line ? c->line : 1);
		if (c->section[0])
			strbuf_printf(errors, "'%s': ", c->section);
		if (span_starts(said, "libyaml: ")) {
			said = span_skip(said, strlen("libyaml: "));
			strbuf_text(errors, "no YAML: ");
		}
		text_escape(errors, said);
	}
	strbuf_char(errors, '\n');
}

struct raw_config *
config_text_load(const char *name, struct span text, struct strbuf *errors)
{
	struct complaint complaint = {0};
	cyaml_config_t how = {.log_fn = complain,
	    .log_ctx = &complaint,
	    .mem_fn = cyaml_mem,
	    .log_level = CYAML_LOG_ERROR};
	struct raw_config *raw = NULL;
	cyaml_data_t *data = NULL;
	cyaml_err_t fault;

	fault = cyaml_load_data((const uint8_t *)text.data, text.len, &how,
	    &top_value, &data, NULL);
	if (fault == CYAML_OK) {
		raw = data;
		return raw ? raw : mem_alloc(sizeof(*raw));
	}
	if (!complaint.message[0])
		(void)snprintf(complaint.message, sizeof(complaint.message),
		    "%s", cyaml_strerror(fault));
	explain(&complaint, name, text, errors);
	return NULL;
}

void
config_text_free(struct raw_config *raw)
{
	cyaml_config_t how = {.mem_fn = cyaml_mem};

	(void)cyaml_free(&how, &top_value, raw, 0);
}
