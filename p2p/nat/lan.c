/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/lan.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <natpmp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

static struct ip ip_of(uint32_t address)
{
	struct ip ip = { .family = IP_V4 };
	uint32_t wire = htonl(address);

	memcpy(ip.b, &wire, 4);
	return ip;
}

static uint32_t number_of(const struct ip *ip)
{
	uint32_t wire;

	memcpy(&wire, ip->b, 4);
	return ntohl(wire);
}

static uint32_t number_at(const struct sockaddr *sa)
{
	struct sockaddr_in in;

	memcpy(&in, sa, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

static bool is_private_network(const struct ifaddrs *at)
{
	struct ip ip;

	if (!at->ifa_addr || !at->ifa_netmask ||
	    at->ifa_addr->sa_family != AF_INET || !(at->ifa_flags & IFF_UP) ||
	    at->ifa_flags & IFF_LOOPBACK)
		return false;
	ip = ip_of(number_at(at->ifa_addr));
	return ip_scope(&ip) == IP_SCOPE_PRIVATE;
}

void lan_read(struct lan *out)
{
	struct ifaddrs *all, *at;

	memset(out, 0, sizeof(*out));
	if (getifaddrs(&all))
		return;
	for (at = all; at && out->count < LAN_MAX; at = at->ifa_next) {
		struct lan_network *n = &out->networks[out->count];

		if (!is_private_network(at))
			continue;
		n->address = number_at(at->ifa_addr);
		n->mask = number_at(at->ifa_netmask);
		n->ours = ip_of(n->address);
		out->count++;
	}
	freeifaddrs(all);
}

const struct lan_network *lan_of(const struct lan *lan, const struct ip *ip)
{
	uint32_t number = number_of(ip);

	for (size_t i = 0; i < lan->count; i++) {
		const struct lan_network *n = &lan->networks[i];

		if (ip->family == IP_V4 && number != n->address &&
		    (number & n->mask) == (n->address & n->mask) &&
		    ip_scope(ip) == IP_SCOPE_PRIVATE)
			return n;
	}
	return NULL;
}

/* "The network address with its last byte OR 1." */
struct ip lan_router(const struct lan_network *network)
{
	return ip_of((network->address & network->mask) | 1);
}

bool lan_gateway(struct ip *out, const struct lan *lan)
{
	natpmp_t lib;
	struct ip ip;

	if (initnatpmp(&lib, 0, 0))
		return false;
	ip = ip_of(ntohl(lib.gateway));
	closenatpmp(&lib);
	if (!lan_of(lan, &ip))
		return false;
	*out = ip;
	return true;
}
