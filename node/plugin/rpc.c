/* SPDX-License-Identifier: Apache-2.0 */
/* rpc.c - admin methods of a plugin, each call in a fiber of its own. */
#include <stdlib.h>
#include <utlist.h>

#include "node/plugin/api.h"

struct rpc_call {
	struct weft_host *host;
	const struct instance_rpc *rpc;
	char *params;
	struct weft_text result;
	void (*done)(void *ctx, int rc, const char *json);
	void *ctx;
	int refusal;	       /* why there was no task for it */
	struct rpc_call *next; /* of those */
};

static bool method_ok(const struct weft_host *h, const char *method)
{
	size_t n = strlen(h->plugin->name);

	return method && strlen(method) < INSTANCE_NAME_MAX &&
	       !strncmp(method, h->plugin->name, n) && method[n] == '_' &&
	       method[n + 1];
}

int api_rpc_add(struct weft_host *h, const char *method,
		int (*fn)(void *state, const char *params, size_t size,
			  struct weft_text *result),
		void *state)
{
	if (!h || !fn || !method_ok(h, method))
		return WEFT_EINVAL;
	for (size_t i = 0; i < h->rpc_count; i++)
		if (!strcmp(h->rpcs[i].method, method))
			return WEFT_EEXIST;
	if (h->rpc_count == INSTANCE_RPCS_MAX)
		return WEFT_ELIMIT;
	h->rpcs[h->rpc_count++] = (struct instance_rpc){
		.method = api_text_copy(method),
		.fn = fn,
		.state = state,
	};
	return WEFT_OK;
}

size_t instance_rpcs(const struct weft_host *h, const struct instance_rpc **out)
{
	*out = h->rpcs;
	return h->rpc_count;
}

/* Calls upward, last. */
static void finish(struct rpc_call *c, int rc)
{
	void (*done)(void *ctx, int rc, const char *json) = c->done;
	char *json = rc < 0 ? NULL : text_take(&c->result);
	void *ctx = c->ctx;

	if (rc >= 0 && !json)
		rc = c->result.failed ? WEFT_ELIMIT : WEFT_EFAIL;
	buf_clear(&c->result.buf);
	free(c->params);
	free(c);
	done(ctx, rc < 0 ? rc : WEFT_OK, json);
	free(json);
}

static int run_call(void *arg)
{
	struct rpc_call *c = arg;

	return c->rpc->fn(c->rpc->state, c->params, strlen(c->params),
			  &c->result);
}

static void call_done(void *arg, int rc)
{
	finish(arg, rc);
}

void instance_rpc_call(struct weft_host *h, const struct instance_rpc *rpc,
		       const char *params,
		       void (*done)(void *ctx, int rc, const char *json),
		       void *ctx)
{
	struct rpc_call *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	*c = (struct rpc_call){
		.host = h, .rpc = rpc, .done = done, .ctx = ctx
	};
	c->params = api_text_copy(params);
	text_init(&c->result, TEXT_MAX);
	c->refusal =
		api_result(task_start(&h->work, 0, run_call, c, call_done));
	if (!c->refusal)
		return;
	LL_APPEND(h->refused, c);
	instance_retry(h, 0);
}

void rpc_refuse_due(struct weft_host *h)
{
	struct rpc_call *c;

	while ((c = h->refused)) {
		LL_DELETE(h->refused, c);
		finish(c, c->refusal);
	}
}
