/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

struct v4 *v4_new(const struct v4_config *config, struct mono now)
{
	struct v4 *v = calloc(1, sizeof(*v));

	if (!v)
		abort();
	v->key = *config->key;
	v->ping_version = config->ping_version;
	v->now = now;
	drbg_init(&v->rng, config->seed);
	v->events.version = DISCOVER_V4;
	v->events.dropped = &v->stats.dropped[V4_DROP_EVENT];
	seeker_init(&v->seeker, &v->key.pub, config->reach, &v->rng, &v->events,
		    V4_TRIES, now);
	v4_bonds_init(&v->bonds, V4_BONDS_PROVEN, V4_BONDS_UNPROVEN,
		      V4_BONDS_SHARE);
	guard_init(&v->guard, &config->limits, GUARD_SOURCES, now);
	return v;
}

void v4_free(struct v4 *v)
{
	if (!v)
		return;
	v4_calls_clear(v);
	v4_pings_clear(v);
	event_queue_clear(&v->events);
	outbox_clear(&v->outbox);
	guard_clear(&v->guard);
	v4_bonds_clear(&v->bonds);
	seeker_clear(&v->seeker);
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
	enr_endpoint(&at, record, NULL);
	v->endpoint = (struct v4_endpoint){ .ip = at.ip,
					    .udp = at.udp,
					    .tcp = at.tcp };
}

void v4_set_reach(struct v4 *v, const struct reach *reach)
{
	v->seeker.reach = *reach;
}

/* --- nodes ------------------------------------------------------------------
 */

enum err v4_bootnode(struct v4 *v, const struct contact *c)
{
	return seeker_bootnode(&v->seeker, c);
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
	seeker_offer(&v->seeker, c, TABLE_FOUND, v->now);
}

void v4_set_walk(struct v4 *v, enum discover_walk walk)
{
	v->seeker.plan.walks = walk == DISCOVER_WALK;
}

const struct table *v4_table(const struct v4 *v)
{
	return v->seeker.table;
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

uint32_t v4_lookup(struct v4 *v, const struct ecc_pub *target)
{
	struct node_id id = node_id_of(target);

	return seeker_lookup(&v->seeker, target, &id);
}

uint32_t v4_resolve(struct v4 *v, const struct ecc_pub *pub,
		    const struct contact *known)
{
	struct node_id id = node_id_of(pub);

	return seeker_resolve(&v->seeker, pub, &id, known);
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

static void ask(struct v4 *v)
{
	struct question q;

	while (seeker_next(&v->seeker, &q, v->now)) {
		struct v4_call *c =
			v4_calls_new(v,
				     q.what == QUESTION_NODES ? V4_CALL_NODES
							      : V4_CALL_RECORD,
				     &q.to);

		c->search = q.search;
		c->target = q.pub;
		c->doubts = q.time > 1;
	}
}

static void check_nodes(struct v4 *v)
{
	struct contact c;

	while (!mono_before(v->now, table_due(v->seeker.table)) &&
	       table_take_check(v->seeker.table, &c, v->now)) {
		struct v4_pong_wait *w = v4_pings_send(v, &c, V4_PING_OURS);

		if (w)
			w->check = true;
		else
			seeker_missed(&v->seeker, &c, v->now);
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
	seeker_tick(&v->seeker, v->now);
	ask(v);
	v4_calls_tick(v);
	check_nodes(v);

	due = mono_min(v4_pings_due(v), v4_calls_due(v));
	due = mono_min(due, mono_min(seeker_due(&v->seeker, v->now),
				     table_due(v->seeker.table)));
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
