#include "proto/http_request.h"

#include <llhttp.h>

#include "base/text.h"

static const char *const method_names[HTTP_METHODS] = {
    [HTTP_METHOD_GET] = "GET",
    [HTTP_METHOD_HEAD] = "HEAD",
    [HTTP_METHOD_PUT] = "PUT",
    [HTTP_METHOD_POST] = "POST",
    [HTTP_METHOD_DELETE] = "DELETE",
};

/* The fields that somebody reads, and where they go. */
static const struct {
	const char *name;
	size_t place; /* of a struct span in struct http_request */
} fields[] = {
    {"host", offsetof(struct http_request, host)},
    {"range", offsetof(struct http_request, range)},
    {"if-range", offsetof(struct http_request, if_range)},
    {"if-match", offsetof(struct http_request, if_match)},
    {"if-none-match", offsetof(struct http_request, if_none_match)},
    {"content-type", offsetof(struct http_request, content_type)},
    {"user-agent", offsetof(struct http_request, user_agent)},
};

/* What the callbacks of one parse share. */
struct parse {
	llhttp_t parser;
	struct http_request *out;
	struct span target; /* as sent */
	struct span name;   /* of the field being read */
	bool valued;        /* its value has begun */
	unsigned int count; /* fields so far */
	uint16_t status;    /* what to answer if it fails */
	const char *fault;
	bool body_coded; /* a Transfer-Encoding was sent */
};

static int
fail(struct parse *p, uint16_t status, const char *fault)
{
	if (!p->fault) {
		p->status = status;
		p->fault = fault;
	}
	return HPE_USER;
}

static int
on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct parse *p = parser->data;

	p->target = span_of(at, len);
	return 0;
}

static int
on_field(llhttp_t *parser, const char *at, size_t len)
{
	struct parse *p = parser->data;

	if (++p->count > HTTP_FIELDS_MAX)
		return fail(p, 431, "too many header fields");
	if (len == 0)
		return fail(p, 400, "header field without a name");
	p->name = span_of(at, len);
	p->valued = false;
	return 0;
}

