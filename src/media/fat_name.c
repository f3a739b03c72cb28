#include "media/fat_name.h"

#include <string.h>

#include "base/reader.h"
#include "base/text.h"
#include "media/utf16.h"

#define PIECE_UNITS 13U /* of one long name entry */
#define PIECES_MAX 20U
#define UNITS_MAX 255U

enum { LABEL = 0x08, FOLDER = 0x10, LONG_NAME = 0x0f };
enum { LAST_PIECE = 0x40 };
enum { LOWER_BASE = 0x08, LOWER_EXTENSION = 0x10 };

/* A long name that is being put together, from its last piece on. */
struct long_name {
	uint16_t units[PIECES_MAX * PIECE_UNITS];
	unsigned int next; /* the number of the piece that must follow */
	unsigned int pieces;
	uint8_t sum; /* of the short name that it belongs to */
};

static uint8_t
sum_of(const uint8_t *name)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < 11; i++)
		sum = (uint8_t)((sum << 7 | sum >> 1) + name[i]);
	return sum;
}

static void
take_piece(struct long_name *l, const uint8_t *entry)
{
	/* Where the 13 units stand in the entry. */
	static const uint8_t places[PIECE_UNITS] = {
	    1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	unsigned int number = entry[0] & 0x3f;

	if (entry[0] & LAST_PIECE) {
		l->next = l->pieces = number <= PIECES_MAX ? number : 0;
		l->sum = entry[13];
	}
	if (number == 0 || number != l->next || entry[13] != l->sum) {
		l->pieces = l->next = 0;
		return;
	}
	l->next--;
	for (size_t i = 0; i < PIECE_UNITS; i++)
		l->units[(size_t)l->next * PIECE_UNITS + i] =
		    utf16_le(entry + places[i]);
}

static bool
long_name_text(const struct long_name *l, const uint8_t *entry, char *out)
{
	struct strbuf text = {.cap = FAT_NAME_SIZE - 1};
	size_t count = 0, most = (size_t)l->pieces * PIECE_UNITS;
	bool good;

	if (l->pieces == 0 || l->next != 0 || l->sum != sum_of(entry))
		return false;
	while (count < most && count < UNITS_MAX && l->units[count])
		count++;
	utf16_text(&text, l->units, count);
	good = text.len && !text.fault;
	if (good)
		memcpy(out, text.data, text.len + 1);
	strbuf_clear(&text);
	return good;
}

static char *
put_part(char *out, const uint8_t *part, size_t len, bool lower)
{
	while (len && part[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++) {
		bool ascii = part[i] >= ' ' && part[i] < 0x7f;
		char c = ascii ? (char)part[i] : '_';

		*out++ = lower ? text_lower(c) : c;
	}
	return out;
}

static void
short_name_text(const uint8_t *entry, char *out)
{
	char *end = put_part(out, entry, 8, entry[12] & LOWER_BASE);
	char *dot = end;

	*end++ = '.';
	end = put_part(end, entry + 8, 3, entry[12] & LOWER_EXTENSION);
	if (end == dot + 1)
		end = dot;
	*end = '\0';
}

static void
take_numbers(const uint8_t *entry, struct fat_entry *out)
{
	struct reader r = reader_over(entry + 20, 12);
	uint32_t high = reader_le16(&r);

	reader_skip(&r, 4);
	out->cluster = high << 16 | reader_le16(&r);
	out->size = reader_le32(&r);
	out->folder = entry[11] & FOLDER;
}

bool
fat_entry_next(struct span *bytes, struct fat_entry *out)
{
	struct long_name l = {.pieces = 0};

	while (bytes->len >= FAT_ENTRY_SIZE) {
		const uint8_t *entry = (const uint8_t *)bytes->data;

		if (entry[0] == 0x00)
			return false;
		*bytes = span_skip(*bytes, FAT_ENTRY_SIZE);
		if (entry[0] == 0xe5) {
			l.pieces = 0;
		} else if ((entry[11] & 0x3f) == LONG_NAME) {
			take_piece(&l, entry);
		} else if (entry[11] & LABEL || entry[0] == '.') {
			l.pieces = 0;
		} else {
			if (!long_name_text(&l, entry, out->name))
				short_name_text(entry, out->name);
			take_numbers(entry, out);
			return true;
		}
	}
	return false;
}
