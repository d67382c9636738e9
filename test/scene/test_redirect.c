/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever makes others send packets to a victim, who never took part (specs:
 * discovery.md, "Attacks and defences"), the same of v4 and v5.
 *
 * Guides are nodes like any other, but for whom they know: identities of their
 * own that are all at the victim's address. These answer their guide and nobody
 * else, so it holds them for live and tells everyone of them, with records that
 * verify. Liars are where they are, and their records and PINGs say that they
 * are at the address of another victim. And a forger says to be that one when
 * it answers what guides were asked with WHOAREYOU. Newcomers hear from the
 * honest alone, so that what they send to the victim the honest told them. */
#include "test/scene/sim.h"
#include "test/support/instrumented.h"

enum {
#ifdef TEST_INSTRUMENTED
	LOOKUPS = 50,
#else
	LOOKUPS = 200,
#endif
	HONEST = 32,
	NEWCOMERS = 4,
	GUIDES = 6,
	SHADOWS = 12, /* of each guide, all at the victim's */
	LIARS = 5,
	LOOKUP_MS = 300,

	ANSWER_MS = 500, /* for so long a question is under way */
	AT_ONCE = 4,	 /* two of the table's checks, two of its lookups' */
	KEPT = 64,
	WORTH = 2, /* times as much the hostile have to send, at least */
};

#define SCENE .fini = sim_close, .timeout = 1800

static struct {
	struct addr victim, slandered;

	/* What the hostile sent to the honest, and the honest to the victims
	 * for it. */
	size_t packets_in, bytes_in;
	size_t packets_out, bytes_out;
	size_t packets_to_slandered, bytes_to_slandered;
	size_t hearsay; /* that newcomers sent to the victim */

	/* Of one honest node, under way to the victim. */
	size_t most;
	struct {
		size_t next;
		struct mono sent[KEPT];
	} of[HONEST];

	/* What a guide was asked last. */
	struct addr asker;
	uint8_t nonce[V5_NONCE];
} redirect;

/* --- what is sent --------------------------------------------------------- */

static void note_sent_to_victim(size_t by)
{
	struct mono *sent;
	size_t under_way = 0;

	if (by >= HONEST) {
		redirect.hearsay++;
		return;
	}
	sent = redirect.of[by].sent;
	sent[redirect.of[by].next] = sim.now;
	redirect.of[by].next = (redirect.of[by].next + 1) % KEPT;
	for (size_t i = 0; i < KEPT; i++)
		under_way += sent[i].ns &&
			     mono_since_ms(sim.now, sent[i]) < ANSWER_MS;
	if (under_way > redirect.most)
		redirect.most = under_way;
}

static void note_asked(const struct sim_node *guide, const struct addr *by,
		       const struct datagram *d)
{
	struct v5_packet p;

	if (guide->v5 &&
	    !v5_open(&p, span_of(d->bytes, d->len), &guide->contact.id)) {
		redirect.asker = *by;
		memcpy(redirect.nonce, p.nonce, V5_NONCE);
	}
}

static void count_datagram(const struct sim_node *from,
			   const struct datagram *d)
{
	size_t to = sim_at(&d->to);

	if (from->is_hostile) {
		if (to < HONEST) {
			redirect.packets_in++;
			redirect.bytes_in += d->len;
		}
		return;
	}
	if (ip_equal(&d->to.ip, &redirect.slandered.ip)) {
		redirect.packets_to_slandered++;
		redirect.bytes_to_slandered += d->len;
	}
	if (ip_equal(&d->to.ip, &redirect.victim.ip)) {
		redirect.packets_out++;
		redirect.bytes_out += d->len;
		note_sent_to_victim(sim_at(&from->contact.udp));
	} else if (to != SIM_NODES && sim.nodes[to]->is_hostile) {
		note_asked(sim.nodes[to], &from->contact.udp, d);
	}
}

/* --- who is there --------------------------------------------------------- */

static size_t add_hostile(const struct sim_place_of *place, unsigned side)
{
	size_t number = sim_add(place);

	sim.nodes[number]->is_hostile = true;
	sim.nodes[number]->side = side;
	return number;
}

static void add_shadow(size_t guide)
{
	char only[IP_TEXT_MAX + 4], ip[IP_TEXT_MAX];
	struct addr at = redirect.victim;
	struct reach circle = { 0 };
	struct sim_place_of place = { .at = &at,
				      .reach = &circle,
				      .bootnode = guide };

	at.port = (uint16_t)(at.port + sim.count);
	snprintf(only, sizeof(only), "%s/32",
		 ip_text(ip, &sim.nodes[guide]->contact.udp.ip));
	cr_assert_eq(netlist_parse(&circle.nets, only, NULL), ERR_NONE);
	add_hostile(&place, 1);
}

