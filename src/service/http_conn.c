#include "service/http_conn.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/file.h"
#include "io/log.h"
#include "io/tcp.h"

#define TURN (512U * 1024U)      /* bytes that one turn may send */
#define SMALL (64U * 1024U)      /* bytes: a body that goes out with its head */
#define LAG (1024U * 1024U)      /* bytes that a stream's reader may lag */
#define AHEAD (4U * 1024 * 1024) /* bytes to fetch before they are sent */

static struct http_conn *
conn_of(struct http_exchange *x)
{
	return (struct http_conn *)x; /* its first member */
}

static uint64_t
body_sent(const struct http_conn *c)
{
	return c->wire > c->head_len ? c->wire - c->head_len : 0;
}

static void
end_exchange(struct http_conn *c, bool whole)
{
	const struct http_server *s = c->server;

	if (!c->open)
		return;
	c->open = false;
	s->handler->done(s->owner, &c->x, body_sent(c), whole);
	c->fd = -1;
	c->left = 0;
}

void
http_conn_close(struct http_conn *c)
{
	struct http_server *s = c->server;

	if (c->closed)
		return;
	c->closed = true;
	loop_unwatch(s->loop, &c->watch);
	timer_stop(s->loop, &c->timer);
	loop_cancel(s->loop, &c->task);
	(void)close(c->watch.fd);
	end_exchange(c, false);
	strbuf_clear(&c->in);
	strbuf_clear(&c->out);
	*c->place = c->next;
	if (c->next)
		c->next->place = c->place;
	c->next = s->graves;
	s->graves = c;
	loop_later(s->loop, &s->bury);
	http_server_left(s, c);
}

static void
enter(struct http_conn *c, enum http_state state)
{
	http_phase_enter(&c->phase, state, loop_now(c->server->loop));
}

/* Watch for what the state waits for, and for its deadline. */
static void
settle(struct http_conn *c)
{
	static const uint32_t wants[] = {
	    [HTTP_IDLE] = EPOLLIN,
	    [HTTP_HEADING] = EPOLLIN,
	    [HTTP_TAKING] = EPOLLIN,
	    [HTTP_THINKING] = 0,
	    [HTTP_SENDING] = EPOLLOUT,
	    [HTTP_PAUSING] = EPOLLRDHUP,
	    [HTTP_LEAVING] = EPOLLIN,
	};
	struct loop *loop = c->server->loop;
	uint32_t events;

	if (c->closed)
		return;
	events = wants[c->phase.state];
	/* Requests that wait in `in` go on when this turn's share is used. */
	if (c->budget == 0 && events == EPOLLIN && c->in.len)
		events = EPOLLOUT;
	if (events != c->events && loop_change(loop, &c->watch, events) < 0) {
		http_conn_close(c);
		return;
	}
	c->events = events;
	/* A timer that fires too early looks at the deadline again, which is
	 * cheaper than to move it with each request. */
	if (c->phase.deadline != UINT64_MAX &&
	    (!c->timer.place || c->phase.deadline < c->timer.at))
		timer_at(loop, &c->timer, c->phase.deadline);
}

static void
on_time(void *owner)
{
	struct http_conn *c = owner;

	if (c->phase.deadline <= loop_now(c->server->loop)) {
		log_line(LOG_LEVEL_DEBUG, "http-timeout", "state=%s",
		    http_state_name(c->phase.state));
		http_conn_close(c);
		return;
	}
	settle(c);
}

/* Everything was said. */
static void
finish(struct http_conn *c)
{
	end_exchange(c, true);
	strbuf_clear(&c->out);
	c->out_at = 0;
	if (c->keep_alive) {
		enter(c, HTTP_IDLE);
		return;
	}
	/* Closing with bytes unread would reset the connection, and the
	 * client might lose our last ones (RFC 9112 section 9.6). */
	(void)shutdown(c->watch.fd, SHUT_WR);
	strbuf_clear(&c->in);
	enter(c, HTTP_LEAVING);
}

/* Count what a send took.  False when it took nothing: the connection was
 * closed, or must wait. */
static bool
took(struct http_conn *c, ssize_t n)
{
	if (n == -EAGAIN || n == -EINTR)
		return false;
	if (n <= 0) {
		http_conn_close(c);
		return false;
	}
	c->wire += (uint64_t)n;
	c->budget -= (size_t)n < c->budget ? (size_t)n : c->budget;
	return true;
}

/* Send what stands in `out`; true when all of it has left. */
static bool
send_out(struct http_conn *c)
{
	while (c->out_at < c->out.len) {
		ssize_t n = tcp_send(c->watch.fd, c->out.data + c->out_at,
		    c->out.len - c->out_at, c->left > 0);

		if (!took(c, n))
			return false;
		c->out_at += (size_t)n;
	}
	strbuf_clear(&c->out);
	c->out_at = 0;
	return true;
}

