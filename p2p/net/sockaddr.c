/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/sockaddr.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

socklen_t net_to_sockaddr(struct sockaddr_storage *out, const struct addr *a)
{
	struct sockaddr_in v4 = {
		.sin_family = AF_INET,
		.sin_port = htons(a->port),
	};
	struct sockaddr_in6 v6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(a->port),
	};

	memset(out, 0, sizeof(*out));
	switch (a->ip.family) {
	case IP_NONE:
		return 0;
	case IP_V4:
		memcpy(&v4.sin_addr, a->ip.b, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	case IP_V6:
		memcpy(&v6.sin6_addr, a->ip.b, 16);
		memcpy(out, &v6, sizeof(v6));
		return sizeof(v6);
	}
	return 0;
}

static struct addr from_v4(const struct sockaddr *sa)
{
	struct addr a = { .ip.family = IP_V4 };
	struct sockaddr_in v4;

	memcpy(&v4, sa, sizeof(v4));
	memcpy(a.ip.b, &v4.sin_addr, 4);
	a.port = ntohs(v4.sin_port);
	return a;
}

static struct addr from_v6(const struct sockaddr *sa)
{
	struct addr a = { .ip.family = IP_V6 };
	struct sockaddr_in6 v6;

	memcpy(&v6, sa, sizeof(v6));
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
		a.ip.family = IP_V4;
		memcpy(a.ip.b, v6.sin6_addr.s6_addr + 12, 4);
	} else {
		memcpy(a.ip.b, &v6.sin6_addr, 16);
	}
	a.port = ntohs(v6.sin6_port);
	return a;
}

struct addr net_from_sockaddr(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return from_v4(sa);
	if (sa->sa_family == AF_INET6)
		return from_v6(sa);
	return (struct addr){ 0 };
}

int net_open_at(const struct addr *at,
		int (*open)(void *arg, const struct addr *at), void *arg)
{
	struct addr any = *at;
	int rc;

	if (at->ip.family != IP_NONE)
		return open(arg, at);
	any.ip.family = IP_V6;
	rc = open(arg, &any);
	if (rc == UV_EAFNOSUPPORT || rc == UV_EADDRNOTAVAIL) {
		any.ip.family = IP_V4;
		rc = open(arg, &any);
	}
	return rc;
}

enum err net_err(int rc)
{
	switch (rc) {
	case 0:
		return ERR_NONE;
	case UV_EADDRINUSE:
		return ERR_BUSY;
	case UV_EACCES:
	case UV_EPERM:
		return ERR_DENIED;
	case UV_EADDRNOTAVAIL:
		return ERR_NOT_FOUND;
	default:
		return ERR_SYSTEM;
	}
}

enum err net_fail(struct why *why, int rc, const char *fmt, ...)
{
	char text[WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_fail(why, net_err(rc), "%s: %s", text, uv_strerror(rc));
}
