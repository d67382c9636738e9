/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_run.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#include "node/datadir.h"
#include "node/leave.h"
#include "node/node_admin.h"
#include "node/nodekey.h"
#include "node/urls.h"
#include "p2p/crypto/rng.h"
#include "p2p/net/async.h"

enum {
	LEAVE_MS = 500,	     /* for what may still hold the loop */
	LAST_WORDS_MS = 200, /* at a second signal, for what was printed */
};

struct run {
	const struct node_run_config *config;
	struct datadir datadir;
	char key_path[PATH_MAX];
	char database[PATH_MAX];
	enum nodekey_origin key_origin;
	struct net_loop *loop;
	struct node_shared shared;
	struct net_signal *signals[2];
	struct net_async *broke; /* woken when the report does */
	struct net_timer *end;	 /* of the duration */
	struct contact bootnodes[DISCOVER_BOOTNODES];
	struct bootnode_search *search; /* for their addresses; NULL: over */
	struct node *node;		/* NULL: not open */
	struct admin *admin;		/* NULL: not open */
	struct node_admin facts;	/* what it asks of us */
	struct server_counters sums;
	struct mono started;
	bool is_up; /* so far that its start was told */
	bool moved; /* the default port was busy */
	bool stopping;
	bool broken; /* nobody reads our report any more */
	enum err rc; /* of a start that failed once the loop ran */
	struct why why;
};

/* Everything else is gone; with this the loop comes to its end. */
static void finish(struct run *n)
{
	for (size_t i = 0; i < ARRAY_LEN(n->signals); i++)
		if (n->signals[i])
			net_signal_close(n->signals[i]);
	report_watch(n->config->report, NULL, NULL);
	if (n->broke)
		net_async_close(n->broke);
	node_shared_close(&n->shared);
	if (!n->is_up)
		return;
	report_stopped(n->config->report, &n->sums,
		       mono_since_ns(mono_now(), n->started));
	n->broken = n->broken || report_is_broken(n->config->report);
	leave_within(LEAVE_MS, n->broken);
}

static void node_closed(void *ctx, const struct server_counters *sums)
{
	struct run *n = ctx;

	n->node = NULL;
	n->sums = *sums;
	finish(n);
}

static void stop(struct run *n)
{
	if (n->stopping)
		return;
	n->stopping = true;
	bootnode_search_close(n->search);
	n->search = NULL;
	if (n->end)
		net_timer_close(n->end);
	if (n->admin)
		admin_close(n->admin);
	n->admin = NULL;
	node_close(n->node);
}

static void end_reached(void *ctx)
{
	stop(ctx);
}

/* Who asked for the report may be gone (`weft run | head`). */
static void report_broke(void *ctx)
{
	struct run *n = ctx;

	if (n->stopping || !report_is_broken(n->config->report))
		return;
	n->broken = true;
	stop(n);
}

static void wake(void *async)
{
	net_async_wake(async);
}

static void signalled(void *ctx, int signum)
{
	struct run *n = ctx;

	(void)signum;
	if (n->stopping) {
		/* Asked twice: not another turn of the loop. The lock goes
		 * with the process, and no file is ever half written. */
		log_event(n->config->log, LOG_WARN, "node",
			  "second signal, ending at once");
		outlet_drain_all(LAST_WORDS_MS);
		_exit(1);
	}
	stop(n);
}

static void happened(void *ctx, const struct server_event *ev)
{
	struct run *n = ctx;
	struct report *report = n->config->report;

	node_admin_tell(n->admin, ev);
	switch (ev->kind) {
	case SERVER_PEER_ADDED:
		report_peer_added(report, ev);
		break;
	case SERVER_PEER_DROPPED:
		report_peer_dropped(report, ev);
		break;
	case SERVER_DIAL_FAILED:
		report_dial_failed(report, ev->dialed, ev->cause,
				   REPORT_TRIED_AGAIN);
		break;
	case SERVER_CLOSED: /* the node's */
		break;
	}
}

static void found(void *ctx, const struct discover_event *ev)
{
	const struct run *n = ctx;

	report_found(n->config->report, finder_discovery(node_finder(n->node)),
		     ev);
}