/* Send the file's body as far as this turn allows; true at its end. */
static bool
send_file(struct http_conn *c)
{
	while (c->left) {
		uint64_t run, place = body_place(&c->body, &run);
		size_t len = c->budget;
		ssize_t n;

		if (len == 0)
			return false;
		if (run > c->left)
			run = c->left;
		if (len > run)
			len = (size_t)run;
		/* Sends of other clients from the same file hide from the
		 * kernel that this one reads on. */
		if (place / AHEAD != (place + len) / AHEAD && run > AHEAD)
			file_expect(c->fd, place + len, AHEAD);
		n = len ? tcp_send_file(c->watch.fd, c->fd, place, len) : 0;
		if (!took(c, n))
			return false; /* also where the file was cut short */
		c->left -= (uint64_t)n;
		c->body.at += (uint64_t)n;
	}
	return true;
}

/* Put a small body of a file behind its head and send both with one call;
 * true when all of it has left. */
static bool
send_small(struct http_conn *c)
{
	struct http_server *s = c->server;
	size_t head = c->out.len, len = head + (size_t)c->left;
	int error = body_read(
	    &c->body, c->fd, s->output + head, (size_t)c->left, c->body.at);
	ssize_t n;

	if (error) {
		log_line(LOG_LEVEL_WARNING, "http-read", "errno=%d", -error);
		http_conn_close(c);
		return false;
	}
	c->left = 0;
	memcpy(s->output, c->out.data, head);
	strbuf_clear(&c->out);
	n = tcp_send(c->watch.fd, s->output, len, false);
	if (!took(c, n) && c->closed)
		return false;
	if (n == (ssize_t)len)
		return true;
	n = n < 0 ? 0 : n;
	strbuf_add(&c->out, s->output + n, len - (size_t)n);
	return false;
}

static void
pump(struct http_conn *c)
{
	const struct http_server *s = c->server;
	bool small = c->left && c->out_at == 0 && c->out.len &&
	             c->left <= SMALL && c->out.len <= HTTP_OUTPUT - SMALL;
	bool all = small ? send_small(c) : send_out(c) && send_file(c);

	if (c->closed)
		return;
	http_phase_moved(&c->phase, c->wire, loop_now(s->loop));
	if (!all) {
		if (c->open && s->handler->progress)
			s->handler->progress(s->owner, &c->x, body_sent(c));
		return;
	}
	if (c->stream && !c->finished)
		enter(c, HTTP_PAUSING);
	else
		finish(c);
}

/* The head is known: have it sent, with what follows. */
static void
start_answer(struct http_conn *c, const struct http_plan *plan,
    const struct http_resource *resource, struct strbuf *text)
{
	struct http_server *s = c->server;
	struct writer w = writer_over(s->output, HTTP_RESPONSE_HEAD_MAX);
	bool body = !plan->head_only && plan->length;

	http_head_put(&w, plan, resource, http_server_date(s));
	assert(!w.fault);
	c->head_len = writer_len(&w);
	c->wire = 0;
	enter(c, HTTP_SENDING);
	strbuf_add(&c->out, s->output, c->head_len);
	if (body && c->fd >= 0) {
		c->left = plan->length;
		body_seek(&c->body, plan->first);
	} else if (body && text->data)
		strbuf_add(
		    &c->out, text->data + plan->first, (size_t)plan->length);
}

static struct http_plan
make_plan(struct http_conn *c, const struct http_resource *resource)
{
	struct http_plan plan = http_plan_for(c->x.request, resource);

	/* Without its head at hand, at least what was kept of the request. */
	plan.http10 = c->http10;
	plan.head_only |= c->head_only;
	plan.chunked = plan.chunked && !c->http10;
	if (resource->stream && c->http10)
		c->keep_alive = false;
	/* What is left of a body cannot be told from a request. */
	if (c->body_left)
		c->keep_alive = false;
	plan.keep_alive = c->keep_alive;
	return plan;
}

void
http_answer(struct http_exchange *x, struct http_answer *a)
{
	struct http_conn *c = conn_of(x);
	struct http_resource resource = {.status = a->status,
	    .type = a->type,
	    .etag = a->etag,
	    .headers = a->headers,
	    .size = a->fd >= 0 ? a->size : a->text.len,
	    .stream = a->stream};
	struct http_plan plan;

	assert(c->open && !c->answered);
	c->answered = true;
	plan = make_plan(c, &resource);
	c->stream =
	    a->stream && !plan.head_only && plan.status == resource.status;
	c->chunked = plan.chunked;
	c->fd = a->fd;
	if (a->fd >= 0)
		c->body = body_over(a->extents, a->extent_count);
	start_answer(c, &plan, &resource, &a->text);
	strbuf_clear(&a->text);
	if (!c->inside && !c->closed)
		loop_later(c->server->loop, &c->task);
}

