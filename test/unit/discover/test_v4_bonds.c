/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v4_bonds.h"

#include "p2p/crypto/rng.h"
#include "p2p/discover/guard.h"
#include "test/support/unit.h"

enum {
	HOUR_MS = 3600 * 1000,
};

static struct v4_bonds bonds;
static struct mono now;

static void open_bonds(void)
{
	crypto_init();
	now = (struct mono){ 1000000000 };
	v4_bonds_init(&bonds, 4, 2, 100);
}

static void close_bonds(void)
{
	v4_bonds_clear(&bonds);
}

#define BONDS .init = open_bonds, .fini = close_bonds

static struct v4_peer peer(unsigned id, unsigned host)
{
	struct v4_peer p = { .id = { { (uint8_t)id } },
			     .ip = { .family = IP_V4,
				     .b = { 20, 0, 0, (uint8_t)host } } };

	return p;
}

static bool proven(unsigned id)
{
	struct v4_peer p = peer(id, 1);

	return v4_bonds_is_proven(&bonds, &p, now);
}

static bool trusts(unsigned id)
{
	struct v4_peer p = peer(id, 1);

	return v4_bonds_trusts_us(&bonds, &p, now);
}

static void prove(unsigned id)
{
	struct v4_peer p = peer(id, 1);

	v4_bonds_proved(&bonds, &p, now);
}

static void ping(unsigned id)
{
	struct v4_peer p = peer(id, 1);

	v4_bonds_pinged(&bonds, &p, now);
}

Test(v4_bonds, have_two_sides_of_different_length, BONDS)
{
	struct v4_peer elsewhere = peer(1, 2);

	cr_assert(!proven(1) && !trusts(1));
	ping(1);
	cr_assert(!proven(1) && trusts(1));
	prove(1);
	cr_assert(proven(1) && trusts(1));
	cr_assert(!v4_bonds_is_proven(&bonds, &elsewhere, now));
	cr_assert(!v4_bonds_trusts_us(&bonds, &elsewhere, now));
	now = mono_add_ms(now, 12 * HOUR_MS - 1);
	cr_assert(proven(1) && trusts(1));
	now = mono_add_ms(now, 1);
	cr_assert(proven(1) && !trusts(1));
	now = mono_add_ms(now, 12 * HOUR_MS - 1);
	cr_assert(proven(1));
	now = mono_add_ms(now, 1);
	cr_assert(!proven(1));
	prove(1);
	cr_assert(proven(1));
}

Test(v4_bonds, end_with_the_sixth_question_left_unanswered, BONDS)
{
	struct v4_peer p = peer(1, 1);

	ping(1);
	for (unsigned i = 0; i < 5; i++)
		v4_bonds_asked(&bonds, &p, false);
	cr_assert(trusts(1));
	v4_bonds_asked(&bonds, &p, false);
	cr_assert(!trusts(1));
	v4_bonds_asked(&bonds, &p, true);
	cr_assert(trusts(1));
}

Test(v4_bonds, of_the_unproven_do_not_push_out_the_proven, BONDS)
{
	for (unsigned i = 1; i <= 4; i++)
		prove(i);
	for (unsigned i = 10; i < 100; i++)
		ping(i);
	cr_assert(proven(1) && proven(2) && proven(3) && proven(4));
	cr_assert(!trusts(97) && trusts(98) && trusts(99));
	ping(1); /* heard of */
	prove(5);
	cr_assert(proven(1) && !proven(2) && proven(5));
}

static bool proven_at(unsigned id, struct ip ip)
{
	struct v4_peer p = { .id = { { (uint8_t)id } }, .ip = ip };

	return v4_bonds_is_proven(&bonds, &p, now);
}

static void prove_at(unsigned id, struct ip ip)
{
	struct v4_peer p = { .id = { { (uint8_t)id } }, .ip = ip };

	v4_bonds_proved(&bonds, &p, now);
}

Test(v4_bonds, of_a_network_over_its_share_push_out_their_own, BONDS)
{
	struct ip other = { IP_V4, { 30, 0, 0, 1 } };
	struct ip one = { IP_V4, { 20, 0, 0, 1 } };
	struct ip two = { IP_V4, { 20, 0, 0, 2 } };
	struct ip lan = { IP_V4, { 10, 0, 0, 1 } };

	v4_bonds_clear(&bonds);
	v4_bonds_init(&bonds, 20, 2, 3);
	prove_at(1, other);
	prove_at(2, one);
	prove_at(3, two);
	prove_at(4, one);
	cr_assert(proven_at(2, one));
	prove_at(2, one); /* it is there, and is the newest now */
	cr_assert(proven_at(3, two) && proven_at(4, one));
	for (unsigned i = 10; i < 12; i++)
		prove_at(i, two);
	cr_assert(proven_at(1, other) && proven_at(2, one));
	cr_assert(!proven_at(3, two) && !proven_at(4, one));
	cr_assert(proven_at(10, two) && proven_at(11, two));
	for (unsigned i = 20; i < 30; i++)
		prove_at(i, lan);
	for (unsigned i = 20; i < 30; i++)
		cr_assert(proven_at(i, lan));
}

