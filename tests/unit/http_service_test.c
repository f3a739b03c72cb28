#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/http_service.h"

#define BIG (3U << 20) /* bytes: more than one turn sends */

/* A server on a Unix socket, and a client on a thread of its own that says
 * `script` and keeps all that it hears until the server closes. */
struct world {
	struct loop loop;
	struct http_server *server;
	struct timer late;
	struct http_exchange *waiting;
	struct sockaddr_un address;
	int file;
	struct image_extent extents[2];
	struct strbuf body, heard;
	const char *script;
	size_t script_len;
	int begun, done, whole;
};

static void
answer_late(void *owner)
{
	struct world *w = owner;

	http_answer_text(w->waiting, 200, "late");
}

static void
stream_late(void *owner)
{
	struct world *w = owner;

	http_push(w->waiting, span_text("two"));
	http_finish(w->waiting);
}

static void
answer_file(struct world *w, struct http_exchange *x, uint64_t size)
{
	struct http_answer a = {.status = 200,
	    .type = "a/b",
	    .etag = "\"e\"",
	    .fd = w->file,
	    .extents = w->extents,
	    .extent_count = 2,
	    .size = size};

	w->extents[0] = (struct image_extent){0, size / 3};
	w->extents[1] = (struct image_extent){size / 3, size - size / 3};
	http_answer(x, &a);
}

static void
begin(void *owner, struct http_exchange *x)
{
	struct world *w = owner;
	const char *path = x->request->path;
	struct http_answer stream = {.status = 200, .fd = -1, .stream = true};

	w->begun++;
	w->waiting = x;
	if (strcmp(path, "/late") == 0) {
		w->late.fire = answer_late;
		timer_at(&w->loop, &w->late, loop_now(&w->loop) + 5);
	} else if (strcmp(path, "/stream") == 0) {
		http_answer(x, &stream);
		http_push(x, span_text("one"));
		w->late.fire = stream_late;
		timer_at(&w->loop, &w->late, loop_now(&w->loop) + 5);
	} else if (strcmp(path, "/small") == 0) {
		answer_file(w, x, 1000);
	} else if (strcmp(path, "/big") == 0) {
		answer_file(w, x, BIG);
	} else if (strcmp(path, "/short") == 0) {
		answer_file(w, x, 2 * BIG);
	} else if (x->request->method != HTTP_METHOD_PUT) {
		http_answer_text(x, 200, "text");
	}
}

static void
body(void *owner, struct http_exchange *x, struct span bytes, bool last)
{
	struct world *w = owner;

	strbuf_span(&w->body, bytes);
	if (last)
		http_answer_text(x, 201, "put");
}

static void
done(void *owner, struct http_exchange *x UNUSED, uint64_t sent UNUSED,
    bool whole)
{
	struct world *w = owner;

	w->done++;
	w->whole += whole;
}

static const struct http_handler handler = {
    .methods = 1U << HTTP_METHOD_PUT,
    .body_max = 100000,
    .begin = begin,
    .body = body,
    .done = done,
};

static void
stop(void *owner)
{
	struct world *w = owner;

	loop_stop(&w->loop);
}

/* The client.  It sends all, then reads to the end; a slow reader is what
 * makes the server wait. */
static void *
client(void *argument)
{
	struct world *w = argument;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct timeval patience = {.tv_sec = 5};
	char bytes[65536];
	ssize_t n;

	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&w->address,
	        sizeof(w->address)) == 0 &&
	    write(fd, w->script, w->script_len) >= 0)
		while ((n = read(fd, bytes, sizeof(bytes))) > 0)
			strbuf_add(&w->heard, bytes, (size_t)n);
	(void)close(fd);
	return NULL;
}

static void
world_make(struct world *w)
{
	char path[] = "/tmp/http-test-XXXXXX";

	*w = (struct world){.file = mkstemp(path)};
	(void)unlink(path);
	for (uint32_t i = 0; i < BIG; i += 4096) {
		char page[4096];

		memset(page, (int)('a' + i / 4096 % 26), sizeof(page));
		CHECK(pwrite(w->file, page, 4096, i) == 4096);
	}
	CHECK(loop_init(&w->loop) == 0);
	w->late.owner = w;
}

static void
serve(struct world *w, const char *script, size_t len)
{
	int listener =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct timer end = {.fire = stop, .owner = w};
	pthread_t thread;

	w->script = script;
	w->script_len = len;
	w->address = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* In the abstract namespace: no file is left behind. */
	(void)snprintf(w->address.sun_path + 1, sizeof(w->address.sun_path) - 1,
	    "http-test-%d", getpid());
	CHECK(bind(listener, (const struct sockaddr *)&w->address,
	          sizeof(w->address)) == 0 &&
	      listen(listener, 8) == 0);
	w->server = http_server_new(&w->loop, listener, 1, &handler, w);
	CHECK(w->server != NULL);
	CHECK(pthread_create(&thread, NULL, client, w) == 0);
	timer_at(&w->loop, &end, loop_now(&w->loop) + 400);
	CHECK(loop_run(&w->loop) == 0);
	timer_stop(&w->loop, &end);
	timer_stop(&w->loop, &w->late);
	http_server_free(w->server);
	(void)close(listener);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(w->begun == w->done);
}

