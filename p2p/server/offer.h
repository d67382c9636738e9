/* SPDX-License-Identifier: Apache-2.0 */
/* offer.h - the protocols a server offers at one time. Counted: a session keeps
 * the offer it was negotiated with, while the server may have a newer one.
 * Internal to p2p/server. */
#ifndef P2P_SERVER_OFFER_H
#define P2P_SERVER_OFFER_H

#include "p2p/server/protocol.h"

struct offer {
	size_t refs;
	size_t count;
	/* Sorted as in Hello; protocols[i] speaks local[i]. */
	struct capability *local;
	struct protocol *protocols;
};

/* offer_new - copies. Errors as of capability_check; ERR_LIMIT too when name
 * and capabilities do not fit into a Hello. */
MUST_USE enum err offer_new(struct offer **out,
			    const struct protocol *protocols, size_t count,
			    const char *name, struct why *why);
struct offer *offer_get(struct offer *o);
void offer_put(struct offer *o); /* NULL is ignored */

/* offer_find - the protocol of that very name and version, or NULL. */
const struct protocol *offer_find(const struct offer *o,
				  const struct capability *c);

#endif
