/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nat/keeper.h"

#include <assert.h>
#include <string.h>

static void put_event(struct keeper *k, struct keeper_event ev)
{
	assert(k->event_count < KEEPER_EVENTS_MAX);
	k->events[k->event_count++] = ev;
}

bool keeper_next_event(struct keeper *k, struct keeper_event *out)
{
	if (!k->event_count)
		return false;
	*out = k->events[0];
	k->event_count--;
	memmove(k->events, k->events + 1, k->event_count * sizeof(*k->events));
	return true;
}

/* 100.64.0.0/10 is between a customer's router and that of the provider (RFC
 * 6598): for others it leads nowhere, as private addresses do. */
static bool is_shared(const struct ip *ip)
{
	return ip->family == IP_V4 && ip->b[0] == 100 &&
	       (ip->b[1] & 0xc0) == 64;
}

static bool is_host(const struct ip *ip)
{
	return ip->family != IP_NONE && ip_scope(ip) > IP_SCOPE_LINK &&
	       !ip_is_multicast(ip) &&
	       !(ip->family == IP_V4 && (ip->b[0] == 0 || ip->b[0] >= 240));
}

static void map_all(struct keeper *k)
{
	for (int i = 0; i < NAT_PROTOCOLS; i++)
		k->maps[i].at = k->now;
}

/* --- the address ---------------------------------------------------------- */

/* "The client ... takes the previous value plus 7/8 of the time elapsed"; a
 * router that is more than two seconds behind that was started since (RFC 6886,
 * section 3.6). */
static bool was_restarted(struct keeper *k, const struct nat_answer *a)
{
	uint64_t elapsed_s, least;
	bool restarted = false;

	if (k->has_uptime && a->has_uptime) {
		elapsed_s = mono_since_ms(k->now, k->uptime_at) / 1000;
		least = k->uptime_s + elapsed_s * 7 / 8;
		restarted = (uint64_t)a->uptime_s + 2 < least;
	}
	k->has_uptime = a->has_uptime;
	k->uptime_s = a->uptime_s;
	k->uptime_at = k->now;
	return restarted;
}

static void told_wrong(struct keeper *k, enum keeper_event_type type,
		       const struct ip *ip)
{
	if (ip_equal(&k->wrong, ip))
		return;
	k->wrong = *ip;
	put_event(k, (struct keeper_event){ .type = type, .ip = *ip });
}

static void told_address(struct keeper *k, const struct ip *ip)
{
	static const struct ip none;

	if (ip_scope(ip) != IP_SCOPE_GLOBAL || is_shared(ip)) {
		told_wrong(k, KEEPER_INNER, ip);
		return;
	}
	k->wrong = none;
	if (ip_equal(&k->ip, ip))
		return;
	k->ip = *ip;
	map_all(k);
	put_event(k, (struct keeper_event){ .type = KEEPER_FOUND, .ip = *ip });
}

static void answer_address(struct keeper *k, const struct nat_answer *a)
{
	k->address_at = mono_add_ms(k->now, KEEPER_ADDRESS_MS);
	if (a->err) {
		if (!k->silent)
			put_event(k,
				  (struct keeper_event){ .type = KEEPER_SILENT,
							 .err = a->err });
		k->silent = true;
		return;
	}
	if (k->silent)
		map_all(k); /* it may know of nothing any more */
	k->silent = false;
	if (was_restarted(k, a)) {
		map_all(k);
		put_event(k, (struct keeper_event){ .type = KEEPER_RESTARTED });
	}
	if (is_host(&a->ip))
		told_address(k, &a->ip);
	else
		told_wrong(k, KEEPER_NONSENSE, &a->ip);
}

/* --- the mappings --------------------------------------------------------- */

static uint64_t refresh_ms(uint32_t lifetime_s)
{
	uint64_t ms = (uint64_t)lifetime_s * 800;

	if (!lifetime_s || ms > KEEPER_REFRESH_MS)
		return KEEPER_REFRESH_MS;
	return ms < KEEPER_REFRESH_MIN_MS ? KEEPER_REFRESH_MIN_MS : ms;
}

static void map_failed(struct keeper *k, enum nat_protocol protocol,
		       enum err err)
{
	struct keeper_mapping *m = &k->maps[protocol];
	struct keeper_event ev = { .protocol = protocol, .err = err };

	m->at = mono_add_ms(k->now, KEEPER_RETRY_MS);
	m->failures++;
	if (!m->told) {
		ev.type = KEEPER_REFUSED;
		put_event(k, ev);
	}
	m->told = true;
	if (!m->external || m->failures <= KEEPER_FAILURES_MAX)
		return;
	m->failures = 0;
	m->remove = true;
	m->at = k->now;
	ev.type = KEEPER_ANEW;
	put_event(k, ev);
}

