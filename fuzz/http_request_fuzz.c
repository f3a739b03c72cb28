#include <stdlib.h>
#include <string.h>

#include "proto/http_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether a path has a segment that climbs. */
static int
climbs(const char *path, size_t len)
{
	struct span left = span_of(path, len);

	while (left.data) {
		struct span segment = span_cut(&left, '/');

		if (span_is(segment, "..") || span_is(segment, "."))
			return 1;
	}
	return 0;
}

static void
answer(const struct http_request *request)
{
	struct http_resource file = {
	    .status = 200, .type = "a/b", .etag = "\"e\"", .size = 5000000000};
	struct http_plan plan = http_plan_for(request, &file);
	uint8_t head[HTTP_RESPONSE_HEAD_MAX];
	struct writer w = writer_over(head, sizeof(head));

	http_head_put(&w, &plan, &file, "Thu, 01 Jan 1970 00:00:00 GMT");
	if (w.fault || plan.first > file.size ||
	    plan.length > file.size - plan.first)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size);
	size_t len = http_head_len(input);
	struct http_request request;
	uint16_t status = 0;

	(void)http_head_plausible(input);
	if (len > HTTP_HEAD_MAX)
		return 0;
	if (http_request_parse(span_of(data, len), &request, &status)) {
		if (status < 400 || status > 599)
			abort();
		return 0;
	}
	if (request.path[0] != '/' ||
	    strlen(request.path) != request.path_len ||
	    climbs(request.path, request.path_len))
		abort();
	answer(&request);
	return 0;
}
