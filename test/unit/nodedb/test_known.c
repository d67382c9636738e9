/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nodedb/known.h"

#include <malloc.h>

#include "p2p/crypto/rng.h"
#include "p2p/nodedb/known_inside.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/nodes.h"

enum {
	NOW = 1700000000,
	HOUR = 3600,
	DAY = 24 * HOUR,
};

static struct known *k;
static struct drbg rng;
static struct known_node seeds[KNOWN_SEEDS];

static void open_limited(size_t nodes, size_t share)
{
	struct known_limits limits = { .nodes = nodes, .share = share };
	struct secret32 seed = { { 1 } };

	crypto_init();
	drbg_init(&rng, &seed);
	k = known_new(&limits);
}

static void open_small(void)
{
	open_limited(4, 2);
}

static void open_large(void)
{
	open_limited(KNOWN_NODES, KNOWN_SHARE);
}

static void close_known(void)
{
	known_free(k);
}

static bool knows(unsigned n)
{
	struct known_contact c = node_at(n, n, 1);

	return known_find(k, &c.id) != NULL;
}

/* Node n, alone in its network. */
static void answers(unsigned n, uint64_t when)
{
	struct known_contact c = node_at(n, n, 1);

	known_answered(k, &c, when);
}

static void comes_up(unsigned n)
{
	struct known_contact c = node_at(n, n, 1);

	known_learned(k, &c);
}

/* --- who makes room --------------------------------------------------------
 */

Test(known, the_longest_silent_makes_room, .init = open_small,
     .fini = close_known)
{
	for (unsigned n = 0; n < 4; n++)
		answers(n, NOW + n);
	answers(0, NOW + 4);
	answers(4, NOW + 5);
	cr_assert_eq(known_count(k), 4);
	cr_assert(knows(0));
	cr_assert_not(knows(1));
	cr_assert(knows(4));
}

Test(known, those_that_never_answered_go_first, .init = open_small,
     .fini = close_known)
{
	answers(0, NOW);
	comes_up(1);
	comes_up(2);
	answers(3, NOW + 1);
	answers(4, NOW + 2);
	cr_assert(knows(0));
	cr_assert_not(knows(1), "the one heard of first");
	cr_assert(knows(2));
	comes_up(5);
	cr_assert_not(knows(2));
	cr_assert(knows(5));
}

Test(known, one_that_never_answered_pushes_out_none_that_did,
     .init = open_small, .fini = close_known)
{
	for (unsigned n = 0; n < 4; n++)
		answers(n, NOW);
	for (unsigned n = 4; n < 20; n++) {
		struct known_contact c = node_at(n, n, 1);

		comes_up(n);
		cr_assert_not(knows(n));
		known_pinged(k, &c, NOW + n);
		cr_assert_not(knows(n));
	}
	for (unsigned n = 0; n < 4; n++)
		cr_assert(knows(n));
}

Test(known, a_network_has_its_share, .init = open_small, .fini = close_known)
{
	struct known_contact in[3], other = node_at(9, 8, 1);

	for (unsigned n = 0; n < 3; n++) {
		in[n] = node_at(n, 7, n + 1);
		known_answered(k, &in[n], NOW + n);
	}
	cr_assert_eq(known_count(k), 2);
	cr_assert_not(knows(0), "it is the longest silent of its network");
	known_answered(k, &other, NOW);
	cr_assert_eq(known_count(k), 3);
	cr_assert(knows(9));
}

Test(known, a_lan_has_no_share, .init = open_large, .fini = close_known)
{
	for (unsigned n = 0; n < KNOWN_SHARE + 5; n++) {
		struct known_contact c = node_at(n, 7, 1);

		c.udp.ip = (struct ip){ .family = IP_V4,
					.b = { 10, 0, 0, (uint8_t)(n + 1) } };
		known_answered(k, &c, NOW);
	}
	cr_assert_eq(known_count(k), KNOWN_SHARE + 5);
}

Test(known, ipv6_is_counted_by_its_first_48_bits, .init = open_small,
     .fini = close_known)
{
	for (unsigned n = 0; n < 3; n++) {
		struct known_contact c = node_at(n, 7, 1);

		c.udp.ip = (struct ip){ .family = IP_V6,
					.b = { 0x2a, 1, 2, 3, 4, 5, (uint8_t)n,
					       9 } };
		known_answered(k, &c, NOW);
	}
	cr_assert_eq(known_count(k), 2);
}

