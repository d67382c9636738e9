/* SPDX-License-Identifier: Apache-2.0 */
/* mapping.h - the router that lets others through to us: p2p/nat/keeper.h with
 * its clock, and with p2p/nat/router.h on a thread of its own. What happens is
 * logged. Thread: the loop's. No callback comes from inside of a call here. */
#ifndef NODE_NAT_MAPPING_H
#define NODE_NAT_MAPPING_H

#include "p2p/base/log.h"
#include "p2p/nat/keeper.h"
#include "p2p/nat/method.h"
#include "p2p/net/loop.h"

struct mapping;

struct mapping_config {
	struct net_loop *loop;
	const struct nat_method *method; /* NAT_ANY, NAT_UPNP or NAT_PMP; copied
					  */
	uint16_t ports[NAT_PROTOCOLS];	 /* where we listen; 0: not mapped */
	const struct log *log;		 /* may be NULL */

	/* Our external address, when it is another one. */
	void (*address)(void *ctx, const struct ip *ip);

	/* The external port of one protocol, likewise. */
	void (*port)(void *ctx, enum nat_protocol protocol, uint16_t port);

	void (*closed)(void *ctx);
	void *ctx;
};

/* mapping_open - the router is asked from the next turn on. *out is NULL on an
 * error, ERR_SYSTEM: no descriptor is left. */
MUST_USE enum err mapping_open(struct mapping **out,
			       const struct mapping_config *config,
			       struct why *why);

/* mapping_close - remove what is mapped, as far as the router answers within
 * ROUTER_LEAVE_MS; then `closed`, once. Idempotent. */
void mapping_close(struct mapping *m);

#endif
