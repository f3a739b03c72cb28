#include "proto/http_response.h"

#include <stdio.h>

#include "base/text.h"
#include "proto/http_range.h"

static const struct {
	uint16_t status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

const char *
http_reason(uint16_t status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

static struct span
trimmed(struct span s)
{
	while (s.len && (s.data[0] == ' ' || s.data[0] == '\t'))
		s = span_skip(s, 1);
	while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Whether `list` is "*" or names `etag`.  Our tags hold no comma.  A weak tag
 * is none of ours where the comparison must be strong (RFC 9110 8.8.3.2). */
static bool
names(struct span list, const char *etag, bool strong)
{
	if (span_is(trimmed(list), "*"))
		return true;
	while (list.len) {
		struct span tag = trimmed(span_cut(&list, ','));

		if (!strong && span_starts(tag, "W/"))
			tag = span_skip(tag, 2);
		if (etag && etag[0] && span_is(tag, etag))
			return true;
	}
	return false;
}

/* RFC 9110 section 13.2.2; 0 where the request goes on. */
static uint16_t
precondition(
    const struct http_request *request, const struct http_resource *resource)
{
	bool reads = request->method == HTTP_METHOD_GET ||
	             request->method == HTTP_METHOD_HEAD;

	if (request->if_match.data &&
	    !names(request->if_match, resource->etag, true))
		return 412;
	if (request->if_none_match.data &&
	    names(request->if_none_match, resource->etag, false))
		return reads ? 304 : 412;
	return 0;
}

static void
apply_range(const struct http_request *request,
    const struct http_resource *resource, struct http_plan *plan)
{
	/* A range asks nothing of HEAD (RFC 9110 section 14.2). */
	if (request->method != HTTP_METHOD_GET || !request->range.data)
		return;
	if (request->if_range.data &&
	    (span_is(request->if_range, "*") ||
	        !names(request->if_range, resource->etag, true)))
		return;
	switch (http_range_parse(
	    request->range, resource->size, &plan->first, &plan->length)) {
	case HTTP_RANGE_NONE:
		break;
	case HTTP_RANGE_PART:
		plan->status = 206;
		break;
	case HTTP_RANGE_BEYOND:
		plan->status = 416;
		plan->length = 0;
		break;
	}
}

struct http_plan
http_plan_for(
    const struct http_request *request, const struct http_resource *resource)
{
	struct http_plan plan = {.status = resource->status,
	    .keep_alive = true,
	    .chunked = resource->stream,
	    .length = resource->size};

	if (resource->status == 204)
		plan.length = 0;
	if (!request)
		return plan;
	plan.keep_alive = request->keep_alive;
	plan.http10 = request->http10;
	plan.head_only = request->method == HTTP_METHOD_HEAD;
	if (resource->stream && request->http10)
		plan.chunked = plan.keep_alive =
		    false; /* ends with the close */
	if (resource->status != 200)
		return plan;
	plan.status = precondition(request, resource);
	if (plan.status) {
		plan.length = 0;
		plan.chunked = false;
		plan.head_only |= resource->stream;
		return plan;
	}
	plan.status = 200;
	if (!resource->stream)
		apply_range(request, resource, &plan);
	return plan;
}

static void
put_text(struct writer *w, const char *text)
{
	writer_bytes(w, text, strlen(text));
}

static void
put_number(struct writer *w, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	writer_bytes(w, digits + at, sizeof(digits) - at);
}

static void
put_line(struct writer *w, const char *name, const char *value)
{
	put_text(w, name);
	put_text(w, value);
	put_text(w, "\r\n");
}

static void
put_length(struct writer *w, const struct http_plan *plan,
    const struct http_resource *resource)
{
	if (plan->chunked)
		put_line(w, "Transfer-Encoding: ", "chunked");
	if (plan->chunked || plan->status == 204 || plan->status == 304)
		return;
	if (resource->stream && plan->status == resource->status)
		return; /* HTTP/1.0: to the end of the connection */
	put_text(w, "Content-Length: ");
	put_number(w, plan->length);
	put_text(w, "\r\n");
}

static void
put_range(struct writer *w, const struct http_plan *plan, uint64_t size)
{
	if (plan->status != 206 && plan->status != 416)
		return;
	put_text(w, "Content-Range: bytes ");
	if (plan->status == 206) {
		put_number(w, plan->first);
		put_text(w, "-");
		put_number(w, plan->first + plan->length - 1);
	} else {
		put_text(w, "*");
	}
	put_text(w, "/");
	put_number(w, size);
	put_text(w, "\r\n");
}

static void
put_validator(struct writer *w, const struct http_resource *resource)
{
	if (!resource->etag || !resource->etag[0]) {
		put_line(w, "Cache-Control: ", "no-store");
		return;
	}
	put_line(w, "ETag: ", resource->etag);
	put_line(w, "Accept-Ranges: ", "bytes");
	put_line(w, "Cache-Control: ", "no-cache");
}

void
http_head_put(struct writer *w, const struct http_plan *plan,
    const struct http_resource *resource, const char *date)
{
	put_text(w, "HTTP/1.1 ");
	put_number(w, plan->status);
	put_line(w, " ", http_reason(plan->status));
	put_line(w, "Date: ", date);
	if (resource->type && plan->length)
		put_line(w, "Content-Type: ", resource->type);
	else if (resource->type && resource->stream)
		put_line(w, "Content-Type: ", resource->type);
	put_length(w, plan, resource);
	put_range(w, plan, resource->size);
	put_validator(w, resource);
	if (plan->status == 503)
		put_line(w, "Retry-After: ", "2"); /* iPXE waits and retries */
	if (resource->headers)
		put_text(w, resource->headers);
	if (!plan->keep_alive)
		put_line(w, "Connection: ", "close");
	else if (plan->http10)
		put_line(w, "Connection: ", "keep-alive");
	put_text(w, "\r\n");
}

/* The date of day number `days` since 1970 (Howard Hinnant's algorithm for
 * the civil calendar). */
static void
civil(uint64_t days, unsigned int *year, unsigned int *month, unsigned int *day)
{
	uint64_t z = days + 719468, era = z / 146097;
	unsigned int doe = (unsigned int)(z - era * 146097);
	unsigned int yoe =
	    (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned int mp = (5 * doy + 2) / 153;

	*day = doy - (153 * mp + 2) / 5 + 1;
	*month = mp < 10 ? mp + 3 : mp - 9;
	*year = (unsigned int)(yoe + era * 400) + (*month <= 2);
}

const char *
http_date(uint64_t time, char out[HTTP_DATE_SIZE])
{
	static const char week[] = "ThuFriSatSunMonTueWed";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned int year, month, day;
	unsigned int second = (unsigned int)(time % 86400);

	civil(time / 86400, &year, &month, &day);
	(void)snprintf(out, HTTP_DATE_SIZE,
	    "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
	    week + time / 86400 % 7 * 3, day % 100, months + (month - 1) * 3,
	    year % 10000, second / 3600, second / 60 % 60, second % 60);
	return out;
}
