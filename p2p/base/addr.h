/* SPDX-License-Identifier: Apache-2.0 */
/* addr.h - IP addresses and endpoints as values. Pure; no allocation.
 *
 * Text forms: "192.0.2.1:30303", "[2001:db8::1]:30303". No names are looked
 * up here (p2p/net/work.h does). */
#ifndef P2P_BASE_ADDR_H
#define P2P_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "p2p/base/err.h"

enum ip_family {
	IP_NONE = 0,
	IP_V4 = 4,
	IP_V6 = 6,
};

struct ip {
	enum ip_family family;
	uint8_t b[16]; /* network order; the first 4 for IP_V4, rest zero */
};

struct addr {
	struct ip ip;
	uint16_t port;
};

enum {
	IP_TEXT_MAX = 46,   /* with terminator */
	ADDR_TEXT_MAX = 54, /* "[...]:65535" with terminator */
};

/* ip_parse - dotted quad or IPv6 text, nothing before or after. An IPv4
 * address mapped into IPv6 comes out as IP_V4. ERR_FORMAT otherwise. */
MUST_USE enum err ip_parse(struct ip *out, const char *text);

/* addr_parse - "IP:PORT" with IPv6 in brackets; also ":PORT" and "PORT",
 * which leave ip.family IP_NONE (all interfaces). ERR_FORMAT otherwise. */
MUST_USE enum err addr_parse(struct addr *out, const char *text);

/* Text into a caller's array; returns it. IP_NONE prints as "". */
const char *ip_text(char out[IP_TEXT_MAX], const struct ip *ip);
const char *addr_text(char out[ADDR_TEXT_MAX], const struct addr *a);

bool ip_equal(const struct ip *a, const struct ip *b);

bool ip_is_loopback(const struct ip *ip);

/* ip_is_lan - loopback, private (RFC 1918, fc00::/7) or link-local. */
bool ip_is_lan(const struct ip *ip);

/* How far an address reaches, in this order. */
enum ip_scope {
	IP_SCOPE_NONE, /* 0.0.0.0, :: and IP_NONE */
	IP_SCOPE_LOOPBACK,
	IP_SCOPE_LINK,
	IP_SCOPE_PRIVATE, /* RFC 1918, fc00::/7 */
	IP_SCOPE_GLOBAL,  /* all others */
};

enum ip_scope ip_scope(const struct ip *ip);

bool ip_is_multicast(const struct ip *ip);

/* ip_unmapped - an IPv4 address that is mapped into IPv6 as IPv4; any other as
 * it is. */
struct ip ip_unmapped(const struct ip *ip);

/* ip_is_unspecified - 0.0.0.0, :: or IP_NONE. */
bool ip_is_unspecified(const struct ip *ip);

/* ip_subnet - the address with all but its first bits cleared: /24 for IPv4
 * and /64 for IPv6, the unit that shares are counted by. */
struct ip ip_subnet(const struct ip *ip);

#endif
