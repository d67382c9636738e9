/* SPDX-License-Identifier: Apache-2.0 */
/* ask_v4.c - PING and FINDNODE, each signed before the clock starts. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "p2p/base/attr.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/v4_wire.h"
#include "test/bench/ask.h"

enum {
	LIFE_S = 120,
	FILL_TRIES = 20,
	FILL_MS = 4000,	 /* who is new is checked after a while */
	ANSWER_MS = 300, /* at most, when nothing else goes on */
};

static struct {
	uint8_t b[256];
	size_t len;
} * made;

static size_t told; /* nodes, while the crowd makes itself known */

static uint64_t expiration(void)
{
	return (uint64_t)time(NULL) + LIFE_S;
}

static struct v4_packet ping_of(const struct ask *a, const struct asker *x,
				uint64_t number)
{
	struct v4_packet p = { .type = V4_PING, .expiration = expiration() };

	p.ping.version = V4_VERSION;
	p.ping.from = (struct v4_endpoint){ x->self.udp.ip, x->self.udp.port,
					    x->self.udp.port };
	p.ping.to = (struct v4_endpoint){ a->node.udp.ip, a->node.udp.port, 0 };
	p.ping.enr_seq = number; /* no two are the same */
	return p;
}

static struct v4_packet find_of_chance(void)
{
	struct v4_packet p = { .type = V4_FINDNODE,
			       .expiration = expiration() };

	rng_bytes(p.findnode.target.b, sizeof(p.findnode.target.b));
	return p;
}

static void say_packet(struct asker *x, struct v4_packet *p)
{
	uint8_t out[V4_PACKET_MAX];

	ask_send(x, out, v4_encode(out, p, &x->key.key));
}

/* --- the crowd makes itself known -------------------------------------------
 */

static void hear_crowd(struct ask *a UNUSED, struct asker *to,
		       const uint8_t *data, size_t len)
{
	struct v4_packet p,
		pong = { .type = V4_PONG, .expiration = expiration() };

	ask_must(!v4_decode(&p, span_of(data, len)), "malformed answer");
	if (p.type == V4_NEIGHBORS)
		told += p.neighbors.count;
	if (p.type != V4_PING)
		return;
	memcpy(pong.pong.ping_hash, p.hash, V4_HASH);
	pong.pong.to = p.ping.from;
	say_packet(to, &pong);
}

static void fill(struct ask *a)
{
	struct v4_packet p;

	told = 0;
	for (int i = 0; told < ASK_RESULTS; i++) {
		ask_must(i < FILL_TRIES, "it never knew the crowd");
		told = 0;
		for (size_t x = 0; x < ASK_CROWD; x++) {
			p = ping_of(a, &a->crowd[x], 0);
			say_packet(&a->crowd[x], &p);
		}
		ask_pump(a, FILL_MS, hear_crowd);
		p = find_of_chance();
		say_packet(&a->crowd[0], &p);
		ask_pump(a, ANSWER_MS, hear_crowd);
	}
}

/* --- the shapes -------------------------------------------------------------
 */

static void make(struct ask *a, enum v4_type type)
{
	fill(a);
	made = calloc(a->count, sizeof(*made));
	ask_must(made, "out of memory");
	for (size_t i = 0; i < a->count; i++) {
		uint8_t out[V4_PACKET_MAX];
		struct v4_packet p = type == V4_PING
					     ? ping_of(a, a->crowd, i + 1)
					     : find_of_chance();

		made[i].len = v4_encode(out, &p, &a->crowd->key.key);
		ask_must(made[i].len <= sizeof(made[i].b), "a long packet");
		memcpy(made[i].b, out, made[i].len);
	}
}

static void make_pings(struct ask *a)
{
	make(a, V4_PING);
}

static void make_finds(struct ask *a)
{
	make(a, V4_FINDNODE);
}

static void say(struct ask *a, size_t i)
{
	ask_send(a->crowd, made[i].b, made[i].len);
}

static size_t heard_pong(struct ask *a UNUSED, const uint8_t *data, size_t len)
{
	struct v4_packet p;

	ask_must(!v4_decode(&p, span_of(data, len)), "malformed answer");
	return p.type == V4_PONG;
}

/* An answer is two packets, of which the first is full. */
static size_t heard_neighbors(struct ask *a UNUSED, const uint8_t *data,
			      size_t len)
{
	struct v4_packet p;

	ask_must(!v4_decode(&p, span_of(data, len)), "malformed answer");
	return p.type == V4_NEIGHBORS && p.neighbors.count < V4_NEIGHBORS_SENT;
}

const struct ask_shape ask_v4_shapes[] = {
	{ "v4-ping", make_pings, hear_crowd, say, heard_pong },
	{ "v4-find", make_finds, hear_crowd, say, heard_neighbors },
	{ 0 },
};
