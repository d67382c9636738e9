/* SPDX-License-Identifier: Apache-2.0 */
/* crew_here.c - the nodes of a mesh, all on this loop. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/json/parse.h"
#include "node/mesh/crew.h"
#include "node/mesh/identity.h"
#include "node/mesh/tally.h"
#include "node/node.h"
#include "node/node_admin.h"

struct member {
	struct crew *crew;
	size_t index;
	char name[TALLY_NAME_MAX];
	struct node *node; /* NULL: closed */
	struct node_admin facts;
	bool serves;
};

struct crew {
	struct crew_config config;
	struct node_shared shared;
	struct member *members;
	size_t open;
	bool stopping;
};

/* --- asking ------------------------------------------------------------------
 */

static void tell_protocol(struct member *m, const struct node_id *peer,
			  const struct admin_protocol *p)
{
	const struct crew_config *c = &m->crew->config;
	json_t *info;

	if (!p->info || json_from_stranger(&info, span_text(p->info),
					   JSON_PARTS_DEFAULT, NULL))
		return;
	c->events.told(c->ctx, m->index, peer, p->name, info);
	json_decref(info);
}

static void tell_peer(void *to, const struct admin_peer *peer)
{
	for (size_t i = 0; i < peer->protocol_count; i++)
		tell_protocol(to, &peer->enode.id, &peer->protocols[i]);
}

static void ask(struct crew *c, size_t index)
{
	struct member *m = &c->members[index];

	if (!m->serves || c->stopping)
		return;
	m->facts.node.peers(m->facts.node.ctx, tell_peer, m);
	c->config.events.answered(c->config.ctx, index);
}

/* --- a node's life -----------------------------------------------------------
 */

static void fail(struct member *m, const char *why)
{
	m->crew->config.events.failed(m->crew->config.ctx, m->index, why);
}

static void stop_member(void *ctx)
{
	struct member *m = ctx;

	node_close(m->node);
}

static void serve(struct member *m)
{
	const struct addr at = {
		.ip = { .family = IP_V4, .b = { 127, 0, 0, 1 } },
	};
	const struct crew_config *c = &m->crew->config;
	struct why why = WHY_NONE;
	struct enode self;

	if (node_serve(m->node, SERVER_LISTEN, &at, &why)) {
		fail(m, why.text);
		return;
	}
	m->serves = true;
	node_admin_init(&m->facts, m->node, m->name, true, stop_member, m);
	node_self(m->node, &self);
	c->events.started(c->ctx, m->index, &self);
}

static void ready(void *ctx, enum err rc, const struct why *why)
{
	struct member *m = ctx;

	if (rc)
		fail(m, why->text);
	else
		serve(m);
}

static void happened(void *ctx, const struct server_event *ev)
{
	const struct member *m = ctx;
	const struct crew_config *c = &m->crew->config;

	switch (ev->kind) {
	case SERVER_PEER_ADDED:
		c->events.up(c->ctx, m->index, &ev->peer->id);
		break;
	case SERVER_PEER_DROPPED:
		c->events.down(c->ctx, m->index, &ev->peer->id, ev->cause);
		break;
	case SERVER_DIAL_FAILED:
		c->events.dial_failed(c->ctx, m->index, &ev->dialed->id,
				      ev->cause);
		break;
	case SERVER_CLOSED: /* the node's */
		break;
	}
}

static void end(struct crew *c)
{
	void (*ended)(void *ctx, const char *why) = c->config.events.ended;
	void *ctx = c->config.ctx;

	node_shared_close(&c->shared);
	free(c->members);
	free(c);
	ended(ctx, NULL);
}

static void closed(void *ctx, const struct server_counters *sums)
{
	struct member *m = ctx;
	struct crew *c = m->crew;
	const struct crew_sums told = {
		.messages_in = sums->messages_in,
		.messages_out = sums->messages_out,
		.bytes_in = sums->bytes_in,
		.bytes_out = sums->bytes_out,
	};

	m->node = NULL;
	m->serves = false;
	c->config.events.stopped(c->config.ctx, m->index, &told);
	if (--c->open == 0)
		end(c);
}

/* --- all of them -------------------------------------------------------------
 */

static void open_member(struct crew *c, size_t index)
{
	struct member *m = &c->members[index];
	struct crew_places places = crew_places(c->config.degrees[index]);
	struct ecc_keypair key;

	m->crew = c;
	m->index = index;
	tally_name(m->name, index);
	mesh_identity(&key, c->config.seed, index);
	m->node = node_open(&(struct node_config){
		.shared = &c->shared,
		.key = &key,
		.name = m->name,
		.plugins = c->config.plugins,
		.plugin_count = c->config.plugin_count,
		.max_peers = places.max_peers,
		.max_pending = places.max_pending,
		.dial_ratio = places.dial_ratio,
		.log = c->config.log,
		.ready = ready,
		.event = happened,
		.closed = closed,
		.ctx = m,
	});
	secret_wipe(&key, sizeof(key));
	c->open++;
}

static enum err open_crew(struct crew **out, const struct crew_config *config,
			  struct why *why)
{
	struct crew *c = calloc(1, sizeof(*c));

	(void)why; /* nothing can fail but what each node tells */
	if (!c)
		abort();
	c->config = *config;
	c->members = calloc(config->nodes, sizeof(*c->members));
	if (!c->members)
		abort();
	node_shared_open(&c->shared, config->loop, NULL, config->log);
	for (size_t i = 0; i < config->nodes; i++)
		open_member(c, i);
	*out = c;
	return ERR_NONE;
}

static void dial(struct crew *c, size_t index, const struct enode *to)
{
	const struct member *m = &c->members[index];
	struct why why = WHY_NONE;

	if (m->serves && server_dial(node_server(m->node), to, &why))
		c->config.events.dial_failed(c->config.ctx, index, &to->id,
					     why.text);
}

static void stop(struct crew *c)
{
	if (c->stopping)
		return;
	c->stopping = true;
	for (size_t i = 0; i < c->config.nodes; i++)
		if (c->members[i].node)
			node_close(c->members[i].node);
}

const struct crew_kind crew_here = {
	.open = open_crew,
	.dial = dial,
	.ask = ask,
	.stop = stop,
};
