/* SPDX-License-Identifier: Apache-2.0 */
/* lan.h - the private IPv4 networks that this machine is in. There a router is
 * sought, and nowhere else. Thread: any. */
#ifndef P2P_NAT_LAN_H
#define P2P_NAT_LAN_H

#include <stddef.h>

#include "p2p/base/addr.h"

enum {
	LAN_MAX = 8 /* networks looked at */
};

struct lan {
	size_t count;
	struct lan_network {
		struct ip ours;
		uint32_t address, mask; /* ours, in the machine's order */
	} networks[LAN_MAX];
};

/* lan_read - of interfaces that are up, but not loopback. */
void lan_read(struct lan *out);

/* lan_of - the network that ip is another host of; NULL: none. */
const struct lan_network *lan_of(const struct lan *lan, const struct ip *ip);

/* lan_router - where a router is most likely: the network's first address. */
struct ip lan_router(const struct lan_network *network);

/* lan_gateway - where the default route leads, if that is a host of one of
 * these networks; false: it does not. */
bool lan_gateway(struct ip *out, const struct lan *lan);

#endif