static struct span
trimmed(struct span s)
{
	while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static int
on_value(llhttp_t *parser, const char *at, size_t len)
{
	struct parse *p = parser->data;

	/* A second piece is a folded line (RFC 9112 section 5.2). */
	if (p->valued)
		return fail(p, 400, "folded header field");
	p->valued = true;
	if (span_is_nocase(p->name, "expect")) {
		if (!span_is_nocase(trimmed(span_of(at, len)), "100-continue"))
			return fail(p, 417, "unknown expectation");
		p->out->expect_continue = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct span *place;

		if (!span_is_nocase(p->name, fields[i].name))
			continue;
		place = (void *)((char *)p->out + fields[i].place);
		/* None of them is a list that may be split over lines, but
		 * for two that hold entity tags; those nobody splits. */
		if (place->data)
			return fail(p, 400, "header field given twice");
		*place = trimmed(span_of(at, len));
		break;
	}
	return 0;
}

static int
on_headers(llhttp_t *parser)
{
	struct parse *p = parser->data;

	p->out->body_len = parser->content_length;
	p->out->body = parser->flags & F_CONTENT_LENGTH;
	p->body_coded = parser->flags & F_TRANSFER_ENCODING;
	p->out->keep_alive = llhttp_should_keep_alive(parser);
	p->out->http10 = parser->http_minor == 0;
	return 1; /* the body is read by others */
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_headers,
};

static int
check_method(struct parse *p)
{
	switch (p->parser.method) {
	case HTTP_GET:
		p->out->method = HTTP_METHOD_GET;
		return 0;
	case HTTP_HEAD:
		p->out->method = HTTP_METHOD_HEAD;
		return 0;
	case HTTP_PUT:
		p->out->method = HTTP_METHOD_PUT;
		return 0;
	case HTTP_POST:
		p->out->method = HTTP_METHOD_POST;
		return 0;
	case HTTP_DELETE:
		p->out->method = HTTP_METHOD_DELETE;
		return 0;
	default:
		return fail(p, 501, "method is not known");
	}
}

static bool
host_byte(char c)
{
	return text_digit(c) ||
	       (text_lower(c) >= 'a' && text_lower(c) <= 'z') ||
	       memchr(".:-_[]~%", c, 8);
}

/* One space stands before the target (RFC 9112 section 3); llhttp skips
 * several. */
static int
check_spaces(struct parse *p, const char *line)
{
	const char *name = method_names[p->out->method];

	if (p->target.data != line + strlen(name) + 1)
		return fail(p, 400, "white space in the request line");
	return 0;
}

/* RFC 9112 section 3.2: exactly one Host, and none that is no host. */
static int
check_host(struct parse *p)
{
	struct span host = p->out->host;

	if (!host.data)
		return p->out->http10 ? 0 : fail(p, 400, "no Host");
	for (size_t i = 0; i < host.len; i++)
		if (!host_byte(host.data[i]))
			return fail(p, 400, "Host is no host");
	return 0;
}

static int
check_body(struct parse *p)
{
	bool takes = p->out->method != HTTP_METHOD_GET &&
	             p->out->method != HTTP_METHOD_HEAD;

	/* With a Content-Length beside it, a coding is how requests are
	 * smuggled past a proxy (RFC 9112 section 6.1). */
	if (p->body_coded)
		return p->out->body
		           ? fail(p, 400, "two lengths of the body")
		           : fail(p, 501, "transfer coding of a request");
	if (p->out->body_len && !takes)
		return fail(p, 400, "body where none belongs");
	return 0;
}

/* From `http://host/path` to `/path` (RFC 9112 section 3.2.2). */
static int
take_origin(struct parse *p)
{
	struct span rest = p->target;

	if (rest.len && rest.data[0] == '/')
		return 0;
	if (rest.len < 7 || !span_is_nocase(span_of(rest.data, 7), "http://"))
		return fail(p, 400, "target is no path");
	rest = span_skip(rest, 7);
	p->out->host = rest;
	for (size_t i = 0; i < rest.len; i++)
		if (memchr("/?#", rest.data[i], 3)) {
			p->out->host.len = i;
			break;
		}
	if (p->out->host.len == 0)
		return fail(p, 400, "target without a host");
	p->target = span_skip(rest, p->out->host.len);
	return 0;
}

/* The byte at the start of `*s`, with an escape undone; -1 for a bad one. */
static int
take_byte(struct span *s)
{
	int high, low;
	char c = s->data[0];

	if (c != '%') {
		*s = span_skip(*s, 1);
		return (unsigned char)c;
	}
	if (s->len < 3)
		return -1;
	high = text_hex_digit(s->data[1]);
	low = text_hex_digit(s->data[2]);
	*s = span_skip(*s, 3);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Whether the segment that ends the path so far is "." or "..". */
static bool
dots(const struct http_request *r)
{
	struct span path = span_of(r->path, r->path_len);

	return span_ends(path, "/.") || span_ends(path, "/..");
}

static int
check_path(struct parse *p)
{
	struct http_request *r = p->out;
	struct span left;

	if (p->target.len && memchr(p->target.data, '#', p->target.len))
		return fail(p, 400, "fragment in the target");
	left = span_cut(&p->target, '?');
	r->query = p->target;
	r->path[r->path_len++] = '/';
	while (left.len) {
		int c = take_byte(&left);

		if (c < 0)
			return fail(p, 400, "broken escape in the path");
		if (c < 0x20 || c == 0x7f)
			return fail(p, 400, "control byte in the path");
		if (c == '/' && dots(r))
			return fail(p, 400, "dot segment in the path");
		if (c == '/' && r->path[r->path_len - 1] == '/')
			continue;
		if (r->path_len == HTTP_PATH_MAX)
			return fail(p, 414, "path too long");
		r->path[r->path_len++] = (char)c;
	}
	r->path[r->path_len] = '\0';
	return dots(r) ? fail(p, 400, "dot segment in the path") : 0;
}

static size_t
empty_lines(struct span input)
{
	size_t len = 0;

	while (input.len - len >= 2 && memcmp(input.data + len, "\r\n", 2) == 0)
		len += 2;
	return len;
}

size_t
http_head_len(struct span input)
{
	size_t skip = empty_lines(input);
	const char *end;

	if (skip == input.len)
		return 0;
	end = memmem(input.data + skip, input.len - skip, "\r\n\r\n", 4);
	return end ? (size_t)(end + 4 - input.data) : 0;
}

bool
http_head_plausible(struct span input)
{
	struct span s = span_skip(input, empty_lines(input));
	const char *line_end = s.len ? memchr(s.data, '\n', s.len) : NULL;

	if (s.len == 0 || (s.len == 1 && s.data[0] == '\r'))
		return true;
	if (s.data[0] < 'A' || s.data[0] > 'Z')
		return false;
	return !line_end || line_end[-1] == '\r';
}

static const char *
grammar_fault(struct parse *p, llhttp_errno_t error)
{
	if (p->fault)
		return p->fault;
	p->status = 400;
	if (error == HPE_INVALID_VERSION)
		p->status = 505;
	if (error == HPE_INVALID_METHOD)
		p->status = 501;
	return "request breaks the grammar";
}

const char *
http_request_parse(struct span head, struct http_request *out, uint16_t *status)
{
	struct parse p = {.out = out};
	llhttp_errno_t error;

	/* Not the whole struct: the path is large, and set below. */
	memset(out, 0, offsetof(struct http_request, path));
	memset(&out->path_len, 0,
	    sizeof(*out) - offsetof(struct http_request, path_len));
	llhttp_init(&p.parser, HTTP_REQUEST, &settings);
	p.parser.data = &p;
	error = llhttp_execute(&p.parser, head.data, head.len);
	if (error != HPE_OK && error != HPE_PAUSED_UPGRADE) {
		const char *fault = grammar_fault(&p, error);

		*status = p.status;
		return fault;
	}
	if (p.parser.http_major != 1)
		(void)fail(&p, 505, "version is not 1");
	else if (!check_method(&p) &&
	         !check_spaces(&p, head.data + empty_lines(head)) &&
	         !check_host(&p) && !check_body(&p) && !take_origin(&p) &&
	         !check_host(&p))
		(void)check_path(&p);
	if (p.fault)
		*status = p.status;
	return p.fault;
}
