/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - what a router is asked and what it says, between the core that
 * decides (keeper.h) and the code that talks to it (router.h). Values. */
#ifndef P2P_NAT_REQUEST_H
#define P2P_NAT_REQUEST_H

#include "p2p/base/addr.h"
#include "p2p/base/err.h"

enum nat_protocol {
	NAT_TCP,
	NAT_UDP,
};
enum {
	NAT_PROTOCOLS = 2
};

enum nat_ask {
	NAT_ADDRESS, /* what is our external address? */
	NAT_MAP,     /* let others through to us, or longer */
	NAT_UNMAP,   /* no longer */
};

struct nat_request {
	enum nat_ask ask;
	enum nat_protocol protocol; /* NAT_MAP, NAT_UNMAP, and so all below */
	uint16_t internal;	    /* the port where we listen */
	uint16_t external;	    /* the port others should use */
	uint32_t lifetime_s;
};

struct nat_answer {
	enum err err;
	struct ip ip;	     /* NAT_ADDRESS */
	uint16_t external;   /* NAT_MAP: the port that was granted */
	uint32_t lifetime_s; /* NAT_MAP: for so long; 0: as was asked */
	bool has_uptime;     /* NAT_ADDRESS: it says since when it runs */
	uint32_t uptime_s;
};

#endif
