/*
 * tftp.h - the server side of one TFTP read, as pure protocol.
 *
 * Bytes come in, bytes and file ranges go out.  Nothing here owns a socket, a
 * file, a timer or any memory: the service hands in each datagram and the
 * time, and asks what to send and when to come back.
 *
 * Loss is met with a timer that follows the measured round trip (Karn's rule:
 * only blocks that were sent once are measured) and with go-back-N; duplicate
 * acknowledgements are never answered (RFC 1123 section 4.2.3.1).
 *
 * RFC 1350 (protocol), 2347 (options), 2348 (blksize), 2349 (timeout, tsize),
 * 7440 (windowsize).
 */
#ifndef HOBNAIL_PROTO_TFTP_H
#define HOBNAIL_PROTO_TFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "proto/tftp_request.h"

/* One datagram to send: `head`, then `length` bytes of the file. */
struct tftp_datagram {
	uint8_t head[96]; /* opcode and what follows it on the wire */
	size_t head_len;  /* bytes of head in use */
	uint64_t offset;  /* where in the file the payload starts, bytes */
	size_t length;    /* bytes of payload; 0 for an OACK */
};

/*
 * One read in progress.  Block 0 is the OACK, where there is one, and blocks
 * 1..last carry the file; so option negotiation needs no state of its own.
 * Block numbers are kept whole here and cut to 16 bits on the wire, which lets
 * files of more than 65535 blocks go through (the usual roll-over to 0).
 *
 * base <= next <= sent <= last + 1.
 */
struct tftp_transfer {
	struct tftp_request req; /* as negotiated; repeated in the OACK */
	uint64_t size;           /* of the file, bytes */
	uint64_t blksize;        /* bytes of file in each block but the last */
	uint64_t window;         /* blocks in flight at most */
	uint64_t base;           /* lowest block not acknowledged yet */
	uint64_t next;           /* next block to send */
	uint64_t sent;           /* one past the highest block ever sent */
	uint64_t last;           /* the block that ends the file */
	uint64_t deadline;       /* monotonic ms; when to call _expire */
	uint64_t sampled;        /* when block sent - 1 left, monotonic ms */
	uint64_t trip, jitter;   /* smoothed round trip, 1/8 and 1/4 ms */
	unsigned int expired;    /* time-outs since base moved */
	bool measured;           /* trip and jitter hold something */
	bool resent;             /* a block in flight was sent twice */
	bool heard;              /* the client has acknowledged something */
};

/*
 * Begin sending a file of `size` bytes, in blocks of at most `blksize_max`
 * bytes (8..65464).  `now` is monotonic ms throughout.
 */
void tftp_transfer_start(struct tftp_transfer *t,
    const struct tftp_request *req, uint64_t size, uint64_t blksize_max,
    uint64_t now);

/* Take a datagram from the client.  NULL, or why the transfer is over. */
MUST_USE const char *tftp_transfer_receive(
    struct tftp_transfer *t, const void *bytes, size_t len, uint64_t now);

/* Fill in the next datagram; false when there is nothing to send for now. */
bool tftp_transfer_send(
    struct tftp_transfer *t, struct tftp_datagram *out, uint64_t now);

/* The deadline has passed.  NULL, or why the transfer is over. */
MUST_USE const char *tftp_transfer_expire(
    struct tftp_transfer *t, uint64_t now);

/* The client sent its request again: it did not get the first answer. */
void tftp_transfer_again(struct tftp_transfer *t, uint64_t now);

/* Whether the client has acknowledged the whole file. */
bool tftp_transfer_done(const struct tftp_transfer *t);

/*
 * Whether the file is as good as delivered: every block was sent and only the
 * last acknowledgement is missing, which some ROMs never send.
 */
bool tftp_transfer_delivered(const struct tftp_transfer *t);

/* Whether the client only looked: it took the options, then left, as EDK2
 * does to learn a file's size. */
bool tftp_transfer_probed(const struct tftp_transfer *t);

/* Bytes of the file that the client has acknowledged. */
uint64_t tftp_transfer_bytes(const struct tftp_transfer *t);

#endif
