/* SPDX-License-Identifier: Apache-2.0 */
/* sockaddr.h - between our addresses and errors and the system's; internal to
 * p2p/net. */
#ifndef P2P_NET_SOCKADDR_H
#define P2P_NET_SOCKADDR_H

#include <sys/socket.h>

#include "p2p/base/addr.h"

/* net_to_sockaddr - returns the length used in *out; 0 for IP_NONE. */
socklen_t net_to_sockaddr(struct sockaddr_storage *out, const struct addr *a);

/* net_from_sockaddr - an IPv4 address mapped into IPv6 comes out as IP_V4;
 * anything but IPv4 and IPv6 as all zero. */
struct addr net_from_sockaddr(const struct sockaddr *sa);

/* net_open_at - open(arg, at), which returns 0 or more, or a libuv error. When
 * the family is IP_NONE it is called for all of IPv6, whose socket should take
 * IPv4 as well, and without IPv6 on this machine for all of IPv4. Returns what
 * the last call did. */
int net_open_at(const struct addr *at,
		int (*open)(void *arg, const struct addr *at), void *arg);

/* net_err - what code decides on, from a (negative) libuv error. */
enum err net_err(int rc);

/* net_fail - set the text, with libuv's words for rc behind it, and return
 * net_err(rc). */
enum err net_fail(struct why *why, int rc, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
