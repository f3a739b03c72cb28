#include "proto/tftp.h"

#include <assert.h>
#include <stdio.h>

#include "base/reader.h"

#define DEFAULT_BLKSIZE 512 /* bytes */
#define WINDOW_MAX 64       /* blocks; more overruns a client's buffer */

/*
 * Times in ms.  A client that has not answered yet may be nobody at all (a
 * forged address), so it gets few datagrams.  One that has gets them in quick
 * succession, as all that costs is a block on a lossy link; but after each
 * ROUND there is a pause that is longer than clients' own timers: some (atftp
 * 0.8) answer a repeated block once only, and else when nothing at all has
 * come for that long.
 */
#define FIRST_WAIT 250
#define FIRST_TRIES 5
#define FIRST_WAIT_MAX 1000
#define WAIT_MIN 12
#define WAIT_MAX 250
#define EAGER 3  /* time-outs before the wait is doubled */
#define ROUND 16 /* time-outs; the last one comes after the pause */
#define PAUSE 6000
#define TRIES (5 * ROUND)

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The wait before the first retransmission: RFC 6298 section 2. */
static uint64_t
base_wait(const struct tftp_transfer *t)
{
	if (!t->measured)
		return FIRST_WAIT;
	return max_u64(t->trip / 8 + max_u64(t->jitter, 1), WAIT_MIN);
}

/* The pause: longer than the timer that the client has told us of, if any
 * (RFC 2349). */
static uint64_t
pause_of(const struct tftp_transfer *t)
{
	return max_u64(PAUSE, (uint64_t)t->req.timeout * 1000 + 1000);
}

/* How long to wait for an acknowledgement from now on, ms. */
static uint64_t
wait_now(const struct tftp_transfer *t)
{
	uint64_t wait = base_wait(t), most = WAIT_MAX;
	unsigned int step = t->expired % ROUND, eager = t->heard ? EAGER : 0;

	if (t->heard && step == ROUND - 1)
		return pause_of(t);
	/* Without a measurement the way may be a long one. */
	if (!t->measured)
		most = FIRST_WAIT_MAX;
	most = max_u64(most, wait);
	for (unsigned int i = eager; i < step && wait < most; i++)
		wait *= 2;
	return min_u64(wait, most);
}

static void
rearm(struct tftp_transfer *t, uint64_t now)
{
	t->deadline = now + wait_now(t);
}

void
tftp_transfer_start(struct tftp_transfer *t, const struct tftp_request *req,
    uint64_t size, uint64_t blksize_max, uint64_t now)
{
	bool options =
	    req->blksize || req->windowsize || req->timeout || req->tsize;

	assert(blksize_max >= 8 && blksize_max <= TFTP_BLKSIZE_MAX);
	*t = (struct tftp_transfer){.req = *req, .size = size};
	t->req.file = NULL; /* borrowed */
	if (t->req.blksize > blksize_max)
		t->req.blksize = (uint16_t)blksize_max;
	if (t->req.windowsize > WINDOW_MAX)
		t->req.windowsize = WINDOW_MAX;
	t->blksize = t->req.blksize ? t->req.blksize : DEFAULT_BLKSIZE;
	t->window = t->req.windowsize ? t->req.windowsize : 1;
	/* A file that fills its last block is ended by an empty one. */
	t->last = size / t->blksize + 1;
	t->base = t->next = t->sent = options ? 0 : 1;
	rearm(t, now);
}

/* RFC 6298 section 2, in eighths and quarters of a millisecond. */
static void
measure(struct tftp_transfer *t, uint64_t trip)
{
	uint64_t mean = t->trip / 8;
	uint64_t off = trip > mean ? trip - mean : mean - trip;

	if (!t->measured) {
		t->trip = trip * 8;
		t->jitter = trip * 2;
		t->measured = true;
		return;
	}
	t->jitter = t->jitter - t->jitter / 4 + off;
	t->trip = t->trip - mean + trip;
}