/* --- guard ------------------------------------------------------------------
 */

static const struct guard_limits few = {
	.pings = 2,
	.network_pings = 3,
	.checks = 4,
	.network_checks = 6,
	.all_checks = 10,
};

static enum guard_verdict take(struct guard *g, unsigned net, unsigned host,
			       enum guard_use use)
{
	struct ip ip = { .family = IP_V4,
			 .b = { 20, 0, (uint8_t)net, (uint8_t)host } };

	return guard_take(g, &ip, use, now);
}

Test(guard, limits_hosts_networks_and_everyone, BONDS)
{
	struct guard g;

	guard_init(&g, &few, 100, now);
	cr_assert_eq(take(&g, 1, 1, GUARD_PING), GUARD_YES);
	cr_assert_eq(take(&g, 1, 1, GUARD_PING), GUARD_YES);
	cr_assert_eq(take(&g, 1, 1, GUARD_PING), GUARD_PINGS);
	cr_assert_eq(take(&g, 1, 1, GUARD_QUESTION), GUARD_YES);
	cr_assert_eq(take(&g, 1, 1, GUARD_QUESTION), GUARD_YES);
	cr_assert_eq(take(&g, 1, 1, GUARD_QUESTION), GUARD_SOURCE);
	cr_assert_eq(take(&g, 1, 2, GUARD_PING), GUARD_YES);
	cr_assert_eq(take(&g, 1, 2, GUARD_PING), GUARD_PINGS);
	cr_assert_eq(take(&g, 1, 3, GUARD_QUESTION), GUARD_YES);
	cr_assert_eq(take(&g, 1, 3, GUARD_QUESTION), GUARD_SOURCE);
	for (unsigned i = 0; i < 4; i++)
		cr_assert_eq(take(&g, 2 + i, 1, GUARD_QUESTION), GUARD_YES);
	cr_assert_eq(take(&g, 9, 1, GUARD_QUESTION), GUARD_ALL);
	now = mono_add_ms(now, 1000);
	cr_assert_eq(take(&g, 9, 1, GUARD_QUESTION), GUARD_YES);
	cr_assert_eq(take(&g, 1, 1, GUARD_PING), GUARD_YES);
	guard_clear(&g);
}

/* A flood from everywhere leaves nothing behind. */
Test(guard, forgets_who_was_quiet_for_a_second, BONDS)
{
	struct guard_limits many = few;
	struct guard g;

	many.all_checks = 1000;
	guard_init(&g, &many, 100, now);
	for (unsigned i = 0; i < 50; i++)
		take(&g, i, 1, GUARD_PING);
	cr_assert_eq(guard_count(&g), 50);
	now = mono_add_ms(now, 999);
	take(&g, 50, 1, GUARD_PING);
	cr_assert_eq(guard_count(&g), 51);
	now = mono_add_ms(now, 1);
	take(&g, 51, 1, GUARD_PING);
	cr_assert_eq(guard_count(&g), 2);
	guard_clear(&g);
}

Test(guard, forgets_the_source_that_was_quiet_longest, BONDS)
{
	struct guard g;
	struct guard_limits many = few;

	many.all_checks = 1000;
	guard_init(&g, &many, 3, now);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(take(&g, 1, 1, GUARD_PING),
			     i < 2 ? GUARD_YES : GUARD_PINGS);
	take(&g, 2, 1, GUARD_PING);
	take(&g, 3, 1, GUARD_PING);
	cr_assert_eq(take(&g, 1, 1, GUARD_PING), GUARD_PINGS);
	take(&g, 4, 1, GUARD_PING);
	cr_assert_eq(take(&g, 1, 1, GUARD_PING), GUARD_PINGS);
	for (unsigned i = 5; i < 8; i++)
		take(&g, i, 1, GUARD_PING);
	cr_assert_eq(take(&g, 1, 1, GUARD_PING), GUARD_YES);
	guard_clear(&g);
}
