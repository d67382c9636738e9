/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* ::ffff:a.b.c.d is the IPv4 address a.b.c.d seen through an IPv6 socket. */
static void unmap(struct ip *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ip v4 = { .family = IP_V4 };

	if (ip->family != IP_V6 || memcmp(ip->b, mapped, sizeof(mapped)))
		return;
	memcpy(v4.b, ip->b + 12, 4);
	*ip = v4;
}

enum err ip_parse(struct ip *out, const char *text)
{
	struct ip ip = { 0 };

	if (inet_pton(AF_INET, text, ip.b) == 1)
		ip.family = IP_V4;
	else if (inet_pton(AF_INET6, text, ip.b) == 1)
		ip.family = IP_V6;
	else
		return ERR_FORMAT;
	unmap(&ip);
	*out = ip;
	return ERR_NONE;
}

static enum err port_parse(uint16_t *out, const char *text)
{
	uint32_t v = 0;

	if (!*text || strlen(text) > 5)
		return ERR_FORMAT;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return ERR_FORMAT;
		v = v * 10 + (uint32_t)(*text - '0');
	}
	if (v > UINT16_MAX)
		return ERR_FORMAT;
	*out = (uint16_t)v;
	return ERR_NONE;
}

enum err addr_parse(struct addr *out, const char *text)
{
	const char *colon = strrchr(text, ':');
	struct addr a = { 0 };
	char host[IP_TEXT_MAX + 2];
	size_t n;

	if (!colon) {
		if (port_parse(&a.port, text))
			return ERR_FORMAT;
		*out = a;
		return ERR_NONE;
	}
	n = (size_t)(colon - text);
	if (n >= sizeof(host) || port_parse(&a.port, colon + 1))
		return ERR_FORMAT;
	memcpy(host, text, n);
	host[n] = '\0';
	if (n && host[0] == '[') {
		if (host[n - 1] != ']')
			return ERR_FORMAT;
		host[n - 1] = '\0';
		if (!strchr(host + 1, ':') || ip_parse(&a.ip, host + 1))
			return ERR_FORMAT;
	} else if (n) {
		if (strchr(host, ':') || ip_parse(&a.ip, host))
			return ERR_FORMAT;
	}
	*out = a;
	return ERR_NONE;
}

const char *ip_text(char out[IP_TEXT_MAX], const struct ip *ip)
{
	out[0] = '\0';
	if (ip->family != IP_NONE)
		inet_ntop(ip->family == IP_V4 ? AF_INET : AF_INET6, ip->b, out,
			  IP_TEXT_MAX);
	return out;
}

const char *addr_text(char out[ADDR_TEXT_MAX], const struct addr *a)
{
	char ip[IP_TEXT_MAX];

	ip_text(ip, &a->ip);
	snprintf(out, ADDR_TEXT_MAX,
		 a->ip.family == IP_V6 ? "[%s]:%u" : "%s:%u", ip,
		 (unsigned)a->port);
	return out;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && !memcmp(a->b, b->b, sizeof(a->b));
}

bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (ip->family == IP_V4)
		return ip->b[0] == 127;
	return ip->family == IP_V6 && !memcmp(ip->b, one, sizeof(one));
}

bool ip_is_unspecified(const struct ip *ip)
{
	static const uint8_t zero[16];

	return !memcmp(ip->b, zero, sizeof(zero));
}

static bool is_link_local(const struct ip *ip)
{
	if (ip->family == IP_V4)
		return ip->b[0] == 169 && ip->b[1] == 254;
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

static bool is_private(const struct ip *ip)
{
	const uint8_t *b = ip->b;

	if (ip->family == IP_V4)
		return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
		       (b[0] == 192 && b[1] == 168);
	return (b[0] & 0xfe) == 0xfc;
}

enum ip_scope ip_scope(const struct ip *ip)
{
	if (ip_is_unspecified(ip))
		return IP_SCOPE_NONE;
	if (ip_is_loopback(ip))
		return IP_SCOPE_LOOPBACK;
	if (is_link_local(ip))
		return IP_SCOPE_LINK;
	return is_private(ip) ? IP_SCOPE_PRIVATE : IP_SCOPE_GLOBAL;
}

bool ip_is_lan(const struct ip *ip)
{
	enum ip_scope scope = ip_scope(ip);

	return scope != IP_SCOPE_NONE && scope != IP_SCOPE_GLOBAL;
}

bool ip_is_multicast(const struct ip *ip)
{
	if (ip->family == IP_V4)
		return (ip->b[0] & 0xf0) == 0xe0;
	return ip->family == IP_V6 && ip->b[0] == 0xff;
}

struct ip ip_unmapped(const struct ip *ip)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	struct ip v4 = { .family = IP_V4 };

	if (ip->family != IP_V6 || memcmp(ip->b, prefix, sizeof(prefix)) != 0)
		return *ip;
	memcpy(v4.b, ip->b + sizeof(prefix), 4);
	return v4;
}

struct ip ip_subnet(const struct ip *ip)
{
	struct ip net = { .family = ip->family };

	memcpy(net.b, ip->b, ip->family == IP_V4 ? 3 : 8);
	return net;
}