void
http_answer_text(struct http_exchange *x, uint16_t status, const char *text)
{
	struct http_answer a = {
	    .status = status, .type = "text/plain; charset=utf-8", .fd = -1};

	strbuf_printf(&a.text, "%s\n", text);
	http_answer(x, &a);
}

void
http_push(struct http_exchange *x, struct span bytes)
{
	struct http_conn *c = conn_of(x);

	if (!c->stream || c->finished || c->closed || bytes.len == 0)
		return;
	if (c->chunked)
		strbuf_printf(&c->out, "%zx\r\n", bytes.len);
	strbuf_span(&c->out, bytes);
	if (c->chunked)
		strbuf_text(&c->out, "\r\n");
	if (c->out.len - c->out_at > LAG)
		(void)shutdown(
		    c->watch.fd, SHUT_RDWR); /* closed by its event */
	if (c->phase.state == HTTP_PAUSING)
		enter(c, HTTP_SENDING);
	loop_later(c->server->loop, &c->task);
}

void
http_finish(struct http_exchange *x)
{
	struct http_conn *c = conn_of(x);

	if (c->finished || c->closed)
		return;
	c->finished = true;
	if (c->stream && c->chunked)
		strbuf_text(&c->out, "0\r\n\r\n");
	if (c->phase.state == HTTP_PAUSING)
		enter(c, HTTP_SENDING);
	loop_later(c->server->loop, &c->task);
}

struct http_peer
http_exchange_peer(const struct http_exchange *x)
{
	return ((const struct http_conn *)x)->peer;
}

/* Answer a request that no handler sees, and close. */
static void
refuse(struct http_conn *c, uint16_t status, const char *why)
{
	struct http_resource resource = {.status = status,
	    .type = "text/plain; charset=utf-8",
	    .headers = status == 405 ? "Allow: GET, HEAD\r\n" : NULL};
	struct http_plan plan;
	struct strbuf text = {0};
	char ip[IP4_TEXT_SIZE];

	log_line(LOG_LEVEL_DEBUG, "http-refused", "client=%s status=%u why=%s",
	    ip4_text(c->peer.client.ip, ip), status, log_text(span_text(why)));
	strbuf_printf(&text, "%s\n", why);
	resource.size = text.len;
	c->keep_alive = false;
	plan = http_plan_for(NULL, &resource);
	plan.keep_alive = false;
	plan.head_only = c->head_only;
	c->fd = -1;
	c->stream = false;
	start_answer(c, &plan, &resource, &text);
	strbuf_clear(&text);
}

/* Why the server does not let the request through, or 0. */
static uint16_t
not_allowed(const struct http_conn *c, const struct http_request *r)
{
	const struct http_handler *h = c->server->handler;
	bool reads =
	    r->method == HTTP_METHOD_GET || r->method == HTTP_METHOD_HEAD;

	if (!reads && !(h->methods & 1U << r->method))
		return 405;
	if (r->body_len > h->body_max)
		return 413;
	if (!r->body &&
	    (r->method == HTTP_METHOD_PUT || r->method == HTTP_METHOD_POST))
		return 411;
	return 0;
}

/* What a handler has said by now leads on. */
static void
after_handler(struct http_conn *c)
{
	c->inside = false;
	if (c->closed)
		return;
	if (c->phase.state == HTTP_SENDING)
		pump(c);
	else if (!c->answered && c->phase.state == HTTP_TAKING && !c->body_left)
		enter(c, HTTP_THINKING);
}

static void
begin(struct http_conn *c, const struct http_request *r)
{
	const struct http_server *s = c->server;
	uint16_t status = not_allowed(c, r);

	c->keep_alive = r->keep_alive;
	c->http10 = r->http10;
	c->head_only = r->method == HTTP_METHOD_HEAD;
	if (status) {
		refuse(c, status, http_reason(status));
		pump(c);
		return;
	}
	c->answered = c->stream = c->finished = false;
	c->fd = -1;
	c->left = c->wire = 0;
	c->body_left = r->body_len;
	c->open = c->inside = true;
	c->x = (struct http_exchange){.request = r};
	enter(c, r->body_len ? HTTP_TAKING : HTTP_THINKING);
	if (r->expect_continue && r->body_len)
		strbuf_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	s->handler->begin(s->owner, &c->x);
	if (r->body && r->body_len == 0 && !c->answered && s->handler->body)
		s->handler->body(s->owner, &c->x, span_of("", 0), true);
	c->x.request = NULL;
	if (c->phase.state == HTTP_TAKING && c->out.len)
		(void)send_out(c);
	after_handler(c);
}

