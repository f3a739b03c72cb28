/*
 * utf16.h - names in 16-bit units (Joliet, VFAT) as UTF-8.
 *
 * What is not valid UTF-16 (RFC 2781) becomes U+FFFD, so that the result is
 * always valid UTF-8.
 */
#ifndef HOBNAIL_MEDIA_UTF16_H
#define HOBNAIL_MEDIA_UTF16_H

#include <stdint.h>

#include "base/strbuf.h"

/* One unit from its two bytes. */
static inline uint16_t
utf16_be(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint16_t
utf16_le(const uint8_t *b)
{
	return (uint16_t)(b[1] << 8 | b[0]);
}

/* Add `count` units in host order to `out`. */
void utf16_text(struct strbuf *out, const uint16_t *units, size_t count);

#endif
