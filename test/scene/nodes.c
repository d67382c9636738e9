/* SPDX-License-Identifier: Apache-2.0 */
#include "test/scene/nodes.h"

#include <stdlib.h>

#include "node/plugin/inside.h"
#include "p2p/crypto/rng.h"

/* --- one ------------------------------------------------------------------ */

static void on_event(void *ctx, const struct server_event *ev)
{
	struct node *n = ctx;

	switch (ev->kind) {
	case SERVER_PEER_ADDED:
		n->added++;
		break;
	case SERVER_PEER_DROPPED:
		n->dropped++;
		break;
	case SERVER_DIAL_FAILED:
		break;
	case SERVER_CLOSED:
		n->server = NULL;
		break;
	}
}

static void on_started(void *ctx, int rc)
{
	struct node *n = ctx;

	n->plugin.rc = rc;
	n->plugin.started = true;
}

static bool has_started(void *ctx)
{
	const struct node *n = ctx;

	return n->plugin.started;
}

static void start(struct node *n, const struct weft_plugin *plugin,
		  const char *options)
{
	struct why why = WHY_NONE;
	struct options *o;

	n->plugin.rig = n->rig;
	cr_assert_eq(options_new(&o, plugin->options, &why), ERR_NONE, "%s",
		     why.text);
	cr_assert_eq(options_set_list(o, options, &why), ERR_NONE, "%s",
		     why.text);
	n->plugin.host = instance_open(&n->rig->node, plugin, o, on_started, n);
	rig_until(n->rig, has_started, n);
	cr_assert_eq(n->plugin.rc, WEFT_OK);
}

static void listen(struct node *n)
{
	struct server_config config = {
		.key = &n->key,
		.name = "scene/v1",
		.listening = SERVER_LISTEN,
		.max_peers = SERVER_MAX_PEERS,
		.event = on_event,
		.ctx = n,
	};
	struct why why = WHY_NONE;

	rng_key(&n->key.key);
	ecc_pub_of(&n->key.pub, &n->key.key);
	config.protocol_count =
		instance_protocols(n->plugin.host, &config.protocols);
	cr_assert_eq(addr_parse(&config.listen, "127.0.0.1:0"), ERR_NONE);
	cr_assert_eq(server_open(&n->server, n->rig->loop, &config, &why),
		     ERR_NONE, "%s", why.text);
	server_self(n->server, &n->self);
}

/* --- all ------------------------------------------------------------------ */

/* Gossip puts the first bytes of a node's id into its rumours. */
static void facts(void *ctx, struct weft_node_facts *out)
{
	static uint8_t nodes;

	(void)ctx;
	out->id[0] = ++nodes;
	snprintf(out->name, sizeof(out->name), "scene/v1");
}

void nodes_open(struct nodes *all, size_t count,
		const struct weft_plugin *plugin,
		const char *(*options)(size_t i))
{
	*all = (struct nodes){ .count = count };
	all->node = calloc(count, sizeof(*all->node));
	cr_assert_not_null(all->node);
	rig_open(&all->rig, NULL);
	all->rig.node.facts = facts;
	for (size_t i = 0; i < count; i++) {
		all->node[i].rig = &all->rig;
		start(&all->node[i], plugin, options(i));
		listen(&all->node[i]);
	}
}

void nodes_dial(struct nodes *all, size_t from, size_t to)
{
	cr_assert_eq(
		server_dial(all->node[from].server, &all->node[to].self, NULL),
		ERR_NONE);
}

struct until {
	const struct nodes *all;
	bool (*holds)(const struct nodes *all);
};

static bool does_hold(void *ctx)
{
	const struct until *u = ctx;

	return u->holds(u->all);
}

void nodes_until(struct nodes *all, bool (*holds)(const struct nodes *all))
{
	struct until u = { all, holds };

	rig_until(&all->rig, does_hold, &u);
}

void *nodes_state(const struct nodes *all, size_t i)
{
	return all->node[i].plugin.host->state;
}

struct call {
	bool done;
	int rc;
};

static void on_called(void *ctx, int rc, const char *json)
{
	struct call *c = ctx;

	(void)json;
	c->done = true;
	c->rc = rc;
}

static bool is_called(void *ctx)
{
	const struct call *c = ctx;

	return c->done;
}

void nodes_call(struct nodes *all, size_t i, const char *method)
{
	struct weft_host *host = all->node[i].plugin.host;
	const struct instance_rpc *rpcs;
	size_t count = instance_rpcs(host, &rpcs);
	struct call c = { 0 };
	size_t at = 0;

	while (at < count && strcmp(rpcs[at].method, method))
		at++;
	cr_assert_lt(at, count, "no method %s", method);
	instance_rpc_call(host, &rpcs[at], "[]", on_called, &c);
	rig_until(&all->rig, is_called, &c);
	cr_assert_eq(c.rc, WEFT_OK);
}

static bool are_closed(const struct nodes *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->node[i].server)
			return false;
	return true;
}

void nodes_close(struct nodes *all)
{
	for (size_t i = 0; i < all->count; i++)
		server_close(all->node[i].server);
	nodes_until(all, are_closed);
	for (size_t i = 0; i < all->count; i++)
		rig_stop(&all->node[i].plugin);
	rig_close(&all->rig);
	free(all->node);
}
