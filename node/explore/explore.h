/* SPDX-License-Identifier: Apache-2.0 */
/* explore.h - discovery for the time of a command: an identity, a finder
 * (node/finder/finder.h) beside no server, names looked up before it begins,
 * a timer, signals, and an end. Prints nothing. */
#ifndef NODE_EXPLORE_EXPLORE_H
#define NODE_EXPLORE_EXPLORE_H

#include "node/bootnode.h"
#include "node/finder/finder.h"

enum {
	EXPLORE_NAME_MS = 5000, /* for one name to be looked up */
};

struct explore;

/* Borrowed for explore_run, with all that it points to. */
struct explore_config {
	const struct ecc_keypair *key; /* NULL: one made for the purpose */
	unsigned versions;	       /* DISCOVER_V4, DISCOVER_V5, or both */
	struct addr listen;
	const struct netlist *restrict_to; /* NULL: everywhere */
	const struct bootnode *bootnodes;  /* with an address or a name */
	size_t bootnode_count;		   /* at most DISCOVER_BOOTNODES */
	const struct bootnode *node;	   /* that all is about; NULL: none */
	uint64_t timeout_ms;		   /* from begun on; 0: none */

	/* Never from inside of one another, or of a call below. */
	void (*begun)(void *ctx, struct explore *e);
	void (*event)(void *ctx, struct explore *e,
		      const struct discover_event *ev);
	void (*timer)(void *ctx, struct explore *e);
	void (*timeout)(void *ctx, struct explore *e);
	/* SIGINT, SIGTERM or SIGHUP, unless that was ignored before; before
	 * begun they end it without a word. NULL: they end the process as
	 * usual. */
	void (*interrupted)(void *ctx, struct explore *e);
	/* It could not begin, or not go on: the last that is called. */
	void (*failed)(void *ctx, const struct why *why);
	void *ctx;
};

/* explore_run - until explore_end. ERR_NONE; ERR_CLOSED: it was interrupted
 * before it had begun; or what `failed` was told of. A name lookup that hangs
 * holds the return up, but not `failed`. */
enum err explore_run(const struct explore_config *config);

/* explore_end - nothing is called any more. */
void explore_end(struct explore *e);

/* --- from begun on ----------------------------------------------------------
 */

/* explore_discovery - to be asked; then explore_wake. */
struct discovery *explore_discovery(const struct explore *e);
void explore_wake(struct explore *e);

/* explore_addr - the UDP address that we got. */
struct addr explore_addr(const struct explore *e);

/* explore_bootnode - number i of the config's. explore_node - that all is
 * about. With their addresses, but that a node without any has a UDP port of
 * 0. Borrowed, as long as e. */
const struct contact *explore_bootnode(const struct explore *e, size_t i);
const struct contact *explore_node(const struct explore *e);

/* explore_now - the clock as of this turn. explore_set_timer - have `timer`
 * called at `at`, instead of what was set; MONO_NEVER: not. */
struct mono explore_now(const struct explore *e);
void explore_set_timer(struct explore *e, struct mono at);

#endif
