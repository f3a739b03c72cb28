#include "service/tftp_service.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"
#include "io/burst.h"
#include "io/log.h"
#include "io/random.h"
#include "io/udp.h"
#include "proto/tftp.h"
#include "service/body.h"
#include "service/sources.h"

#define REQUESTS 64        /* taken in one turn */
#define TRANSFERS_MAX 4096 /* of one server */
#define UNHEARD_MAX 2048   /* of them, from who has not answered yet */
#define PER_SOURCE 32      /* of one client address */
#define BUFFER 32768U      /* bytes of a file read at once */
#define HEADERS 32U        /* bytes of IP, UDP and TFTP before a block */
#define ERROR_MAX 128U     /* bytes of an ERROR datagram of ours */

struct transfer {
	struct tftp_server *server;
	struct transfer *next, *before; /* in server->transfers */
	struct watch watch;
	struct timer timer;
	struct tftp_transfer core;
	struct endpoint client;
	char *path;
	struct content content;
	struct body body;
	struct transfer_note *note; /* once the client has answered */
	uint64_t noted;             /* bytes told to the note */
	bool heard;                 /* counted as one that has answered */
	bool cut;                   /* the kernel may cut bursts */
	uint8_t *buffer;            /* of the file from `buffer_at` on */
	uint64_t buffer_at;
	size_t buffer_len, buffer_room;
};

struct tftp_server {
	struct loop *loop;
	struct content_source *content;
	struct transfers *transfers_told;
	uint32_t blksize_max;
	struct watch watch;
	struct transfer *transfers;
	struct table clients; /* transfer by address and port */
	struct sources sources;
	size_t count, unheard;
	struct burst burst;
};

static uint64_t
client_key(const struct endpoint *client)
{
	return (uint64_t)client->ip << 16 | client->port;
}

static void
transfer_free(struct transfer *x)
{
	struct tftp_server *s = x->server;

	loop_unwatch(s->loop, &x->watch);
	timer_stop(s->loop, &x->timer);
	(void)close(x->watch.fd);
	(void)table_put(&s->clients, client_key(&x->client), NULL);
	sources_leave(&s->sources, x->client.ip);
	s->count--;
	s->unheard -= !x->heard;
	if (x->next)
		x->next->before = x->before;
	if (s->transfers == x)
		s->transfers = x->next;
	else
		x->before->next = x->next;
	content_done(s->content, &x->content);
	free(x->buffer);
	free(x->path);
	free(x);
}

static void
note_bytes(struct transfer *x)
{
	const struct tftp_server *s = x->server;
	uint64_t bytes = tftp_transfer_bytes(&x->core);

	transfers_moved(
	    s->transfers_told, x->note, bytes - x->noted, loop_now(s->loop));
	x->noted = bytes;
}

/* The one place where a transfer ends; `why` is NULL when all is delivered. */
static void
transfer_end(struct transfer *x, const char *why)
{
	const struct tftp_server *s = x->server;
	bool whole = !why || tftp_transfer_delivered(&x->core);
	char ip[IP4_TEXT_SIZE];

	if (!tftp_transfer_probed(&x->core))
		log_line(whole ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "tftp",
		    "client=%s file=%s bytes=%llu%s%s",
		    ip4_text(x->client.ip, ip), log_text(span_text(x->path)),
		    (unsigned long long)tftp_transfer_bytes(&x->core),
		    whole ? "" : " why=",
		    whole ? "" : log_text(span_text(why)));
	note_bytes(x);
	transfers_ended(s->transfers_told, x->note, whole, loop_now(s->loop));
	transfer_free(x);
}

/* Tell the client, with an ERROR on its own socket. */
static void
transfer_abort(struct transfer *x, const char *why)
{
	uint8_t bytes[ERROR_MAX];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct iovec iov = {.iov_base = bytes};

	tftp_error_put(&w, TFTP_UNDEFINED, why);
	iov.iov_len = writer_len(&w);
	if (udp_send(x->watch.fd, &iov, 1, NULL) < 0)
		why = "client cannot be told";
	transfer_end(x, why);
}

