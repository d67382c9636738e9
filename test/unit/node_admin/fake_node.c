/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_admin/fake_node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static void PRINTF_LIKE(2, 3) asked(struct fake_node *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(n->asked, sizeof(n->asked), fmt, ap);
	va_end(ap);
}

static void self(void *ctx, void (*tell)(void *to, const struct admin_self *),
		 void *to)
{
	struct fake_node *n = ctx;

	tell(to, &n->self);
}

static void peers(void *ctx, void (*tell)(void *to, const struct admin_peer *),
		  void *to)
{
	struct fake_node *n = ctx;

	for (size_t i = 0; i < n->peer_count; i++)
		tell(to, &n->peers[i]);
}

static void plugins(void *ctx UNUSED,
		    void (*tell)(void *to, const struct admin_plugin *),
		    void *to)
{
	static const char *const speaks[] = { "foobar/1", "foobar/2" };
	static const struct admin_plugin list[] = {
		{ .name = "foobar",
		  .version = "1.0.0",
		  .summary = "answers",
		  .path = "/usr/lib/weft/plugins/foobar.so",
		  .state = "running",
		  .protocols = speaks,
		  .protocol_count = 2 },
		{ .name = "new",
		  .version = "0",
		  .path = "/tmp/new.so",
		  .state = "starting" },
	};

	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		tell(to, &list[i]);
}

static enum err said(struct fake_node *n, struct why *why)
{
	return n->why ? err_fail(why, n->rc, "%s", n->why) : n->rc;
}

static enum err about(struct fake_node *n, const char *what,
		      const struct enode *node, struct why *why)
{
	char url[ENODE_URL_MAX];

	asked(n, "%s %s", what, enode_url(url, node));
	return said(n, why);
}

static enum err peer_add(void *ctx, const struct enode *node, struct why *why)
{
	return about(ctx, "add", node, why);
}

static enum err peer_remove(void *ctx, const struct enode *node,
			    struct why *why)
{
	return about(ctx, "remove", node, why);
}

static enum err peer_trust(void *ctx, const struct enode *node,
			   enum admin_trust trust, struct why *why)
{
	return about(ctx, trust == ADMIN_TRUST ? "trust" : "distrust", node,
		     why);
}

static void plugin_load(void *ctx, const char *name, const json_t *options,
			struct admin_call *call)
{
	char *text = options ? json_dumps(options, JSON_COMPACT) : NULL;

	asked(ctx, "load %s %s", name, text ? text : "-");
	free(text);
	admin_call_result(call, json_true());
}

static void plugin_unload(void *ctx, const char *name, struct admin_call *call)
{
	struct fake_node *n = ctx;

	asked(n, "unload %s", name);
	n->waiting = call;
}

static void plugin_reload(void *ctx, const char *name, struct admin_call *call)
{
	asked(ctx, "reload %s", name);
	admin_call_error(call, JSONRPC_FAILED, "%s is not loaded", name);
}

static bool plugin_method(void *ctx, const char *method, const char *params,
			  struct admin_call *call)
{
	struct fake_node *n = ctx;

	if (strncmp(method, "foobar_", 7) != 0)
		return false;
	asked(n, "%s %s", method, params);
	if (!strcmp(method, "foobar_wait"))
		n->waiting = call;
	else if (!strcmp(method, "foobar_broken"))
		admin_call_text(call, "{\"a\":");
	else if (!strcmp(method, "foobar_large")) {
		char *text = malloc(300 * 1000 + 3);

		cr_assert_not_null(text);
		memset(text, 'x', 300 * 1000);
		text[0] = text[300 * 1000 - 1] = '"';
		text[300 * 1000] = '\0';
		admin_call_text(call, text);
		free(text);
	} else
		admin_call_text(call, " {\"foos\": 3} ");
	return true;
}

static void plugin_methods(void *ctx UNUSED,
			   void (*tell)(void *to, const char *method), void *to)
{
	tell(to, "foobar_stats");
	tell(to, "foobar_wait");
	tell(to, "gossip_send");
}

static json_t *counters(void *ctx UNUSED)
{
	return json_pack("{s:i,s:i}", "peers", 2, "sessions", 5);
}

static json_t *discovery_counters(void *ctx UNUSED)
{
	return json_pack("{s{si}}", "v4", "known", 7);
}

/* Of a node that has v4 only. */
static json_t *discovery_buckets(void *ctx UNUSED, unsigned version)
{
	return version == 4 ? json_pack("[[],[{ss}]]", "node", "enr:") : NULL;
}

static void stop(void *ctx)
{
	struct fake_node *n = ctx;

	n->stops++;
	if (n->on_stop)
		n->on_stop(n->ctx);
}

void fake_node_init(struct fake_node *n)
{
	crypto_init(); /* an enode URL holds a point of the curve */
	*n = (struct fake_node){
		.node = {
			.ctx = n,
			.self = self,
			.peers = peers,
			.plugins = plugins,
			.peer_add = peer_add,
			.peer_remove = peer_remove,
			.peer_trust = peer_trust,
			.plugin_load = plugin_load,
			.plugin_unload = plugin_unload,
			.plugin_reload = plugin_reload,
			.plugin_method = plugin_method,
			.plugin_methods = plugin_methods,
			.counters = counters,
			.discovery_counters = discovery_counters,
			.discovery_buckets = discovery_buckets,
			.stop = stop,
		},
		.self = { .name = "fake" },
	};
}
