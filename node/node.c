/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/node_plugins.h"
#include "node/urls.h"
#include "p2p/net/later.h"

struct node {
	struct node_config config;
	struct ecc_keypair key; /* until the server has it */
	struct enode self;	/* without an address */
	struct server *server;	/* NULL: not yet, or no longer */
	struct node_plugins plugins;
	struct log plugin_log;
	struct server_counters sums;
	struct net_later *tell; /* for what waits to be told: */
	bool is_ready;
	bool is_closed;
	enum err rc; /* of the plugins' start */
	struct why why;
	bool closing;
};

void node_shared_open(struct node_shared *out, struct net_loop *loop,
		      const char *folder, const struct log *log)
{
	const struct loader_config loader = {
		.folder = folder,
		.us = geteuid(),
		.log = log,
	};

	*out = (struct node_shared){
		.loop = loop,
		.tasks = task_loop_open(loop, NULL),
		.loader = loader_new(&loader),
	};
	task_loop_watch(out->tasks, log);
}

void node_shared_close(struct node_shared *s)
{
	task_loop_close(s->tasks);
	loader_free(s->loader);
}

/* --- telling the owner -------------------------------------------------------
 */

static void free_node(struct node *n)
{
	void (*closed)(void *ctx, const struct server_counters *sums);
	struct server_counters sums = n->sums;
	void *ctx = n->config.ctx;

	closed = n->config.closed;
	net_later_close(n->tell);
	secret_wipe(&n->key, sizeof(n->key));
	free(n);
	closed(ctx, &sums);
}

static void on_tell(void *ctx)
{
	struct node *n = ctx;

	if (n->is_closed)
		free_node(n);
	else if (n->is_ready && !n->closing)
		n->config.ready(n->config.ctx, n->rc, &n->why);
}

/* The plugins are gone. */
static void all_closed(void *ctx)
{
	struct node *n = ctx;

	n->is_closed = true;
	net_later_ask(n->tell);
}

static void plugins_ready(void *ctx, enum err rc, const struct why *why)
{
	struct node *n = ctx;

	n->is_ready = true;
	n->rc = rc;
	n->why = *why;
	net_later_ask(n->tell);
}

/* Info is for whoever watches the node, the rest for its log; lines of the area
 * "plugin" are ours about one. */
static void plugin_said(void *ctx, const struct log_line *line)
{
	const struct node *n = ctx;
	const struct log *log = n->config.log;

	if (line->level == LOG_INFO && strcmp(line->area, "plugin") != 0) {
		if (n->config.said)
			n->config.said(n->config.ctx, line);
	} else if (log_is_on(log, line->level)) {
		log_write(log, line->level, line->area, line->message,
			  line->fields);
	}
}

/* --- plugins -----------------------------------------------------------------
 */

static void plugin_facts(void *ctx, struct weft_node_facts *out)
{
	const struct node *n = ctx;
	struct enode self;
	struct urls urls;

	node_self(n, &self);
	urls_of(&urls, &self);
	memcpy(out->id, self.id.b, sizeof(out->id));
	snprintf(out->enode, sizeof(out->enode), "%s", urls.url[0]);
	snprintf(out->name, sizeof(out->name), "%s", n->config.name);
}

static void open_plugins(struct node *n)
{
	const struct node_config *c = &n->config;

	n->plugin_log = (struct log){
		.level = log_is_on(c->log, LOG_DEBUG) ? LOG_DEBUG : LOG_INFO,
		.sink = plugin_said,
		.ctx = n,
	};
	node_plugins_open(&n->plugins, &(struct node_plugins_config){
					       .loop = c->shared->loop,
					       .tasks = c->shared->tasks,
					       .loader = c->shared->loader,
					       .log = &n->plugin_log,
					       .wanted = c->plugins,
					       .count = c->plugin_count,
					       .facts = plugin_facts,
					       .ready = plugins_ready,
					       .ctx = n,
				       });
}

/* --- the server --------------------------------------------------------------
 */

static void happened(void *ctx, const struct server_event *ev)
{
	struct node *n = ctx;

	if (ev->kind != SERVER_CLOSED) {
		n->config.event(n->config.ctx, ev);
		return;
	}
	server_read_counters(n->server, &n->sums);
	n->server = NULL;
	node_plugins_close(&n->plugins, all_closed);
}

enum err node_serve(struct node *n, enum server_listen listening,
		    const struct addr *listen, struct why *why)
{
	const struct node_config *c = &n->config;
	struct server_config config = {
		.key = &n->key,
		.name = c->name,
		.listening = listening,
		.listen = *listen,
		.plain = c->plain,
		.max_peers = c->max_peers,
		.max_pending = c->max_pending,
		.memory = c->memory,
		.dial_ratio = c->dial_ratio,
		.log = c->log,
		.event = happened,
		.ctx = n,
	};
	struct protocol *offer =
		node_plugins_offer(&n->plugins, &config.protocol_count);
	enum err rc;

	config.protocols = offer;
	if (c->restrict_to)
		config.restrict_to = *c->restrict_to;
	rc = server_open(&n->server, c->shared->loop, &config, why);
	free(offer);
	if (rc)
		return rc;
	secret_wipe(&n->key, sizeof(n->key));
	node_plugins_serve(&n->plugins, n->server);
	return ERR_NONE;
}

/* --- open and close ----------------------------------------------------------
 */

struct node *node_open(const struct node_config *config)
{
	const struct addr nowhere = { 0 };
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		abort();
	n->config = *config;
	n->key = *config->key;
	n->config.key = NULL; /* only borrowed for this call */
	enode_make(&n->self, &n->key.pub, &nowhere);
	n->tell = net_later_open(config->shared->loop, on_tell, n);
	open_plugins(n);
	return n;
}

void node_close(struct node *n)
{
	if (n->closing)
		return;
	n->closing = true;
	if (n->server)
		server_close(n->server);
	else
		node_plugins_close(&n->plugins, all_closed);
}

void node_self(const struct node *n, struct enode *out)
{
	if (n->server)
		server_self(n->server, out);
	else
		*out = n->self;
}

struct server *node_server(const struct node *n)
{
	return n->server;
}

struct manager *node_manager(const struct node *n)
{
	return n->plugins.manager;
}
