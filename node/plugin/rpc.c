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
	void (*done)(void *ctx, int rc, const char *json); /* NULL: called */
	void *ctx;
	struct rpc_call *next; /* of those that run */
	bool runs;

	/* Why there is no answer from fn, while `done` is still owed. */
	int refusal;
	struct rpc_call *then; /* of those */
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

static void free_call(struct rpc_call *c)
{
	if (c->runs || c->done)
		return;
	buf_clear(&c->result.buf);
	free(c->params);
	free(c);
}

/* Calls upward, last. */
static void answer(struct rpc_call *c, int rc)
{
	void (*done)(void *ctx, int rc, const char *json) = c->done;
	char *json = rc < 0 ? NULL : text_take(&c->result);
	void *ctx = c->ctx;

	if (rc >= 0 && !json)
		rc = c->result.failed ? WEFT_ELIMIT : WEFT_EFAIL;
	c->done = NULL;
	free_call(c);
	done(ctx, rc < 0 ? rc : WEFT_OK, json);
	free(json);
}

/* There will be no better answer: it comes later, in any case. */
static void refuse(struct rpc_call *c, int why)
{
	c->refusal = why;
	LL_APPEND2(c->host->refused, c, then);
	instance_retry(c->host, 0);
}

static int run_call(void *arg)
{
	struct rpc_call *c = arg;

	return c->rpc->fn(c->rpc->state, c->params, strlen(c->params),
			  &c->result);
}

static void call_done(void *arg, int rc)
{
	struct rpc_call *c = arg;

	LL_DELETE(c->host->calls, c);
	c->runs = false;
	if (!c->done) {
		free_call(c);
		return;
	}
	if (c->refusal)
		LL_DELETE2(c->host->refused, c, then);
	answer(c, rc);
}

void instance_rpc_call(struct weft_host *h, const struct instance_rpc *rpc,
		       const char *params,
		       void (*done)(void *ctx, int rc, const char *json),
		       void *ctx)
{
	struct rpc_call *c = calloc(1, sizeof(*c));
	enum err rc;

	if (!c)
		abort();
	*c = (struct rpc_call){
		.host = h, .rpc = rpc, .done = done, .ctx = ctx
	};
	c->params = api_text_copy(params);
	text_init(&c->result, TEXT_MAX);
	rc = task_start(&h->work, 0, run_call, c, call_done);
	if (rc) {
		refuse(c, api_result(rc));
		return;
	}
	c->runs = true;
	LL_PREPEND(h->calls, c);
}

void rpcs_close(struct weft_host *h)
{
	struct rpc_call *c;

	LL_FOREACH (h->calls, c)
		refuse(c, WEFT_ECLOSED);
}

void rpc_refuse_due(struct weft_host *h)
{
	struct rpc_call *c;

	while ((c = h->refused)) {
		LL_DELETE2(h->refused, c, then);
		answer(c, c->refusal);
	}
}
