/* SPDX-License-Identifier: Apache-2.0 */
/* parse.h - the one way to parse JSON that came from outside: a socket, a
 * peer, a plugin. Pure.
 *
 * jansson recurses for each level of nesting, up to 2,048 of them, and takes
 * some seventy bytes of memory for a byte like '['; so a stranger's text is
 * looked over (scan.h) before jansson sees any of it. With the depth bounded,
 * parsing takes less than 24 KiB of stack, on a fiber too. */
#ifndef NODE_JSON_PARSE_H
#define NODE_JSON_PARSE_H

#include <jansson.h>

#include "node/json/scan.h"

enum {
	JSON_PARTS_DEFAULT = 65536 /* brackets, commas and colons; 16 MB */
};

/* json_from_stranger - exactly one JSON value, blanks around it allowed.
 *
 *   out        a new reference on success, NULL otherwise
 *   text       borrowed; limit its length before
 *   parts_max  JSON_PARTS_DEFAULT, unless you know better
 *
 * ERR_LIMIT   nested deeper than JSON_DEPTH_MAX, or more parts
 * ERR_FORMAT  no JSON, a member twice in one object, not UTF-8, \u0000 in a
 *             string, a number beyond 64 bits or the reals; why says which
 *             and where */
MUST_USE enum err json_from_stranger(json_t **out, struct span text,
				     size_t parts_max, struct why *why);

#endif
