/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bench/host.h"

#include <string.h>

#include "node/nodekey.h"

enum {
	PENDING_MAX = 1000, /* handshakes at a time */
};

static void node_ready(void *ctx, enum err rc, const struct why *why)
{
	struct bench_host *h = ctx;
	struct why told = *why;

	if (!rc)
		rc = node_serve(h->node,
				h->config.drives ? SERVER_NO_LISTEN
						 : SERVER_LISTEN,
				&h->config.listen, &told);
	h->config.ready(h->config.ctx, rc, &told);
}

static void happened(void *ctx, const struct server_event *ev)
{
	const struct bench_host *h = ctx;

	if (h->config.event)
		h->config.event(h->config.ctx, ev);
}

static void said(void *ctx, const struct log_line *line)
{
	(void)ctx;
	(void)line;
}

static void node_closed(void *ctx, const struct server_counters *sums)
{
	struct bench_host *h = ctx;

	(void)sums;
	node_shared_close(&h->shared);
	wanted_clear(&h->wanted);
	h->config.closed(h->config.ctx);
}

enum err bench_host_open(struct bench_host *h,
			 const struct bench_host_config *config,
			 struct why *why)
{
	struct ecc_keypair key;
	enum err rc = ERR_NONE;

	*h = (struct bench_host){ .config = *config };
	wanted_init(&h->wanted, config->plugin, "weft bench");
	if (config->drives)
		rc = wanted_set(&h->wanted, "drive", "true", "weft bench", 0,
				why);
	if (rc) {
		wanted_clear(&h->wanted);
		return rc;
	}
	nodekey_make(&key);
	node_shared_open(&h->shared, config->loop, NULL, NULL);
	h->node = node_open(&(struct node_config){
		.shared = &h->shared,
		.key = &key,
		.name = config->name,
		.plugins = &h->wanted,
		.plugin_count = 1,
		.max_peers = NODE_PEERS_MAX,
		.max_pending = PENDING_MAX,
		.ready = node_ready,
		.event = happened,
		.said = said,
		.closed = node_closed,
		.ctx = h,
	});
	secret_wipe(&key, sizeof(key));
	return ERR_NONE;
}

void bench_host_close(struct bench_host *h)
{
	node_close(h->node);
}

static bool first(void *ctx, const struct manager_plugin *p)
{
	*(struct weft_host **)ctx = p->host;
	return false;
}

enum err bench_host_call(struct bench_host *h, const char *method,
			 const char *params,
			 void (*done)(void *ctx, int rc, const char *json),
			 void *ctx)
{
	const struct instance_rpc *rpcs;
	struct weft_host *host = NULL;
	size_t count;

	manager_each(node_manager(h->node), first, &host);
	count = host ? instance_rpcs(host, &rpcs) : 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rpcs[i].method, method) != 0)
			continue;
		instance_rpc_call(host, &rpcs[i], params, done, ctx);
		return ERR_NONE;
	}
	return ERR_NOT_FOUND;
}
