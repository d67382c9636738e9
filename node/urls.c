/* SPDX-License-Identifier: Apache-2.0 */
#include "node/urls.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

static bool ip_of(struct ip *out, const struct sockaddr *sa)
{
	struct ip ip = { 0 };

	if (sa && sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		ip.family = IP_V4;
		memcpy(ip.b, &in.sin_addr, 4);
	} else if (sa && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		/* A link-local address means nothing without its link. */
		if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
			return false;
		ip.family = IP_V6;
		memcpy(ip.b, &in6.sin6_addr, 16);
	} else {
		return false;
	}
	if (ip_is_loopback(&ip))
		return false;
	*out = ip;
	return true;
}

static bool first_ip(struct ip *out, enum ip_family family)
{
	struct ifaddrs *list = NULL;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (struct ifaddrs *i = list; i && !found; i = i->ifa_next) {
		struct ip ip;

		if (!(i->ifa_flags & IFF_UP) || !ip_of(&ip, i->ifa_addr))
			continue;
		found = ip.family == family;
		if (found)
			*out = ip;
	}
	freeifaddrs(list);
	return found;
}

static void add(struct urls *out, const struct enode *self, const struct ip *ip)
{
	struct enode at = *self;

	at.ip = *ip;
	enode_url(out->url[out->count++], &at);
}

void urls_of(struct urls *out, const struct enode *self)
{
	static const struct ip loopback = { IP_V4, { 127, 0, 0, 1 } };
	struct ip outside;

	out->count = 0;
	if ((!self->tcp && !self->udp) || !ip_is_unspecified(&self->ip)) {
		enode_url(out->url[out->count++], self);
		return;
	}
	if (first_ip(&outside, IP_V4) || first_ip(&outside, IP_V6))
		add(out, self, &outside);
	add(out, self, &loopback);
}
