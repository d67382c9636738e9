/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "p2p/discover/relay.h"
#include "p2p/discover/v5_inside.h"

struct v5 *v5_new(const struct v5_config *config, struct mono now)
{
	struct v5 *v = calloc(1, sizeof(*v));

	if (!v)
		abort();
	v->key = *config->key;
	v->self = node_id_of(&v->key.pub);
	if (config->restrict_to)
		v->restrict_to = *config->restrict_to;
	v->now = now;
	v->events.version = DISCOVER_V5;
	plan_init(&v->plan, now);
	drbg_init(&v->rng, config->seed);
	v->table = table_new(&v->self, &v->rng);
	v5_sessions_init(&v->sessions, V5_SESSIONS, UINT32_MAX);
	v5_challenges_init(&v->challenges, V5_CHALLENGES, V5_CHALLENGES_IP);
	guard_init(&v->guard, &config->limits, GUARD_SOURCES, now);
	return v;
}

void v5_free(struct v5 *v)
{
	if (!v)
		return;
	v5_searches_clear(v);
	v5_calls_clear(v);
	v5_talk_clear(v);
	event_queue_clear(&v->events);
	outbox_clear(&v->outbox);
	guard_clear(&v->guard);
	v5_challenges_clear(&v->challenges);
	v5_sessions_clear(&v->sessions);
	table_free(v->table);
	secret_wipe(&v->key, sizeof(v->key));
	secret_wipe(&v->rng, sizeof(v->rng));
	free(v);
}

/* --- out ---------------------------------------------------------------------
 */

void v5_send(struct v5 *v, const struct addr *to, const uint8_t *bytes,
	     size_t len)
{
	if (outbox_put(&v->outbox, to, bytes, len))
		v->stats.sent_bytes += len;
	else
		v5_dropped(v, V5_DROP_QUEUE);
}

bool v5_next_datagram(struct v5 *v, struct datagram *out)
{
	return outbox_take(&v->outbox, out);
}

struct discover_event *v5_tell(struct v5 *v, enum discover_event_type type,
			       uint32_t request, const struct contact *node,
			       size_t results)
{
	struct discover_event *e =
		event_queue_put(&v->events, type, request, node, results);

	if (!e)
		v5_dropped(v, V5_DROP_EVENT);
	return e;
}

bool v5_next_event(struct v5 *v, struct discover_event *out)
{
	return event_queue_take(&v->events, out);
}

/* --- nodes ------------------------------------------------------------------
 */

void v5_set_record(struct v5 *v, const struct enr *record)
{
	v->record = *record;
}

bool v5_is_allowed(const struct v5 *v, const struct ip *ip)
{
	return netlist_has(&v->restrict_to, ip);
}

bool v5_is_told_fine(const struct v5 *v, const struct ip *by,
		     const struct addr *at)
{
	return at->port >= V5_PORT_MIN && relay_is_fine(by, &at->ip) &&
	       v5_is_allowed(v, &at->ip);
}

void v5_offer(struct v5 *v, const struct contact *c, enum table_origin origin)
{
	enum err err = ERR_DENIED;

	if (v5_is_allowed(v, &c->udp.ip))
		err = table_add(v->table, c, origin, v->now);
	(void)err; /* a full table does well without it */
}

enum err v5_bootnode(struct v5 *v, const struct contact *c)
{
	if (v->bootnode_count == V5_BOOTNODES)
		return ERR_LIMIT;
	v->bootnodes[v->bootnode_count++] = *c;
	return ERR_NONE;
}

void v5_seed(struct v5 *v, const struct contact *c, struct mono now)
{
	v->now = now;
	v5_offer(v, c, TABLE_FOUND);
}

void v5_set_walk(struct v5 *v, enum discover_walk walk)
{
	v->plan.walks = walk == DISCOVER_WALK;
}

const struct table *v5_table(const struct v5 *v)
{
	return v->table;
}

/* --- requests ---------------------------------------------------------------
 */

static bool is_full(const struct v5 *v)
{
	return !event_queue_has_room(&v->events);
}

uint32_t v5_ping(struct v5 *v, const struct contact *c)
{
	if (is_full(v))
		return 0;
	return v5_calls_ping(v, c, V5_FOR_OWNER)->request =
		       event_queue_request(&v->events);
}