/* Have the `len` bytes at `offset` of the body in memory; NULL where they
 * cannot be read. */
static const uint8_t *
payload(struct transfer *x, uint64_t offset, size_t len)
{
	uint64_t left = x->core.size - offset;
	size_t want;

	if (x->content.fd < 0)
		return (const uint8_t *)x->content.text.data + offset;
	if (offset >= x->buffer_at &&
	    offset + len <= x->buffer_at + x->buffer_len)
		return x->buffer + (offset - x->buffer_at);
	if (!x->buffer) {
		x->buffer_room = x->core.blksize;
		if (x->buffer_room < BUFFER)
			x->buffer_room = BUFFER;
		x->buffer = mem_alloc(x->buffer_room);
	}
	want = left < x->buffer_room ? (size_t)left : x->buffer_room;
	x->buffer_len = 0;
	if (body_read(&x->body, x->content.fd, x->buffer, want, offset))
		return NULL;
	x->buffer_at = offset;
	x->buffer_len = want;
	return x->buffer;
}

static bool
in_buffer(const struct transfer *x, const struct tftp_datagram *d)
{
	return x->content.fd < 0 || d->length == 0 ||
	       (d->offset >= x->buffer_at &&
	           d->offset + d->length <= x->buffer_at + x->buffer_len);
}

/* False where the transfer has ended. */
static bool
flush(struct transfer *x)
{
	int error;

	if (x->server->burst.count == 0)
		return true;
	error = burst_send(&x->server->burst, x->watch.fd, &x->cut);
	if (error == 0 || error == -EAGAIN || error == -ENOBUFS)
		return true; /* what is lost will be sent again */
	transfer_end(x, "client cannot be reached");
	return false;
}

static void
pump(struct transfer *x)
{
	struct tftp_server *s = x->server;
	struct tftp_datagram d;

	while (tftp_transfer_send(&x->core, &d, loop_now(s->loop))) {
		const uint8_t *bytes = (const uint8_t *)"";

		if ((s->burst.count == BURST_MAX || !in_buffer(x, &d)) &&
		    !flush(x))
			return;
		if (d.length)
			bytes = payload(x, d.offset, d.length);
		if (!bytes) {
			s->burst.count = 0;
			transfer_abort(x, "file cannot be read");
			return;
		}
		burst_add(&s->burst, d.head, d.head_len, bytes, d.length);
	}
	if (!flush(x))
		return;
	/* One that fires too early looks at the deadline again. */
	if (!x->timer.place || x->core.deadline < x->timer.at)
		timer_at(s->loop, &x->timer, x->core.deadline);
}

static void
on_time(void *owner)
{
	struct transfer *x = owner;
	const char *why =
	    tftp_transfer_expire(&x->core, loop_now(x->server->loop));

	if (why)
		transfer_end(x, why);
	else
		pump(x);
}

/* The client has acknowledged something: it exists, and wants the file. */
static void
hear(struct transfer *x)
{
	struct tftp_server *s = x->server;

	if (!x->heard && x->core.heard) {
		x->heard = true;
		s->unheard--;
		x->note = transfers_begin(s->transfers_told, &x->content,
		    x->client.ip, false, loop_now(s->loop));
	}
	if (x->heard)
		note_bytes(x);
}