Test(known, a_node_takes_its_share_along_when_it_moves, .init = open_small,
     .fini = close_known)
{
	struct known_contact a = node_at(0, 7, 1), b = node_at(1, 7, 2),
			     c = node_at(2, 8, 1);

	known_answered(k, &a, NOW);
	known_answered(k, &b, NOW + 1);
	known_answered(k, &c, NOW + 2);
	c = node_at(2, 7, 3);
	known_answered(k, &c, NOW + 3);
	cr_assert_eq(known_count(k), 2);
	cr_assert_not(knows(0));
	/* And leaves it behind. */
	b = node_at(1, 8, 1);
	known_answered(k, &b, NOW + 4);
	a = node_at(3, 8, 2);
	known_answered(k, &a, NOW + 5);
	cr_assert_eq(known_count(k), 3);
}

Test(known, takes_ten_thousand_and_no_more, .init = open_large,
     .fini = close_known)
{
	struct known_contact c = node_at(0, 0, 1);

	for (unsigned n = 0; n < KNOWN_NODES + 10; n++) {
		/* Ids that are nobody's are enough here. */
		memcpy(c.id.b, &n, sizeof(n));
		c.udp.ip.b[1] = (uint8_t)(n >> 8);
		c.udp.ip.b[2] = (uint8_t)n;
		known_answered(k, &c, NOW + n);
	}
	cr_assert_eq(known_count(k), KNOWN_NODES);
}

Test(known, what_cannot_be_asked_is_not_taken, .init = open_small,
     .fini = close_known)
{
	struct known_contact c = node_at(0, 1, 1);

	c.udp.port = 0;
	known_answered(k, &c, NOW);
	known_pinged(k, &c, NOW);
	known_learned(k, &c);
	c = node_at(0, 1, 1);
	c.udp.ip = (struct ip){ .family = IP_V6 };
	known_answered(k, &c, NOW);
	c.udp.ip = (struct ip){ .family = IP_NONE };
	known_answered(k, &c, NOW);
	cr_assert_eq(known_count(k), 0);
	cr_assert_not(known_has_changes(k));
}

/* --- records and places ----------------------------------------------------
 */

Test(known, a_lower_seq_never_overwrites, .init = open_small,
     .fini = close_known)
{
	struct known_contact older = node_signed(0, 1, 1, 5),
			     newer = node_signed(0, 2, 1, 6);
	struct known_node node;

	known_learned(k, &newer);
	known_learned(k, &older);
	known_pinged(k, &older, NOW);
	cr_assert(known_get(k, &node, &newer.id));
	cr_assert_eq(node.contact.record.seq, 6);
	cr_assert(ip_equal(&node.contact.udp.ip, &newer.udp.ip));
	/* Where it answers there it is; but its record stays. */
	known_answered(k, &older, NOW);
	cr_assert(known_get(k, &node, &newer.id));
	cr_assert_eq(node.contact.record.seq, 6);
	cr_assert(ip_equal(&node.contact.udp.ip, &older.udp.ip));
}

Test(known, a_contact_without_record_keeps_the_one_known, .init = open_small,
     .fini = close_known)
{
	struct known_contact with = node_signed(0, 1, 1, 5),
			     without = node_at(0, 1, 1);
	struct known_node node;

	known_answered(k, &with, NOW);
	without.tcp = 0;
	known_answered(k, &without, NOW + 1);
	cr_assert(known_get(k, &node, &with.id));
	cr_assert_eq(node.contact.record.seq, 5);
	cr_assert_eq(node.contact.tcp, with.tcp, "nor does it lose its port");
	without.udp.port++;
	known_answered(k, &without, NOW + 2);
	cr_assert(known_get(k, &node, &with.id));
	cr_assert_eq(node.contact.udp.port, without.udp.port);
	cr_assert_eq(node.contact.tcp, with.tcp);
}

Test(known, a_record_of_seq_0_is_one, .init = open_small, .fini = close_known)
{
	struct known_contact c = node_signed(0, 1, 1, 0);
	struct known_node node;

	known_answered(k, &c, NOW);
	cr_assert(known_get(k, &node, &c.id));
	cr_assert_gt(node.contact.record.len, 0);
	c = node_signed(0, 1, 1, 1);
	known_answered(k, &c, NOW);
	cr_assert(known_get(k, &node, &c.id));
	cr_assert_eq(node.contact.record.seq, 1);
}

