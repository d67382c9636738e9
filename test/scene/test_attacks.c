/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on a node of a simulated network (specs: discovery.md, "Attacks and
 * defences"), the same of v4 and v5. Builds with sanitizers
 * have fewer on both sides. */
#include "test/scene/sim.h"
#include "test/support/instrumented.h"

#ifdef TEST_INSTRUMENTED
enum {
	HONEST = 30,
	HOSTILE = 100,
};
#else
enum {
	HONEST = 100,
	HOSTILE = 500,
};
#endif

enum {
	SHARE = 10, /* of the table, for one /24 */
	SHARE_OF_BUCKET = 2,
};

#define SCENE .fini = sim_close, .timeout = 1800

/* --- eclipse: many identities in one network ------------------------------ */

static const char hostile_net[] = "66.6.6.0/24";

static struct {
	size_t victim, most, most_in_bucket;
} eclipse;

static bool is_of_hostile_net(const struct ip *ip)
{
	return ip->b[0] == 66 && ip->b[1] == 6 && ip->b[2] == 6;
}

struct shares {
	size_t hostile, honest, of_bucket[TABLE_BUCKETS];
};

static void count_row(void *ctx, const struct table_row *row)
{
	struct shares *s = ctx;

	if (!is_of_hostile_net(&row->contact->udp.ip)) {
		s->honest += row->live;
		return;
	}
	s->hostile++;
	s->of_bucket[row->bucket]++;
}

static struct shares count_shares(void)
{
	struct shares s = { 0 };

	table_visit(sim_table(eclipse.victim), count_row, &s);
	return s;
}

/* With each datagram of the victim's: what it has then it had before. */
static void look_at_table(const struct sim_node *from, const struct datagram *d)
{
	struct shares s;

	(void)d;
	if (from != sim.nodes[eclipse.victim])
		return;
	s = count_shares();
	if (s.hostile > eclipse.most)
		eclipse.most = s.hostile;
	for (size_t i = 0; i < TABLE_BUCKETS; i++)
		if (s.of_bucket[i] > eclipse.most_in_bucket)
			eclipse.most_in_bucket = s.of_bucket[i];
}

/* Keys are cheap: its identities lie in the victim's buckets as it likes. */
static struct ecc_keypair key_in_bucket(const struct node_id *of,
					unsigned distance)
{
	struct ecc_keypair key;
	struct node_id id;

	do {
		drbg_key(&sim.rng, &key.key);
		ecc_pub_of(&key.pub, &key.key);
		id = node_id_of(&key.pub);
	} while (logdist(of, &id) != distance);
	return key;
}

/* They speak to the victim and to each other alone, and tell it of nobody
 * else. */
static void add_hostile(size_t i, const struct reach *circle)
{
	struct ecc_keypair key =
		key_in_bucket(&sim.nodes[eclipse.victim]->contact.id,
			      256 - (unsigned)(i % 10));
	struct addr at = { .ip = { .family = IP_V4,
				   .b = { 66, 6, 6, (uint8_t)(1 + i / 2) } },
			   .port = (uint16_t)(30303 + i % 2) };
	struct sim_place_of place = { .at = &at,
				      .key = &key,
				      .reach = circle,
				      .bootnode = eclipse.victim };
	size_t number = sim_add(&place);

	sim.nodes[number]->is_hostile = true;
	if (i % 10 == 0)
		sim_walk(number);
}

/* From before its first refresh on, when a table is easiest to own. */
Test(attacks, five_hundred_in_one_network_own_no_table, SCENE)
{
	struct reach circle = { 0 };
	char networks[64], victim[IP_TEXT_MAX];
	struct shares s;

	sim_open();
	sim_grow(HONEST, 50, 60 * 1000);
	eclipse.most = 0;
	eclipse.most_in_bucket = 0;
	eclipse.victim = sim_join(0);
	snprintf(networks, sizeof(networks), "%s,%s/32", hostile_net,
		 ip_text(victim, &sim.nodes[eclipse.victim]->contact.udp.ip));
	cr_assert_eq(netlist_parse(&circle.nets, networks, NULL), ERR_NONE);
	sim.sent = look_at_table;
	for (size_t i = 0; i < HOSTILE; i++) {
		add_hostile(i, &circle);
		sim_run(20);
	}
	sim_run(2 * 60 * 1000);
	s = count_shares();
	printf("  eclipse: at most %zu entries and %zu in a bucket; %zu honest "
	       "live\n",
	       eclipse.most, eclipse.most_in_bucket, s.honest);
	/* They came, and got their share. */
	cr_assert_geq(eclipse.most, 2);
	cr_assert_leq(eclipse.most, SHARE);
	cr_assert_leq(eclipse.most_in_bucket, SHARE_OF_BUCKET);
	cr_assert_geq(s.honest, HONEST / 3);
}

/* --- amplification: packets that say they are from a victim --------------- */

enum {
	SECONDS = 60,
	RATE = 100, /* of each kind, a second */
	HEARD = 64,
	PINGS = 10,	     /* answered, a second */
	PONG_AND_PING = 291, /* bytes, of which a PING makes us send */
	WHOAREYOU = 63,
};

static struct {
	struct addr victim;
	size_t packets_in, bytes_in;
	size_t packets_out, bytes_out, longest;
	size_t most; /* out at once for one that comes in */
	size_t pongs, pings, others;

	/* What others really said to the node. */
	size_t heard, next;
	struct datagram all[HEARD];
} flood;

static bool is_victim(const struct addr *at)
{
	return ip_equal(&at->ip, &flood.victim.ip);
}

static void count_datagram(const struct sim_node *from,
			   const struct datagram *d)
{
	struct v4_packet p;

	if (ip_equal(&d->to.ip, &sim.nodes[0]->contact.udp.ip)) {
		flood.all[flood.next] = *d;
		flood.next = (flood.next + 1) % HEARD;
		flood.heard++;
	}
	if (!is_victim(&d->to))
		return;
	flood.packets_out++;
	flood.bytes_out += d->len;
	if (d->len > flood.longest)
		flood.longest = d->len;
	if (!from->v4)
		return;
	cr_assert_eq(v4_decode(&p, span_of(d->bytes, d->len)), ERR_NONE);
	flood.pongs += p.type == V4_PONG;
	flood.pings += p.type == V4_PING;
	flood.others += p.type != V4_PONG && p.type != V4_PING;
}

static void forge(const uint8_t *bytes, size_t len)
{
	size_t before = flood.packets_out;

	flood.packets_in++;
	flood.bytes_in += len;
	sim_feed(0, &flood.victim, span_of(bytes, len));
	if (flood.packets_out - before > flood.most)
		flood.most = flood.packets_out - before;
}

static void replay(void)
{
	const struct datagram *d =
		&flood.all[drbg_below(&sim.rng, (uint32_t)HEARD)];

	if (d->len)
		forge(d->bytes, d->len);
}

static void forge_v4(enum v4_type type, const struct ecc_keypair *key)
{
	struct v4_packet p = { .type = type, .expiration = sim_unix() + 20 };
	uint8_t bytes[V4_PACKET_MAX];

	switch (type) {
	case V4_PING:
		p.ping.version = V4_VERSION;
		break;
	case V4_PONG:
		drbg_bytes(&sim.rng, p.pong.ping_hash, V4_HASH);
		break;
	case V4_FINDNODE:
		drbg_bytes(&sim.rng, p.findnode.target.b, 64);
		break;
	case V4_NEIGHBORS:
	case V4_ENRREQUEST:
	case V4_ENRRESPONSE:
		break;
	}
	forge(bytes, v4_encode(bytes, &p, &key->key));
}

static struct ecc_keypair any_key(void)
{
	struct ecc_keypair key;

	drbg_key(&sim.rng, &key.key);
	ecc_pub_of(&key.pub, &key.key);
	return key;
}

static void flood_v4(void)
{
	struct ecc_keypair key = any_key();

	forge_v4(V4_PING, &key);
	forge_v4(V4_PONG, &key);
	forge_v4(V4_FINDNODE, &key);
	forge_v4(V4_ENRREQUEST, &key);
	forge_v4(V4_FINDNODE, &sim.nodes[5]->key); /* bonded, elsewhere */
	replay();
}

static void flood_v5(void)
{
	static const uint8_t noise[V5_PACKET_MAX] = { 1 };
	struct v5_cover cover = { .dest = sim.nodes[0]->contact.id };
	uint8_t bytes[V5_PACKET_MAX], challenge[V5_CHALLENGE];
	struct ecc_keypair key = any_key();
	struct node_id id = node_id_of(&key.pub);
	size_t len;

	drbg_bytes(&sim.rng, cover.iv, V5_IV);
	drbg_bytes(&sim.rng, cover.nonce, V5_NONCE);
	/* The shortest there is, for the most in return. */
	len = v5_make_random(bytes, &cover, &id, span_of(noise, 16));
	forge(bytes, len);
	forge(bytes, len);
	len = v5_make_whoareyou(bytes, challenge, &cover, noise, 0);
	forge(bytes, len);
	len = v5_make_handshake(bytes, &cover, &id, noise, noise,
				enr_raw(&sim.nodes[5]->contact.record), noise,
				span_of(noise, 10));
	forge(bytes, len);
	replay();
}

static void endure_flood(void)
{
	sim_open();
	memset(&flood, 0, sizeof(flood));
	cr_assert_eq(addr_parse(&flood.victim, "77.7.7.7:30303"), ERR_NONE);
	sim.sent = count_datagram;
	sim_grow(20, 50, 30 * 1000);
	for (unsigned i = 0; i < SECONDS * RATE; i++) {
		if (sim.version == DISCOVER_V4)
			flood_v4();
		else
			flood_v5();
		sim_run(1000 / RATE);
	}
	cr_assert_geq(flood.heard, HEARD);
	printf("  flood: %zu packets of %zu bytes in, %zu of %zu out\n",
	       flood.packets_in, flood.bytes_in, flood.packets_out,
	       flood.bytes_out);
}

/* v4: questions without a bond get nothing. A PING gets its PONG, and a PING
 * until that is answered; that is the protocol's, so they are counted. */
static void check_v4(void)
{
	cr_assert_gt(flood.pongs, 0);
	cr_assert_eq(flood.others, 0);
	cr_assert_eq(flood.most, 2);
	cr_assert_leq(flood.pings, flood.pongs);
	cr_assert_leq(flood.pongs, (SECONDS + 1) * PINGS);
	cr_assert_leq(flood.bytes_out, flood.pongs * PONG_AND_PING);
	cr_assert_lt(flood.bytes_out, flood.bytes_in);
}

/* v5: what cannot be decrypted gets 63 bytes for at least 87, the rest
 * nothing. */
static void check_v5(void)
{
	cr_assert_gt(flood.packets_out, 0);
	cr_assert_eq(flood.longest, WHOAREYOU);
	cr_assert_eq(flood.most, 1);
	cr_assert_lt(flood.packets_out, flood.packets_in);
	cr_assert_lt(flood.bytes_out * 87, flood.bytes_in * WHOAREYOU);
}

Test(attacks, forged_packets_make_no_more_than_the_protocol_forces, SCENE)
{
	endure_flood();
	if (sim.version == DISCOVER_V4)
		check_v4();
	else
		check_v5();
}
