/*
 * boot_http.h - what the boot role answers to HTTP clients.
 */
#ifndef HOBNAIL_SERVICE_BOOT_HTTP_H
#define HOBNAIL_SERVICE_BOOT_HTTP_H

#include "io/loop.h"
#include "service/content.h"
#include "service/transfers.h"

/* One per event loop; the owner of boot_http_handler. */
struct boot_http {
	struct loop *loop;
	struct content_source *content;
	struct transfers *transfers;
};

extern const struct http_handler boot_http_handler;

#endif
