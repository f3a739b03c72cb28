#include "cmd/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "cmd/columns.h"
#include "cmd/options.h"

static const struct options_help help = {
    .command = "events",
    .args = "",
    .doc = "Show what happened to each machine as it boots: what it was "
           "offered, the loader, the scripts, kernels and images, with times "
           "and bytes.",
    .follow = true,
};

static void
put_time(struct strbuf *line, const char *time)
{
	const char *fraction = strchr(time, '.');

	text_local_time(line, time, true);
	strbuf_printf(line, ".%.3s ", fraction ? fraction + 1 : "000");
}

/* "1.2 MiB of 3.4 MiB in 0.5 s" */
static void
put_amount(struct strbuf *line, const json_t *event)
{
	uint64_t bytes = json_number(event, "bytes");
	uint64_t total = json_number(event, "total");
	uint64_t ms = json_number(event, "duration_ms");

	if (bytes == 0 && total == 0)
		return;
	strbuf_char(line, ' ');
	text_size(line, bytes);
	if (total && total != bytes) {
		strbuf_text(line, " of ");
		text_size(line, total);
	}
	if (ms)
		strbuf_printf(line, " in %" PRIu64 ".%" PRIu64 " s", ms / 1000,
		    ms % 1000 / 100);
}

static void
put_word(struct strbuf *line, const json_t *event, const char *key)
{
	if (!json_text(event, key)[0])
		return;
	strbuf_char(line, ' ');
	text_for_terminal(line, json_text(event, key));
}

static void
put_event(struct strbuf *line, const json_t *event)
{
	const char *who = json_text(event, "mac");
	const char *phase = json_text(event, "phase");

	put_time(line, json_text(event, "time"));
	if (!who[0])
		who = json_text(event, "ip");
	strbuf_printf(
	    line, "%-17s %-8s", who[0] ? who : "-", json_text(event, "kind"));
	if (phase[0] && !streq(phase, "point"))
		strbuf_printf(line, " %s", phase);
	put_word(line, event, "image");
	put_word(line, event, "file");
	put_amount(line, event);
	put_word(line, event, "note");
}

static bool
print_event(void *owner, struct span text)
{
	const struct options *o = owner;
	SCOPED(strbuf_clear) struct strbuf line = {0};
	json_t *event;

	if (o->client.json) {
		strbuf_span(&line, text);
	} else {
		event = json_loadb(text.data, text.len, 0, NULL);
		put_event(&line, event);
		json_decref(event);
	}
	return puts(strbuf_cstr(&line)) >= 0 && fflush(stdout) == 0;
}

int
events_main(int argc, char **argv)
{
	char path[64] = "/api/v1/events";
	struct options o;

	options_parse(argc, argv, &help, &o);
	if (o.arg_count)
		return options_wrong("events", "there is nothing to name");
	if (o.newest >= 0)
		(void)snprintf(path, sizeof(path), "/api/v1/events?limit=%ld%s",
		    o.newest, o.follow ? "&follow=1" : "");
	else if (o.follow)
		(void)snprintf(path, sizeof(path), "/api/v1/events?follow=1");
	return client_lines(&o.client, path, print_event, &o);
}