Test(known, four_addresses_are_remembered, .init = open_small,
     .fini = close_known)
{
	struct known_contact c;

	for (unsigned i = 0; i < 5; i++) {
		c = node_at(0, 1, i + 1);
		known_answered(k, &c, NOW + i);
	}
	for (unsigned i = 0; i < 5; i++) {
		c = node_at(0, 1, i + 1);
		cr_assert_eq(known_pong(k, &c.id, &c.udp.ip), i ? NOW + i : 0);
	}
	c = node_at(0, 1, 9);
	known_pinged(k, &c, NOW + 10);
	c = node_at(0, 1, 2);
	cr_assert_eq(known_pong(k, &c.id, &c.udp.ip), NOW + 1,
		     "an address that only pinged takes no place of one that "
		     "answered");
}

Test(known, ipv4_in_ipv6_is_the_same_address, .init = open_small,
     .fini = close_known)
{
	struct known_contact plain = node_at(0, 1, 1), mapped = plain;

	mapped.udp.ip = (struct ip){ .family = IP_V6,
				     .b = { [10] = 255, 255, 20, 0, 1, 1 } };
	known_answered(k, &mapped, NOW);
	cr_assert_eq(known_pong(k, &plain.id, &plain.udp.ip), NOW);
	cr_assert_eq(known_pong(k, &plain.id, &mapped.udp.ip), NOW);
}

Test(known, failures_are_counted_until_it_answers, .init = open_small,
     .fini = close_known)
{
	struct known_contact c = node_at(0, 1, 1);
	struct known_node node;

	known_failed(k, &c.id, &c.udp.ip); /* who? */
	known_answered(k, &c, NOW);
	known_failed(k, &c.id, &c.udp.ip);
	known_failed(k, &c.id, &c.udp.ip);
	cr_assert(known_get(k, &node, &c.id));
	cr_assert_eq(node.failures, 2);
	cr_assert_eq(node.pong, NOW);
	known_answered(k, &c, NOW + 1);
	cr_assert(known_get(k, &node, &c.id));
	cr_assert_eq(node.failures, 0);
}

Test(known, a_record_that_its_node_did_not_sign_is_forgotten,
     .init = open_small, .fini = close_known)
{
	struct known_contact c = node_signed(0, 1, 1, 5);
	struct known_node node;

	c.record.raw[10] ^= 1; /* in the signature */
	known_answered(k, &c, NOW);
	cr_assert_not(known_get(k, &node, &c.id));
	cr_assert_eq(known_count(k), 0);
	known_answered(k, &c, NOW);
	cr_assert_eq(known_seeds(k, seeds, KNOWN_ANY, &rng, NOW), 0);
	cr_assert_eq(known_count(k), 0);
}

Test(known, a_record_takes_the_place_of_the_key, .init = open_small,
     .fini = close_known)
{
	struct known_contact without = node_at(0, 1, 1),
			     with = node_signed(0, 1, 1, 5);
	struct known_node node;

	known_answered(k, &without, NOW);
	cr_assert(known_get(k, &node, &without.id));
	cr_assert(
		!memcmp(&node.contact.pub, &without.pub, sizeof(without.pub)));
	cr_assert_eq(node.contact.record.len, 0);
	known_learned(k, &with);
	cr_assert(known_get(k, &node, &with.id));
	cr_assert(!memcmp(&node.contact.pub, &with.pub, sizeof(with.pub)));
	cr_assert_eq(node.contact.record.len, with.record.len);
	cr_assert_eq(node.pong, NOW);
}

/* With the allocator's header it is 240: what the benchmark counts. */
Test(known, an_ordinary_node_takes_232_bytes, .init = open_small,
     .fini = close_known)
{
	struct known_contact c = node_signed(0, 1, 1, 1);

	known_pinged(k, &c, NOW);
	known_answered(k, &c, NOW);
	cr_assert_leq(malloc_usable_size(known_find(k, &c.id)), 232);
}

/* --- seeds ------------------------------------------------------------------
 */

Test(known, seeds_are_different_nodes, .init = open_large, .fini = close_known)
{
	size_t n;

	for (unsigned i = 0; i < 200; i++)
		answers(i, NOW);
	n = known_seeds(k, seeds, KNOWN_ANY, &rng, NOW);
	cr_assert_eq(n, KNOWN_SEEDS);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			cr_assert_not(node_id_equal(&seeds[i].contact.id,
						    &seeds[j].contact.id));
}

