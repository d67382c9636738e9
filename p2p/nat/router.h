/* SPDX-License-Identifier: Apache-2.0 */
/* router.h - the router between us and the others, whatever it speaks: found
 * when it is asked for our address, and forgotten when it does not answer. The
 * calls block, for seconds at most, and run on a thread of their own, one at a
 * time; router_leave alone is for another thread meanwhile. */
#ifndef P2P_NAT_ROUTER_H
#define P2P_NAT_ROUTER_H

#include "p2p/nat/method.h"
#include "p2p/nat/request.h"

enum {
	ROUTER_ASK_MS = 12 * 1000,  /* the most that router_ask takes */
	ROUTER_LEAVE_MS = 2 * 1000, /* and all of it after router_leave */
};

struct router;

/* router_new - of NAT_ANY, NAT_UPNP or NAT_PMP. NULL: the system has no
 * descriptor left. */
struct router *router_new(const struct nat_method *method);

/* router_free - no call is under way. NULL is ignored. */
void router_free(struct router *r);

/* router_ask - what came of it; why says more of an error. NAT_ADDRESS looks
 * for a router when there is none; other requests fail then, with
 * ERR_NOT_FOUND.
 *
 *   random   picks external ports when the wanted one is taken */
void router_ask(struct router *r, struct nat_answer *out,
		const struct nat_request *request, uint64_t random,
		struct why *why);

/* router_leave - we are about to go: what is under way ends now (ERR_CLOSED).
 * From now on there is nothing but NAT_UNMAP, which has ROUTER_LEAVE_MS
 * together; the rest is ERR_NOT_FOUND, and nothing is sent for it. Thread: any,
 * also during router_ask. */
void router_leave(struct router *r);

/* router_text - "192.168.1.1 (UPnP)", or "" when none is known. Returns out. */
enum {
	ROUTER_TEXT = 64 /* with terminator */
};
const char *router_text(char out[ROUTER_TEXT], const struct router *r);

#endif
