/* SPDX-License-Identifier: Apache-2.0 */
#include "node/nat/outside.h"

#include <stdlib.h>

#include "node/nat/mapping.h"
#include "node/nat/mirror.h"
#include "p2p/net/later.h"

struct outside {
	struct outside_config config;
	struct mapping *mapping; /* of a router, or NULL */
	struct mirror *mirror;	 /* of STUN servers, or NULL */
	struct net_later *gone;	 /* tells that nothing is left */
	struct ip v4, v6;	 /* IP_NONE: as we listen */
	uint16_t ports[NAT_PROTOCOLS];
	bool closing;
};

/* --- what is learned --------------------------------------------------------
 */

static void set_ip(struct outside *o, const struct ip *ip)
{
	if (ip->family == IP_V6)
		o->v6 = *ip;
	else
		o->v4 = *ip;
}

static void on_address(void *ctx, const struct ip *ip)
{
	struct outside *o = ctx;

	set_ip(o, ip);
	o->config.changed(o->config.ctx);
}

static void on_port(void *ctx, enum nat_protocol protocol, uint16_t port)
{
	struct outside *o = ctx;

	o->ports[protocol] = port;
	o->config.changed(o->config.ctx);
}

/* A port is of IPv4: where IPv6 is translated at all, it keeps its ports. */
static void on_endpoint(void *ctx, const struct addr *at)
{
	struct outside *o = ctx;

	set_ip(o, &at->ip);
	if (at->ip.family == IP_V4)
		o->ports[NAT_UDP] = at->port;
	o->config.changed(o->config.ctx);
}

static void on_send(void *ctx, const struct addr *to, const uint8_t *data,
		    size_t len)
{
	struct outside *o = ctx;

	o->config.send(o->config.ctx, to, data, len);
}

/* --- open and close ---------------------------------------------------------
 */

static void free_outside(void *ctx)
{
	struct outside *o = ctx;
	void (*closed)(void *ctx) = o->config.closed;
	void *owner = o->config.ctx;

	net_later_close(o->gone);
	free(o);
	closed(owner);
}

static void mapping_closed(void *ctx)
{
	struct outside *o = ctx;

	o->mapping = NULL;
	free_outside(o);
}

/* "Only if the listening address is neither loopback nor private." */
static uint16_t port_to_map(const struct outside *o, const struct addr *at,
			    const char *protocol)
{
	char addr[ADDR_TEXT_MAX];

	if (!at->port)
		return 0;
	if (ip_is_unspecified(&at->ip) || ip_scope(&at->ip) == IP_SCOPE_GLOBAL)
		return at->port;
	log_event(o->config.log, LOG_WARN, "nat",
		  "no router is asked to let others through to an address of "
		  "this machine or its network alone: listen on all",
		  LOG_TEXT("protocol", protocol),
		  LOG_TEXT("listens", addr_text(addr, at)));
	return 0;
}

static enum err open_mapping(struct outside *o, struct why *why)
{
	const struct outside_config *c = &o->config;

	return mapping_open(&o->mapping,
			    &(struct mapping_config){
				    .loop = c->loop,
				    .method = c->method,
				    .ports = {
					    [NAT_TCP] = port_to_map(
						    o, &c->tcp, "tcp"),
					    [NAT_UDP] = port_to_map(
						    o, &c->udp, "udp"),
				    },
				    .log = c->log,
				    .address = on_address,
				    .port = on_port,
				    .closed = mapping_closed,
				    .ctx = o,
			    },
			    why);
}

static void open_mirror(struct outside *o)
{
	const struct outside_config *c = &o->config;

	o->mirror = mirror_open(&(struct mirror_config){
		.loop = c->loop,
		.method = c->method,
		.log = c->log,
		.send = on_send,
		.endpoint = on_endpoint,
		.ctx = o,
	});
}

static enum err open_method(struct outside *o, struct why *why)
{
	switch (o->config.method->kind) {
	case NAT_NONE:
		return ERR_UNSUPPORTED;
	case NAT_EXTIP:
		set_ip(o, &o->config.method->ip);
		return ERR_NONE;
	case NAT_STUN:
		open_mirror(o);
		return ERR_NONE;
	case NAT_ANY:
	case NAT_UPNP:
	case NAT_PMP:
		return open_mapping(o, why);
	}
	return ERR_UNSUPPORTED;
}

enum err outside_open(struct outside **out, const struct outside_config *config,
		      struct why *why)
{
	struct outside *o = calloc(1, sizeof(*o));
	enum err rc;

	if (!o)
		abort();
	*out = NULL;
	o->config = *config;
	rc = open_method(o, why);
	o->config.method = NULL; /* only borrowed for this call */
	if (rc) {
		free(o);
		return rc;
	}
	o->gone = net_later_open(config->loop, free_outside, o);
	*out = o;
	return ERR_NONE;
}

void outside_close(struct outside *o)
{
	if (o->closing)
		return;
	o->closing = true;
	mirror_close(o->mirror);
	o->mirror = NULL;
	if (o->mapping)
		mapping_close(o->mapping);
	else
		net_later_ask(o->gone);
}

/* --- a look at it -----------------------------------------------------------
 */

bool outside_ip(const struct outside *o, enum ip_family family, struct ip *out)
{
	const struct ip *ip = family == IP_V6 ? &o->v6 : &o->v4;

	if (ip->family == IP_NONE)
		return false;
	*out = *ip;
	return true;
}

uint16_t outside_port(const struct outside *o, enum nat_protocol protocol)
{
	return o->ports[protocol];
}

bool outside_feed(struct outside *o, const struct addr *from,
		  const uint8_t *data, size_t len)
{
	return o->mirror && mirror_feed(o->mirror, from, data, len);
}
