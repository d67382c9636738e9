/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/net/loop_internal.h"
#include "p2p/net/sockaddr.h"
#include "p2p/net/work.h"

enum {
	RESOLVE_MAX = 8,    /* addresses of one name */
	NAME_MAX_LEN = 253, /* of a domain name in text: RFC 1035 */
};

typedef void (*found_fn)(void *ctx, enum err rc, const struct ip *ips,
			 size_t count, const struct why *why);

struct net_resolve {
	struct net_loop *loop;
	found_fn found;
	void *ctx;
	bool asked;  /* libuv holds the request */
	bool closed; /* by its owner, while asked */
	uv_getaddrinfo_t request;
	struct net_timer *refusal; /* brings the answer libuv will not */
	struct why why;
	char name[NAME_MAX_LEN + 1]; /* cut, if it is no name anyway */
};

static bool contains(const struct ip *ips, size_t count, const struct ip *ip)
{
	for (size_t i = 0; i < count; i++)
		if (ip_equal(&ips[i], ip))
			return true;
	return false;
}

/* Returns how many different ones there are, at most RESOLVE_MAX. */
static size_t take_addresses(struct ip *ips, const struct addrinfo *list)
{
	size_t count = 0;

	for (; list && count < RESOLVE_MAX; list = list->ai_next) {
		struct ip ip = net_from_sockaddr(list->ai_addr).ip;

		if (ip.family != IP_NONE && !contains(ips, count, &ip))
			ips[count++] = ip;
	}
	return count;
}

static void not_found(struct net_resolve *r, int rc)
{
	err_fail(&r->why, ERR_NOT_FOUND, "%s: %s", r->name, uv_strerror(rc));
	r->found(r->ctx, ERR_NOT_FOUND, NULL, 0, &r->why);
}

static void on_answer(uv_getaddrinfo_t *request, int rc, struct addrinfo *list)
{
	struct net_resolve *r = request->data;
	struct ip ips[RESOLVE_MAX];
	size_t count = take_addresses(ips, list);

	uv_freeaddrinfo(list);
	r->asked = false;
	if (r->closed)
		free(r);
	else if (rc || !count)
		not_found(r, rc ? rc : UV_EAI_NODATA);
	else
		r->found(r->ctx, ERR_NONE, ips, count, &r->why);
}

static void on_refusal(void *ctx)
{
	not_found(ctx, UV_EAI_NONAME);
}

struct net_resolve *net_resolve_open(struct net_loop *loop, const char *name,
				     found_fn found, void *ctx)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM, /* or each comes three times */
	};
	struct net_resolve *r = net_new(sizeof(*r));

	r->loop = loop;
	r->found = found;
	r->ctx = ctx;
	r->request.data = r;
	snprintf(r->name, sizeof(r->name), "%s", name);
	net_loop_hold(loop);
	r->asked = strlen(name) <= NAME_MAX_LEN &&
		   !uv_getaddrinfo(&loop->uv, &r->request, on_answer, name,
				   NULL, &hints);
	if (!r->asked) {
		/* It is no name. The answer must not come from in here. */
		r->refusal = net_timer_open(loop, on_refusal, r);
		net_timer_set(r->refusal, net_loop_now(loop));
	}
	return r;
}

void net_resolve_close(struct net_resolve *r)
{
	if (!r || r->closed)
		return;
	net_timer_close(r->refusal);
	net_loop_let_go(r->loop);
	if (!r->asked) {
		free(r);
		return;
	}
	r->closed = true;
	/* Refused when a thread is at it already; on_answer comes in any
	 * case. */
	uv_cancel((uv_req_t *)&r->request);
}
