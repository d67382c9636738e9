/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/base/reach.h"

struct reach reach_family(enum ip_family family)
{
	struct reach reach = { .nets.count = 1 };

	reach.nets.nets[0].ip.family = family;
	return reach;
}

bool reach_has(const struct reach *reach, const struct ip *ip)
{
	return !reach || netlist_has(&reach->nets, ip);
}

static bool has_way(const struct reach *reach, const struct ip *ip)
{
	if (!reach || ip_is_lan(ip))
		return true;
	return ip->family == IP_V4 ? !reach->no_way4 : !reach->no_way6;
}

/* What counts more is higher. */
static unsigned worth(const struct reach *reach, const struct ip *ip)
{
	struct ip real = ip_unmapped(ip);
	unsigned w = 0;

	w = w * 2 + reach_has(reach, &real);
	w = w * 2 + has_way(reach, &real);
	w = w * 8 + (unsigned)ip_scope(ip);
	return w * 2 + (ip->family == IP_V4);
}

const struct ip *reach_choose(const struct reach *reach, const struct ip *ips,
			      size_t count)
{
	const struct ip *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (ips[i].family != IP_NONE &&
		    (!best || worth(reach, &ips[i]) > worth(reach, best)))
			best = &ips[i];
	return best;
}
