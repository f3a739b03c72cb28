#include "check.h"

#include "proto/http_request.h"

static const char *
parse(const char *head, struct http_request *r, uint16_t *status)
{
	*status = 0;
	return http_request_parse(span_text(head), r, status);
}

TEST(a_plain_request_is_understood)
{
	struct http_request r;
	uint16_t status;

	CHECK(!parse("GET /raw/a%20b.iso?x=1&y HTTP/1.1\r\nHost: 192.0.2.1\r\n"
	             "Range: bytes=0-1 \r\nIf-Range: \"e\"\r\n"
	             "User-Agent: iPXE/1.21.1\r\n\r\n",
	    &r, &status));
	CHECK_TEXT(r.path, "/raw/a b.iso");
	CHECK(r.path_len == strlen(r.path));
	CHECK(span_is(r.query, "x=1&y") && span_is(r.host, "192.0.2.1"));
	CHECK(span_is(r.range, "bytes=0-1") && span_is(r.if_range, "\"e\""));
	CHECK(span_is(r.user_agent, "iPXE/1.21.1"));
	CHECK(r.method == HTTP_METHOD_GET && r.keep_alive && !r.http10);
	CHECK(!r.body && !r.if_match.data && !r.if_none_match.data);
}

TEST(a_connection_stays_open_as_the_version_says)
{
	static const struct {
		const char *head;
		bool keep_alive, http10;
	} cases[] = {
	    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true, false},
	    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false,
	        false},
	    {"GET / HTTP/1.0\r\n\r\n", false, true},
	    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request r;
		uint16_t status;

		CHECK(!parse(cases[i].head, &r, &status));
		CHECK(r.keep_alive == cases[i].keep_alive);
		CHECK(r.http10 == cases[i].http10);
	}
}

