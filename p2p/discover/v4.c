/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

struct v4 *v4_new(const struct v4_config *config, struct mono now)
{
	struct v4 *v = calloc(1, sizeof(*v));

	if (!v)
		abort();
	v->key = *config->key;
	v->self = node_id_of(&v->key.pub);
	if (config->restrict_to)
		v->restrict_to = *config->restrict_to;
	v->ping_version = config->ping_version;
	v->now = now;
	v->events.version = DISCOVER_V4;
	plan_init(&v->plan, now);
	drbg_init(&v->rng, config->seed);
	v->table = table_new(&v->self, &v->rng);
	v4_bonds_init(&v->bonds, V4_BONDS_PROVEN, V4_BONDS_UNPROVEN,
		      V4_BONDS_SHARE);
	guard_init(&v->guard, &config->limits, GUARD_SOURCES, now);
	return v;
}

void v4_free(struct v4 *v)
{
	if (!v)
		return;
	v4_searches_clear(v);
	v4_calls_clear(v);
	v4_pings_clear(v);
	event_queue_clear(&v->events);
	outbox_clear(&v->outbox);
	guard_clear(&v->guard);
	v4_bonds_clear(&v->bonds);
	table_free(v->table);
	secret_wipe(&v->key, sizeof(v->key));
	secret_wipe(&v->rng, sizeof(v->rng));
	free(v);
}

/* --- out ---------------------------------------------------------------------
 */

void v4_send(struct v4 *v, const struct addr *to, struct v4_packet *p)
{
	uint8_t bytes[V4_PACKET_MAX];
	size_t len;

	p->expiration = v->unix_seconds + V4_EXPIRES;
	len = v4_encode(bytes, p, &v->key.key);
	if (!outbox_put(&v->outbox, to, bytes, len)) {
		v4_dropped(v, V4_DROP_QUEUE);
		return;
	}
	v->stats.sent[p->type]++;
	v->stats.sent_bytes += len;
}

bool v4_next_datagram(struct v4 *v, struct datagram *out)
{
	return outbox_take(&v->outbox, out);
}

struct discover_event *v4_tell(struct v4 *v, enum discover_event_type type,
			       uint32_t request, const struct contact *node,
			       size_t results)
{
	struct discover_event *e =
		event_queue_put(&v->events, type, request, node, results);

	if (!e)
		v4_dropped(v, V4_DROP_EVENT);
	return e;
}

bool v4_next_event(struct v4 *v, struct discover_event *out)
{
	return event_queue_take(&v->events, out);
}

/* --- the node itself --------------------------------------------------------
 */

void v4_set_record(struct v4 *v, const struct enr *record)
{
	struct enr_endpoint at;

	v->record = *record;
	enr_endpoint(&at, record);
	v->endpoint = (struct v4_endpoint){ .ip = at.ip,
					    .udp = at.udp,
					    .tcp = at.tcp };
}

bool v4_is_allowed(const struct v4 *v, const struct ip *ip)
{
	return netlist_has(&v->restrict_to, ip);
}

/* --- nodes ------------------------------------------------------------------
 */

static void offer(struct v4 *v, const struct contact *c,
		  enum table_origin origin)
{
	enum err err = ERR_DENIED;

	if (v4_is_allowed(v, &c->udp.ip))
		err = table_add(v->table, c, origin, v->now);
	(void)err; /* a full table does well without it */
}

void v4_offer_found(struct v4 *v, const struct contact *c)
{
	offer(v, c, TABLE_FOUND);
}

void v4_offer_inbound(struct v4 *v, const struct contact *c)
{
	offer(v, c, TABLE_INBOUND);
}

enum err v4_bootnode(struct v4 *v, const struct contact *c)
{
	if (v->bootnode_count == V4_BOOTNODES)
		return ERR_LIMIT;
	v->bootnodes[v->bootnode_count++] = *c;
	return ERR_NONE;
}

void v4_seed(struct v4 *v, const struct contact *c, uint64_t proven_ms,
	     struct mono now)
{
	struct v4_peer peer = v4_peer_of(&c->id, &c->udp.ip);

	v->now = now;
	/* A clock that began later than that has no such time. */
	if (proven_ms < now.ns / 1000000)
		v4_bonds_proved(&v->bonds, &peer,
				(struct mono){ now.ns - proven_ms * 1000000 });
	v4_offer_found(v, c);
}

void v4_set_walk(struct v4 *v, enum discover_walk walk)
{
	v->plan.walks = walk == DISCOVER_WALK;
}

