/* SPDX-License-Identifier: Apache-2.0 */
#include "node/finder/finder.h"

#include <stdlib.h>
#include <time.h>

#include "node/finder/lists.h"
#include "node/finder/memory.h"
#include "p2p/base/attr.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/table.h"
#include "p2p/net/later.h"

enum {
	ROUNDS_MAX = 8, /* ticks in a turn, while there are events */
	VERSIONS = 2,
	FEW = 16, /* nodes in a table, below which as many are wanted of lists
		   */
	SEEDS_MS = 60 * 1000, /* from one time to the next */
	WAYS_MS = 60 * 1000,  /* until the system is asked for ways anew */
};

struct finder {
	struct finder_config config;
	struct net_udp *udp;
	struct net_timer *timer;
	struct net_later *turn;
	struct discovery *discovery; /* NULL: not started */
	struct memory *memory;	     /* likewise, or it is closing */
	struct reach reach;
	struct mono ways_due; /* it is looked at again */
	bool closing, ended;

	bool tells[VERSIONS]; /* of nodes to dial, by these: */
	unsigned source[VERSIONS];
	uint64_t told;
	bool is_wanted;

	struct lists *lists; /* NULL: none, or not started */
	bool lists_tell;     /* as this source: */
	unsigned lists_source;
	size_t lists_wanted;
	size_t seeds_left;     /* for tables that have few nodes */
	struct mono seeded_at; /* when so many were wanted last */
};

static uint64_t unix_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* --- candidates -------------------------------------------------------------
 */

static const enum discover_version versions[VERSIONS] = { DISCOVER_V4,
							  DISCOVER_V5 };

static void open_sources(struct finder *f)
{
	static const char *const names[VERSIONS] = { "v4", "v5" };

	for (size_t i = 0; i < VERSIONS && f->config.sources; i++)
		if (f->config.versions & versions[i] &&
		    !sources_add(f->config.sources, &f->source[i], names[i]))
			f->tells[i] = true;
	f->lists_tell =
		f->config.sources && f->config.list_count &&
		!sources_add(f->config.sources, &f->lists_source, "dns");
}

static void close_sources(struct finder *f)
{
	for (size_t i = 0; i < VERSIONS; i++)
		if (f->tells[i])
			sources_remove(f->config.sources, f->source[i]);
	if (f->lists_tell)
		sources_remove(f->config.sources, f->lists_source);
}

static void tell_of(struct finder *f, const struct discover_event *ev)
{
	for (size_t i = 0; i < VERSIONS; i++) {
		if (versions[i] != ev->version || !f->tells[i] || !ev->node.tcp)
			continue;
		f->told++;
		sources_put(f->config.sources, f->source[i], &ev->node);
	}
}

static void set_walk(struct finder *f)
{
	bool walk = false;

	for (size_t i = 0; i < VERSIONS && f->is_wanted; i++)
		walk |= f->tells[i] &&
			sources_room(f->config.sources, f->source[i]) > 0;
	discovery_set_walk(f->discovery, walk ? DISCOVER_WALK : DISCOVER_REST);
}

/* --- lists ------------------------------------------------------------------
 */

static bool is_empty(const struct finder *f, enum discover_version version)
{
	const struct v4 *v4 = discovery_v4(f->discovery);
	const struct v5 *v5 = discovery_v5(f->discovery);

	if (version == DISCOVER_V4)
		return v4 && table_count(v4_table(v4)) < FEW;
	return v5 && table_count(v5_table(v5)) < FEW;
}

/* As many nodes as can be dialed, and some for tables that have few. */
static void want_lists(struct finder *f)
{
	struct mono now = net_loop_now(f->config.loop);
	size_t wanted = 0;

	if (!f->lists)
		return;
	if ((is_empty(f, DISCOVER_V4) || is_empty(f, DISCOVER_V5)) &&
	    (!f->seeded_at.ns ||
	     mono_since_ms(now, f->seeded_at) >= SEEDS_MS)) {
		f->seeds_left = FEW;
		f->seeded_at = now;
	}
	if (f->is_wanted && f->lists_tell)
		wanted = sources_room(f->config.sources, f->lists_source);
	if (wanted < f->seeds_left)
		wanted = f->seeds_left;
	/* Else what was wanted and came would count anew in each turn. */
	if (wanted != f->lists_wanted)
		lists_want(f->lists, wanted);
	f->lists_wanted = wanted;
}