/* What we were refused another host may have: that is not ours to remove. */
static void note_mapping(struct keeper *k, const struct nat_answer *a)
{
	struct keeper_mapping *m = &k->maps[k->request.protocol];

	if (a->err == ERR_DENIED || a->err == ERR_NOT_FOUND)
		m->stands = m->stood;
	else if (!a->err && a->external)
		m->wish = a->external;
}

static void answer_map(struct keeper *k, const struct nat_answer *a)
{
	enum nat_protocol protocol = k->request.protocol;
	struct keeper_mapping *m = &k->maps[protocol];

	if (a->err || !a->external) {
		map_failed(k, protocol, a->err ? a->err : ERR_FORMAT);
		return;
	}
	m->at = mono_add_ms(k->now, refresh_ms(a->lifetime_s));
	m->failures = 0;
	m->told = false;
	if (m->external == a->external)
		return;
	m->external = a->external;
	put_event(k, (struct keeper_event){ .type = KEEPER_MAPPED,
					    .protocol = protocol,
					    .port = a->external });
}

/* Whatever came of it: it is not tried twice, since a mapping that we cannot
 * remove ends by itself. */
static void answer_unmap(struct keeper *k, enum err err)
{
	struct keeper_mapping *m = &k->maps[k->request.protocol];

	m->stands = false;
	m->remove = false;
	m->wish = 0;
	put_event(k, (struct keeper_event){ .type = KEEPER_REMOVED,
					    .protocol = k->request.protocol,
					    .port = k->request.external,
					    .err = err });
}

/* --- what is next --------------------------------------------------------- */

static void init_mapping(struct keeper_mapping *m, uint16_t port,
			 struct mono now)
{
	memset(m, 0, sizeof(*m));
	m->internal = port;
	m->at = now;
}

void keeper_init(struct keeper *k, const struct keeper_config *config,
		 struct mono now)
{
	memset(k, 0, sizeof(*k));
	k->now = now;
	k->address_at = now;
	for (int i = 0; i < NAT_PROTOCOLS; i++)
		init_mapping(&k->maps[i], config->ports[i], now);
}

static void ask(struct keeper *k, enum nat_ask what, enum nat_protocol protocol)
{
	struct keeper_mapping *m = &k->maps[protocol];

	k->request = (struct nat_request){ .ask = what };
	k->asked = true;
	if (what == NAT_ADDRESS)
		return;
	k->request.protocol = protocol;
	k->request.internal = m->internal;
	k->request.external = m->wish ? m->wish : m->internal;
	if (what == NAT_MAP)
		k->request.lifetime_s = KEEPER_LIFETIME_S;
	/* The router may do it, and its answer get lost. */
	m->stood = m->stands;
	m->stands = true;
}

static bool ask_due(struct keeper *k)
{
	if (!mono_before(k->now, k->address_at)) {
		ask(k, NAT_ADDRESS, NAT_TCP);
		return true;
	}
	for (int i = 0; i < NAT_PROTOCOLS; i++) {
		if (!k->maps[i].internal || mono_before(k->now, k->maps[i].at))
			continue;
		ask(k, k->maps[i].remove ? NAT_UNMAP : NAT_MAP,
		    (enum nat_protocol)i);
		return true;
	}
	return false;
}

static bool ask_last(struct keeper *k)
{
	for (int i = 0; i < NAT_PROTOCOLS; i++) {
		if (!k->maps[i].stands)
			continue;
		ask(k, NAT_UNMAP, (enum nat_protocol)i);
		return true;
	}
	return false;
}

static void check_closed(struct keeper *k)
{
	bool stands = k->asked;

	for (int i = 0; i < NAT_PROTOCOLS; i++)
		stands = stands || k->maps[i].stands;
	if (!k->closing || k->closed || stands)
		return;
	k->closed = true;
	put_event(k, (struct keeper_event){ .type = KEEPER_CLOSED });
}

struct mono keeper_tick(struct keeper *k, struct mono now)
{
	struct mono due = k->address_at;

	k->now = now;
	if (k->asked || k->closing)
		return MONO_NEVER;
	for (int i = 0; i < NAT_PROTOCOLS; i++)
		if (k->maps[i].internal)
			due = mono_min(due, k->maps[i].at);
	return due;
}

bool keeper_next_request(struct keeper *k, struct nat_request *out)
{
	if (k->asked || !(k->closing ? ask_last(k) : ask_due(k)))
		return false;
	*out = k->request;
	return true;
}

void keeper_answer(struct keeper *k, const struct nat_answer *answer,
		   struct mono now)
{
	assert(k->asked);
	k->now = now;
	k->asked = false;
	switch (k->request.ask) {
	case NAT_ADDRESS:
		if (!k->closing)
			answer_address(k, answer);
		break;
	case NAT_MAP:
		note_mapping(k, answer);
		if (!k->closing)
			answer_map(k, answer);
		break;
	case NAT_UNMAP:
		answer_unmap(k, answer->err);
		break;
	}
	check_closed(k);
}

void keeper_close(struct keeper *k)
{
	k->closing = true;
	check_closed(k);
}
