/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_inside.h"

static void peer_key(uint8_t out[NODE_ID_LEN + 17], const struct contact *c)
{
	memcpy(out, c->id.b, NODE_ID_LEN);
	out[NODE_ID_LEN] = (uint8_t)c->udp.ip.family;
	memcpy(out + NODE_ID_LEN + 1, c->udp.ip.b, 16);
}

static void remove_wait(struct v4 *v, struct v4_pong_wait *w)
{
	HASH_DELETE(by_peer, v->pings_by_peer, w);
	HASH_DELETE(by_hash, v->pings_by_hash, w);
	DL_DELETE(v->pings, w);
	free(w);
}

struct v4_pong_wait *v4_pings_under_way(const struct v4 *v,
					const struct contact *to)
{
	uint8_t key[sizeof(((struct v4_pong_wait *)0)->peer)];
	struct v4_pong_wait *w;

	peer_key(key, to);
	HASH_FIND(by_peer, v->pings_by_peer, key, sizeof(key), w);
	return w;
}

static void send_ping(struct v4 *v, struct v4_pong_wait *w)
{
	struct v4_packet p = { .type = V4_PING };

	p.ping.version = v->ping_version;
	p.ping.from = v->endpoint;
	p.ping.to.ip = w->to.udp.ip;
	p.ping.to.udp = w->to.udp.port;
	p.ping.enr_seq = v->record.len ? v->record.seq : 0;
	v4_send(v, &w->to.udp, &p);
	memcpy(w->hash, p.hash, V4_HASH);
	w->sent = v->now;
	w->sent_times++;
	HASH_ADD(by_hash, v->pings_by_hash, hash, sizeof(w->hash), w);
	DL_APPEND(v->pings, w);
}

struct v4_pong_wait *v4_pings_send(struct v4 *v, const struct contact *to,
				   enum v4_ping_for whom)
{
	size_t max = whom == V4_PING_OURS ? V4_PINGS : V4_PINGS - V4_PINGS_OURS;
	struct v4_pong_wait *w = v4_pings_under_way(v, to);

	if (!w) {
		if (HASH_CNT(by_peer, v->pings_by_peer) >= max) {
			v4_dropped(v, V4_DROP_PINGS_FULL);
			return NULL;
		}
		w = calloc(1, sizeof(*w));
		if (!w)
			abort();
		peer_key(w->peer, to);
		w->to = *to;
		HASH_ADD(by_peer, v->pings_by_peer, peer, sizeof(w->peer), w);
		send_ping(v, w);
	}
	return w;
}

struct v4_pong_wait *v4_pings_find(struct v4 *v, const uint8_t hash[V4_HASH],
				   const struct ip *from)
{
	struct v4_pong_wait *w;

	HASH_FIND(by_hash, v->pings_by_hash, hash, V4_HASH, w);
	return w && ip_equal(&w->to.udp.ip, from) ? w : NULL;
}

void v4_pings_answered(struct v4 *v, struct v4_pong_wait *w, uint64_t enr_seq)
{
	struct v4_peer peer = v4_peer_of(&w->to.id, &w->to.udp.ip);
	uint64_t rtt_ns = mono_since_ns(v->now, w->sent);
	struct contact to = w->to;
	const struct contact *newer;
	bool check = w->check, inbound = w->inbound, quiet = w->quiet;

	remove_wait(v, w);
	v4_bonds_proved(&v->bonds, &peer, v->now);
	if (quiet)
		v4_bonds_quiet(&v->bonds, &peer,
			       mono_add_ms(v->now, V4_QUIET_MS));
	if (inbound)
		seeker_offer(&v->seeker, &to, TABLE_INBOUND, v->now);
	newer = check ? seeker_checked(&v->seeker, &to.id, enr_seq, v->now)
		      : NULL;
	if (newer)
		v4_calls_new(v, V4_CALL_RECORD, newer);
	v4_calls_pinged(v, &peer, ERR_NONE, rtt_ns);
}

/* Once more if it is a check, or with one packet of five lost one in three that
 * are there would be missed. */
static void lost(struct v4 *v, struct v4_pong_wait *w)
{
	struct v4_peer peer = v4_peer_of(&w->to.id, &w->to.udp.ip);
	struct contact to = w->to;
	bool check = w->check;

	if (check && w->sent_times < V4_CHECK_SENDS) {
		HASH_DELETE(by_hash, v->pings_by_hash, w);
		DL_DELETE(v->pings, w);
		send_ping(v, w);
		return;
	}
	remove_wait(v, w);
	if (check)
		seeker_missed(&v->seeker, &to, v->now);
	v4_calls_pinged(v, &peer, ERR_TIMEOUT, 0);
}

struct mono v4_pings_due(const struct v4 *v)
{
	if (!v->pings)
		return MONO_NEVER;
	return mono_add_ms(v->pings->sent, V4_ANSWER_MS);
}

void v4_pings_tick(struct v4 *v)
{
	while (v->pings && !mono_before(v->now, v4_pings_due(v)))
		lost(v, v->pings);
}

void v4_pings_clear(struct v4 *v)
{
	while (v->pings)
		remove_wait(v, v->pings);
}
