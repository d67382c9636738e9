/* SPDX-License-Identifier: Apache-2.0 */
/* replies.h - the client's side of JSON-RPC 2.0 on a byte stream: requests out,
 * answers and notifications in. Pure. */
#ifndef NODE_ADMIN_REPLIES_H
#define NODE_ADMIN_REPLIES_H

#include "node/json/parse.h"
#include "node/json/split.h"
#include "p2p/base/buf.h"

enum {
	REPLIES_TEXT_MAX = 64 * 1024 * 1024, /* bytes of one answer */
	REPLIES_PARTS_MAX = 4 * 1024 * 1024, /* a node may have many peers */
};

enum reply_kind {
	REPLY_RESULT,
	REPLY_ERROR,
	REPLY_NOTE, /* of a subscription */
};

/* One of them; borrowed until the next call on its replies. */
struct reply {
	enum reply_kind kind;
	json_int_t id; /* RESULT, ERROR; 0: none, it is about the connection */
	json_t *value; /* RESULT, NOTE */
	json_int_t code; /* ERROR */
	const char *message;
	const char *subscription; /* NOTE */
};

/* Start from replies_init; not to be copied. */
struct replies {
	struct json_split in;
	json_t *text;
};

void replies_init(struct replies *r);
void replies_clear(struct replies *r);

/* replies_feed - bytes arrived. ERR_LIMIT: more than can be, unread. */
MUST_USE enum err replies_feed(struct replies *r, const uint8_t *data,
			       size_t len);

/* replies_next - ERR_SHORT: feed me. ERR_FORMAT, ERR_LIMIT: this is no server
 * of JSON-RPC; why says what it sent. Final. */
MUST_USE enum err replies_next(struct replies *r, struct reply *out,
			       struct why *why);

/* replies_ask - append a request; borrows params, an array. `id` is not 0.
 * ERR_LIMIT: out cannot take it. */
MUST_USE enum err replies_ask(struct buf *out, json_int_t id,
			      const char *method, json_t *params);

#endif
