/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_admin/core.h"

#include <stdlib.h>

#include "test/support/unit.h"

static void serve_own(struct core *c, const struct jsonrpc_call *call)
{
	json_int_t n = json_integer_value(json_array_get(call->params, 0));
	json_t *result = call->params ? json_incref(call->params) : json_null();
	char *text;

	if (!strcmp(call->method, "no")) {
		json_decref(result);
		cr_assert_eq(jsonrpc_error(&c->rpc, JSONRPC_FAILED, "no \xff",
					   &c->out),
			     ERR_NONE);
		return;
	}
	if (!strcmp(call->method, "big")) {
		json_decref(result);
		text = malloc((size_t)n + 1);
		cr_assert_not_null(text);
		memset(text, 'b', (size_t)n);
		result = json_stringn(text, (size_t)n);
		free(text);
	}
	cr_assert_eq(jsonrpc_result(&c->rpc, result, &c->out), ERR_NONE);
}

void core_open(struct core *c,
	       void (*serve)(struct core *c, const struct jsonrpc_call *call),
	       void *ctx)
{
	*c = (struct core){ .serve = serve ? serve : serve_own, .ctx = ctx };
	jsonrpc_init(&c->rpc, JSONRPC_TEXT_MAX, JSONRPC_ANSWER_MAX);
	buf_init(&c->out, 4 * (size_t)JSONRPC_ANSWER_MAX);
}

void core_close(struct core *c)
{
	jsonrpc_clear(&c->rpc);
	buf_clear(&c->out);
}

static enum err pump(struct core *c)
{
	struct jsonrpc_call call;
	enum err rc;

	do {
		rc = jsonrpc_next(&c->rpc, &call, &c->out);
		if (!rc) {
			c->calls++;
			c->serve(c, &call);
		}
	} while (rc == ERR_NONE || rc == ERR_BUSY);
	return rc;
}

enum err core_feed(struct core *c, const char *text, size_t n)
{
	size_t len = strlen(text);
	enum err rc = ERR_SHORT;

	for (size_t at = 0; at < len && rc == ERR_SHORT; at += n) {
		size_t piece = len - at < n ? len - at : n;

		cr_assert_eq(jsonrpc_feed(&c->rpc, (const uint8_t *)text + at,
					  piece),
			     ERR_NONE);
		rc = pump(c);
	}
	return rc;
}

enum err core_end(struct core *c)
{
	jsonrpc_end(&c->rpc);
	return pump(c);
}

const char *core_out(struct core *c)
{
	static char *last;

	free(last);
	last = calloc(1, c->out.len + 1);
	cr_assert_not_null(last);
	if (c->out.len)
		memcpy(last, c->out.data, c->out.len);
	buf_clear(&c->out);
	return last;
}
