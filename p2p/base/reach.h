/* SPDX-License-Identifier: Apache-2.0 */
/* reach.h - where our side can send to, and at which of its addresses a node
 * that has several is asked and dialed. Pure; no allocation. */
#ifndef P2P_BASE_REACH_H
#define P2P_BASE_REACH_H

#include "p2p/base/netlist.h"

struct reach {
	struct netlist nets; /* our socket can, and we may; empty: everywhere */

	/* This machine has no way out of local networks in that family: so what
	 * is not local is rather asked in the other one. */
	bool no_way4, no_way6;
};

/* reach_family - all addresses of one family. */
struct reach reach_family(enum ip_family family);

/* reach_has - may it be sent to? reach may be NULL, here and below:
 * everywhere. */
bool reach_has(const struct reach *reach, const struct ip *ip);

/* reach_choose - the best of a node's addresses: one that reach_has before one
 * that is outside, among those one with a way there before one without, then
 * the wider scope, then IPv4, and then the first. NULL: there is none, or all
 * are IP_NONE. IPv4 that is mapped into IPv6 is reached as IPv4. */
const struct ip *reach_choose(const struct reach *reach, const struct ip *ips,
			      size_t count);

#endif