static void
on_answer(void *owner, uint32_t ev UNUSED)
{
	struct transfer *x = owner;
	uint8_t bytes[128]; /* an ACK; an ERROR's text may be cut short */
	const char *why = NULL;
	ssize_t got;

	while (
	    (got = recv(x->watch.fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		why = tftp_transfer_receive(
		    &x->core, bytes, (size_t)got, loop_now(x->server->loop));
		if (why || tftp_transfer_done(&x->core))
			break;
		/* In lock-step there is one answer; more would only be asked
		 * for to hear that there is none. */
		if (x->core.window == 1)
			break;
	}
	if (got < 0 && errno == ECONNREFUSED)
		why = "client has closed its socket";
	hear(x);
	if (why || tftp_transfer_done(&x->core))
		transfer_end(x, why);
	else
		pump(x);
}

/* Answer a request that leads to no transfer. */
static void
refuse(struct tftp_server *s, const struct udp_arrival *a, int code,
    const char *why)
{
	uint8_t bytes[ERROR_MAX];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct iovec iov = {.iov_base = bytes};
	struct udp_route route = {
	    .to = a->from, .from = a->local, .ifindex = a->ifindex};
	char ip[IP4_TEXT_SIZE];

	log_line(LOG_LEVEL_DEBUG, "tftp-refused", "client=%s why=%s",
	    ip4_text(a->from.ip, ip), log_text(span_text(why)));
	if (code < 0)
		return;
	tftp_error_put(&w, (enum tftp_error)code, why);
	iov.iov_len = writer_len(&w);
	if (udp_send(s->watch.fd, &iov, 1, &route) < 0)
		log_line(LOG_LEVEL_DEBUG, "tftp-unsent", "client=%s", ip);
}

/* How large a block may be on the way to this client. */
static uint64_t
largest_block(const struct tftp_server *s, int fd)
{
	int mtu = 0;
	socklen_t len = sizeof(mtu);

	if (s->blksize_max)
		return s->blksize_max < 512                ? 512
		       : s->blksize_max > TFTP_BLKSIZE_MAX ? TFTP_BLKSIZE_MAX
		                                           : s->blksize_max;
	if (getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len) < 0 || mtu < 576)
		return 512;
	mtu -= (int)HEADERS;
	return (uint64_t)mtu > TFTP_BLKSIZE_MAX ? TFTP_BLKSIZE_MAX
	                                        : (uint64_t)mtu;
}

/* What a status of HTTP's is in TFTP's few words. */
static int
code_of(uint16_t status)
{
	if (status == 404 || status == 410)
		return TFTP_NOT_FOUND;
	return status == 400 || status == 403 ? TFTP_ACCESS : TFTP_UNDEFINED;
}

/* Say what the page says that a browser would get. */
static void
refuse_content(
    struct tftp_server *s, const struct udp_arrival *a, const struct content *c)
{
	struct span page = strbuf_view(&c->text);
	struct span line = span_cut(&page, '\n');
	char why[ERROR_MAX - 8] = "not served";

	if (line.len && line.len < sizeof(why)) {
		memcpy(why, line.data, line.len);
		why[line.len] = '\0';
	}
	refuse(s, a, code_of(c->status), why);
}

static void
begin(struct tftp_server *s, const struct udp_arrival *a, int fd,
    const struct tftp_request *req, const char *path)
{
	struct transfer *x = mem_alloc(sizeof(*x));
	struct content_request asked = {.path = span_text(path),
	    .client = a->from,
	    .local_ip = a->local,
	    .tftp = true};
	uint64_t now = loop_now(s->loop), size;

	content_find(s->content, &asked, &x->content);
	if (x->content.status != 200) {
		(void)transfers_begin(
		    s->transfers_told, &x->content, a->from.ip, false, now);
		refuse_content(s, a, &x->content);
		content_done(s->content, &x->content);
		(void)close(fd);
		free(x);
		return;
	}
	size = x->content.fd < 0 ? x->content.text.len : x->content.size;
	x->server = s;
	x->client = a->from;
	x->path = mem_text(path, strlen(path));
	x->cut = true;
	x->body = body_over(x->content.extents, x->content.extent_count);
	x->watch = (struct watch){.fd = fd, .ready = on_answer, .owner = x};
	x->timer = (struct timer){.fire = on_time, .owner = x};
	tftp_transfer_start(&x->core, req, size, largest_block(s, fd), now);
	x->next = s->transfers;
	if (x->next)
		x->next->before = x;
	s->transfers = x;
	(void)table_put(&s->clients, client_key(&x->client), x);
	sources_enter(&s->sources, x->client.ip);
	s->count++;
	s->unheard++;
	if (loop_watch(s->loop, &x->watch, EPOLLIN) < 0)
		transfer_end(x, "socket cannot be watched");
	else
		pump(x);
}

/* Whether there is room for another transfer.  Forged requests fill only the
 * part for those that have not answered yet, and the oldest of them go. */
static const char *
make_room(struct tftp_server *s, uint32_t ip)
{
	struct transfer *oldest = NULL;

	if (sources_count(&s->sources, ip) >= PER_SOURCE)
		return "too many transfers at once";
	if (s->unheard >= UNHEARD_MAX) {
		for (struct transfer *x = s->transfers; x; x = x->next)
			if (!x->heard)
				oldest = x; /* new ones stand in front */
		if (oldest)
			transfer_end(oldest, "made room for others");
	}
	return s->count >= TRANSFERS_MAX ? "server is busy" : NULL;
}

static void
on_rrq(struct tftp_server *s, const struct udp_arrival *a,
    const struct tftp_request *req, const char *path)
{
	struct transfer *x = table_get(&s->clients, client_key(&a->from));
	const char *why;
	int fd;

	if (x && streq(x->path, path) && !x->core.heard) {
		tftp_transfer_again(&x->core, loop_now(s->loop));
		pump(x);
		return;
	}
	if (x && streq(x->path, path) && !tftp_transfer_delivered(&x->core))
		return; /* a copy of the request that took long */
	if (x)
		transfer_end(x, "client asked for something else");
	why = make_room(s, a->from.ip);
	if (why) {
		refuse(s, a, TFTP_UNDEFINED, why);
		return;
	}
	fd = udp_connect(a->local, &a->from);
	if (fd < 0) {
		log_line(LOG_LEVEL_WARNING, "tftp-socket", "errno=%d", -fd);
		refuse(s, a, TFTP_UNDEFINED, "server is busy");
		return;
	}
	begin(s, a, fd, req, path);
}

static void
on_request(void *owner, uint32_t ev UNUSED)
{
	struct tftp_server *s = owner;
	uint8_t bytes[1024];
	struct udp_arrival arrival;

	for (int i = 0; i < REQUESTS; i++) {
		struct tftp_request req;
		char path[TFTP_NAME_SIZE];
		const char *why;
		int code;

		if (udp_receive(s->watch.fd, bytes, sizeof(bytes), &arrival) <=
		    0)
			return;
		why = tftp_request_parse(bytes, arrival.len, &req, &code);
		if (!why) {
			code = TFTP_ACCESS;
			why = tftp_name(req.file, path);
		}
		if (why)
			refuse(s, &arrival, code, why);
		else
			on_rrq(s, &arrival, &req, path);
	}
}

struct tftp_server *
tftp_server_new(struct loop *loop, int socket, struct content_source *content,
    struct transfers *transfers, uint32_t blksize_max)
{
	struct tftp_server *s = mem_alloc(sizeof(*s));

	s->loop = loop;
	s->content = content;
	s->transfers_told = transfers;
	s->blksize_max = blksize_max;
	s->watch =
	    (struct watch){.fd = socket, .ready = on_request, .owner = s};
	s->clients.seed = random_number();
	s->sources = sources_make();
	if (loop_watch(loop, &s->watch, EPOLLIN) < 0) {
		free(s);
		return NULL;
	}
	return s;
}

void
tftp_server_free(struct tftp_server *s)
{
	struct transfer *next;

	if (!s)
		return;
	loop_unwatch(s->loop, &s->watch);
	for (struct transfer *x = s->transfers; x; x = next) {
		next = x->next;
		transfer_end(x, "server stops");
	}
	table_clear(&s->clients);
	sources_clear(&s->sources);
	free(s);
}