uint32_t v5_request_record(struct v5 *v, const struct contact *c)
{
	static const uint16_t itself[] = { 0 };

	if (is_full(v))
		return 0;
	return v5_calls_find(v, c, V5_FOR_OWNER_RECORD, itself, 1)->request =
		       event_queue_request(&v->events);
}

uint32_t v5_find(struct v5 *v, const struct contact *c,
		 const uint16_t *distances, size_t count)
{
	assert(count <= V5_ASK_DISTANCES);
	if (is_full(v))
		return 0;
	return v5_calls_find(v, c, V5_FOR_OWNER, distances, count)->request =
		       event_queue_request(&v->events);
}

uint32_t v5_talk(struct v5 *v, const struct contact *c, struct span protocol,
		 struct span request)
{
	struct v5_call *call;

	if (is_full(v))
		return 0;
	call = v5_calls_talk(v, c, protocol, request);
	if (!call)
		return 0;
	return call->request = event_queue_request(&v->events);
}

static struct v5_search *search(struct v5 *v, enum v5_search_for whom,
				const struct node_id *target)
{
	struct v5_search *s;

	/* Refresh and walk have their place. */
	if (v->search_count >= V5_LOOKUPS - 2 || is_full(v))
		return NULL;
	s = v5_searches_new(v, whom, target);
	s->request = event_queue_request(&v->events);
	return s;
}

uint32_t v5_lookup(struct v5 *v, const struct node_id *target)
{
	struct v5_search *s = search(v, V5_SEARCH_OWNER, target);

	return s ? s->request : 0;
}

uint32_t v5_resolve(struct v5 *v, const struct node_id *id,
		    const struct contact *known)
{
	struct v5_search *s = search(v, V5_SEARCH_RESOLVE, id);

	if (!s)
		return 0;
	if (!known)
		known = table_find(v->table, id);
	if (known) {
		s->known = *known;
		s->is_known = true;
	}
	return s->request;
}

/* --- in, and on -------------------------------------------------------------
 */

void v5_feed(struct v5 *v, const struct addr *from, const void *data,
	     size_t len, struct mono now)
{
	v->now = now;
	v->stats.received_bytes += len;
	v5_handle(v, from, span_of(data, len));
}

static void check_nodes(struct v5 *v)
{
	struct contact c;

	while (!mono_before(v->now, table_due(v->table)) &&
	       table_take_check(v->table, &c, v->now))
		v5_calls_ping(v, &c, V5_FOR_CHECK);
}

/* What ends first, then what follows from it. */
struct mono v5_tick(struct v5 *v, struct mono now)
{
	v->now = now;
	v5_challenges_expire(&v->challenges, now);
	v5_talk_expire(v);
	v5_calls_end(v);
	v5_plan_tick(v);
	v5_searches_tick(v);
	check_nodes(v);
	v5_calls_begin(v);
	return mono_min(mono_min(v5_calls_due(v), v5_plan_due(v)),
			table_due(v->table));
}

/* --- a look inside ----------------------------------------------------------
 */

const struct v5_stats *v5_stats(const struct v5 *v)
{
	return &v->stats;
}

const char *v5_drop_name(enum v5_drop d)
{
	static const char *const names[V5_DROPS] = {
		[V5_DROP_SIZE] = "size",
		[V5_DROP_HEADER] = "header",
		[V5_DROP_FLAG] = "flag",
		[V5_DROP_OURSELVES] = "ourselves",
		[V5_DROP_RESTRICTED] = "restricted",
		[V5_DROP_RATE] = "rate",
		[V5_DROP_CHALLENGES] = "challenges",
		[V5_DROP_WHOAREYOU] = "whoareyou",
		[V5_DROP_HANDSHAKE] = "handshake",
		[V5_DROP_RECORD] = "record",
		[V5_DROP_SIGNATURE] = "signature",
		[V5_DROP_DECRYPT] = "decrypt",
		[V5_DROP_MESSAGE] = "message",
		[V5_DROP_UNASKED] = "unasked",
		[V5_DROP_NODE] = "node",
		[V5_DROP_SESSION] = "session",
		[V5_DROP_TALKS] = "talks",
		[V5_DROP_QUEUE] = "queue",
		[V5_DROP_EVENT] = "event",
	};

	return names[d];
}
