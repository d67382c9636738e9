/* SPDX-License-Identifier: Apache-2.0 */
/* core.h - drive the JSON-RPC core with text: all calls are answered at once by
 * a function, and what was written is one text. */
#ifndef TEST_UNIT_NODE_ADMIN_CORE_H
#define TEST_UNIT_NODE_ADMIN_CORE_H

#include "node/admin/jsonrpc.h"

struct core {
	struct jsonrpc rpc;
	struct buf out;
	unsigned calls;

	/* Answer the call that is out with jsonrpc_result or jsonrpc_error. */
	void (*serve)(struct core *c, const struct jsonrpc_call *call);
	void *ctx;
};

/* core_open - NULL: a server of its own, whose method "echo" gives its params,
 * "big" a string of as many bytes as its first says, "no" an error. */
void core_open(struct core *c,
	       void (*serve)(struct core *c, const struct jsonrpc_call *call),
	       void *ctx);
void core_close(struct core *c);

/* core_feed - in pieces of n bytes; the result that stopped it, ERR_SHORT if
 * nothing did. */
enum err core_feed(struct core *c, const char *text, size_t n);

/* core_end - no more; what that gives. */
enum err core_end(struct core *c);

/* core_out - what was written, and it is forgotten with the next call. */
const char *core_out(struct core *c);

#endif
