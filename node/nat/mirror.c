/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nat/mirror.h"

#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "p2p/nat/stun.h"
#include "p2p/net/later.h"
#include "p2p/net/work.h"

enum {
	LOOKUP_AGAIN_MS = 2 * 60 * 1000, /* of a name that gave nothing */
};

/* A server's name on its way to its addresses. */
struct lookup {
	struct mirror *mirror;
	struct net_resolve *resolve; /* NULL: over */
	const struct nat_server *server;
	struct addr v4, v6; /* what it gave; IP_NONE */
};

struct mirror {
	struct mirror_config config;
	struct nat_method method;
	struct stun stun;
	struct net_timer *timer;
	struct net_later *turn;
	size_t lookups; /* under way */
	struct lookup all[NAT_SERVERS_MAX];
	struct mono lookup_at; /* all again */
	bool told;	       /* that a name gave nothing */
};

/* --- names ------------------------------------------------------------------
 */

/* The first address of each server, then what else there is room for. */
static void ask_servers(struct mirror *m)
{
	struct addr all[STUN_SERVERS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < m->method.server_count; i++)
		if (m->all[i].v4.ip.family != IP_NONE)
			all[count++] = m->all[i].v4;
	for (size_t i = 0; i < m->method.server_count; i++)
		if (m->all[i].v6.ip.family != IP_NONE &&
		    count < STUN_SERVERS_MAX)
			all[count++] = m->all[i].v6;
	if (!count)
		m->lookup_at = mono_add_ms(net_loop_now(m->config.loop),
					   LOOKUP_AGAIN_MS);
	stun_set_servers(&m->stun, all, count, net_loop_now(m->config.loop));
	net_later_ask(m->turn);
}

static void add_ip(struct lookup *l, const struct ip *ip)
{
	struct addr *at = ip->family == IP_V4 ? &l->v4 : &l->v6;

	if (at->ip.family == IP_NONE)
		*at = (struct addr){ *ip, l->server->port };
}

static void found(void *ctx, enum err rc, const struct ip *ips, size_t count,
		  const struct why *why)
{
	struct lookup *l = ctx;
	struct mirror *m = l->mirror;

	for (size_t i = 0; !rc && i < count; i++)
		add_ip(l, &ips[i]);
	if (rc && !m->told)
		log_event(m->config.log, LOG_WARN, "nat",
			  "a STUN server is not found by its name: looked up "
			  "again every two minutes if there is no other",
			  LOG_TEXT("server", l->server->host),
			  LOG_TEXT("reason", why->text));
	m->told = m->told || rc;
	net_resolve_close(l->resolve);
	l->resolve = NULL;
	if (!--m->lookups)
		ask_servers(m);
}

static void look_up(struct mirror *m)
{
	m->lookup_at = MONO_NEVER;
	for (size_t i = 0; i < m->method.server_count; i++) {
		struct lookup *l = &m->all[i];
		struct ip ip;

		*l = (struct lookup){ .mirror = m,
				      .server = &m->method.servers[i] };
		if (!ip_parse(&ip, l->server->host)) {
			add_ip(l, &ip);
			continue;
		}
		l->resolve = net_resolve_open(m->config.loop, l->server->host,
					      found, l);
		m->lookups++;
	}
	if (!m->lookups)
		ask_servers(m);
}

/* --- rounds -----------------------------------------------------------------
 */

static void heed(struct mirror *m, const struct stun_event *ev)
{
	const struct log *log = m->config.log;
	char addr[ADDR_TEXT_MAX];

	switch (ev->type) {
	case STUN_FOUND:
		log_event(
			log, LOG_INFO, "nat",
			ev->addr.port
				? "a STUN server sees us"
				: "STUN servers see us at one address, each at "
				  "another port: others have to be dialed by "
				  "us",
			LOG_TEXT("address", addr_text(addr, &ev->addr)));
		m->config.endpoint(m->config.ctx, &ev->addr);
		break;
	case STUN_NONSENSE:
		log_event(log, LOG_WARN, "nat",
			  "a STUN server tells no address: asked again every "
			  "two minutes",
			  LOG_TEXT("server", addr_text(addr, &ev->server)));
		break;
	case STUN_SILENT:
		log_event(log, LOG_WARN, "nat",
			  "no STUN server answers: asked again every two "
			  "minutes");
		/* It may have moved meanwhile. */
		m->lookup_at = mono_add_ms(net_loop_now(m->config.loop),
					   LOOKUP_AGAIN_MS);
		break;
	}
}

static void on_turn(void *ctx)
{
	struct mirror *m = ctx;
	struct mono now = net_loop_now(m->config.loop), due;
	uint8_t bytes[STUN_REQUEST_LEN];
	struct stun_event ev;
	struct addr to;

	if (!mono_before(now, m->lookup_at))
		look_up(m);
	due = stun_tick(&m->stun, now);
	while (stun_next_datagram(&m->stun, &to, bytes))
		m->config.send(m->config.ctx, &to, bytes, sizeof(bytes));
	while (stun_next_event(&m->stun, &ev))
		heed(m, &ev);
	net_timer_set(m->timer, mono_min(due, m->lookup_at));
}

static void on_timer(void *ctx)
{
	struct mirror *m = ctx;

	net_later_ask(m->turn);
}

bool mirror_feed(struct mirror *m, const struct addr *from, const uint8_t *data,
		 size_t len)
{
	bool ours = stun_feed(&m->stun, from, data, len,
			      net_loop_now(m->config.loop));

	if (ours)
		net_later_ask(m->turn);
	return ours;
}

struct mirror *mirror_open(const struct mirror_config *config)
{
	struct mirror *m = calloc(1, sizeof(*m));
	struct secret32 seed;

	if (!m)
		abort();
	m->config = *config;
	m->method = *config->method;
	rng_bytes(seed.b, sizeof(seed.b));
	stun_init(&m->stun, &seed);
	secret_wipe(&seed, sizeof(seed));
	m->timer = net_timer_open(config->loop, on_timer, m);
	m->turn = net_later_open(config->loop, on_turn, m);
	m->lookup_at = net_loop_now(config->loop);
	net_later_ask(m->turn);
	return m;
}

void mirror_close(struct mirror *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < NAT_SERVERS_MAX; i++)
		if (m->all[i].resolve)
			net_resolve_close(m->all[i].resolve);
	net_timer_close(m->timer);
	net_later_close(m->turn);
	stun_clear(&m->stun);
	free(m);
}
