/*
 * tftp_request.h - a TFTP client's first datagram, and errors to answer it.
 *
 * RFC 1350 (protocol), 2347 (options), 2348 (blksize), 2349 (timeout, tsize),
 * 7440 (windowsize).
 */
#ifndef HOBNAIL_PROTO_TFTP_REQUEST_H
#define HOBNAIL_PROTO_TFTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "base/writer.h"

#define TFTP_BLKSIZE_MAX 65464U /* bytes, RFC 2348 */
#define TFTP_NAME_SIZE 512U     /* bytes of a normalised name, NUL included */

enum tftp_opcode {
	TFTP_RRQ = 1,
	TFTP_WRQ = 2,
	TFTP_DATA = 3,
	TFTP_ACK = 4,
	TFTP_ERROR = 5,
	TFTP_OACK = 6,
};

enum tftp_error {
	TFTP_UNDEFINED = 0, /* the text says what */
	TFTP_NOT_FOUND = 1,
	TFTP_ACCESS = 2,
	TFTP_ILLEGAL = 4,
	TFTP_UNKNOWN_TID = 5,
	TFTP_OPTION = 8,
};

/* What a read request asks for.  Zero means: the option was not sent. */
struct tftp_request {
	const char *file;    /* points into the datagram */
	uint16_t blksize;    /* bytes, 8..65464 */
	uint16_t windowsize; /* blocks, 1..65535 */
	uint8_t timeout;     /* seconds, 1..255 */
	bool tsize;          /* the client asked for the file's size */
};

/*
 * Parse a client's first datagram.  NULL, or why it was refused; `*error` is
 * then the code to answer, or -1 where an answer would be wrong.
 */
MUST_USE const char *tftp_request_parse(
    const void *bytes, size_t len, struct tftp_request *out, int *error);

/*
 * The path that a client's file name means, into `out`: one leading slash,
 * backslashes turned, no empty or "." segments, cut at the first byte that is
 * not printable (old ROMs append junk), without the ".0" that some ROMs append
 * to our loaders.  NULL, or why it is refused.
 */
MUST_USE const char *tftp_name(const char *name, char out[TFTP_NAME_SIZE]);

/* An ERROR datagram. */
void tftp_error_put(
    struct writer *w, enum tftp_error code, const char *message);

#endif