Test(known, seeds_are_drawn_evenly, .init = open_large, .fini = close_known)
{
	unsigned drawn[200] = { 0 };

	for (unsigned i = 0; i < 200; i++)
		answers(i, NOW);
	for (unsigned round = 0; round < 200; round++) {
		size_t n = known_seeds(k, seeds, KNOWN_ANY, &rng, NOW);

		for (size_t i = 0; i < n; i++) {
			const uint8_t *b = seeds[i].contact.udp.ip.b;

			drawn[b[1] << 8 | b[2]]++;
		}
	}
	/* 30 of each are to be expected: six deviations on either side. */
	for (unsigned i = 0; i < 200; i++)
		cr_assert(drawn[i] > 0 && drawn[i] < 63, "%u: %u", i, drawn[i]);
}

Test(known, a_seed_answered_within_five_days_from_where_it_is,
     .init = open_large, .fini = close_known)
{
	struct known_contact moved = node_signed(4, 4, 1, 1);

	answers(1, NOW - KNOWN_SEED_S);
	answers(2, NOW - KNOWN_SEED_S - 1);
	comes_up(3);
	known_answered(k, &moved, NOW);
	moved = node_signed(4, 5, 1, 2);
	known_learned(k, &moved);
	cr_assert_eq(known_seeds(k, seeds, KNOWN_ANY, &rng, NOW), 1);
	cr_assert_eq(seeds[0].contact.udp.ip.b[2], 1);
	cr_assert_eq(seeds[0].pong, NOW - KNOWN_SEED_S);
	/* Its new address is proven. */
	known_answered(k, &moved, NOW);
	cr_assert_eq(known_seeds(k, seeds, KNOWN_ANY, &rng, NOW), 2);
	/* Nor does a clock that was ahead hide them. */
	cr_assert_eq(known_seeds(k, seeds, KNOWN_ANY, &rng, 1000), 3);
}

Test(known, seeds_with_a_record_when_only_those_help, .init = open_large,
     .fini = close_known)
{
	struct known_contact c = node_signed(2, 2, 1, 9);

	answers(1, NOW);
	known_answered(k, &c, NOW);
	cr_assert_eq(known_seeds(k, seeds, KNOWN_ANY, &rng, NOW), 2);
	cr_assert_eq(known_seeds(k, seeds, KNOWN_RECORD, &rng, NOW), 1);
	cr_assert(node_id_equal(&seeds[0].contact.id, &c.id));
	cr_assert_eq(seeds[0].contact.record.seq, 9);
	cr_assert(node_id_equal(&seeds[0].contact.record.id, &c.id));
}

Test(known, seeds_that_failed_come_last, .init = open_large,
     .fini = close_known)
{
	size_t failed = 0;

	for (unsigned i = 0; i < 100; i++) {
		struct known_contact c = node_at(i, i, 1);

		known_answered(k, &c, NOW);
		if (i >= 20)
			known_failed(k, &c.id, &c.udp.ip);
	}
	cr_assert_eq(known_seeds(k, seeds, KNOWN_ANY, &rng, NOW), KNOWN_SEEDS);
	for (size_t i = 0; i < KNOWN_SEEDS; i++)
		failed += seeds[i].failures > 0;
	cr_assert_eq(failed, KNOWN_SEEDS - 20);
}

/* --- expiry ----------------------------------------------------------------
 */

/* Two hours in which a node answered. */
static void expire(uint64_t when)
{
	answers(50, when - HOUR);
	known_expire(k, when - HOUR);
	answers(50, when);
	known_expire(k, when);
}

Test(known, a_day_of_silence_is_the_end, .init = open_large,
     .fini = close_known)
{
	struct known_contact c = node_at(3, 3, 1);

	answers(1, NOW - DAY);
	answers(2, NOW - DAY - 1);
	comes_up(4);
	known_pinged(k, &c, NOW - DAY);
	expire(NOW);
	cr_assert(knows(1));
	cr_assert_not(knows(2));
	cr_assert(knows(3));
	cr_assert_not(knows(4));
	cr_assert(knows(50));
}

Test(known, addresses_grow_old_one_by_one, .init = open_large,
     .fini = close_known)
{
	struct known_contact old = node_at(1, 1, 1), new = node_at(1, 1, 2);

	known_answered(k, &old, NOW - DAY - 1);
	known_answered(k, &new, NOW - DAY);
	expire(NOW);
	cr_assert_eq(known_pong(k, &old.id, &old.udp.ip), 0);
	cr_assert_eq(known_pong(k, &new.id, &new.udp.ip), NOW - DAY);
}

