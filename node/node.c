/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/node_plugins.h"
#include "node/urls.h"
#include "p2p/net/later.h"

enum {
	PICKS = 8, /* ports to try */
};

struct node {
	struct node_config config;
	struct ecc_keypair key;	 /* until the server has it */
	struct enode self;	 /* without an address */
	struct server *server;	 /* NULL: not yet, or no longer */
	struct finder *finder;	 /* likewise, or none */
	struct outside *outside; /* likewise */
	size_t others;		 /* these two, and what of them still closes */
	struct sources *sources; /* of nodes to dial */
	struct node_plugins plugins;
	struct node_talk talk;
	struct node_told told;
	struct log plugin_log;
	struct server_counters sums;
	struct net_later *tell; /* for what waits to be told: */
	bool is_ready;
	bool plugins_gone;
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
	sources_close(n->sources);
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

static void close_if_gone(struct node *n)
{
	if (!n->plugins_gone || n->others)
		return;
	n->is_closed = true;
	net_later_ask(n->tell);
}

static void plugins_closed(void *ctx)
{
	struct node *n = ctx;

	n->plugins_gone = true;
	close_if_gone(n);
}

static void other_closed(void *ctx)
{
	struct node *n = ctx;

	n->others--;
	close_if_gone(n);
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

static void entries_changed(void *ctx)
{
	const struct node *n = ctx;

	node_record_tell(n->finder, n->plugins.manager);
}

static enum err find_record(void *ctx, struct enr *out,
			    const struct node_id *id)
{
	const struct node *n = ctx;

	return node_record_find(out, n->finder, n->server, id);
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
					       .talk = &n->talk,
					       .told = &n->told,
					       .entries = entries_changed,
					       .record = find_record,
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
	node_plugins_close(&n->plugins, plugins_closed);
}

static void candidates_ready(void *ctx)
{
	const struct node *n = ctx;

	if (n->server)
		server_candidates(n->server);
}

static bool next_candidate(void *ctx, struct server_candidate *out)
{
	const struct node *n = ctx;
	struct contact c;

	_Static_assert((int)PEER_SOURCE_MAX == (int)MIX_NAME_MAX, "one name");
	if (!sources_next(n->sources, &c, out->source))
		return false;
	contact_node(&out->node, &c);
	out->record = c.record;
	if (n->finder)
		finder_wake(n->finder); /* there is room for another */
	return true;
}

static void candidates_wanted(void *ctx, bool wanted)
{
	const struct node *n = ctx;

	if (n->finder)
		finder_seek(n->finder, wanted);
}

static enum err open_server(struct node *n, enum server_listen listening,
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
		.source = {
			.next = next_candidate,
			.wanted = candidates_wanted,
			.ctx = n,
		},
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
	return rc;
}

/* --- discovery ---------------------------------------------------------------
 */

static void found(void *ctx, const struct discover_event *ev)
{
	struct node *n = ctx;

	node_talk_heard(&n->talk, ev);
	if (n->config.found)
		n->config.found(n->config.ctx, ev);
}

static bool is_foreign(void *ctx, const struct addr *from, const uint8_t *data,
		       size_t len)
{
	const struct node *n = ctx;

	return n->outside && outside_feed(n->outside, from, data, len);
}

static enum err open_finder(struct node *n, const struct addr *listen,
			    struct why *why)
{
	const struct node_config *c = &n->config;
	enum err rc;

	rc = finder_open(
		&n->finder,
		&(struct finder_config){
			.loop = c->shared->loop,
			.versions = c->discovery,
			.listen = *listen,
			.restrict_to = c->restrict_to,
			.bootnodes = c->bootnodes,
			.bootnode_count = c->bootnode_count,
			.lists = c->lists,
			.list_count = c->list_count,
			.dns_server = c->dns_server,
			.database = c->database,
			.sources = n->config.max_peers > 0 ? n->sources : NULL,
			.log = c->log,
			.event = found,
			.foreign = is_foreign,
			.closed = other_closed,
			.ctx = n,
		},
		why);
	if (!rc)
		n->others++;
	return rc;
}

static void close_finder(struct node *n)
{
	if (n->finder)
		finder_close(n->finder);
	n->finder = NULL;
}

/* The UDP port is free if anything is to be tried again. */
static enum err open_both(struct node *n, enum server_listen listening,
			  struct addr listen, struct why *why)
{
	struct addr udp = listen;
	enum err rc;

	if (n->config.discovery_port)
		udp.port = n->config.discovery_port;
	rc = open_finder(n, &udp, why);
	if (rc)
		return rc;
	if (!n->config.discovery_port)
		listen.port = finder_addr(n->finder).port;
	rc = open_server(n, listening, &listen, why);
	if (rc)
		close_finder(n);
	return rc;
}

/* A port that the system picks for UDP may be taken for TCP. */
static enum err open_all(struct node *n, enum server_listen listening,
			 const struct addr *listen, struct why *why)
{
	enum err rc = ERR_BUSY;

	if (!n->config.discovery && !n->config.list_count)
		return open_server(n, listening, listen, why);
	for (int i = 0; rc == ERR_BUSY && i < (listen->port ? 1 : PICKS); i++)
		rc = open_both(n, listening, *listen, why);
	return rc;
}

/* --- how others reach us -----------------------------------------------------
 */

static uint16_t port_of(const struct node *n, enum nat_protocol protocol,
			uint16_t own)
{
	uint16_t port = n->outside ? outside_port(n->outside, protocol) : 0;

	return own && port ? port : own;
}

/* Our record says what is known by now. */
static void publish(struct node *n)
{
	struct local *local;
	struct enode self;
	struct ip ip;

	if (!n->finder)
		return;
	local = discovery_local(finder_discovery(n->finder));
	if (outside_ip(n->outside, IP_V4, &ip))
		local_set_static(local, &ip);
	if (outside_ip(n->outside, IP_V6, &ip))
		local_set_static(local, &ip);
	node_self(n, &self);
	local_set_ports(local, port_of(n, NAT_UDP, self.udp),
			port_of(n, NAT_TCP, self.tcp));
	finder_wake(n->finder);
}

static void outside_changed(void *ctx)
{
	publish(ctx);
}

static void send_outside(void *ctx, const struct addr *to, const uint8_t *data,
			 size_t len)
{
	const struct node *n = ctx;

	if (n->finder)
		finder_send(n->finder, to, data, len);
}

static enum err open_outside(struct node *n, struct why *why)
{
	const struct node_config *c = &n->config;
	struct addr udp = { 0 };
	struct enode self;
	enum err rc;

	if (!c->nat || c->nat->kind == NAT_NONE)
		return ERR_NONE;
	node_self(n, &self);
	if (n->finder)
		udp = finder_addr(n->finder);
	rc = outside_open(&n->outside,
			  &(struct outside_config){
				  .loop = c->shared->loop,
				  .method = c->nat,
				  .tcp = { self.ip, self.tcp },
				  .udp = udp,
				  .log = c->log,
				  .send = send_outside,
				  .changed = outside_changed,
				  .closed = other_closed,
				  .ctx = n,
			  },
			  why);
	if (rc)
		return rc;
	n->others++;
	publish(n);
	return ERR_NONE;
}

static void close_outside(struct node *n)
{
	if (n->outside)
		outside_close(n->outside);
	n->outside = NULL;
}

void node_reached(const struct node *n, struct enode *out)
{
	struct ip ip;

	node_self(n, out);
	if (!n->outside)
		return;
	if (outside_ip(n->outside, IP_V4, &ip) ||
	    outside_ip(n->outside, IP_V6, &ip))
		out->ip = ip;
	out->tcp = port_of(n, NAT_TCP, out->tcp);
	out->udp = n->finder ? port_of(n, NAT_UDP, out->udp) : out->tcp;
}

enum err node_serve(struct node *n, enum server_listen listening,
		    const struct addr *listen, struct why *why)
{
	struct enr_draft entries;
	struct enode self;
	enum err rc = open_all(n, listening, listen, why);

	if (rc)
		return rc;
	server_self(n->server, &self);
	manager_entries(n->plugins.manager, &entries);
	if (n->finder)
		finder_start(n->finder, &n->key, self.tcp, &entries);
	node_talk_open(&n->talk, n->finder, n->plugins.manager);
	secret_wipe(&n->key, sizeof(n->key));
	node_plugins_serve(&n->plugins, n->server);
	return open_outside(n, why);
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
	n->sources = sources_open(config->shared->loop, candidates_ready, n);
	n->told.sources = n->sources;
	open_plugins(n);
	return n;
}

void node_close(struct node *n)
{
	if (n->closing)
		return;
	n->closing = true;
	node_talk_close(&n->talk);
	close_outside(n);
	close_finder(n);
	if (n->server)
		server_close(n->server);
	else
		node_plugins_close(&n->plugins, plugins_closed);
}

void node_self(const struct node *n, struct enode *out)
{
	*out = n->self;
	if (n->server)
		server_self(n->server, out);
	if (n->finder)
		finder_self(n->finder, out);
}

struct server *node_server(const struct node *n)
{
	return n->server;
}

struct finder *node_finder(const struct node *n)
{
	return n->finder;
}

struct manager *node_manager(const struct node *n)
{
	return n->plugins.manager;
}
