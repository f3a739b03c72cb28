#include "cmd/client.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <llhttp.h>

#include "base/scope.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "proc/paths.h"

#define ANSWER_MAX (256U << 20) /* bytes */

/* The socket of a server that was installed. */
static const char system_socket[] = "/run/hobnail/control.sock";

/* One request under way. */
struct request {
	int fd; /* -1: not connected */
	char socket[PATH_MAX];
	llhttp_t parser; /* of the answer */
	llhttp_settings_t hooks;
	bool complete; /* the answer has come whole */
	struct strbuf body;
	bool (*line)(void *owner, struct span line); /* NULL: gather the body */
	void *owner;
	bool enough; /* `line` wants no more */
};

static void
request_clear(struct request *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	strbuf_clear(&r->body);
}

/* An ordinary user has the own server's socket first, then the system's. */
static void
choose_socket(const struct client *c, char out[PATH_MAX])
{
	if (c->control) {
		(void)snprintf(out, PATH_MAX, "%s", c->control);
		return;
	}
	(void)path_control(out);
	if (access(out, F_OK) < 0 && access(system_socket, F_OK) == 0)
		(void)snprintf(out, PATH_MAX, "%s", system_socket);
}

/* An error's text is no line of the stream. */
static bool
went_well(const struct request *r)
{
	return r->parser.status_code >= 200 && r->parser.status_code < 300;
}

static void
hand_out_lines(struct request *r)
{
	char *end;

	while (!r->enough && r->body.len &&
	       (end = memchr(r->body.data, '\n', r->body.len))) {
		size_t len = (size_t)(end - r->body.data);

		r->enough = !r->line(r->owner, span_of(r->body.data, len));
		strbuf_drop(&r->body, len + 1);
	}
}

static int
take_body(llhttp_t *parser, const char *bytes, size_t len)
{
	struct request *r = parser->data;

	strbuf_add(&r->body, bytes, len);
	if (r->line && went_well(r))
		hand_out_lines(r);
	return r->body.fault || r->enough ? HPE_USER : HPE_OK;
}

static int
take_end(llhttp_t *parser)
{
	struct request *r = parser->data;

	r->complete = true;
	return HPE_OK;
}

static int
no_server(const struct request *r, int error)
{
	if (error == EACCES || error == EPERM)
		(void)fprintf(stderr,
		    "hobnail: you may not use the control socket '%s'; try "
		    "with sudo, or join its group\n",
		    r->socket);
	else
		(void)fprintf(stderr,
		    "hobnail: no server answers at '%s'; start one with "
		    "'hobnail serve DIR' or 'systemctl start hobnail', or say "
		    "where it is with --control\n",
		    r->socket);
	return EXIT_NO_SERVER;
}

static int
connect_to(struct request *r, const struct client *c)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	choose_socket(c, r->socket);
	if (strlen(r->socket) >= sizeof(address.sun_path))
		return no_server(r, ENAMETOOLONG);
	memcpy(address.sun_path, r->socket, strlen(r->socket));
	r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (r->fd < 0 ||
	    connect(r->fd, (const void *)&address, sizeof(address)) < 0)
		return no_server(r, errno);
	llhttp_settings_init(&r->hooks);
	r->hooks.on_body = take_body;
	r->hooks.on_message_complete = take_end;
	llhttp_init(&r->parser, HTTP_RESPONSE, &r->hooks);
	r->parser.data = r;
	return EXIT_GOOD;
}

/* False where the server takes no more; its answer may say why. */
static bool
send_all(const struct request *r, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send(r->fd, bytes, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

static void
send_head(const struct request *r, const char *method, const char *path,
    const char *more)
{
	SCOPED(strbuf_clear) struct strbuf head = {0};

	strbuf_printf(&head,
	    "%s %s HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\n\r\n",
	    method, path, more);
	(void)send_all(r, head.data, head.len);
}

static void
send_file(const struct request *r, FILE *file)
{
	char piece[65536];
	size_t len;

	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		if (!send_all(r, piece, len))
			return;
}

/* What the server says is wrong (RFC 9457). */
static int
problem(const struct request *r)
{
	json_t *o =
	    json_loadb(r->body.len ? r->body.data : "", r->body.len, 0, NULL);
	const char *title = json_string_value(json_object_get(o, "title"));
	struct span body = strbuf_view(&r->body);
	struct strbuf text = {0};

	/* What is no request at all is refused with a plain line. */
	text_escape(&text, title ? span_text(title) : span_cut(&body, '\n'));
	(void)fprintf(stderr, "hobnail: %s (%d)\n",
	    text.len ? strbuf_cstr(&text) : "the server refused",
	    r->parser.status_code);
	strbuf_clear(&text);
	json_decref(o);
	return EXIT_FAILED;
}

static int
broke_off(const char *why)
{
	(void)fprintf(
	    stderr, "hobnail: the server did not answer to the end: %s\n", why);
	return EXIT_FAILED;
}

static int
receive(struct request *r)
{
	char piece[65536];

	while (!r->complete) {
		ssize_t len = recv(r->fd, piece, sizeof(piece), 0);
		llhttp_errno_t error;

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return broke_off(strerror(errno));
		error = len ? llhttp_execute(&r->parser, piece, (size_t)len)
		            : llhttp_finish(&r->parser);
		if (r->enough)
			return EXIT_GOOD;
		if (error != HPE_OK && !r->complete)
			return broke_off(r->body.fault
			                     ? r->body.fault
			                     : llhttp_errno_name(error));
		if (len == 0 && !r->complete)
			return broke_off("it closed the connection");
	}
	return went_well(r) ? EXIT_GOOD : problem(r);
}

static int
fetch(struct request *r, const struct client *c, const char *path)
{
	int status;

	r->fd = -1;
	r->body.cap = ANSWER_MAX;
	status = connect_to(r, c);
	if (status != EXIT_GOOD)
		return status;
	send_head(r, "GET", path, "");
	return receive(r);
}

static int
parse(const struct request *r, json_t **out)
{
	json_error_t error;
	json_t *value =
	    json_loadb(r->body.len ? r->body.data : "", r->body.len, 0, &error);

	if (!value) {
		(void)fprintf(stderr,
		    "hobnail: the server's answer is no JSON: %s\n",
		    error.text);
		return EXIT_FAILED;
	}
	*out = value;
	return EXIT_GOOD;
}

int
client_show(const struct client *c, const char *path, json_t **out)
{
	SCOPED(request_clear) struct request r = {.fd = -1};
	int status = fetch(&r, c, path);

	*out = NULL;
	if (status != EXIT_GOOD || !c->json)
		return status == EXIT_GOOD ? parse(&r, out) : status;
	(void)fwrite(r.body.data, 1, r.body.len, stdout);
	return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_FAILED;
}

int
client_lines(const struct client *c, const char *path,
    bool (*line)(void *owner, struct span line), void *owner)
{
	SCOPED(request_clear)
	struct request r = {.fd = -1, .line = line, .owner = owner};

	return fetch(&r, c, path);
}

int
client_put(const struct client *c, const char *path, FILE *file, long size)
{
	SCOPED(request_clear) struct request r = {.fd = -1};
	int status = connect_to(&r, c);
	char length[64];

	if (status != EXIT_GOOD)
		return status;
	r.body.cap = ANSWER_MAX;
	(void)snprintf(length, sizeof(length), "Content-Length: %ld\r\n", size);
	send_head(&r, "PUT", path, length);
	send_file(&r, file);
	return receive(&r);
}
