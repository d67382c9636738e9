/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h - a request over HTTP and its answer, by calls that block: on a
 * connection of its own, bounded in time and length. Thread: any. */
#ifndef P2P_NAT_EXCHANGE_H
#define P2P_NAT_EXCHANGE_H

#include <netinet/in.h>

#include "p2p/base/addr.h"
#include "p2p/nat/http.h"
#include "p2p/nat/patience.h"

enum {
	EXCHANGE_MS = 3000, /* the most that all of it takes */
};

/* IPv4, both ways. */
struct sockaddr_in exchange_sockaddr(const struct addr *a);
struct ip exchange_ip(const struct sockaddr_in *in);

/* exchange_await - that one descriptor is ready; as patience_poll. */
MUST_USE enum err exchange_await(int fd, short events,
				 const struct patience *p);

/* exchange_http - send the text, a whole request, and read the answer.
 *
 *   body   borrowed from *reply, which the caller made and clears
 *   ours   our own address towards the other end
 *
 * ERR_SYSTEM: no connection. ERR_TIMEOUT. ERR_CLOSED: stopped. Others are of
 * http.h. */
MUST_USE enum err exchange_http(struct span *body, struct http_reply *reply,
				struct ip *ours, const struct addr *to,
				const char *text, const struct patience *p);

#endif
