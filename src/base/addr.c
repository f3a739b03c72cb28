#include "base/addr.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool
mac_equal(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

uint64_t
mac_key(struct mac m)
{
	uint64_t key = 0;

	for (size_t i = 0; i < sizeof(m.b); i++)
		key = key << 8 | m.b[i];
	return key;
}

struct mac
mac_from_key(uint64_t key)
{
	struct mac m = {{0}};

	for (size_t i = sizeof(m.b); i > 0; i--, key >>= 8)
		m.b[i - 1] = (uint8_t)key;
	return m;
}

const char *
mac_parse(struct span s, struct mac *out)
{
	size_t step = s.len == 17 ? 3 : 2;
	struct mac m = {{0}};

	if (s.len != 17 && s.len != 12)
		return "not a hardware address";
	for (size_t i = 0; i < sizeof(m.b); i++) {
		int high = text_hex_digit(s.data[i * step]);
		int low = text_hex_digit(s.data[i * step + 1]);
		char between = i && step == 3 ? s.data[i * step - 1] : ':';

		if (high < 0 || low < 0 || (between != ':' && between != '-'))
			return "not a hardware address";
		m.b[i] = (uint8_t)(high * 16 + low);
	}
	*out = m;
	return NULL;
}

const char *
mac_text(struct mac m, char separator, char out[MAC_TEXT_SIZE])
{
	(void)snprintf(out, MAC_TEXT_SIZE, "%02x%c%02x%c%02x%c%02x%c%02x%c%02x",
	    m.b[0], separator, m.b[1], separator, m.b[2], separator, m.b[3],
	    separator, m.b[4], separator, m.b[5]);
	return out;
}

const char *
ip4_parse(struct span s, uint32_t *out)
{
	uint32_t ip = 0;

	for (int i = 0; i < 4; i++) {
		struct span part = span_cut(&s, '.');
		uint64_t value;

		if (part.len > 3 || text_number(part, 255, &value) ||
		    (i < 3) != (s.data != NULL))
			return "not an IPv4 address";
		ip = ip << 8 | (uint32_t)value;
	}
	*out = ip;
	return NULL;
}

const char *
ip4_text(uint32_t ip, char out[IP4_TEXT_SIZE])
{
	(void)snprintf(out, IP4_TEXT_SIZE, "%u.%u.%u.%u", ip >> 24,
	    ip >> 16 & 255, ip >> 8 & 255, ip & 255);
	return out;
}
