/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - where a JSON text (RFC 8259) ends, and whether it may be parsed at
 * all, told as its bytes come in. Pure; no allocation.
 *
 * Only brackets and strings are understood; whether the text is JSON is for
 * the parser to say. What the scan promises the parser is that no text it lets
 * through nests deeper than JSON_DEPTH_MAX or holds more than the given number
 * of parts, so neither stack nor memory can be asked for beyond that. */
#ifndef NODE_JSON_SCAN_H
#define NODE_JSON_SCAN_H

#include "p2p/base/err.h"
#include "p2p/base/span.h"

enum {
	JSON_DEPTH_MAX = 64 /* brackets open at once */
};

enum json_scan_state {
	JSON_SCAN_BEFORE, /* blanks so far */
	JSON_SCAN_INSIDE, /* within brackets */
	JSON_SCAN_STRING,
	JSON_SCAN_ESCAPE, /* behind a backslash in a string */
	JSON_SCAN_WORD,	  /* a number, true, false or null by itself */
	JSON_SCAN_DONE,
	JSON_SCAN_DEAD,
};

/* Copy freely, nothing to free. */
struct json_scan {
	enum json_scan_state state;
	enum err fault; /* of JSON_SCAN_DEAD */
	unsigned depth;
	uint64_t braces;   /* bit i: the bracket at depth i is a '{' */
	size_t parts_left; /* brackets, commas and colons still allowed */
};

/* json_scan_init - parts_max bounds what parsing costs: a parsed text takes at
 * most about 250 bytes for each part, and those of its strings. */
void json_scan_init(struct json_scan *s, size_t parts_max);

/* json_scan_feed - look at the next bytes; *used is how many belong to the
 * text or stand before it.
 *
 * ERR_NONE    the text ended there
 * ERR_SHORT   all were used, and more are needed
 * ERR_FORMAT  brackets do not match
 * ERR_LIMIT   nested too deep, or too many parts
 *
 * The last two are final. After ERR_NONE, init again for the next text. */
MUST_USE enum err json_scan_feed(struct json_scan *s, size_t *used,
				 struct span bytes);

/* json_scan_end - no more bytes will come: ERR_NONE when that completes a text
 * (a number by itself ends only so), ERR_SHORT when there was none, ERR_FORMAT
 * when one is cut off. */
MUST_USE enum err json_scan_end(struct json_scan *s);

/* json_is_blank - one of the four that RFC 8259 has between tokens. */
static inline bool json_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
