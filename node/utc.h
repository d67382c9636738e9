/* SPDX-License-Identifier: Apache-2.0 */
/* utc.h - points in time in files that go-ethereum's tools share: RFC 3339,
 * UTC, whole seconds. Pure. */
#ifndef NODE_UTC_H
#define NODE_UTC_H

#include <stdbool.h>
#include <stdint.h>

enum {
	UTC_TEXT_MAX = 32
};

/* Go's zero time. */
#define UTC_NEVER "0001-01-01T00:00:00Z"

/* utc_text - of seconds since 1970; 0 is UTC_NEVER. Returns out. */
const char *utc_text(char out[UTC_TEXT_MAX], uint64_t seconds);

/* utc_parse - with any offset from UTC; parts of a second are cut off, and
 * whatever was before 1970 is 0. False: no such time. */
bool utc_parse(uint64_t *out, const char *text);

#endif
