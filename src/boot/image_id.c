#include "boot/image_id.h"

#include <assert.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/text.h"

static const struct {
	const char *suffix;
	enum image_kind kind;
} suffixes[] = {
    {".iso", IMAGE_ISO},
    {".img", IMAGE_ISO},
    {".ipxe", IMAGE_SCRIPT},
    {".tar", IMAGE_NETBOOT},
    {".tar.gz", IMAGE_NETBOOT},
    {".tar.xz", IMAGE_NETBOOT},
    {".tar.zst", IMAGE_NETBOOT},
};

static struct span
file_name(struct span path)
{
	struct span name = span_cut(&path, '/');

	while (path.data)
		name = span_cut(&path, '/');
	return name;
}

/* How many bytes of `name` are left before the suffix; 0 if it has not. */
static size_t
stem_len(struct span name, const char *suffix)
{
	size_t len = strlen(suffix);

	if (name.len <= len)
		return 0;
	return span_is_nocase(span_skip(name, name.len - len), suffix)
	           ? name.len - len
	           : 0;
}

static bool
is_netboot(struct span name)
{
	static const char word[] = "netboot";

	return name.len >= sizeof(word) - 1 &&
	       span_is_nocase(span_of(name.data, sizeof(word) - 1), word);
}

bool
image_kind_of(struct span path, enum image_kind *kind)
{
	struct span name = file_name(path);

	if (span_starts(name, "."))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		if (stem_len(name, suffixes[i].suffix) == 0)
			continue;
		if (suffixes[i].kind == IMAGE_NETBOOT && !is_netboot(name))
			continue;
		*kind = suffixes[i].kind;
		return true;
	}
	return false;
}

static bool
allowed(char c)
{
	return (c >= 'a' && c <= 'z') || text_digit(c) || c == '.';
}

/* The name in the characters of an ID; what lies between words becomes one
 * '-'.  Neither starts nor ends with '-' or '.'. */
static size_t
put_stem(struct span stem, size_t room, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < stem.len && len < room; i++) {
		char c = text_lower(stem.data[i]);

		if (!allowed(c))
			c = '-';
		if (!allowed(c) || c == '.')
			if (len == 0 || out[len - 1] == '-' ||
			    out[len - 1] == '.')
				continue;
		out[len++] = c;
	}
	while (len > 0 && (out[len - 1] == '-' || out[len - 1] == '.'))
		len--;
	return len;
}

/* "disk" is a default of the menu, "menu" the name of the menu's script. */
static bool
is_taken(struct span id)
{
	return span_is(id, "disk") || span_is(id, "menu");
}

const char *
image_id_make(struct span path, unsigned int n, char out[IMAGE_ID_MAX + 1])
{
	struct span stem = file_name(path);
	char number[16] = "";
	size_t len, room;

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		size_t cut = stem_len(stem, suffixes[i].suffix);

		if (cut) {
			stem.len = cut;
			break;
		}
	}
	len = put_stem(stem, IMAGE_ID_MAX, out);
	if (len == 0 || is_taken(span_of(out, len))) {
		if (len == 0)
			memcpy(out, "image", len = 5);
		else
			n++;
	}
	if (n > 1)
		(void)snprintf(number, sizeof(number), "-%u", n);
	room = IMAGE_ID_MAX - strlen(number);
	if (len > room)
		len = room;
	assert(len + strlen(number) <= IMAGE_ID_MAX);
	(void)snprintf(out + len, IMAGE_ID_MAX + 1 - len, "%s", number);
	return out;
}

const char *
image_stored_name(const char *id, char out[IMAGE_STORED_NAME_SIZE])
{
	(void)snprintf(out, IMAGE_STORED_NAME_SIZE, "%s_files.tar", id);
	return out;
}
