/* SPDX-License-Identifier: Apache-2.0 */
/* ask_v5.c - PING and FINDNODE in a session, and sessions. */
#include <stdlib.h>
#include <string.h>

#include "p2p/base/attr.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/v5_message.h"
#include "p2p/discover/v5_session.h"
#include "test/bench/ask.h"

enum {
	FILL_TRIES = 20,
	FILL_MS = 4000,	 /* who is new is checked after a while */
	ANSWER_MS = 300, /* at most, when nothing else goes on */
	NOISE = 20,
};

/* Each of the crowd, or of those who come for a handshake alone. */
struct speaker {
	struct asker *body; /* whose socket is used */
	struct ecc_keypair key;
	struct node_id id;
	struct enr record;
	struct v5_sessions sessions;
};

static struct speaker crowd[ASK_CROWD];
static struct speaker *visitors; /* as many as requests */
static size_t said, left;	 /* visitors: those between are under way */
static bool *is_over;

static struct drbg rng; /* for nonces */
static size_t told;	/* records, for the request that is not over */

static struct v5_peer node_peer(const struct ask *a)
{
	return v5_peer_of(&a->node.id, &a->node.udp);
}

static struct v5_cover new_cover(const struct ask *a)
{
	struct v5_cover c = { .dest = a->node.id };

	drbg_bytes(&rng, c.iv, V5_IV);
	drbg_bytes(&rng, c.nonce, V5_NONCE);
	return c;
}

static struct v5_message new_message(enum v5_type type)
{
	struct v5_message m = { .type = type, .id = { .len = 8 } };

	drbg_bytes(&rng, m.id.b, m.id.len);
	return m;
}

static struct v5_message ping(void)
{
	struct v5_message m = new_message(V5_PING);

	m.ping.enr_seq = 1;
	return m;
}

/* As lookups ask; half of all nodes are at the first of these. */
static struct v5_message find(void)
{
	struct v5_message m = new_message(V5_FINDNODE);

	m.findnode.count = V5_LOOKUP_DISTANCES;
	for (uint16_t i = 0; i < V5_LOOKUP_DISTANCES; i++)
		m.findnode.distances[i] = 256 - i;
	return m;
}

static void encode(struct buf *plain, const struct v5_message *m)
{
	buf_init(plain, V5_PLAINTEXT_MAX);
	ask_must(!v5_message_encode(plain, m), "cannot encode");
}

/* --- handshake, as its initiator --------------------------------------------
 */

/* Say what nobody can decrypt, to be challenged. */
static void knock(struct ask *a, struct speaker *s)
{
	uint8_t out[V5_PACKET_MAX], noise[NOISE];
	struct v5_cover cover = new_cover(a);

	drbg_bytes(&rng, noise, sizeof(noise));
	ask_send(s->body, out,
		 v5_make_random(out, &cover, &s->id,
				span_of(noise, sizeof(noise))));
}

static void shake(struct ask *a, struct speaker *s, const struct v5_packet *who)
{
	uint8_t out[V5_PACKET_MAX], challenge[V5_CHALLENGE], sig[ECC_RS],
		ephemeral[ECC_COMPRESSED];
	struct v5_cover cover = new_cover(a);
	struct v5_message m = ping();
	struct v5_peer peer = node_peer(a);
	struct ecc_keypair eph;
	struct v5_keys keys;
	struct buf plain;

	rng_key(&eph.key);
	ecc_pub_of(&eph.pub, &eph.key);
	ecc_pub_compress(ephemeral, &eph.pub);
	v5_challenge_of(challenge, who);
	v5_sign_id(sig, &s->key.key, challenge, ephemeral, &a->node.id);
	ask_must(!v5_derive(&keys, &eph.key, &a->node.pub, &s->id, &a->node.id,
			    challenge),
		 "cannot derive keys");
	encode(&plain, &m);
	ask_send(s->body, out,
		 v5_make_handshake(out, &cover, &s->id, sig, ephemeral,
				   who->whoareyou.enr_seq ? (struct span){ 0 }
							  : enr_raw(&s->record),
				   keys.initiator,
				   span_of(plain.data, plain.len)));
	buf_clear(&plain);
	v5_sessions_put(&s->sessions, &peer, &keys, V5_INITIATOR);
}

/* --- in a session -----------------------------------------------------------
 */

static void say_message(struct ask *a, struct speaker *s,
			const struct v5_message *m)
{
	uint8_t out[V5_PACKET_MAX], key[V5_KEY];
	struct v5_cover cover = new_cover(a);
	struct v5_peer peer = node_peer(a);
	struct buf plain;

	ask_must(v5_sessions_seal(&s->sessions, key, cover.nonce, &peer, &rng),
		 "no session");
	encode(&plain, m);
	ask_send(s->body, out,
		 v5_make_message(out, &cover, &s->id, key,
				 span_of(plain.data, plain.len)));
	buf_clear(&plain);
}