static enum err open_server(struct run *n, struct why *why)
{
	const struct node_run_config *c = n->config;
	bool is_dialed = c->listening != NODE_LISTEN_NOT && !c->bootnode_only;
	enum server_listen listening =
		is_dialed ? SERVER_LISTEN : SERVER_NO_LISTEN;
	struct addr listen = c->listen;
	enum err rc;

	if (c->listening != NODE_LISTEN_AT)
		listen = (struct addr){ .port = NODE_PORT };
	rc = node_serve(n->node, listening, &listen, why);
	if (rc == ERR_BUSY && c->listening != NODE_LISTEN_AT) {
		listen.port = 0;
		n->moved = true;
		rc = node_serve(n->node, listening, &listen, why);
	}
	if (rc == ERR_BUSY || rc == ERR_DENIED || rc == ERR_NOT_FOUND) {
		struct why told = *why;

		return err_fail(
			why, rc, "%.400s; choose another --listen%s", told.text,
			c->discovery_port ? " or --discovery-port" : "");
	}
	return rc;
}

static enum err open_signals(struct run *n, struct why *why)
{
	static const int numbers[] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		enum err rc = net_signal_open(&n->signals[i], n->loop,
					      numbers[i], signalled, n, why);

		if (rc)
			return rc;
	}
	return ERR_NONE;
}

static void tell_start(struct run *n)
{
	struct report_start start = {
		.name = n->config->name,
		.key_path = n->key_path,
		.key_made = n->key_origin == NODEKEY_MADE,
		.datadir = n->datadir.path,
		.moved = n->moved,
		.bootnodes = n->config->bootnode_count,
		.bootnode_only = n->config->bootnode_only,
	};
	struct finder *finder = node_finder(n->node);
	const char *list[URLS_MAX];
	struct enode self, reached;
	struct urls urls;

	node_self(n->node, &self);
	node_reached(n->node, &reached);
	urls_of(&urls, &reached);
	for (size_t i = 0; i < urls.count; i++)
		list[i] = urls.url[i];
	start.offered_count =
		server_offered(node_server(n->node), &start.offered);
	start.id = self.id;
	start.urls = list;
	start.url_count = urls.count;
	start.listen = (struct addr){ self.ip, self.tcp };
	if (finder) {
		start.discovery = finder_discovery(finder);
		start.asked = finder_addr(finder);
	}
	report_started(n->config->report, &start);
}

static void dial_peers(struct run *n)
{
	const struct node_run_config *c = n->config;
	struct enode self;

	node_self(n->node, &self);
	for (size_t i = 0; i < c->peer_count; i++) {
		struct why why = WHY_NONE;
		enum err rc =
			server_dial(node_server(n->node), &c->peers[i], &why);

		if (rc && node_id_equal(&c->peers[i].id, &self.id))
			/* One list of nodes is often given to all of them. */
			err_fail(&why, rc,
				 "this is the node itself; it is not dialed");
		else if (rc && !why.text[0])
			err_fail(&why, rc, "%s", err_name(rc));
		if (rc)
			report_dial_failed(c->report, &c->peers[i], why.text,
					   REPORT_GIVEN_UP);
	}
}

static void trust_nodes(struct run *n)
{
	const struct node_run_config *c = n->config;

	for (size_t i = 0; i < c->trusted_count; i++)
		if (server_trust(node_server(n->node), &c->trusted[i]))
			abort(); /* no more than SERVER_MAX_TRUSTED */
}

/* The lock on the folder is held, so a socket that lies there is a dead one. */
static enum err open_admin(struct run *n, struct why *why)
{
	const struct admin_config config = {
		.node = &n->facts.node,
		.folder = n->datadir.path,
		.log = n->config->log,
	};

	node_admin_init(&n->facts, n->node, n->config->name,
			n->config->listening != NODE_LISTEN_NOT, end_reached,
			n);
	return admin_open(&n->admin, n->loop, &config, why);
}

/* With plugins running: be there for others. */
static enum err serve(struct run *n, struct why *why)
{
	enum err rc = open_server(n, why);