Test(known, a_ping_alone_keeps_no_node_that_answered_once, .init = open_large,
     .fini = close_known)
{
	struct known_contact there = node_at(1, 1, 1), here = node_at(1, 1, 2);

	known_answered(k, &there, NOW - DAY - 1);
	known_pinged(k, &here, NOW);
	expire(NOW);
	cr_assert_not(knows(1));
}

Test(known, nothing_expires_while_nobody_answers, .init = open_large,
     .fini = close_known)
{
	answers(1, NOW - 4 * DAY);
	known_expire(k, NOW);
	for (unsigned i = 0; i < 48; i++)
		known_expire(k, NOW + i * HOUR);
	cr_assert(knows(1));
	/* The hour in which the network comes back belongs to the seeds. */
	answers(2, NOW + DAY);
	known_expire(k, NOW + DAY);
	cr_assert(knows(1));
	answers(2, NOW + DAY);
	known_expire(k, NOW + DAY + HOUR);
	cr_assert_not(knows(1));
	cr_assert(knows(2));
}

Test(known, times_to_come_are_corrected, .init = open_large,
     .fini = close_known)
{
	struct known_contact c = node_at(1, 1, 1);

	known_answered(k, &c, NOW + 400 * DAY);
	expire(NOW);
	cr_assert_eq(known_pong(k, &c.id, &c.udp.ip), NOW);
	expire(NOW + DAY + 1);
	cr_assert_not(knows(1));
}

Test(known, a_time_that_is_too_large_is_the_last_there_is, .init = open_large,
     .fini = close_known)
{
	struct known_contact c = node_at(1, 1, 1);

	known_answered(k, &c, (uint64_t)UINT32_MAX + NOW);
	cr_assert_eq(known_pong(k, &c.id, &c.udp.ip), UINT32_MAX);
	expire(NOW);
	cr_assert_eq(known_pong(k, &c.id, &c.udp.ip), NOW);
}

/* --- DNS node lists ---------------------------------------------------------
 */

Test(known, the_number_of_a_list_only_grows, .init = open_large,
     .fini = close_known)
{
	cr_assert_eq(known_list_seq(k, "enrtree://A@a", NOW), 0);
	known_set_list_seq(k, "enrtree://A@a", 7, NOW);
	known_set_list_seq(k, "enrtree://B@b", 1, NOW);
	known_set_list_seq(k, "enrtree://A@a", 6, NOW);
	cr_assert_eq(known_list_seq(k, "enrtree://A@a", NOW), 7);
	known_set_list_seq(k, "enrtree://A@a", 8, NOW);
	cr_assert_eq(known_list_seq(k, "enrtree://A@a", NOW), 8);
	cr_assert_eq(known_list_seq(k, "enrtree://B@b", NOW), 1);
}

Test(known, lists_that_nobody_asks_for_make_room, .init = open_large,
     .fini = close_known)
{
	char url[ENTRY_URL_MAX];

	for (unsigned i = 0; i < KNOWN_LISTS; i++) {
		snprintf(url, sizeof(url), "enrtree://A@%u", i);
		known_set_list_seq(k, url, i + 1, NOW + i * DAY);
	}
	cr_assert_eq(known_list_seq(k, "enrtree://A@0", NOW + 999 * DAY), 1);
	known_set_list_seq(k, "enrtree://A@new", 5, NOW + 999 * DAY);
	cr_assert_eq(known_list_seq(k, "enrtree://A@0", NOW), 1);
	cr_assert_eq(known_list_seq(k, "enrtree://A@1", NOW), 0);
	cr_assert_eq(known_list_seq(k, "enrtree://A@2", NOW), 3);
	cr_assert_eq(known_list_seq(k, "enrtree://A@new", NOW), 5);
}

Test(known, a_url_that_is_too_long_is_not_remembered, .init = open_large,
     .fini = close_known)
{
	char url[ENTRY_URL_MAX + 1] = { 0 };

	memset(url, 'u', ENTRY_URL_MAX);
	known_set_list_seq(k, url, 5, NOW);
	cr_assert_eq(known_list_seq(k, url, NOW), 0);
	url[ENTRY_URL_MAX - 1] = '\0';
	known_set_list_seq(k, url, 5, NOW);
	cr_assert_eq(known_list_seq(k, url, NOW), 5);
}
