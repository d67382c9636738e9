/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - one node: an identity, plugins, a server that offers what they
 * speak, and discovery. It takes nothing that a process has only one of, so
 * many share a loop, and with it the thread pool and the plugins' images.
 *
 *     node_open    start the plugins
 *     -> ready     all run, or one cannot
 *     node_serve   open server and discovery: from now on there are events
 *     node_close
 *     -> closed    once, the last; the node is gone
 *
 * Thread: the loop's. No callback comes from inside of a call here. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "node/finder/finder.h"
#include "node/nat/outside.h"
#include "node/plugin/manager.h"
#include "node/plugin/wanted.h"
#include "p2p/server/server.h"

enum {
	NODE_NAME_MAX = 128,	/* of ours, with terminator */
	NODE_PEERS_MAX = 10000, /* what max_peers may be */
};

struct node;

/* What the nodes on one loop have in common. Open before the first of them,
 * closed after the last. */
struct node_shared {
	struct net_loop *loop;
	struct task_loop *tasks;
	struct loader *loader;
};

/* node_shared_open - folder is where plugins are sought by name, or NULL, as of
 * loader_config. log is borrowed, and may be NULL. */
void node_shared_open(struct node_shared *out, struct net_loop *loop,
		      const char *folder, const struct log *log);
void node_shared_close(struct node_shared *s);

/* All pointers but that of the key are borrowed until `closed`. */
struct node_config {
	const struct node_shared *shared;
	const struct ecc_keypair *key; /* copied */
	const char *name;	      /* in Hello; shorter than NODE_NAME_MAX */
	const struct wanted *plugins; /* to load in this order */
	size_t plugin_count;

	size_t max_peers;
	size_t max_pending;		   /* 0: SERVER_MAX_PENDING */
	size_t memory;			   /* 0: SERVER_MEMORY */
	size_t dial_ratio;		   /* as of server_config */
	const struct netlist *restrict_to; /* NULL: no restriction */
	enum rlpx_plain plain;

	unsigned discovery; /* DISCOVER_V4, DISCOVER_V5, both, or 0: none */
	uint16_t discovery_port;	 /* of UDP; 0: that of TCP */
	const struct contact *bootnodes; /* looked at by node_serve */
	size_t bootnode_count;
	const struct dns_link *lists; /* DNS node lists, likewise */
	size_t list_count;
	struct addr dns_server; /* IP_NONE: the system's */
	const char *database; /* of nodes that are known, its folder; NULL: they
			       * are forgotten */

	/* How others reach us, NAT_NONE or NULL: as we listen. NAT_STUN is of
	 * use with discovery only. */
	const struct nat_method *nat;

	const struct log *log; /* may be NULL */

	/* Once, unless it is closed before. An error names the plugin; the node
	 * can then only be closed. */
	void (*ready)(void *ctx, enum err rc, const struct why *why);

	/* What happens to peers and dials; not SERVER_CLOSED. */
	void (*event)(void *ctx, const struct server_event *ev);

	/* What discovery tells; may be NULL. */
	void (*found)(void *ctx, const struct discover_event *ev);

	/* A plugin's line of level info, for whoever watches the node; all
	 * others go to the log. */
	void (*said)(void *ctx, const struct log_line *line);

	void (*closed)(void *ctx, const struct server_counters *sums);
	void *ctx;
};

struct node *node_open(const struct node_config *config);

/* node_serve - after `ready` said ERR_NONE, and once: be there for others.
 * Where the system picks a port, it is the same of TCP and UDP. Without a
 * listener the address is that of UDP. On an error of server_open or
 * finder_open it may be tried again with another address. */
MUST_USE enum err node_serve(struct node *n, enum server_listen listening,
			     const struct addr *listen, struct why *why);

/* node_close - Disconnect to every peer, then the plugins' end. Idempotent. */
void node_close(struct node *n);

/* node_self - our identity, with the addresses once we listen. */
void node_self(const struct node *n, struct enode *out);

/* node_reached - the same, with the address and the ports under which others
 * reach us, as far as `nat` knows them by now. */
void node_reached(const struct node *n, struct enode *out);

/* node_server - NULL before node_serve, and at last while it closes. */
struct server *node_server(const struct node *n);

/* node_finder - NULL without discovery, and when node_server is. */
struct finder *node_finder(const struct node *n);

/* node_manager - of its plugins. */
struct manager *node_manager(const struct node *n);

#endif
