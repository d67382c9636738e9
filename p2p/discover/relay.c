/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/relay.h"

#include <stddef.h>
#include <string.h>

#include "p2p/base/attr.h"

struct net {
	uint8_t b[16];
	uint8_t bits;
};

static const struct net special_v4[] = {
	{ { 0 }, 8 },
	{ { 192, 0, 0 }, 29 },
	{ { 192, 0, 0, 9 }, 32 },
	{ { 192, 0, 0, 170 }, 32 },
	{ { 192, 0, 0, 171 }, 32 },
	{ { 192, 0, 2 }, 24 },
	{ { 192, 31, 196 }, 24 },
	{ { 192, 52, 193 }, 24 },
	{ { 192, 88, 99 }, 24 },
	{ { 192, 175, 48 }, 24 },
	{ { 198, 18 }, 15 },
	{ { 198, 51, 100 }, 24 },
	{ { 203, 0, 113 }, 24 },
	{ { 255, 255, 255, 255 }, 32 },
};

static const struct net special_v6[] = {
	{ { 0x01, 0x00 }, 64 },
	{ { 0x20, 0x01 }, 32 },
	{ { 0x20, 0x01, 0, 1, [15] = 1 }, 128 },
	{ { 0x20, 0x01, 0, 2 }, 48 },
	{ { 0x20, 0x01, 0, 3 }, 32 },
	{ { 0x20, 0x01, 0, 4, 0x01, 0x12 }, 48 },
	{ { 0x20, 0x01, 0, 5 }, 32 },
	{ { 0x20, 0x01, 0, 0x10 }, 28 },
	{ { 0x20, 0x01, 0, 0x20 }, 28 },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
	{ { 0x20, 0x02 }, 16 },
};

static bool is_in(const struct ip *ip, const struct net *net)
{
	size_t whole = net->bits / 8;
	unsigned rest = net->bits % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	return !memcmp(ip->b, net->b, whole) &&
	       (!rest || ((ip->b[whole] ^ net->b[whole]) & mask) == 0);
}

static bool is_in_any(const struct ip *ip, const struct net *nets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_in(ip, &nets[i]))
			return true;
	return false;
}

bool relay_is_special(const struct ip *ip)
{
	struct ip at = ip_unmapped(ip);

	if (ip_is_multicast(&at))
		return true;
	if (at.family == IP_V4)
		return is_in_any(&at, special_v4, ARRAY_LEN(special_v4));
	return is_in_any(&at, special_v6, ARRAY_LEN(special_v6));
}

bool relay_is_fine(const struct ip *sender, const struct ip *ip)
{
	struct ip from = ip_unmapped(sender), at = ip_unmapped(ip);

	if (at.family == IP_NONE || ip_is_unspecified(&at) ||
	    relay_is_special(&at))
		return false;
	if (ip_is_loopback(&at))
		return ip_is_loopback(&from);
	return !ip_is_lan(&at) || ip_is_lan(&from);
}
