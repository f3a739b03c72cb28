#include "boot/loader_file.h"

#include "base/reader.h"
#include "base/text.h"

#define VERSION_MAX 64  /* characters */
#define PE_POINTER 0x3c /* where a DOS header says where the PE header is */

static bool
is_sha256(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (text_hex_digit(s.data[i]) < 0 ||
		    text_lower(s.data[i]) != s.data[i])
			return false;
	return s.len == 64;
}

const char *
loader_line_parse(struct span line, struct loader_line *out)
{
	struct loader_line l;
	const char *fault;

	l.name = span_cut(&line, '\t');
	l.sha256 = span_cut(&line, '\t');
	l.source = span_cut(&line, '\t');
	l.version = span_cut(&line, '\t');
	l.date = span_cut(&line, '\t');
	l.features = span_cut(&line, '\t');
	fault = loader_name_check(l.name);
	if (fault)
		return fault;
	if (!is_sha256(l.sha256))
		return "not a SHA-256 digest";
	*out = l;
	return NULL;
}

void
loader_line_put(struct strbuf *out, const struct loader_line *line)
{
	const struct span fields[] = {line->name, line->sha256, line->source,
	    line->version, line->date, line->features};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (i)
			strbuf_char(out, '\t');
		strbuf_span(out, fields[i]);
	}
	strbuf_char(out, '\n');
}

void
loader_lines_replace(
    struct strbuf *out, struct span old, const struct loader_line *line)
{
	while (old.len) {
		struct span one = span_cut(&old, '\n');
		struct span rest = one;
		struct span name = span_cut(&rest, '\t');

		if (one.len == 0 || span_equal(name, line->name))
			continue;
		strbuf_span(out, one);
		strbuf_char(out, '\n');
	}
	loader_line_put(out, line);
}

const char *
loader_name_check(struct span name)
{
	if (name.len == 0)
		return "the name is empty";
	if (name.len > LOADER_NAME_MAX)
		return "the name is too long";
	if (name.data[0] == '.')
		return "the name starts with a dot";
	if (span_is(name, "SOURCES"))
		return "SOURCES is not a loader";
	for (size_t i = 0; i < name.len; i++) {
		char c = text_lower(name.data[i]);

		if (!text_digit(c) && (c < 'a' || c > 'z') && c != '.' &&
		    c != '-' && c != '_')
			return "the name has a character other than letters, "
			       "digits, dot, dash and underscore";
	}
	return NULL;
}

/* The machine type of a PE image, or 0 where it is none. */
static uint16_t
pe_machine(struct span bytes)
{
	struct reader r = reader_over(bytes.data, bytes.len);
	size_t at;

	if (reader_le16(&r) != 0x5a4d) /* "MZ" */
		return 0;
	reader_skip(&r, PE_POINTER - 2);
	at = reader_le32(&r);
	if (r.fault || at < PE_POINTER + 4)
		return 0;
	reader_skip(&r, at - (PE_POINTER + 4));
	if (reader_le32(&r) != 0x4550) /* "PE", two NULs */
		return 0;
	return reader_le16(&r);
}

void
loader_target(struct span bytes, enum firmware *firmware, enum arch *arch)
{
	static const struct {
		uint16_t machine;
		enum arch arch;
	} machines[] = {
	    {0x8664, ARCH_X86_64},
	    {0xaa64, ARCH_ARM64},
	    {0x014c, ARCH_I386},
	};
	uint16_t machine = pe_machine(bytes);

	*firmware = machine ? FIRMWARE_UEFI : FIRMWARE_BIOS;
	*arch = machine ? ARCH_UNKNOWN : ARCH_I386;
	for (size_t i = 0; i < ARRAY_LEN(machines); i++)
		if (machines[i].machine == machine)
			*arch = machines[i].arch;
}

static size_t
digits(struct span s)
{
	size_t len = 0;

	while (len < s.len && len < 4 && text_digit(s.data[len]))
		len++;
	return len;
}

/* How long the text "1.21.1+..." at the start of `s` is; 0 where there is
 * none. */
static size_t
version_len(struct span s)
{
	size_t at = 0;

	for (int part = 0; part < 3; part++) {
		size_t len = digits(span_skip(s, at));

		if (len == 0)
			return 0;
		at += len;
		if (part < 2 && (at == s.len || s.data[at++] != '.'))
			return 0;
	}
	if (at == s.len || s.data[at] != '+')
		return 0;
	while (at < s.len && at < VERSION_MAX && s.data[at] > ' ' &&
	       s.data[at] < 0x7f)
		at++;
	return at;
}

struct span
loader_version(struct span bytes)
{
	static const char memdisk[] = "MEMDISK ";

	for (size_t i = 0; i < bytes.len; i++) {
		struct span here = span_skip(bytes, i);
		size_t len;

		if (span_starts(here, memdisk)) {
			here = span_skip(here, sizeof(memdisk) - 1);
			len = digits(here);
			if (len && len < here.len && here.data[len] == '.')
				return span_of(here.data,
				    len + 1 + digits(span_skip(here, len + 1)));
		}
		if (!text_digit(bytes.data[i]) ||
		    (i && bytes.data[i - 1] > ' '))
			continue;
		len = version_len(here);
		if (len)
			return span_of(here.data, len);
	}
	return span_of("", 0);
}
