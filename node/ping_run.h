/* SPDX-License-Identifier: Apache-2.0 */
/* ping_run.h - drive a ping (ping.h) over the network: look up, connect,
 * carry bytes, run jobs, and part politely. Prints nothing. */
#ifndef NODE_PING_RUN_H
#define NODE_PING_RUN_H

#include "node/ping.h"
#include "p2p/enode/enode.h"

struct ping_run_config {
	const struct enode *node; /* with an address or name, and a TCP port */
	const char *name;	  /* ours, in Hello */
	const struct capability *local; /* what we offer; sorted */
	size_t local_count;
	uint64_t timeout_ms;

	/* Steps and the end, in order, PING_JOB excepted. `at` is the address
	 * in use; not set before PING_RESOLVE. */
	void (*event)(void *ctx, const struct ping *p,
		      const struct ping_event *ev, const struct addr *at);
	void *ctx;
};

/* ping_run - all of it, under an identity made for the purpose. Returns when
 * all is over; ERR_NONE when the node was reached, ERR_CLOSED when a
 * PING_FAILED was told, other errors when it could not even begin. */
MUST_USE enum err ping_run(const struct ping_run_config *config,
			   struct why *why);

#endif
