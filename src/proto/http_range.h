/*
 * http_range.h - which bytes of a body a Range field means (RFC 9110 14.2).
 *
 * One range of bytes is honoured; anything else (several, other units, broken
 * ones) is as if it had not been sent, which the RFC allows.
 */
#ifndef HOBNAIL_PROTO_HTTP_RANGE_H
#define HOBNAIL_PROTO_HTTP_RANGE_H

#include <stdint.h>

#include "base/span.h"

enum http_range {
	HTTP_RANGE_NONE,  /* send the whole body */
	HTTP_RANGE_PART,  /* send what `first` and `length` say */
	HTTP_RANGE_BEYOND /* nothing of it exists: 416 */
};

/*
 * What the Range field `value` (absent: none was sent) means for a body of
 * `size` bytes.  `*first` and `*length` are written for HTTP_RANGE_PART only;
 * the length is then at least 1.
 */
enum http_range http_range_parse(
    struct span value, uint64_t size, uint64_t *first, uint64_t *length);

#endif