TEST(requests_that_must_not_be_understood_are_refused)
{
#define LINE "GET / HTTP/1.1\r\n"
#define HOST LINE "Host: a\r\n"
	static const struct {
		const char *head;
		uint16_t status;
	} cases[] = {
	    {LINE "\r\n", 400},
	    {HOST "Host: a\r\n\r\n", 400},
	    {HOST "host: b\r\n\r\n", 400},
	    {LINE "Host: a/b\r\n\r\n", 400},
	    {LINE "Host: a b\r\n\r\n", 400},
	    {LINE "Host: a,b\r\n\r\n", 400},
	    {HOST "A: b\r\n c\r\n\r\n", 400},
	    {HOST "A: b\r\n\tc\r\n\r\n", 400},
	    {HOST "A : b\r\n\r\n", 400},
	    {HOST "A b: c\r\n\r\n", 400},
	    {HOST ": c\r\n\r\n", 400},
	    {HOST "A: b\rc: d\r\n\r\n", 400},
	    {HOST "A: b\nC: d\r\n\r\n", 400},
	    {HOST "\rA: b\r\n\r\n", 400},
	    {HOST "Transfer-Encoding: chunked\r\n\r\n", 501},
	    {HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
	        400},
	    {HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
	        400},
	    {HOST "Transfer-Encoding: xchunked\r\n\r\n", 501},
	    {HOST "Content-Length: 3\r\n\r\n", 400},
	    {HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400},
	    {HOST "Content-Length: -1\r\n\r\n", 400},
	    {HOST "Content-Length: +1\r\n\r\n", 400},
	    {HOST "Content-Length: 0x1\r\n\r\n", 400},
	    {HOST "Content-Length: 1,1\r\n\r\n", 400},
	    {HOST "Content-Length: 99999999999999999999\r\n\r\n", 400},
	    {HOST "Range: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n", 400},
	    {HOST "Expect: magic\r\n\r\n", 417},
	    {"GET /\r\n\r\n", 505},
	    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 505},
	    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
	    {"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505},
	    {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
	    {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	    {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	    {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	    {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
	    {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	    {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	    {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	    {"GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	    {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	    {"GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	    {"GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request r;
		uint16_t status;
		const char *fault = parse(cases[i].head, &r, &status);

		if (!fault || status != cases[i].status)
			print_message("# case %zu: %s, %u\n", i,
			    fault ? fault : "accepted", status);
		CHECK(fault && status == cases[i].status);
	}
}

TEST(paths_are_decoded_once_and_cannot_climb)
{
	static const struct {
		const char *target, *path;
	} cases[] = {
	    {"/", "/"},
	    {"/a/b", "/a/b"},
	    {"//a///b/", "/a/b/"},
	    {"/a%2Fb", "/a/b"},
	    {"/a%252e", "/a%2e"},
	    {"/%23%3f", "/#?"},
	    {"/%c3%a4.iso", "/\xc3\xa4.iso"},
	    {"/...", "/..."},
	    {"/a..b/.c", "/a..b/.c"},
	    {"/a\\b", "/a\\b"},
	    {"http://h/a", "/a"},
	    {"HTTP://h:80", "/"},
	    {"http://h?q", "/"},
	    {"/..", NULL},
	    {"/.", NULL},
	    {"/../etc/passwd", NULL},
	    {"/a/../b", NULL},
	    {"/a/./b", NULL},
	    {"/a/..", NULL},
	    {"/%2e%2e/etc/passwd", NULL},
	    {"/%2E%2e%2fetc", NULL},
	    {"/a%2f..%2fb", NULL},
	    {"/.%2e/", NULL},
	    {"http://h/../a", NULL},
	    {"/%00", NULL},
	    {"/a%0a", NULL},
	    {"/a%7f", NULL},
	    {"/a%", NULL},
	    {"/a%4", NULL},
	    {"/a%g0", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_request r;
		uint16_t status;
		char head[128];
		const char *fault;

		(void)snprintf(head, sizeof(head),
		    "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", cases[i].target);
		fault = parse(head, &r, &status);
		if (!fault != !!cases[i].path)
			print_message("# %s: %s\n", cases[i].target,
			    fault ? fault : "accepted");
		CHECK_TEXT(fault ? NULL : r.path, cases[i].path);
		CHECK(!fault || status == 400);
	}
}

TEST(a_path_has_a_longest_length)
{
	static char head[4096], name[2048];
	struct http_request r;
	uint16_t status = 0;

	memset(name, 'a', HTTP_PATH_MAX);
	for (size_t extra = 0; extra < 2; extra++) {
		(void)snprintf(head, sizeof(head), "GET /%.*s HTTP/1.0\r\n\r\n",
		    (int)(HTTP_PATH_MAX - 1 + extra), name);
		CHECK(!parse(head, &r, &status) == !extra);
	}
	CHECK(status == 414);
}

TEST(sixty_four_fields_are_enough)
{
	static char head[8192];
	struct http_request r;
	uint16_t status = 0;

	for (int more = 0; more < 2; more++) {
		size_t len = (size_t)snprintf(
		    head, sizeof(head), "GET / HTTP/1.1\r\nHost: a\r\n");

		for (int i = 0; i < 63 + more; i++)
			len += (size_t)snprintf(
			    head + len, sizeof(head) - len, "a%d: b\r\n", i);
		(void)snprintf(head + len, sizeof(head) - len, "\r\n");
		CHECK(!parse(head, &r, &status) == !more);
	}
	CHECK(status == 431);
}

TEST(a_body_is_announced)
{
	struct http_request r;
	uint16_t status = 0;

	CHECK(!parse("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n"
	             "Expect: 100-continue\r\n\r\n",
	    &r, &status));
	CHECK(r.method == HTTP_METHOD_PUT && r.body && r.body_len == 12);
	CHECK(r.expect_continue);
	CHECK(!parse("DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n", &r, &status));
	CHECK(!r.body && r.body_len == 0);
}

TEST(an_upgrade_that_is_offered_is_ignored)
{
	struct http_request r;
	uint16_t status = 0;

	CHECK(!parse("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n"
	             "Connection: upgrade\r\n\r\n",
	    &r, &status));
}

TEST(a_head_ends_at_its_empty_line)
{
	CHECK(http_head_len(span_text("")) == 0);
	CHECK(http_head_len(span_text("\r\n\r\n")) == 0);
	CHECK(http_head_len(span_text("GET / HTTP/1.1\r\n\r")) == 0);
	CHECK(http_head_len(span_text("\r\nA\r\n\r\nB")) == 7);
}

TEST(what_is_no_request_is_seen_early)
{
	CHECK(http_head_plausible(span_text("")));
	CHECK(http_head_plausible(span_text("\r")));
	CHECK(http_head_plausible(span_text("\r\nG")));
	CHECK(http_head_plausible(span_text("GET / HTTP/1.1\r\nHo")));
	CHECK(!http_head_plausible(span_text("\x16\x03\x01")));
	CHECK(!http_head_plausible(span_text("GET / HTTP/1.1\n")));
	CHECK(!http_head_plausible(span_text("\n")));
	CHECK(!http_head_plausible(span_text("{}")));
}