static void
world_end(struct world *w)
{
	loop_clear(&w->loop);
	(void)close(w->file);
	strbuf_clear(&w->body);
	strbuf_clear(&w->heard);
}

/* How often `what` stands in what the client heard. */
static int
heard(const struct world *w, const char *what)
{
	int count = 0;
	struct span left = strbuf_view(&w->heard);
	const char *at;

	while (left.len &&
	       (at = memmem(left.data, left.len, what, strlen(what)))) {
		count++;
		left = span_skip(left, (size_t)(at - left.data) + strlen(what));
	}
	return count;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LAST(path)                                                             \
	"GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define SERVE(w, script)                                                       \
	world_make(w);                                                         \
	serve(w, script, sizeof(script) - 1)

TEST(requests_of_one_connection_are_answered_in_their_order)
{
	static struct world w;
	const char *small, *late, *text;

	SERVE(&w, GET("/small") GET("/late") GET("/text") LAST("/big"));
	small = strstr(w.heard.data, "aaaa");
	late = strstr(w.heard.data, "late\n");
	text = strstr(w.heard.data, "text\n");
	CHECK(small && late && text && small < late && late < text);
	CHECK(heard(&w, "HTTP/1.1 200 OK") == 4 && w.whole == 4);
	CHECK(heard(&w, "Content-Length: 3145728\r\n") == 1);
	CHECK(w.heard.len > BIG);
	world_end(&w);
}

TEST(a_range_over_two_extents_has_the_right_bytes)
{
	static struct world w;
	const char *at;

	SERVE(&w, "GET /big HTTP/1.0\r\nRange: bytes=1048570-1048585\r\n\r\n");
	at = strstr(w.heard.data, "\r\n\r\n");
	CHECK(heard(&w, "206 Partial Content") == 1);
	CHECK(heard(&w, "bytes 1048570-1048585/3145728") == 1);
	CHECK_TEXT(at, "\r\n\r\nvvvvvvwwwwwwwwww");
	world_end(&w);
}

TEST(a_file_that_is_shorter_than_it_was_closes_the_connection)
{
	static struct world w;

	SERVE(&w, GET("/short") GET("/text"));
	CHECK(w.begun == 1 && w.whole == 0);
	CHECK(w.heard.len > BIG && w.heard.len < BIG + 1000);
	world_end(&w);
}

TEST(a_stream_comes_in_chunks_as_they_are_made)
{
	static struct world w;

	SERVE(&w, GET("/stream") LAST("/text"));
	CHECK(
	    heard(&w,
	        "\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200") == 1);
	CHECK(w.whole == 2);
	world_end(&w);
}

TEST(a_body_reaches_the_handler_whole)
{
	static struct world w;
	static char script[60000];
	int head = snprintf(script, sizeof(script),
	    "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n");

	memset(script + head, 'x', 50000);
	(void)snprintf(script + head + 50000, 500, "%s", LAST("/text"));
	world_make(&w);
	serve(&w, script, strlen(script));
	CHECK(w.body.len == 50000 && heard(&w, "201 Created") == 1);
	CHECK(heard(&w, "text\n") == 1);
	world_end(&w);
}

TEST(a_body_that_is_announced_gets_its_go_ahead)
{
	static struct world w;

	SERVE(&w, "PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
	          "Connection: close\r\nContent-Length: 3\r\n\r\nabc");
	CHECK(w.heard.data && strncmp(w.heard.data,
	                          "HTTP/1.1 100 Continue\r\n\r\n"
	                          "HTTP/1.1 201 Created",
	                          45) == 0);
	CHECK_TEXT(strbuf_cstr(&w.body), "abc");
	world_end(&w);
}

TEST(requests_that_are_refused_reach_no_handler)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
	    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", "405"},
	    {"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
	    {"PUT / HTTP/1.1\r\nHost: a\r\n\r\n", "411"},
	    {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n",
	        "413"},
	    {"GET / HTTP/1.1\r\n\r\n", "400"},
	    {"GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
	    {"\x16\x03\x01", "400"},
	    {"GET / HTTP/1.1\n", "400"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static struct world w;

		world_make(&w);
		serve(&w, cases[i].request, strlen(cases[i].request));
		CHECK(w.begun == 0 && w.heard.data);
		CHECK(strncmp(w.heard.data + 9, cases[i].status, 3) == 0);
		CHECK(heard(&w, "Connection: close\r\n") == 1);
		world_end(&w);
	}
}

TEST(a_head_that_never_ends_is_refused)
{
	static struct world w;
	static char script[12000];

	memset(script, 'a', sizeof(script));
	memcpy(script, "GET /", 5);
	world_make(&w);
	serve(&w, script, sizeof(script));
	CHECK(w.begun == 0 && heard(&w, "HTTP/1.1 431") == 1);
	world_end(&w);
}

TEST(head_is_answered_without_a_body)
{
	static struct world w;

	SERVE(&w, "HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n" LAST("/text"));
	CHECK(heard(&w, "Content-Length: 3145728\r\n") == 1);
	CHECK(w.heard.len < 1000 && heard(&w, "text\n") == 1);
	world_end(&w);
}
