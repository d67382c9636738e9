/* SPDX-License-Identifier: Apache-2.0 */
/* jsonrpc.h - the server's side of JSON-RPC 2.0 on one byte stream: bytes in,
 * calls out; results in, bytes out. Pure.
 *
 *     jsonrpc_feed(r, data, len)      bytes arrived; any split will do
 *     jsonrpc_next(r, &call, out)     one call, or ERR_SHORT: feed me
 *     jsonrpc_result / _error         its answer, now or later
 *     jsonrpc_notify(out, ...)        news of a subscription
 *
 * As in go-ethereum's IPC, requests are JSON texts one after the other with or
 * without blanks between them, each a call or a batch, and every answer ends
 * with a newline. One call is out at a time: the next comes after its answer,
 * in a batch and between texts alike, so a client that asks without reading
 * the answers costs no more than its unread requests.
 *
 * Answers to what is no proper call are made here, with these codes: */
#ifndef NODE_ADMIN_JSONRPC_H
#define NODE_ADMIN_JSONRPC_H

#include "node/json/parse.h"
#include "node/json/split.h"
#include "p2p/base/buf.h"

enum jsonrpc_code {
	JSONRPC_PARSE = -32700,	  /* not JSON, or beyond what is parsed */
	JSONRPC_REQUEST = -32600, /* JSON, but no request */
	JSONRPC_METHOD = -32601,  /* no such method */
	JSONRPC_PARAMS = -32602,
	JSONRPC_INTERNAL = -32603,

	/* The server's own, as go-ethereum has them. */
	JSONRPC_FAILED = -32000, /* the method says no */
	JSONRPC_TOO_LARGE = -32003,
};

enum {
	JSONRPC_TEXT_MAX = 1024 * 1024, /* bytes of one request or batch */
	JSONRPC_BATCH_MAX = 1000,	/* calls in it */
	JSONRPC_ANSWER_MAX = 32 * 1024 * 1024, /* bytes of one answer, or of all
						* to a batch */
	JSONRPC_METHOD_MAX = 2048,	       /* bytes of a method's name */
};

/* One call. Borrowed from the core until the answer. */
struct jsonrpc_call {
	const char *method;
	json_t *params; /* NULL, an array or an object */
};

/* Start from jsonrpc_init; not to be copied. */
struct jsonrpc {
	struct json_split in;
	size_t answer_max;
	json_t *text; /* the batch or the request that is worked on */
	size_t at;    /* the next element of a batch */
	bool is_batch;
	bool called; /* a call is out */
	json_t *id;  /* of that call, borrowed; NULL: it wants no answer */
	struct buf answers; /* to a batch, so far */
	bool overflowed;    /* they passed answer_max */
	enum err dead;
};

/* jsonrpc_init - texts of at most text_max bytes, answers of answer_max. */
void jsonrpc_init(struct jsonrpc *r, size_t text_max, size_t answer_max);
void jsonrpc_clear(struct jsonrpc *r);

/* jsonrpc_feed - ERR_LIMIT: more than JSON_SPLIT_AHEAD bytes beyond one text
 * wait already; nothing was taken. */
MUST_USE enum err jsonrpc_feed(struct jsonrpc *r, const uint8_t *data,
			       size_t len);

/* jsonrpc_end - no more bytes will come; what has come is still answered. */
void jsonrpc_end(struct jsonrpc *r);

/* jsonrpc_next - the next call, which is to be answered once.
 *
 * ERR_SHORT   feed me
 * ERR_BUSY    a refusal was appended to out: look whether out is too full, then
 *             go on
 * ERR_CLOSED  after jsonrpc_end: all is answered
 * ERR_FORMAT, ERR_LIMIT  the stream cannot be understood any further: a last
 *             error was appended to out; send it, then close
 *
 * out takes at least a few hundred bytes; what does not fit is lost. Not to be
 * called while a call is out. */
MUST_USE enum err jsonrpc_next(struct jsonrpc *r, struct jsonrpc_call *call,
			       struct buf *out);

/* jsonrpc_result - answer the call that is out; takes the result. A result
 * that is too large becomes an error. ERR_LIMIT: out cannot take it; close. */
MUST_USE enum err jsonrpc_result(struct jsonrpc *r, json_t *result,
				 struct buf *out);

/* jsonrpc_error - the same with an error; any bytes in message. */
MUST_USE enum err jsonrpc_error(struct jsonrpc *r, int code,
				const char *message, struct buf *out);

/* jsonrpc_is_amid - part of a request is there, and the rest is not. */
bool jsonrpc_is_amid(const struct jsonrpc *r);

/* jsonrpc_is_gathering - answers of a batch are held back until its last. */
bool jsonrpc_is_gathering(const struct jsonrpc *r);

/* jsonrpc_unread - bytes fed that no call was made of yet. */
size_t jsonrpc_unread(const struct jsonrpc *r);

/* jsonrpc_refuse - append an error that answers no call in particular; last
 * words, which are lost when they do not fit. */
void jsonrpc_refuse(struct buf *out, int code, const char *message);

/* jsonrpc_notify - append {"method": method, "params": {"subscription": id,
 * "result": result}}. ERR_LIMIT: out cannot take it. */
MUST_USE enum err jsonrpc_notify(struct buf *out, const char *method,
				 const char *id, json_t *result);

#endif