/* The cut is between the honest, who only lose what they send there, and those
 * at the victim's, which is there for the guides alone. */
static void add_all(void)
{
	struct sim_place_of guide = { .bootnode = 0 };
	struct sim_place_of liar = { .bootnode = 0,
				     .claims = &redirect.slandered };

	sim.is_cut = true;
	for (size_t i = 0; i < GUIDES; i++) {
		size_t number = add_hostile(&guide, SIM_BETWEEN);

		sim_walk(number);
		for (size_t k = 0; k < SHADOWS; k++)
			add_shadow(number);
		sim_run(100);
	}
	for (size_t i = 0; i < LIARS; i++)
		sim_walk(add_hostile(&liar, SIM_BETWEEN));
}

/* They speak to the honest alone, and would to the victim. */
static void add_newcomers(void)
{
	struct reach circle = { 0 };
	struct sim_place_of place = { .reach = &circle, .bootnode = 0 };

	cr_assert_eq(
		netlist_parse(&circle.nets, "20.0.0.0/19,77.7.7.7/32", NULL),
		ERR_NONE);
	for (size_t i = 0; i < NEWCOMERS; i++)
		sim_walk(sim_add(&place));
}

/* --- answers in the victim's name ----------------------------------------- */

static void forge_whoareyou(void)
{
	uint8_t bytes[V5_PACKET_MAX], challenge[V5_CHALLENGE];
	uint8_t id_nonce[V5_ID_NONCE];
	struct v5_cover cover = { 0 };
	size_t to = sim_at(&redirect.asker), len;

	if (sim.version == DISCOVER_V4 || to == SIM_NODES)
		return;
	cover.dest = sim.nodes[to]->contact.id;
	drbg_bytes(&sim.rng, cover.iv, V5_IV);
	drbg_bytes(&sim.rng, id_nonce, V5_ID_NONCE);
	memcpy(cover.nonce, redirect.nonce, V5_NONCE);
	len = v5_make_whoareyou(bytes, challenge, &cover, id_nonce, 0);
	redirect.packets_in++;
	redirect.bytes_in += len;
	sim_feed(to, &redirect.slandered, span_of(bytes, len));
}

/* --- the attack ----------------------------------------------------------- */

struct believed {
	size_t live, slandered;
};

static void count_row(void *ctx, const struct table_row *row)
{
	struct believed *b = ctx;
	const struct ip *ip = &row->contact->udp.ip;

	b->live += row->live && ip_equal(ip, &redirect.victim.ip);
	b->slandered += row->live && ip_equal(ip, &redirect.slandered.ip);
}

static void endure(void)
{
	sim_open();
	memset(&redirect, 0, sizeof(redirect));
	cr_assert_eq(addr_parse(&redirect.victim, "77.7.7.7:30303"), ERR_NONE);
	cr_assert_eq(addr_parse(&redirect.slandered, "88.8.8.8:30303"),
		     ERR_NONE);
	sim_grow(HONEST, 50, 30 * 1000);
	sim.sent = count_datagram;
	add_all();
	add_newcomers();
	for (size_t i = 0; i < LOOKUPS / 10; i++) {
		sim_look_up(10, LOOKUP_MS);
		forge_whoareyou();
	}
}

Test(attacks, those_told_of_a_victim_hardly_send_to_it, SCENE)
{
	struct believed b = { 0 };

	endure();
	for (size_t i = 0; i < HONEST; i++)
		table_visit(sim_table(i), count_row, &b);
	printf("  redirect: %zu packets of %zu bytes in, %zu of %zu to the "
	       "victim, %zu of one node under way at most, %zu of %zu to the "
	       "other\n",
	       redirect.packets_in, redirect.bytes_in, redirect.packets_out,
	       redirect.bytes_out, redirect.most, redirect.packets_to_slandered,
	       redirect.bytes_to_slandered);
	/* They were told of it, and asked whether it is there. */
	cr_assert_gt(redirect.packets_out, 0);
	for (size_t i = sim.count - NEWCOMERS; i < sim.count; i++)
		cr_assert_gt(table_live(sim_table(i)), 0);
	cr_assert_leq(redirect.most, AT_ONCE);
	cr_assert_eq(b.live, 0);
	cr_assert_eq(b.slandered, 0);
	cr_assert_eq(redirect.hearsay, 0);
	cr_assert_lt(WORTH * redirect.bytes_out, redirect.bytes_in);
	/* A record of v4 is looked at where it says, once in a while; one of v5
	 * must say where its node is. */
	if (sim.version == DISCOVER_V4)
		cr_assert_lt(WORTH * redirect.bytes_to_slandered,
			     redirect.bytes_in);
	else
		cr_assert_eq(redirect.packets_to_slandered, 0);
}
