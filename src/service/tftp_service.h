/*
 * tftp_service.h - a TFTP server on one socket and one loop.
 *
 * The protocol is proto/tftp.h; here are its sockets, files and limits.  Each
 * transfer has a socket of its own, bound to the address that was asked and
 * connected to the client (RFC 1350 section 4).
 */
#ifndef HOBNAIL_SERVICE_TFTP_SERVICE_H
#define HOBNAIL_SERVICE_TFTP_SERVICE_H

#include <stdint.h>

#include "io/loop.h"
#include "service/content.h"
#include "service/transfers.h"

struct tftp_server;

/*
 * Serve what `content` finds on `socket` (which stays the caller's).
 * `blksize_max`, bytes; 0: what the way to each client takes in one piece.
 * NULL when the socket cannot be watched.
 */
struct tftp_server *tftp_server_new(struct loop *loop, int socket,
    struct content_source *content, struct transfers *transfers,
    uint32_t blksize_max);

/* End all transfers. */
void tftp_server_free(struct tftp_server *s);

#endif