/* Take a head off `input`, if one has come; returns the bytes taken. */
static size_t
take_head(struct http_conn *c, struct span input)
{
	struct http_request request;
	size_t len = http_head_len(input);
	const char *fault;
	uint16_t status = 400;

	if (len == 0 && !http_head_plausible(input)) {
		refuse(c, 400, "not an HTTP request");
	} else if (len > HTTP_HEAD_MAX ||
	           (len == 0 && input.len > HTTP_HEAD_MAX)) {
		refuse(c, 431, "head too large");
	} else if (len == 0) {
		if (c->phase.state == HTTP_IDLE)
			enter(c, HTTP_HEADING);
		return 0;
	} else {
		fault = http_request_parse(
		    span_of(input.data, len), &request, &status);
		if (!fault) {
			begin(c, &request);
			return len;
		}
		refuse(c, status, fault);
	}
	pump(c);
	return input.len;
}

static size_t
take_body(struct http_conn *c, struct span input)
{
	const struct http_server *s = c->server;
	size_t len = input.len < c->body_left ? input.len : c->body_left;

	c->body_left -= len;
	c->wire += len;
	http_phase_moved(&c->phase, c->wire, loop_now(s->loop));
	c->inside = true;
	if (s->handler->body)
		s->handler->body(s->owner, &c->x, span_of(input.data, len),
		    c->body_left == 0);
	after_handler(c);
	return len;
}

/* Take as many requests from `input` as can be answered now; returns the
 * bytes taken. */
static size_t
consume(struct http_conn *c, struct span input)
{
	size_t used = 0;

	while (used < input.len && !c->closed) {
		struct span rest = span_skip(input, used);
		size_t step = 0;

		if (c->phase.state == HTTP_TAKING)
			step = take_body(c, rest);
		else if ((c->phase.state == HTTP_IDLE && c->budget) ||
		         c->phase.state == HTTP_HEADING)
			step = take_head(c, rest);
		if (step == 0)
			break;
		used += step;
	}
	return used;
}

/* Go on with what has come already. */
static void
consume_pending(struct http_conn *c)
{
	size_t used = consume(c, strbuf_view(&c->in));

	if (c->closed)
		return;
	if (used >= c->in.len)
		strbuf_clear(&c->in);
	else
		strbuf_drop(&c->in, used);
}

static void
take_input(struct http_conn *c)
{
	struct http_server *s = c->server;
	ssize_t n = tcp_receive(c->watch.fd, s->input, sizeof(s->input));
	struct span input;
	size_t used;

	if (n == -EAGAIN || n == -EINTR)
		return;
	if (n <= 0) {
		http_conn_close(c);
		return;
	}
	if (c->phase.state == HTTP_LEAVING)
		return; /* what comes now is nothing to us */
	input = span_of(s->input, (size_t)n);
	if (c->in.len) {
		strbuf_span(&c->in, input);
		consume_pending(c);
		return;
	}
	used = consume(c, input);
	if (!c->closed && c->phase.state != HTTP_LEAVING)
		strbuf_span(&c->in, span_skip(input, used));
}

static void
on_ready(void *owner, uint32_t ev)
{
	struct http_conn *c = owner;

	c->budget = TURN;
	if (ev & (EPOLLERR | EPOLLHUP) ||
	    (ev & EPOLLRDHUP && c->phase.state == HTTP_PAUSING)) {
		http_conn_close(c);
		return;
	}
	if (c->phase.state == HTTP_SENDING) {
		pump(c);
		if (!c->closed && c->in.len)
			consume_pending(c);
	} else if (ev & EPOLLOUT) {
		consume_pending(c);
	} else if (ev & EPOLLIN) {
		take_input(c);
	}
	settle(c);
}

/* A handler has answered, or pushed, outside of any event of ours. */
static void
go_on(void *owner)
{
	struct http_conn *c = owner;

	c->budget = TURN;
	if (c->phase.state == HTTP_SENDING)
		pump(c);
	if (!c->closed && c->in.len)
		consume_pending(c);
	settle(c);
}

void
http_conn_new(struct http_server *s, int fd, const struct endpoint *from)
{
	struct http_conn *c = mem_alloc(sizeof(*c));

	c->server = s;
	c->fd = -1;
	c->watch = (struct watch){.fd = fd, .ready = on_ready, .owner = c};
	c->timer = (struct timer){.fire = on_time, .owner = c};
	c->task = (struct task){.run = go_on, .owner = c};
	c->peer = (struct http_peer){.client = *from,
	    .local_ip = tcp_local(fd).ip,
	    .uid = from->ip ? (uid_t)-1 : tcp_uid(fd)};
	c->events = EPOLLIN;
	c->budget = TURN;
	c->next = s->conns;
	c->place = &s->conns;
	if (c->next)
		c->next->place = &c->next;
	s->conns = c;
	enter(c, HTTP_IDLE);
	if (loop_watch(s->loop, &c->watch, EPOLLIN) < 0)
		http_conn_close(c);
	else
		settle(c);
}