/* Where it is dialed matters, even if it is not asked anywhere. */
static struct contact contact_of(const struct enr *record,
				 const struct reach *reach)
{
	struct contact c = { .pub = record->pub,
			     .id = record->id,
			     .record = *record };
	struct enr_endpoint at;

	enr_endpoint(&at, record, reach);
	c.udp = (struct addr){ at.ip, at.udp };
	c.tcp = at.tcp;
	return c;
}

static void on_listed(void *ctx, const struct enr *record)
{
	struct finder *f = ctx;
	struct contact c = contact_of(record, &f->reach);

	f->lists_wanted = 0; /* look again at what is wanted */
	if (f->seeds_left)
		f->seeds_left--;
	if (f->lists_tell && c.tcp && c.udp.ip.family) {
		f->told++;
		sources_put(f->config.sources, f->lists_source, &c);
	}
	/* No proof is known of where it is. */
	for (size_t i = 0; i < VERSIONS; i++)
		if (c.udp.port && c.udp.ip.family && is_empty(f, versions[i]))
			discovery_seed(f->discovery, versions[i], &c,
				       UINT64_MAX,
				       net_loop_now(f->config.loop));
	finder_wake(f);
}

static uint64_t list_seq(void *ctx, const char *url)
{
	struct finder *f = ctx;

	return memory_list_seq(f->memory, url, unix_ms());
}

static void remember_list(void *ctx, const char *url, uint64_t seq)
{
	struct finder *f = ctx;

	memory_set_list_seq(f->memory, url, seq, unix_ms());
	finder_wake(f);
}

static void open_lists(struct finder *f)
{
	const struct finder_config *c = &f->config;

	if (!c->list_count)
		return;
	f->lists = lists_open(&(struct lists_config){
		.loop = c->loop,
		.lists = c->lists,
		.count = c->list_count,
		.server = &c->dns_server,
		.log = c->log,
		.seq_of = list_seq,
		.remember = remember_list,
		.found = on_listed,
		.ctx = f,
	});
}

void finder_seek(struct finder *f, bool wanted)
{
	f->is_wanted = wanted;
	finder_wake(f);
}

/* --- what discovery tells ---------------------------------------------------
 */

static void tell_clock(const struct finder *f, int64_t off)
{
	if (off > 0)
		log_event(f->config.log, LOG_WARN, "discovery",
			  "the clock of this machine is ahead of those of "
			  "other nodes, whose packets come too late by it: "
			  "set it right",
			  LOG_U64("seconds", (uint64_t)off));
	else
		log_event(f->config.log, LOG_WARN, "discovery",
			  "the clock of this machine is behind those of other "
			  "nodes, for whom all that it sends comes too late: "
			  "set it right",
			  LOG_U64("seconds", (uint64_t)-off));
}

static void heed(struct finder *f, const struct discover_event *ev)
{
	memory_heed(f->memory, ev, unix_ms());
	switch (ev->type) {
	case DISCOVER_SEEN:
	case DISCOVER_LIVE:
		tell_of(f, ev);
		break;
	case DISCOVER_CLOCK:
		tell_clock(f, ev->clock_off);
		break;
	case DISCOVER_SEEDS:
	case DISCOVER_READY:
	case DISCOVER_LOST:
	case DISCOVER_RECORD:
	case DISCOVER_PINGED:
	case DISCOVER_NODES:
	case DISCOVER_FOUND:
	case DISCOVER_RESOLVED:
	case DISCOVER_ENDPOINT:
	case DISCOVER_TALK:
	case DISCOVER_TALKED:
	case DISCOVER_SELF:
		break;
	}
}

/* False: there was none. */
static bool take_events(struct finder *f)
{
	struct discover_event ev;
	bool any = false;

	while (!f->closing && discovery_next_event(f->discovery, &ev)) {
		any = true;
		heed(f, &ev);
		if (f->config.event)
			f->config.event(f->config.ctx, &ev);
	}
	return any;
}