const struct table *v4_table(const struct v4 *v)
{
	return v->table;
}

/* --- requests ---------------------------------------------------------------
 */

static uint32_t call(struct v4 *v, enum v4_call_kind kind,
		     const struct contact *c)
{
	uint32_t request;

	if (!event_queue_has_room(&v->events))
		return 0;
	request = event_queue_request(&v->events);
	v4_calls_new(v, kind, c)->request = request;
	return request;
}

uint32_t v4_ping(struct v4 *v, const struct contact *c)
{
	return call(v, V4_CALL_PING, c);
}

uint32_t v4_request_record(struct v4 *v, const struct contact *c)
{
	return call(v, V4_CALL_RECORD, c);
}

static struct v4_search *search(struct v4 *v, enum v4_search_for whom,
				const struct ecc_pub *target)
{
	struct v4_search *s;

	/* Refresh and walk have their place. */
	if (v->search_count >= V4_LOOKUPS - 2 ||
	    !event_queue_has_room(&v->events))
		return NULL;
	s = v4_searches_new(v, whom, target);
	s->request = event_queue_request(&v->events);
	return s;
}

uint32_t v4_lookup(struct v4 *v, const struct ecc_pub *target)
{
	struct v4_search *s = search(v, V4_SEARCH_OWNER, target);

	return s ? s->request : 0;
}

uint32_t v4_resolve(struct v4 *v, const struct ecc_pub *pub,
		    const struct contact *known)
{
	struct v4_search *s = search(v, V4_SEARCH_RESOLVE, pub);
	struct node_id id = node_id_of(pub);

	if (!s)
		return 0;
	if (!known)
		known = table_find(v->table, &id);
	if (known) {
		s->known = *known;
		s->is_known = true;
	}
	return s->request;
}

/* --- in, and on -------------------------------------------------------------
 */

void v4_feed(struct v4 *v, const struct addr *from, const void *data,
	     size_t len, struct mono now, uint64_t unix_seconds)
{
	v->now = now;
	v->unix_seconds = unix_seconds;
	v->stats.received_bytes += len;
	v4_handle(v, from, span_of(data, len));
}

static void check_nodes(struct v4 *v)
{
	struct contact c;

	while (!mono_before(v->now, table_due(v->table)) &&
	       table_take_check(v->table, &c, v->now)) {
		struct v4_pong_wait *w = v4_pings_send(v, &c, V4_PING_OURS);

		if (w)
			w->check = true;
		else
			table_dead(v->table, &c.id, v->now);
	}
}

/* What ends first, then what follows from it. */
struct mono v4_tick(struct v4 *v, struct mono now, uint64_t unix_seconds)
{
	struct mono due;

	v->now = now;
	v->unix_seconds = unix_seconds;
	v4_pings_tick(v);
	v4_calls_tick(v);
	v4_plan_tick(v);
	v4_searches_tick(v);
	v4_calls_tick(v);
	check_nodes(v);

	due = mono_min(v4_pings_due(v), v4_calls_due(v));
	due = mono_min(due, mono_min(v4_plan_due(v), table_due(v->table)));
	return due;
}

/* --- a look inside ----------------------------------------------------------
 */

const struct v4_stats *v4_stats(const struct v4 *v)
{
	return &v->stats;
}

const char *v4_drop_name(enum v4_drop d)
{
	static const char *const names[V4_DROPS] = {
		[V4_DROP_SIZE] = "size",
		[V4_DROP_HASH] = "hash",
		[V4_DROP_TYPE] = "type",
		[V4_DROP_FORMAT] = "format",
		[V4_DROP_SIGNATURE] = "signature",
		[V4_DROP_OURSELVES] = "ourselves",
		[V4_DROP_RESTRICTED] = "restricted",
		[V4_DROP_EXPIRED] = "expired",
		[V4_DROP_UNPROVEN] = "unproven",
		[V4_DROP_UNASKED] = "unasked",
		[V4_DROP_PING_RATE] = "ping-rate",
		[V4_DROP_SOURCE_RATE] = "source-rate",
		[V4_DROP_TOTAL_RATE] = "total-rate",
		[V4_DROP_PINGS_FULL] = "pings-full",
		[V4_DROP_RECORD] = "record",
		[V4_DROP_NEIGHBOR] = "neighbor",
		[V4_DROP_QUEUE] = "queue",
		[V4_DROP_EVENT] = "event",
	};

	return names[d];
}
