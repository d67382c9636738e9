/* SPDX-License-Identifier: Apache-2.0 */
/* method.h - how we learn the address under which others reach us, and whether
 * a router is asked to let them through. Pure; no allocation.
 *
 *     none                       no help (also "off", or nothing at all)
 *     any                        UPnP or NAT-PMP, whichever answers first
 *                                (also "auto" and "on")
 *     upnp                       UPnP IGD, version 1 or 2
 *     pmp, pmp:GATEWAY           NAT-PMP (also "natpmp" and "nat-pmp")
 *     stun:HOST[:PORT][,HOST..]  ask a STUN server; nothing is mapped
 *     extip:IP                   this address (also "ip")
 *
 * Names ignore case. There are no STUN servers of ours, so one is named. */
#ifndef P2P_NAT_METHOD_H
#define P2P_NAT_METHOD_H

#include <stddef.h>

#include "p2p/base/addr.h"

enum {
	NAT_STUN_PORT = 3478, /* RFC 8489, section 17.4 */
	NAT_SERVERS_MAX = 3,
	NAT_HOST_MAX = 254, /* of a name or address, with terminator */
	NAT_METHOD_TEXT =
		NAT_SERVERS_MAX * (NAT_HOST_MAX + 9) + 8, /* with terminator */
};

enum nat_kind {
	NAT_NONE,
	NAT_ANY,
	NAT_UPNP,
	NAT_PMP,
	NAT_STUN,
	NAT_EXTIP,
};

/* A value; copy freely. */
struct nat_method {
	enum nat_kind kind;
	struct ip ip;	     /* NAT_PMP: the gateway, or IP_NONE; NAT_EXTIP */
	size_t server_count; /* NAT_STUN */
	struct nat_server {
		char host[NAT_HOST_MAX]; /* a name, or an address as text */
		uint16_t port;
	} servers[NAT_SERVERS_MAX];
};

/* nat_method_parse - *out is set on success only. ERR_FORMAT: the text is none
 * of those above, and why says what would be. ERR_LIMIT: too many servers. */
MUST_USE enum err nat_method_parse(struct nat_method *out, const char *text,
				   struct why *why);

/* nat_method_text - in the one form that nat_method_parse reads back to the
 * same. Returns out. */
const char *nat_method_text(char out[NAT_METHOD_TEXT],
			    const struct nat_method *m);

#endif
