/* SPDX-License-Identifier: Apache-2.0 */
/* upnp.h - a router that speaks UPnP IGD, version 1 or 2, found and asked by
 * calls that block. Thread: any, one at a time.
 *
 * Only a host of our own private network is asked, at the address it answered
 * from; a whole answer has three seconds, and its length a limit; calls are at
 * least 200 ms apart. */
#ifndef P2P_NAT_UPNP_H
#define P2P_NAT_UPNP_H

#include "p2p/nat/igd.h"
#include "p2p/nat/patience.h"
#include "p2p/nat/request.h"

enum {
	UPNP_SEARCH_MS = 3000,
	UPNP_WAIT_MS = 1000, /* of that, for the default route's router */
	UPNP_PAUSE_MS = 200,
	UPNP_HOSTS_MAX = 8, /* descriptions read in one search */
};

struct upnp {
	struct igd_service service;
	struct ip ours; /* our address in its network */
	struct mono next_call;
};

/* upnp_find - search all private networks; the first router that answers, but
 * that of the default route before others. *out is set on success only.
 * ERR_NOT_FOUND: why says whether nobody answered or what was wrong with who
 * did. ERR_CLOSED: stopped. */
MUST_USE enum err upnp_find(struct upnp *out, const struct patience *p,
			    struct why *why);

/* upnp_ask - err and the rest of *out. ERR_DENIED: the router refused, as why
 * says. Others: it did not answer, or nothing that can be understood.
 *
 *   random   picks ports when the wanted one is taken */
void upnp_ask(struct upnp *u, struct nat_answer *out,
	      const struct nat_request *request, uint64_t random,
	      const struct patience *p, struct why *why);

#endif
