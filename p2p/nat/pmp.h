/* SPDX-License-Identifier: Apache-2.0 */
/* pmp.h - a router that speaks NAT-PMP (RFC 6886), found and asked through
 * libnatpmp by calls that block. Thread: any, one at a time.
 *
 * Nothing but an answer to what was asked is taken, and from the router's
 * address alone. */
#ifndef P2P_NAT_PMP_H
#define P2P_NAT_PMP_H

#include "p2p/nat/patience.h"
#include "p2p/nat/request.h"

enum {
	PMP_SEARCH_MS = 1000,
	PMP_CALL_MS = 3000,
	PMP_GATEWAYS_MAX = 8, /* asked at once */
};

struct pmp {
	struct ip gateway;
};

/* pmp_find - the gateway given, or with IP_NONE whichever of the likely ones
 * answers first: the default route's, and the first address of each private
 * network. *out is set on success only. ERR_NOT_FOUND; ERR_CLOSED: stopped. */
MUST_USE enum err pmp_find(struct pmp *out, const struct ip *gateway,
			   const struct patience *p, struct why *why);

/* pmp_ask - err and the rest of *out. ERR_DENIED: the router refused, as why
 * says. Others: it did not answer. */
void pmp_ask(struct pmp *m, struct nat_answer *out,
	     const struct nat_request *request, const struct patience *p,
	     struct why *why);

#endif
