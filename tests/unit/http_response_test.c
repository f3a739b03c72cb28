#include "check.h"

#include "proto/http_response.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static const struct http_resource file = {.status = 200,
    .type = "application/octet-stream",
    .etag = "\"e1\"",
    .size = 1000};

/* The plan for a GET of `r` with these further lines of head. */
static struct http_plan
plan(const char *method, const char *lines, const struct http_resource *r)
{
	char head[512];
	struct http_request request;
	uint16_t status;

	(void)snprintf(head, sizeof(head), "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n",
	    method, lines);
	CHECK(!http_request_parse(span_text(head), &request, &status));
	return http_plan_for(&request, r);
}

static const char *
head(const struct http_plan *p, const struct http_resource *r)
{
	static char text[HTTP_RESPONSE_HEAD_MAX + 1];
	struct writer w = writer_over(text, sizeof(text) - 1);

	http_head_put(&w, p, r, DATE);
	CHECK(!w.fault);
	text[writer_len(&w)] = '\0';
	return text;
}

TEST(conditions_are_applied_in_the_order_of_the_rfc)
{
	static const struct {
		const char *lines;
		uint16_t status;
	} cases[] = {
	    {"", 200},
	    {"If-Match: \"e1\"\r\n", 200},
	    {"If-Match: *\r\n", 200},
	    {"If-Match: \"x\", \"e1\"\r\n", 200},
	    {"If-Match: \"x\"\r\n", 412},
	    {"If-Match: W/\"e1\"\r\n", 412},
	    {"If-None-Match: \"e1\"\r\n", 304},
	    {"If-None-Match: W/\"e1\"\r\n", 304},
	    {"If-None-Match: \"x\" ,\"e1\"\r\n", 304},
	    {"If-None-Match: *\r\n", 304},
	    {"If-None-Match: \"x\"\r\n", 200},
	    {"If-Match: \"x\"\r\nIf-None-Match: \"e1\"\r\n", 412},
	    {"Range: bytes=0-9\r\n", 206},
	    {"Range: bytes=0-9\r\nIf-Range: \"e1\"\r\n", 206},
	    {"Range: bytes=0-9\r\nIf-Range: \"x\"\r\n", 200},
	    {"Range: bytes=0-9\r\nIf-Range: W/\"e1\"\r\n", 200},
	    {"Range: bytes=0-9\r\nIf-Range: *\r\n", 200},
	    {"Range: bytes=0-9\r\nIf-Range: " DATE "\r\n", 200},
	    {"Range: bytes=0-9\r\nIf-Match: \"e1\"\r\n", 206},
	    {"Range: bytes=0-9\r\nIf-Match: \"x\"\r\n", 412},
	    {"Range: bytes=0-9\r\nIf-None-Match: \"e1\"\r\n", 304},
	    {"Range: bytes=1000-\r\n", 416},
	    {"Range: bytes=0-1,5-6\r\n", 200},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_plan p = plan("GET", cases[i].lines, &file);

		CHECK(p.status == cases[i].status);
		CHECK(p.length == (p.status == 200      ? 1000u
		                      : p.status == 206 ? 10u
		                                        : 0u));
	}
}

TEST(a_whole_file_has_its_length_and_tag)
{
	struct http_plan p = plan("GET", "", &file);

	CHECK_TEXT(head(&p, &file),
	    "HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: 1000\r\nETag: \"e1\"\r\nAccept-Ranges: bytes\r\n"
	    "Cache-Control: no-cache\r\n\r\n");
}

TEST(a_range_is_named_with_the_size_of_the_whole)
{
	struct http_plan p = plan("GET", "Range: bytes=-5\r\n", &file);

	CHECK(p.first == 995 && p.length == 5);
	CHECK(strstr(head(&p, &file), "HTTP/1.1 206 Partial Content\r\n"));
	CHECK(strstr(head(&p, &file), "Content-Length: 5\r\n"
	                              "Content-Range: bytes 995-999/1000\r\n"));
}

TEST(a_range_beyond_the_end_says_where_the_end_is)
{
	struct http_plan p = plan("GET", "Range: bytes=1000-\r\n", &file);

	CHECK(strstr(head(&p, &file), "Content-Length: 0\r\n"
	                              "Content-Range: bytes */1000\r\n"));
}

TEST(head_tells_the_length_and_sends_nothing)
{
	struct http_plan p = plan("HEAD", "Range: bytes=0-1\r\n", &file);

	CHECK(p.head_only && p.status == 200);
	CHECK(strstr(head(&p, &file), "Content-Length: 1000\r\n"));
}

TEST(an_answer_without_content_has_no_length)
{
	struct http_resource none = {.status = 204};
	struct http_plan p = plan("GET", "", &none);
	struct http_plan same = plan("GET", "If-None-Match: *\r\n", &file);

	CHECK(!strstr(head(&p, &none), "Content-"));
	CHECK(!strstr(head(&same, &file), "Content-"));
	CHECK(strstr(head(&same, &file), "ETag: \"e1\"\r\n"));
}

TEST(a_busy_server_says_when_to_come_back)
{
	struct http_resource busy = {.status = 503, .size = 4, .type = "a/b"};
	struct http_plan p = plan("GET", "Range: bytes=0-0\r\n", &busy);

	CHECK(p.status == 503 && p.length == 4);
	CHECK(strstr(head(&p, &busy), "Retry-After: "));
}

TEST(a_stream_is_chunked_unless_the_client_is_too_old)
{
	struct http_resource stream = {
	    .status = 200, .type = "application/jsonl", .stream = true};
	struct http_request old;
	struct http_plan p = plan("GET", "", &stream);
	uint16_t status;

	CHECK(p.chunked && p.keep_alive);
	CHECK(strstr(head(&p, &stream), "Transfer-Encoding: chunked\r\n"));
	CHECK(!strstr(head(&p, &stream), "Content-Length"));
	CHECK(!http_request_parse(
	    span_text("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), &old,
	    &status));
	p = http_plan_for(&old, &stream);
	CHECK(!p.chunked && !p.keep_alive);
	CHECK(strstr(head(&p, &stream), "Connection: close\r\n"));
	CHECK(!strstr(head(&p, &stream), "Transfer-Encoding"));
	CHECK(!strstr(head(&p, &stream), "Content-Length"));
}

TEST(dates_are_those_of_the_calendar)
{
	static const struct {
		uint64_t time;
		const char *text;
	} cases[] = {
	    {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
	    {784111777, DATE},
	    {951827696, "Tue, 29 Feb 2000 12:34:56 GMT"},
	    {1709251199, "Thu, 29 Feb 2024 23:59:59 GMT"},
	    {4102444800, "Fri, 01 Jan 2100 00:00:00 GMT"},
	    {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
	};
	char date[HTTP_DATE_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_TEXT(http_date(cases[i].time, date), cases[i].text);
}