/* What came to a speaker. A challenge is answered at once; what does not
 * decrypt is nothing. */
static bool hears(struct ask *a, struct speaker *s, struct v5_message *m,
		  const uint8_t *data, size_t len)
{
	static uint8_t plain[V5_PACKET_MAX];
	struct v5_peer peer = node_peer(a);
	struct v5_packet p;

	if (v5_open(&p, span_of(data, len), &s->id))
		return false;
	if (p.flag == V5_WHOAREYOU)
		shake(a, s, &p);
	if (p.flag != V5_MESSAGE ||
	    v5_sessions_open(&s->sessions, plain, &len, &peer, &p))
		return false;
	ask_must(!v5_message_decode(m, span_of(plain, len)),
		 "malformed answer");
	return true;
}

/* --- the crowd makes itself known -------------------------------------------
 */

static void hear_crowd(struct ask *a, struct asker *to, const uint8_t *data,
		       size_t len)
{
	struct speaker *s = &crowd[to - a->crowd];
	struct v5_message m, pong = { .type = V5_PONG };

	if (!hears(a, s, &m, data, len))
		return;
	if (m.type == V5_NODES)
		told += m.nodes.count;
	if (m.type != V5_PING)
		return;
	pong.id = m.id;
	pong.pong.enr_seq = 1;
	pong.pong.recipient = a->node.udp;
	say_message(a, s, &pong);
}

static void init(struct ask *a)
{
	struct secret32 seed;

	rng_bytes(seed.b, sizeof(seed.b));
	drbg_init(&rng, &seed);
	for (size_t i = 0; i < ASK_CROWD; i++) {
		crowd[i].body = &a->crowd[i];
		crowd[i].key = a->crowd[i].key;
		crowd[i].id = a->crowd[i].self.id;
		crowd[i].record = a->crowd[i].self.record;
		v5_sessions_init(&crowd[i].sessions, 1, UINT32_MAX);
	}
}

/* Each is new to it at its handshake, and checked some time after. */
static void fill(struct ask *a)
{
	init(a);
	for (int i = 0; told < ASK_RESULTS; i++) {
		struct v5_message m = find();

		ask_must(i < FILL_TRIES, "it never knew the crowd");
		told = 0;
		for (size_t x = 0; x < ASK_CROWD; x++)
			knock(a, &crowd[x]);
		ask_pump(a, FILL_MS, hear_crowd);
		say_message(a, crowd, &m);
		ask_pump(a, ANSWER_MS, hear_crowd);
	}
	told = 0;
}

static void say_ping(struct ask *a, size_t i UNUSED)
{
	struct v5_message m = ping();

	say_message(a, crowd, &m);
}

static void say_find(struct ask *a, size_t i UNUSED)
{
	struct v5_message m = find();

	say_message(a, crowd, &m);
}

static size_t heard_pong(struct ask *a, const uint8_t *data, size_t len)
{
	struct v5_message m;

	return hears(a, crowd, &m, data, len) && m.type == V5_PONG;
}

/* The messages of an answer follow each other. */
static size_t heard_nodes(struct ask *a, const uint8_t *data, size_t len)
{
	struct v5_message m;

	if (!hears(a, crowd, &m, data, len) || m.type != V5_NODES)
		return 0;
	if (++told < m.nodes.total)
		return 0;
	told = 0;
	return 1;
}

/* --- handshakes -------------------------------------------------------------
 */

static void make_visitors(struct ask *a)
{
	init(a);
	visitors = calloc(a->count, sizeof(*visitors));
	is_over = calloc(a->count, sizeof(*is_over));
	ask_must(visitors && is_over, "out of memory");
	for (size_t i = 0; i < a->count; i++) {
		struct speaker *s = &visitors[i];

		ask_identity(&s->key, &s->record, &a->crowd->self.udp);
		s->id = node_id_of(&s->key.pub);
		s->body = a->crowd;
		v5_sessions_init(&s->sessions, 1, UINT32_MAX);
	}
}

static void say_knock(struct ask *a, size_t i)
{
	said = i + 1;
	knock(a, &visitors[i]);
}

static size_t heard_visitor(struct ask *a, const uint8_t *data, size_t len)
{
	struct v5_message m;

	for (size_t i = left; i < said; i++) {
		if (is_over[i] ||
		    !v5_is_packet(span_of(data, len), &visitors[i].id))
			continue;
		is_over[i] = hears(a, &visitors[i], &m, data, len) &&
			     m.type == V5_PONG;
		while (left < said && is_over[left])
			v5_sessions_clear(&visitors[left++].sessions);
		return is_over[i];
	}
	return 0;
}

const struct ask_shape ask_v5_shapes[] = {
	{ "v5-ping", fill, hear_crowd, say_ping, heard_pong },
	{ "v5-find", fill, hear_crowd, say_find, heard_nodes },
	{ "v5-handshake", make_visitors, hear_crowd, say_knock, heard_visitor },
	{ 0 },
};
