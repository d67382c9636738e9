/* SPDX-License-Identifier: Apache-2.0 */
/* outside.h - where others reach us, if that is not where we listen: as a
 * setting says, a router, or a STUN server. One of them per node; which is the
 * method of `--nat`. Thread: the loop's. No callback comes from inside of a
 * call here, but `send`. */
#ifndef NODE_NAT_OUTSIDE_H
#define NODE_NAT_OUTSIDE_H

#include "p2p/base/log.h"
#include "p2p/nat/method.h"
#include "p2p/nat/request.h"
#include "p2p/net/loop.h"

struct outside;

struct outside_config {
	struct net_loop *loop;
	const struct nat_method *method; /* not NAT_NONE; copied */
	struct addr tcp, udp;  /* where we listen; port 0: we do not */
	const struct log *log; /* may be NULL */

	/* Of NAT_STUN: from the socket of `udp`. */
	void (*send)(void *ctx, const struct addr *to, const uint8_t *data,
		     size_t len);

	/* outside_ip or outside_port gives something else. */
	void (*changed)(void *ctx);

	void (*closed)(void *ctx);
	void *ctx;
};

/* outside_open - what is configured is known at once, without `changed`; what
 * others say comes later. A router maps only what listens on more than loopback
 * and private addresses. *out is NULL on an error: ERR_SYSTEM. */
MUST_USE enum err outside_open(struct outside **out,
			       const struct outside_config *config,
			       struct why *why);

/* outside_ip - our address of that family; false: as we listen. */
bool outside_ip(const struct outside *o, enum ip_family family, struct ip *out);

/* outside_port - the port that leads to us; 0: as we listen. */
uint16_t outside_port(const struct outside *o, enum nat_protocol protocol);

/* outside_feed - what came on the socket of `udp`; true: it was for us. */
bool outside_feed(struct outside *o, const struct addr *from,
		  const uint8_t *data, size_t len);

/* outside_close - take back what a router does for us, as far as it answers
 * within two seconds; then `closed`, once. Idempotent. */
void outside_close(struct outside *o);

#endif