static void send_all(struct finder *f)
{
	struct datagram out;

	while (discovery_next_datagram(f->discovery, &out))
		net_udp_send(f->udp, &out.to, out.bytes, out.len);
}

/* A network may come after us, and go. */
static void look_for_ways(struct finder *f, struct mono now)
{
	struct reach old = f->reach;

	if (mono_before(now, f->ways_due))
		return;
	f->ways_due = mono_add_ms(now, WAYS_MS);
	net_udp_ways(&f->reach);
	if (f->reach.no_way4 != old.no_way4 || f->reach.no_way6 != old.no_way6)
		discovery_set_reach(f->discovery, &f->reach);
}

static void act(struct finder *f)
{
	struct mono now = net_loop_now(f->config.loop), due = now;
	bool any = true;

	look_for_ways(f, now);
	set_walk(f);
	want_lists(f);
	for (int i = 0; any && i < ROUNDS_MAX; i++) {
		due = discovery_tick(f->discovery, now, unix_ms());
		any = take_events(f);
		if (f->closing)
			return;
		send_all(f);
	}
	net_timer_set(f->timer, any ? now : due);
	memory_look(f->memory);
}

static void free_finder(void *finder)
{
	struct finder *f = finder;
	void (*closed)(void *ctx) = f->config.closed;
	void *ctx = f->config.ctx;

	net_later_close(f->turn);
	discovery_free(f->discovery);
	free(f);
	closed(ctx);
}

static void end(struct finder *f)
{
	struct memory *memory = f->memory;

	if (f->ended)
		return;
	f->ended = true;
	f->memory = NULL;
	if (memory)
		memory_close(memory, free_finder, f);
	else
		free_finder(f);
}

static void on_turn(void *ctx)
{
	struct finder *f = ctx;

	if (f->closing)
		end(f);
	else if (f->discovery)
		act(f);
}

void finder_wake(struct finder *f)
{
	net_later_ask(f->turn);
}

static void on_timer(void *ctx)
{
	finder_wake(ctx);
}

static void received(void *ctx, const struct addr *from, const uint8_t *data,
		     size_t len)
{
	struct finder *f = ctx;

	if (!f->discovery ||
	    (f->config.foreign &&
	     f->config.foreign(f->config.ctx, from, data, len)))
		return;
	discovery_feed(f->discovery, from, data, len,
		       net_loop_now(f->config.loop), unix_ms());
	finder_wake(f);
}

/* --- open and close ---------------------------------------------------------
 */

/* Towards the first bootnode that has an address of that family. */
static struct ip source_in(const struct finder *f, enum ip_family family)
{
	const struct reach same = reach_family(family);
	struct ip ip = { .family = IP_NONE };

	for (size_t i = 0; i < f->config.bootnode_count && !ip.family; i++) {
		const struct contact *c = &f->config.bootnodes[i];
		struct addr to = c->udp;
		struct enr_endpoint at;

		if (c->record.len) {
			enr_endpoint(&at, &c->record, &same);
			to = (struct addr){ at.ip, at.udp };
		}
		if (to.ip.family == family && reach_has(&f->reach, &to.ip))
			(void)net_udp_source(&ip, &to);
	}
	return ip;
}

/* "The fallback address is the listening address; if that is unspecified, the
 * source address the kernel picks towards the first bootnode; 127.0.0.1 only if
 * there is none." Ours: in each family, so that nodes of both find us. */
static void set_fallback(struct local_config *out, const struct finder *f)
{
	out->fallback = f->config.listen.ip;
	if (!ip_is_unspecified(&out->fallback))
		return;
	out->fallback = source_in(f, IP_V4);
	out->other = source_in(f, IP_V6);
	if (!out->fallback.family && !out->other.family)
		out->fallback = (struct ip){ IP_V4, { 127, 0, 0, 1 } };
}

static void keep_family(struct netlist *list, enum ip_family family)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->nets[i].ip.family == family)
			list->nets[n++] = list->nets[i];
	/* An empty list would be everywhere. */
	if (n)
		list->count = n;
}

