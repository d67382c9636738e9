/* SPDX-License-Identifier: Apache-2.0 */
/* split.h - a stream of JSON texts, cut into texts: one after the other, with
 * or without blanks between them, in any pieces. Pure.
 *
 * A text is refused as soon as its beginning shows that it would be, so that
 * nobody waits for the end of something endless. */
#ifndef NODE_JSON_SPLIT_H
#define NODE_JSON_SPLIT_H

#include "node/json/scan.h"
#include "p2p/base/buf.h"

enum {
	JSON_SPLIT_AHEAD = 512 * 1024 /* unread bytes beyond one text */
};

/* Start from json_split_init; not to be copied. */
struct json_split {
	struct buf in;
	struct json_scan scan;
	size_t text_max;
	size_t parts_max;
	size_t scanned; /* of in; blanks before the text are gone already */
	size_t taken;	/* bytes of the text that was handed out last */
	bool ended;
	enum err dead;
};

void json_split_init(struct json_split *s, size_t text_max, size_t parts_max);
void json_split_clear(struct json_split *s);

/* json_split_feed - bytes arrived. ERR_LIMIT, with nothing taken: text_max and
 * JSON_SPLIT_AHEAD bytes wait to be asked for. */
MUST_USE enum err json_split_feed(struct json_split *s, const uint8_t *data,
				  size_t len);

/* json_split_end - no more will come; json_split_next says what that makes of
 * what there is. */
void json_split_end(struct json_split *s);

/* json_split_stop - nothing more is wanted of the stream: what waits is
 * forgotten, and what comes is not kept. Ends the loan of a text. */
void json_split_stop(struct json_split *s);

/* json_split_next - the next whole text, borrowed until the next call here.
 *
 * ERR_SHORT   feed me
 * ERR_CLOSED  ended, and all is read
 * ERR_FORMAT  brackets do not match, or the end cut a text off
 * ERR_LIMIT   longer than text_max, too deep or too many parts (scan.h)
 *
 * The last three are final. */
MUST_USE enum err json_split_next(struct json_split *s, struct span *text);

/* json_split_is_amid - part of a text is there, and the rest is not. */
bool json_split_is_amid(const struct json_split *s);

/* json_split_is_too_long - after ERR_LIMIT: was it the length? */
bool json_split_is_too_long(const struct json_split *s);

/* json_split_unread - bytes that wait. */
size_t json_split_unread(const struct json_split *s);

#endif
