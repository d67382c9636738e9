/* SPDX-License-Identifier: Apache-2.0 */
/* A client's bytes at the JSON-RPC core: whatever they are and however they are
 * cut, the answers are the same, each is a line of JSON, and nothing waits for
 * more than a request's bytes. */

#include "node/admin/jsonrpc.h"
#include "test/fuzz/fuzz.h"

enum {
	TEXT_MAX = 2048, /* small, so that limits are met */
	ANSWER_MAX = 512,
	OUT_MAX = 16 * 1024 * 1024,
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct talk {
	struct jsonrpc rpc;
	struct buf out;
	size_t calls;
};

/* Give the params back, or an error to a method that begins with 'e'. */
static void serve(struct talk *t, const struct jsonrpc_call *call)
{
	must(call->method[0]);
	must(strlen(call->method) <= JSONRPC_METHOD_MAX);
	t->calls++;
	if (call->method[0] == 'e')
		must(!jsonrpc_error(&t->rpc, JSONRPC_FAILED, call->method,
				    &t->out));
	else
		must(!jsonrpc_result(&t->rpc,
				     call->params ? json_incref(call->params)
						  : json_null(),
				     &t->out));
}

static enum err pump(struct talk *t)
{
	struct jsonrpc_call call;
	enum err rc;

	do {
		rc = jsonrpc_next(&t->rpc, &call, &t->out);
		if (!rc)
			serve(t, &call);
	} while (rc == ERR_NONE || rc == ERR_BUSY);
	must(rc == ERR_SHORT || rc == ERR_CLOSED || rc == ERR_FORMAT ||
	     rc == ERR_LIMIT);
	must(!jsonrpc_is_gathering(&t->rpc));
	return rc;
}

/* All of it in pieces of n bytes, and the end. */
static enum err talk(struct talk *t, const uint8_t *data, size_t size, size_t n)
{
	enum err rc = ERR_SHORT;

	jsonrpc_init(&t->rpc, TEXT_MAX, ANSWER_MAX);
	buf_init(&t->out, OUT_MAX);
	t->calls = 0;
	for (size_t at = 0; at < size && rc == ERR_SHORT; at += n) {
		must(!jsonrpc_feed(&t->rpc, data + at,
				   size - at < n ? size - at : n));
		rc = pump(t);
		must(jsonrpc_unread(&t->rpc) <= TEXT_MAX);
	}
	if (rc == ERR_SHORT) {
		jsonrpc_end(&t->rpc);
		rc = pump(t);
	}
	must(rc != ERR_SHORT);
	return rc;
}

static void talk_clear(struct talk *t)
{
	jsonrpc_clear(&t->rpc);
	buf_clear(&t->out);
}

/* Every line is an answer, or a list of some. */
static void check_lines(const struct buf *out)
{
	const char *at = (const char *)out->data;
	size_t left = out->len;

	while (left) {
		const char *end = memchr(at, '\n', left);
		json_t *line;

		must(end);
		line = json_loadb(at, (size_t)(end - at), 0, NULL);
		must(json_is_object(line) || json_array_size(line) > 0);
		json_decref(line);
		left -= (size_t)(end + 1 - at);
		at = end + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size ? data[0] % 16 + 1u : 1;
	struct talk whole, pieces;
	enum err a, b;

	if (size > 64 * 1024)
		return 0;
	a = talk(&whole, data, size, size + 1);
	check_lines(&whole.out);
	b = talk(&pieces, data, size, n);
	must(whole.calls == pieces.calls);
	must(a == b);
	must(span_equal(span_of(whole.out.data, whole.out.len),
			span_of(pieces.out.data, pieces.out.len)));
	talk_clear(&whole);
	talk_clear(&pieces);
	return 0;
}
