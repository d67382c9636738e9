/* SPDX-License-Identifier: Apache-2.0 */
/* node_run.h - a node as a process, from start to stop: its folder and key, the
 * node itself, its admin interface, what it tells, and the signals that end it.
 * Takes the calling thread until the node has stopped; one at a time per
 * process, since it takes the signals. */
#ifndef NODE_NODE_RUN_H
#define NODE_NODE_RUN_H

#include "node/bootnode.h"
#include "node/node.h"
#include "node/nodekey.h"
#include "node/report.h"

enum {
	NODE_PORT = 30303, /* when none is asked for */
};

enum node_listen {
	NODE_LISTEN_ANY, /* NODE_PORT, or when that is busy a free one */
	NODE_LISTEN_AT,	 /* `listen`, and nowhere else */
	NODE_LISTEN_NOT,
};

/* All pointers are borrowed until node_run returns. */
struct node_run_config {
	const char *datadir;	      /* NULL: datadir_default */
	struct nodekey_unlock unlock; /* of the node key there */
	const char *name;	      /* in Hello; shorter than NODE_NAME_MAX */
	enum node_listen listening;
	struct addr listen;
	const struct enode *peers; /* to keep a session with */
	size_t peer_count;
	unsigned discovery; /* DISCOVER_V4, DISCOVER_V5, both, or 0: none */
	const struct bootnode *bootnodes;
	size_t bootnode_count;
	const struct dns_link *lists; /* DNS node lists */
	size_t list_count;
	struct addr dns_server;	      /* IP_NONE: the system's */
	bool bootnode_only;	      /* no TCP: discovery alone */
	uint16_t discovery_port;      /* of UDP; 0: that of TCP */
	const struct nat_method *nat; /* NULL: none */
	const struct wanted *plugins; /* to load in this order */
	size_t plugin_count;
	const char *plugin_folder;   /* where NAMEs are; NULL: loader_folder */
	const struct enode *trusted; /* let in whatever max_peers says */
	size_t trusted_count;	     /* at most SERVER_MAX_TRUSTED */
	const struct netlist *restrict_to; /* NULL: no restriction */
	size_t max_peers;
	size_t max_pending; /* 0: the server's default, here and below */
	size_t memory;
	size_t dial_ratio;
	enum rlpx_plain plain;
	uint64_t duration_ms; /* 0: until a signal */
	const struct log *log;
	struct report *report;
};

/* node_run - run until SIGINT, SIGTERM or the end of the duration, then stop
 * gracefully. A second signal ends the process at once with status 1.
 *
 * Errors are those of the start (datadir_open, manager_load, nodekey_ensure,
 * server_open, admin_open),
 * and ERR_SYSTEM when the report can no longer be written. */
MUST_USE enum err node_run(const struct node_run_config *config,
			   struct why *why);

#endif
