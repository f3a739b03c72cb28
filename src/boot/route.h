/*
 * route.h - what a client means by the path that it asks for.
 *
 * The table of docs/architecture.md, "URLs for clients".  Nothing is looked
 * up here: an ID or a loader may not exist.
 */
#ifndef HOBNAIL_BOOT_ROUTE_H
#define HOBNAIL_BOOT_ROUTE_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/span.h"
#include "boot/decide.h"

enum route_kind {
	ROUTE_NONE,    /* there is no such name */
	ROUTE_LOADER,  /* name; mac if known */
	ROUTE_FIRST,   /* the first script; mac if known */
	ROUTE_MENU,    /* mac, client */
	ROUTE_METHODS, /* mac, client, id: the methods of one image */
	ROUTE_METHOD,  /* mac, client, id, method: run one */
	ROUTE_FAILED,  /* mac, id, method; name: an error number, or empty */
	ROUTE_FILE,    /* id, name: a path inside the image */
	ROUTE_RAW,     /* id: the whole image */
	ROUTE_SCRIPT,  /* id: a user's script */
	ROUTE_REPORT,  /* mac, name: the text */
	ROUTE_KINDS,
};

struct route {
	enum route_kind kind;
	struct mac mac; /* zero where the path has none */
	bool has_mac;
	/* The head of /m/MAC/PLATFORM/ARCH/FACTS/, as asked. */
	struct span platform, arch, facts;
	struct client client; /* what they say */
	struct span id;
	struct span name;
	enum method_kind method;
};

/* Parse `path`, decoded and with its leading slash.  The spans borrow. */
struct route route_parse(struct span path);

#endif
