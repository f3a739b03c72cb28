#include "proto/tftp_request.h"

#include "base/reader.h"
#include "base/text.h"

/* Take an option whose value makes sense; RFC 2347 lets us ignore others. */
static void
take_option(struct tftp_request *req, const char *name, const char *value)
{
	uint64_t number;

	if (text_number(span_text(value), UINT64_MAX, &number))
		return;
	if (streq_nocase(name, "tsize"))
		req->tsize = true;
	else if (streq_nocase(name, "blksize") && number >= 8)
		/* The server may answer less than was asked. */
		req->blksize =
		    (uint16_t)(number < TFTP_BLKSIZE_MAX ? number
		                                         : TFTP_BLKSIZE_MAX);
	else if (streq_nocase(name, "windowsize") && number >= 1)
		req->windowsize =
		    (uint16_t)(number < UINT16_MAX ? number : UINT16_MAX);
	else if (streq_nocase(name, "timeout") && number >= 1 && number <= 255)
		req->timeout = (uint8_t)number;
}

const char *
tftp_request_parse(
    const void *bytes, size_t len, struct tftp_request *out, int *error)
{
	struct reader r = reader_over(bytes, len);
	uint16_t opcode = reader_be16(&r);
	const char *mode;

	*error = -1;
	if (opcode == TFTP_WRQ) {
		*error = TFTP_ACCESS;
		return "this server is read-only";
	}
	if (opcode != TFTP_RRQ)
		return "not a read request";
	*error = TFTP_ILLEGAL;
	*out = (struct tftp_request){.file = reader_string(&r)};
	mode = reader_string(&r);
	if (r.fault)
		return r.fault;
	if (!streq_nocase(mode, "octet"))
		return "only mode octet (binary) is served";

	/* A torn last option is dropped, not fatal: some firmware pads the
	 * request with junk. */
	while (reader_left(&r)) {
		const char *name = reader_string(&r);
		const char *value = reader_string(&r);

		if (!r.fault)
			take_option(out, name, value);
	}
	return NULL;
}

/* Some ROMs ask for "undionly.kpxe.0"; "pxelinux.0" is a name of its own. */
static void
drop_suffix(struct span *path)
{
	static const char *const aliases[] = {
	    ".kpxe.0", ".pxe.0", ".efi.0", ".kkpxe.0"};

	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (span_ends(*path, aliases[i])) {
			path->len -= 2;
			return;
		}
}

static size_t
printable(const char *name)
{
	size_t len = 0;

	while (name[len] >= 0x20 && name[len] < 0x7f)
		len++;
	return len;
}

const char *
tftp_name(const char *name, char out[TFTP_NAME_SIZE])
{
	struct span left = span_of(name, printable(name));
	struct writer w = writer_over(out, TFTP_NAME_SIZE - 1);
	struct span path;

	while (left.len) {
		size_t len = 0;
		struct span segment;

		while (len < left.len && left.data[len] != '/' &&
		       left.data[len] != '\\')
			len++;
		segment = span_of(left.data, len);
		left = span_skip(left, len + 1);
		if (span_is(segment, ".."))
			return "dot segment in the name";
		if (len == 0 || span_is(segment, "."))
			continue;
		writer_u8(&w, '/');
		writer_span(&w, segment);
	}
	if (w.fault)
		return "name too long";
	path = span_of(out, writer_len(&w));
	if (path.len == 0)
		return "no file name";
	drop_suffix(&path);
	out[path.len] = '\0';
	return NULL;
}

void
tftp_error_put(struct writer *w, enum tftp_error code, const char *message)
{
	writer_be16(w, TFTP_ERROR);
	writer_be16(w, (uint16_t)code);
	writer_string(w, message);
}
