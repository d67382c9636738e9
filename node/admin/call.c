/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/call.h"

#include <stdarg.h>
#include <stdlib.h>

enum {
	/* A plugin is ours, but its output may hold what peers sent. */
	RESULT_PARTS_MAX = 1024 * 1024,
};

struct admin_call {
	const struct admin_call_events *events; /* NULL: abandoned */
	void *ctx;
};

struct admin_call *admin_call_new(const struct admin_call_events *events,
				  void *ctx)
{
	struct admin_call *call = malloc(sizeof(*call));

	if (!call)
		abort();
	*call = (struct admin_call){ .events = events, .ctx = ctx };
	return call;
}

void admin_call_abandon(struct admin_call *call)
{
	call->events = NULL;
}

void admin_call_result(struct admin_call *call, json_t *result)
{
	struct admin_call c = *call;

	free(call);
	if (!result)
		abort();
	if (c.events)
		c.events->result(c.ctx, result);
	else
		json_decref(result);
}

void admin_call_text(struct admin_call *call, const char *json)
{
	struct why why = WHY_NONE;
	json_t *result;

	if (strlen(json) > JSONRPC_ANSWER_MAX)
		admin_call_error(call, JSONRPC_TOO_LARGE, "response too large");
	else if (json_from_stranger(&result, span_text(json), RESULT_PARTS_MAX,
				    &why))
		admin_call_error(call, JSONRPC_INTERNAL,
				 "the method's answer: %s", why.text);
	else
		admin_call_result(call, result);
}

void admin_call_error(struct admin_call *call, enum jsonrpc_code code,
		      const char *fmt, ...)
{
	struct admin_call c = *call;
	char text[WHY_MAX];
	va_list ap;

	free(call);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (c.events)
		c.events->error(c.ctx, code, text);
}