void finder_reach(struct reach *out, const struct addr *listen,
		  const struct netlist *restrict_to)
{
	enum ip_family family = listen->ip.family;

	*out = (struct reach){ .nets.count = 0 };
	net_udp_ways(out);
	if (restrict_to)
		out->nets = *restrict_to;
	if (family != IP_V4 && ip_is_unspecified(&listen->ip))
		return; /* both families */
	if (out->nets.count)
		keep_family(&out->nets, family);
	else
		out->nets = reach_family(family).nets;
}

enum err finder_open(struct finder **out, const struct finder_config *config,
		     struct why *why)
{
	struct finder *f = calloc(1, sizeof(*f));
	enum err rc;

	if (!f)
		abort();
	*out = NULL;
	f->config = *config;
	rc = net_udp_open(&f->udp, config->loop, &config->listen, received, f,
			  why);
	if (rc) {
		free(f);
		return rc;
	}
	f->timer = net_timer_open(config->loop, on_timer, f);
	f->turn = net_later_open(config->loop, on_turn, f);
	open_sources(f);
	*out = f;
	return ERR_NONE;
}

static void open_memory(struct finder *f, const struct ecc_keypair *key)
{
	const struct node_id self = node_id_of(&key->pub);

	f->memory = memory_open(&(struct memory_config){
		.loop = f->config.loop,
		.folder = f->config.database,
		.self = &self,
		.log = f->config.log,
	});
}

void finder_start(struct finder *f, const struct ecc_keypair *key, uint16_t tcp,
		  const struct enr_draft *entries)
{
	const struct finder_config *c = &f->config;
	struct local_config local = {
		.key = key,
		.udp = finder_addr(f).port,
		.tcp = tcp,
		.entries = entries,
	};
	const struct addr at = finder_addr(f);
	struct secret32 seed;

	finder_reach(&f->reach, &at, c->restrict_to);
	f->ways_due = mono_add_ms(net_loop_now(c->loop), WAYS_MS);
	set_fallback(&local, f);
	open_memory(f, key);
	memory_number(f->memory, &local, unix_ms());
	rng_bytes(seed.b, sizeof(seed.b));
	f->discovery = discovery_new(
		&(struct discovery_config){
			.local = local,
			.seed = &seed,
			.versions = c->versions,
			.reach = &f->reach,
			.limits = guard_limits_default,
			.ping_version = V4_VERSION,
		},
		net_loop_now(c->loop));
	secret_wipe(&seed, sizeof(seed));
	memory_start(f->memory, f->discovery);
	for (size_t i = 0; i < c->bootnode_count; i++)
		if (discovery_bootnode(f->discovery, &c->bootnodes[i]))
			abort(); /* no more than DISCOVER_BOOTNODES */
	open_lists(f);
	net_timer_set(f->timer, net_loop_now(c->loop));
}

void finder_close(struct finder *f)
{
	if (f->closing)
		return;
	f->closing = true;
	lists_close(f->lists);
	f->lists = NULL;
	close_sources(f);
	net_udp_close(f->udp);
	net_timer_close(f->timer);
	net_later_ask(f->turn);
}

struct addr finder_addr(const struct finder *f)
{
	return net_udp_addr(f->udp);
}

void finder_self(const struct finder *f, struct enode *self)
{
	struct addr at = finder_addr(f);

	if (!self->tcp)
		self->ip = at.ip;
	self->udp = f->config.versions ? at.port : 0;
}

struct discovery *finder_discovery(const struct finder *f)
{
	return f->discovery;
}

void finder_send(struct finder *f, const struct addr *to, const uint8_t *data,
		 size_t len)
{
	net_udp_send(f->udp, to, data, len);
}

struct finder_counts finder_counts(const struct finder *f)
{
	struct finder_counts counts = {
		.udp = net_udp_counts(f->udp),
		.candidates = f->told,
		.known = f->memory ? memory_count(f->memory) : 0,
	};

	if (f->lists)
		lists_counts(f->lists, &counts.dns);
	return counts;
}