	if (!rc)
		rc = open_admin(n, why);
	if (!rc)
		rc = open_signals(n, why);
	if (rc)
		return rc;
	n->end = net_timer_open(n->loop, end_reached, n);
	if (n->config->duration_ms)
		net_timer_set(n->end, mono_add_ms(net_loop_now(n->loop),
						  n->config->duration_ms));
	n->started = mono_now();
	n->is_up = true;
	n->broke = net_async_open(n->loop, report_broke, n);
	report_watch(n->config->report, wake, n->broke);
	tell_start(n);
	trust_nodes(n);
	dial_peers(n);
	return ERR_NONE;
}

static void bootnodes_found(void *ctx, enum err rc, const struct why *why)
{
	struct run *n = ctx;

	n->why = *why;
	n->rc = rc ? rc : serve(n, &n->why);
	bootnode_search_close(n->search);
	n->search = NULL;
	if (n->rc)
		stop(n);
}

static void node_ready(void *ctx, enum err rc, const struct why *why)
{
	struct run *n = ctx;
	const struct node_run_config *c = n->config;
	struct addr listen = { 0 };
	struct reach reach;

	if (n->stopping)
		return;
	if (c->listening == NODE_LISTEN_AT)
		listen = c->listen;
	finder_reach(&reach, &listen, c->restrict_to);
	if (!rc)
		n->search = bootnode_search_open(
			n->loop, n->bootnodes, c->bootnodes, c->bootnode_count,
			&reach, bootnodes_found, n);
	if (!n->search)
		bootnodes_found(n, rc, why);
}

static void plugin_said(void *ctx, const struct log_line *line)
{
	const struct run *n = ctx;

	report_plugin(n->config->report, line);
}

static void open_node(struct run *n, const struct ecc_keypair *key)
{
	const struct node_run_config *c = n->config;

	node_shared_open(&n->shared, n->loop, c->plugin_folder, c->log);
	n->node = node_open(&(struct node_config){
		.shared = &n->shared,
		.key = key,
		.name = c->name,
		.plugins = c->plugins,
		.plugin_count = c->plugin_count,
		.max_peers = c->bootnode_only ? 0 : c->max_peers,
		.max_pending = c->max_pending,
		.memory = c->memory,
		.dial_ratio = c->dial_ratio,
		.restrict_to = c->restrict_to,
		.plain = c->plain,
		.discovery = c->discovery,
		.discovery_port = c->discovery_port,
		.bootnodes = n->bootnodes,
		.bootnode_count = c->bootnode_count,
		.lists = c->lists,
		.list_count = c->list_count,
		.dns_server = c->dns_server,
		.nat = c->nat,
		.database = n->database,
		.log = c->log,
		.ready = node_ready,
		.event = happened,
		.found = found,
		.said = plugin_said,
		.closed = node_closed,
		.ctx = n,
	});
}

/* The key lives here between the file and the node's copy. */
static enum err start(struct run *n, struct why *why)
{
	struct ecc_keypair key;
	enum err rc;

	rc = datadir_file(n->key_path, &n->datadir, "nodekey", why);
	if (!rc)
		rc = datadir_file(n->database, &n->datadir, "nodes", why);
	if (rc)
		return rc;
	rc = nodekey_ensure(&key, &n->key_origin, n->key_path,
			    &n->config->unlock, why);
	if (!rc)
		rc = net_loop_open(&n->loop, why);
	if (!rc)
		open_node(n, &key);
	secret_wipe(&key, sizeof(key));
	return rc;
}

static enum err open_datadir(struct run *n, struct why *why)
{
	char path[PATH_MAX];
	enum err rc;

	if (n->config->datadir)
		return datadir_open(&n->datadir, n->config->datadir, why);
	rc = datadir_default(path, why);
	return rc ? rc : datadir_open(&n->datadir, path, why);
}

enum err node_run(const struct node_run_config *config, struct why *why)
{
	struct run n = { .config = config };
	enum err rc;

	crypto_init();
	rc = open_datadir(&n, why);
	if (rc)
		return rc;
	rc = start(&n, why);
	if (!rc) {
		net_loop_run(n.loop);
		net_loop_close(n.loop);
	}
	datadir_close(&n.datadir);
	if (!rc && n.rc) {
		rc = n.rc;
		*why = n.why;
	}
	if (rc)
		return rc;
	if (n.broken)
		return err_fail(why, ERR_SYSTEM,
				"standard output can no longer be written");
	return ERR_NONE;
}