static void
acknowledge(struct tftp_transfer *t, uint64_t ahead, uint64_t now)
{
	bool all = ahead + 1 == t->sent - t->base;

	if (all && !t->resent)
		measure(t, now - t->sampled);
	t->base += ahead + 1;
	t->next = t->base; /* resume after what arrived (RFC 7440 section 4) */
	t->resent = !all;  /* then the rest goes out a second time */
	t->expired = 0;
	t->heard = true;
	rearm(t, now);
}

const char *
tftp_transfer_receive(
    struct tftp_transfer *t, const void *bytes, size_t len, uint64_t now)
{
	struct reader r = reader_over(bytes, len);
	uint16_t opcode = reader_be16(&r);
	uint16_t block = reader_be16(&r);
	uint64_t ahead;

	if (r.fault)
		return NULL; /* too short to mean anything; wait for the next */
	if (opcode == TFTP_ERROR)
		return "client reported an error";
	if (opcode != TFTP_ACK)
		return NULL;

	/* How far past base the acknowledged block lies, modulo 2^16.  One that
	 * was never sent, or came before, is stray; answering it would start
	 * the Sorcerer's Apprentice bug (RFC 1123 section 4.2.3.1). */
	ahead = (uint16_t)(block - (uint16_t)t->base);
	if (ahead < t->sent - t->base)
		acknowledge(t, ahead, now);
	return NULL;
}

const char *
tftp_transfer_expire(struct tftp_transfer *t, uint64_t now)
{
	if (now < t->deadline)
		return NULL;
	t->expired++;
	if (t->expired >= (t->heard ? TRIES : FIRST_TRIES))
		return "client stopped acknowledging";
	t->next = t->base;
	t->resent = true;
	rearm(t, now);
	return NULL;
}

void
tftp_transfer_again(struct tftp_transfer *t, uint64_t now)
{
	if (t->heard)
		return;
	t->next = t->base;
	t->resent = true;
	rearm(t, now);
}

static void
put_option(struct writer *w, const char *name, uint64_t value)
{
	char digits[24];

	(void)snprintf(
	    digits, sizeof(digits), "%llu", (unsigned long long)value);
	writer_string(w, name);
	writer_string(w, digits);
}

static void
put_oack(struct writer *w, const struct tftp_transfer *t)
{
	writer_be16(w, TFTP_OACK);
	if (t->req.blksize)
		put_option(w, "blksize", t->req.blksize);
	if (t->req.timeout)
		put_option(w, "timeout", t->req.timeout);
	if (t->req.tsize)
		put_option(w, "tsize", t->size);
	if (t->req.windowsize)
		put_option(w, "windowsize", t->req.windowsize);
}

bool
tftp_transfer_send(
    struct tftp_transfer *t, struct tftp_datagram *out, uint64_t now)
{
	uint64_t window = t->base == 0 ? 1 : t->window; /* OACK goes alone */
	struct writer w = writer_over(out->head, sizeof(out->head));

	if (t->next > t->last || t->next - t->base >= window)
		return false;
	if (t->next == t->base)
		rearm(t, now);

	out->offset = out->length = 0;
	if (t->next == 0) {
		put_oack(&w, t);
	} else {
		writer_be16(&w, TFTP_DATA);
		writer_be16(&w, (uint16_t)t->next);
		out->offset = (t->next - 1) * t->blksize;
		out->length = min_u64(t->blksize, t->size - out->offset);
	}
	assert(!w.fault); /* head is sized for the longest OACK */
	out->head_len = writer_len(&w);
	if (t->next == t->sent)
		t->sampled = now;
	t->next++;
	t->sent = max_u64(t->sent, t->next);
	return true;
}

bool
tftp_transfer_done(const struct tftp_transfer *t)
{
	return t->base > t->last;
}

bool
tftp_transfer_delivered(const struct tftp_transfer *t)
{
	return t->heard && t->sent > t->last && t->base + t->window > t->last;
}

bool
tftp_transfer_probed(const struct tftp_transfer *t)
{
	return t->base == 0;
}

uint64_t
tftp_transfer_bytes(const struct tftp_transfer *t)
{
	if (t->base <= 1)
		return 0;
	return min_u64((t->base - 1) * t->blksize, t->size);
}
