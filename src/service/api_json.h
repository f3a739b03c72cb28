/*
 * api_json.h - how the API shows what the server knows.
 *
 * Times are RFC 3339 texts in UTC, sizes are bytes.  A text that is no UTF-8
 * is escaped.  What is not known is null or left out of a list, never "".
 * The objects are the caller's.
 */
#ifndef HOBNAIL_SERVICE_API_JSON_H
#define HOBNAIL_SERVICE_API_JSON_H

#include <jansson.h>

#include "base/strbuf.h"
#include "boot/catalogue.h"
#include "boot/event.h"
#include "boot/host.h"
#include "boot/lease.h"

/* Call once, before the others: a confined role may not open the source of
 * random numbers that jansson would choose its hash seed from. */
void api_json_start(void);

json_t *api_image(const struct image *image);
json_t *api_loader(const struct loader *loader);
json_t *api_host(const struct host *host);
json_t *api_event(const struct event *event);
/* `now` is wall clock in seconds: a lease may have run out. */
json_t *api_lease(const struct lease *lease, uint64_t now);

/* `s`, or null where it is empty. */
json_t *api_text(struct span s);

/* Add the text of `value` to `out`, and give `value` up. */
void api_put(struct strbuf *out, json_t *value);

#endif
