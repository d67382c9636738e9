/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nat/mapping.h"

#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "p2p/nat/router.h"
#include "p2p/net/later.h"
#include "p2p/net/work.h"

struct mapping {
	struct mapping_config config;
	struct nat_method method;
	struct keeper keeper;
	struct router *router;
	struct net_timer *timer;
	struct net_later *turn;
	bool closing, closed;

	/* What is on the other thread, or was. */
	bool working;
	struct nat_request request;
	struct nat_answer answer;
	uint64_t random;
	struct why why;
	char router_text[ROUTER_TEXT];
};

/* --- what is told -----------------------------------------------------------
 */

static const char *name_of(enum nat_protocol protocol)
{
	return protocol == NAT_TCP ? "tcp" : "udp";
}

static const char *reason(const struct mapping *m,
			  const struct keeper_event *ev)
{
	return m->why.text[0] ? m->why.text : err_name(ev->err);
}

static void tell(const struct mapping *m, const struct keeper_event *ev)
{
	const struct log *log = m->config.log;
	char ip[IP_TEXT_MAX];

	ip_text(ip, &ev->ip);
	switch (ev->type) {
	case KEEPER_FOUND:
		log_event(log, LOG_INFO, "nat",
			  "the router tells our address to the outside",
			  LOG_TEXT("address", ip),
			  LOG_TEXT("router", m->router_text));
		break;
	case KEEPER_INNER:
		log_event(log, LOG_WARN, "nat",
			  "the router is behind another one, so its address "
			  "leads nowhere: it is not published",
			  LOG_TEXT("address", ip),
			  LOG_TEXT("router", m->router_text));
		break;
	case KEEPER_NONSENSE:
		log_event(log, LOG_WARN, "nat",
			  "the router tells an address that no host has: asked "
			  "again every two minutes",
			  LOG_TEXT("address", ip),
			  LOG_TEXT("router", m->router_text));
		break;
	case KEEPER_SILENT:
		log_event(log, LOG_WARN, "nat",
			  "no router tells our address: asked again every two "
			  "minutes",
			  LOG_TEXT("reason", reason(m, ev)));
		break;
	case KEEPER_MAPPED:
		log_event(log, LOG_INFO, "nat",
			  "the router lets others through",
			  LOG_TEXT("protocol", name_of(ev->protocol)),
			  LOG_U64("port", ev->port),
			  LOG_U64("to", m->config.ports[ev->protocol]),
			  LOG_TEXT("router", m->router_text));
		break;
	case KEEPER_REFUSED:
		log_event(log, LOG_WARN, "nat",
			  "the router lets nobody through: asked again in five "
			  "minutes",
			  LOG_TEXT("protocol", name_of(ev->protocol)),
			  LOG_TEXT("reason", reason(m, ev)));
		break;
	case KEEPER_ANEW:
		log_event(log, LOG_INFO, "nat",
			  "the mapping could not be refreshed: begun anew",
			  LOG_TEXT("protocol", name_of(ev->protocol)));
		break;
	case KEEPER_RESTARTED:
		log_event(log, LOG_INFO, "nat",
			  "the router was restarted: asked anew to let others "
			  "through",
			  LOG_TEXT("router", m->router_text));
		break;
	case KEEPER_REMOVED:
		log_event(log, ev->err ? LOG_WARN : LOG_INFO, "nat",
			  ev->err ? "the router could not be told to let "
				    "nobody through any more: most do so by "
				    "themselves in ten minutes"
				  : "the router lets nobody through any more",
			  LOG_TEXT("protocol", name_of(ev->protocol)),
			  LOG_U64("port", ev->port));
		break;
	case KEEPER_CLOSED:
		log_event(log, LOG_DEBUG, "nat", "closed");
		break;
	}
}

static void heed(struct mapping *m, const struct keeper_event *ev)
{
	const struct mapping_config *c = &m->config;

	tell(m, ev);
	if (ev->type == KEEPER_CLOSED)
		m->closed = true;
	else if (ev->type == KEEPER_FOUND && !m->closing)
		c->address(c->ctx, &ev->ip);
	else if (ev->type == KEEPER_MAPPED && !m->closing)
		c->port(c->ctx, ev->protocol, ev->port);
}

/* --- what is done -----------------------------------------------------------
 */

/* On the other thread. Nothing else looks at what it uses before its end. */
static void run_job(void *arg)
{
	struct mapping *m = arg;

	m->why.text[0] = '\0';
	router_ask(m->router, &m->answer, &m->request, m->random, &m->why);
	router_text(m->router_text, m->router);
}

static void job_done(void *arg)
{
	struct mapping *m = arg;

	m->working = false;
	keeper_answer(&m->keeper, &m->answer, net_loop_now(m->config.loop));
	net_later_ask(m->turn);
}

static void free_mapping(struct mapping *m)
{
	void (*closed)(void *ctx) = m->config.closed;
	void *ctx = m->config.ctx;

	net_timer_close(m->timer);
	net_later_close(m->turn);
	router_free(m->router);
	free(m);
	closed(ctx);
}

static void on_turn(void *ctx)
{
	struct mapping *m = ctx;
	struct keeper_event ev;
	struct mono due = keeper_tick(&m->keeper, net_loop_now(m->config.loop));

	while (keeper_next_event(&m->keeper, &ev))
		heed(m, &ev);
	if (m->closed) {
		free_mapping(m);
		return;
	}
	if (m->working || !keeper_next_request(&m->keeper, &m->request)) {
		net_timer_set(m->timer, due);
		return;
	}
	net_timer_set(m->timer, MONO_NEVER);
	m->working = true;
	rng_bytes(&m->random, sizeof(m->random));
	net_work_apart(m->config.loop, run_job, job_done, m);
}

static void on_timer(void *ctx)
{
	struct mapping *m = ctx;

	net_later_ask(m->turn);
}

enum err mapping_open(struct mapping **out, const struct mapping_config *config,
		      struct why *why)
{
	struct keeper_config ports;
	struct mapping *m;

	*out = NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		abort();
	m->config = *config;
	m->method = *config->method;
	m->router = router_new(&m->method);
	if (!m->router) {
		free(m);
		return err_fail(why, ERR_SYSTEM,
				"no descriptor is left to ask a router with");
	}
	for (int i = 0; i < NAT_PROTOCOLS; i++)
		ports.ports[i] = config->ports[i];
	keeper_init(&m->keeper, &ports, net_loop_now(config->loop));
	m->timer = net_timer_open(config->loop, on_timer, m);
	m->turn = net_later_open(config->loop, on_turn, m);
	net_later_ask(m->turn);
	*out = m;
	return ERR_NONE;
}

void mapping_close(struct mapping *m)
{
	if (m->closing)
		return;
	m->closing = true;
	router_leave(m->router);
	keeper_close(&m->keeper);
	net_later_ask(m->turn);
}
