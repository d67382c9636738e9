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
	v->now = now;
	drbg_init(&v->rng, config->seed);
	v->events.version = DISCOVER_V5;
	v->events.dropped = &v->stats.dropped[V5_DROP_EVENT];
	seeker_init(&v->seeker, &v->key.pub, config->reach, &v->rng, &v->events,
		    V5_LOOKUP_TRIES, now);
	v5_sessions_init(&v->sessions, V5_SESSIONS, UINT32_MAX);
	v5_challenges_init(&v->challenges, V5_CHALLENGES, V5_CHALLENGES_IP);
	guard_init(&v->guard, &config->limits, GUARD_SOURCES, now);
	return v;
}

void v5_free(struct v5 *v)
{
	if (!v)
		return;
	v5_calls_clear(v);
	v5_talk_clear(v);
	event_queue_clear(&v->events);
	outbox_clear(&v->outbox);
	guard_clear(&v->guard);
	v5_challenges_clear(&v->challenges);
	v5_sessions_clear(&v->sessions);
	seeker_clear(&v->seeker);
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

bool v5_next_event(struct v5 *v, struct discover_event *out)
{
	return event_queue_take(&v->events, out);
}

/* --- nodes ------------------------------------------------------------------
 */

/* Others take us from a handshake, and by a record that fits where we come
 * from: with another endpoint we come anew. */
void v5_set_record(struct v5 *v, const struct enr *record)
{
	struct enr_endpoint before, after;

	enr_endpoint(&before, &v->record, NULL);
	enr_endpoint(&after, record, NULL);
	if (v->record.len &&
	    (before.udp != after.udp || !ip_equal(&before.ip, &after.ip)))
		v5_sessions_clear(&v->sessions);
	v->record = *record;
}

void v5_set_reach(struct v5 *v, const struct reach *reach)
{
	v->seeker.reach = *reach;
}

bool v5_is_told_fine(const struct v5 *v, const struct ip *by,
		     const struct addr *at)
{
	return at->port >= V5_PORT_MIN && relay_is_fine(by, &at->ip) &&
	       seeker_allows(&v->seeker, &at->ip);
}

enum err v5_bootnode(struct v5 *v, const struct contact *c)
{
	return seeker_bootnode(&v->seeker, c);
}

void v5_seed(struct v5 *v, const struct contact *c, struct mono now)
{
	v->now = now;
	seeker_offer(&v->seeker, c, TABLE_FOUND, v->now);
}

void v5_set_walk(struct v5 *v, enum discover_walk walk)
{
	v->seeker.plan.walks = walk == DISCOVER_WALK;
}

const struct table *v5_table(const struct v5 *v)
{
	return v->seeker.table;
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

uint32_t v5_lookup(struct v5 *v, const struct node_id *target)
{
	return seeker_lookup(&v->seeker, NULL, target);
}

uint32_t v5_resolve(struct v5 *v, const struct node_id *id,
		    const struct contact *known)
{
	return seeker_resolve(&v->seeker, NULL, id, known);
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

static void ask(struct v5 *v)
{
	struct question q;

	while (seeker_next(&v->seeker, &q, v->now))
		v5_calls_search(v, &q);
}

static void check_nodes(struct v5 *v)
{
	struct contact c;

	while (!mono_before(v->now, table_due(v->seeker.table)) &&
	       table_take_check(v->seeker.table, &c, v->now))
		v5_calls_ping(v, &c, V5_FOR_CHECK);
}

/* What ends first, then what follows from it. */
struct mono v5_tick(struct v5 *v, struct mono now)
{
	v->now = now;
	v5_challenges_expire(&v->challenges, now);
	v5_talk_expire(v);
	v5_calls_end(v);
	seeker_tick(&v->seeker, v->now);
	ask(v);
	check_nodes(v);
	v5_calls_begin(v);
	return mono_min(
		mono_min(v5_calls_due(v), seeker_due(&v->seeker, v->now)),
		table_due(v->seeker.table));
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
