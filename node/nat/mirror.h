/* SPDX-License-Identifier: Apache-2.0 */
/* mirror.h - our endpoint as STUN servers see it: p2p/nat/stun.h with its
 * clock, the names of the servers looked up, on a socket of somebody else. What
 * happens is logged. Thread: the loop's. No callback comes from inside of a
 * call here, but `send`. */
#ifndef NODE_NAT_MIRROR_H
#define NODE_NAT_MIRROR_H

#include "p2p/base/log.h"
#include "p2p/nat/method.h"
#include "p2p/net/loop.h"

struct mirror;

struct mirror_config {
	struct net_loop *loop;
	const struct nat_method *method; /* NAT_STUN; copied */
	const struct log *log;		 /* may be NULL */

	/* From the socket whose endpoint is wanted. */
	void (*send)(void *ctx, const struct addr *to, const uint8_t *data,
		     size_t len);

	/* Where we are, of that family, when it is another place. Port 0:
	 * others do not see the same. */
	void (*endpoint)(void *ctx, const struct addr *at);
	void *ctx;
};

struct mirror *mirror_open(const struct mirror_config *config);

/* mirror_feed - what came on that socket; true: it was for us. */
bool mirror_feed(struct mirror *m, const struct addr *from, const uint8_t *data,
		 size_t len);

/* mirror_close - at once; nothing is called any more. NULL is ignored. */
void mirror_close(struct mirror *m);

#endif
