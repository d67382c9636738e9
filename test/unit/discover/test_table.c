/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/table.h"

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static struct drbg rng;
static struct table *table;
static const struct node_id self = { { 0 } };
static struct mono now;

static void open_table(void)
{
	struct secret32 seed = { { 1 } };

	crypto_init();
	drbg_init(&rng, &seed);
	table = table_new(&self, &rng);
	table_ready(table);
	now = (struct mono){ 1000000000 };
}

static void close_table(void)
{
	table_free(table);
}

/* Node number n of a distance from us, alone in its /24. Its key is nobody's:
 * the table does not look at keys. */
static struct contact node_at(unsigned distance, unsigned n)
{
	struct contact c = { .udp = { .port = 30303 }, .tcp = 30303 };
	unsigned bit = distance - 1;

	c.id.b[31 - bit / 8] = (uint8_t)(1u << bit % 8);
	c.id.b[30] ^= (uint8_t)(n >> 8);
	c.id.b[31] ^= (uint8_t)n;
	c.udp.ip = (struct ip){ .family = IP_V4,
				.b = { 20, (uint8_t)distance, (uint8_t)n, 1 } };
	return c;
}

static bool has(unsigned distance, unsigned n)
{
	struct contact c = node_at(distance, n);

	return table_find(table, &c.id) != NULL;
}

static enum err add(const struct contact *c)
{
	return table_add(table, c, TABLE_FOUND, now);
}

static void wait_ms(uint64_t ms)
{
	now = mono_add_ms(now, ms);
}

/* Answer every check that comes up within a time. */
static size_t live_on(uint64_t ms)
{
	struct mono end = mono_add_ms(now, ms);
	size_t checks = 0;

	while (!mono_before(end, table_due(table))) {
		struct contact c;

		now = table_due(table);
		if (!table_take_check(table, &c, now))
			break;
		cr_assert(table_alive(table, &c.id, now) > 0);
		cr_assert_lt(++checks, 10000);
	}
	now = end;
	return checks;
}

Test(table, distances_are_bit_lengths)
{
	struct node_id a = { { 0 } }, b = { { 0 } };

	cr_assert_eq(logdist(&a, &b), 0);
	b.b[31] = 1;
	cr_assert_eq(logdist(&a, &b), 1);
	b.b[31] = 0xff;
	cr_assert_eq(logdist(&a, &b), 8);
	b.b[0] = 1;
	cr_assert_eq(logdist(&a, &b), 249);
	b.b[0] = 0x80;
	cr_assert_eq(logdist(&a, &b), 256);
	cr_assert_eq(logdist(&b, &a), 256);
}

Test(table, takes_sixteen_a_bucket_and_ten_to_replace_them, .init = open_table,
     .fini = close_table)
{
	for (unsigned i = 0; i < 30; i++) {
		struct contact c = node_at(256, i);

		cr_assert_eq(add(&c), i < TABLE_BUCKET ? ERR_NONE : ERR_BUSY);
		cr_assert_eq(add(&c), i < TABLE_BUCKET ? ERR_EXISTS : ERR_BUSY);
	}
	cr_assert_eq(table_count(table), TABLE_BUCKET);
	for (unsigned i = 0; i < 30; i++) {
		struct contact c = node_at(200 + i, 0); /* bucket 0 */

		cr_assert_eq(add(&c), i < TABLE_BUCKET ? ERR_NONE : ERR_BUSY);
	}
	cr_assert_eq(table_count(table), 2 * TABLE_BUCKET);
}

Test(table, refuses_what_cannot_be_asked, .init = open_table,
     .fini = close_table)
{
	struct contact c = node_at(256, 0);

	c.udp.port = 0;
	cr_assert_eq(add(&c), ERR_DENIED);
	c = node_at(256, 0);
	memset(c.udp.ip.b, 0, 4);
	cr_assert_eq(add(&c), ERR_DENIED);
	c.udp.ip.b[0] = 224;
	cr_assert_eq(add(&c), ERR_DENIED);
	c = node_at(256, 0);
	c.id = self;
	cr_assert_eq(add(&c), ERR_DENIED);
	cr_assert_eq(table_count(table), 0);
}

/* "Ignore inbound nodes until the first refresh has completed." */
Test(table, is_filled_by_us_first, .init = crypto_init)
{
	struct contact c = node_at(256, 0);
	struct secret32 seed = { { 1 } };

	drbg_init(&rng, &seed);
	table = table_new(&self, &rng);
	cr_assert_eq(table_add(table, &c, TABLE_INBOUND, now), ERR_DENIED);
	cr_assert_eq(table_add(table, &c, TABLE_FOUND, now), ERR_NONE);
	table_ready(table);
	c = node_at(256, 1);
	cr_assert_eq(table_add(table, &c, TABLE_INBOUND, now), ERR_NONE);
	table_free(table);
}

Test(table, has_two_of_a_subnet_in_a_bucket_and_ten_in_all, .init = open_table,
     .fini = close_table)
{
	size_t taken = 0;

	for (unsigned d = 245; d <= 256; d++)
		for (unsigned i = 0; i < 3; i++) {
			struct contact c = node_at(d, i);

			c.udp.ip.b[1] = c.udp.ip.b[2] = 7;
			c.udp.ip.b[3] = (uint8_t)(d + i);
			if (add(&c) == ERR_NONE)
				taken++;
			else
				cr_assert(i == 2 || taken == 10);
		}
	cr_assert_eq(taken, TABLE_SUBNET_ALL);
	for (unsigned i = 0; i < 16; i++) {
		struct contact c = node_at(241, i);

		c.udp.ip.b[0] = 10; /* a LAN is exempt */
		c.udp.ip.b[1] = c.udp.ip.b[2] = 0;
		cr_assert_eq(add(&c), ERR_NONE);
	}
}

/* Replacements count too: they could all come in at once. */
Test(table, counts_replacements_in_the_subnets, .init = open_table,
     .fini = close_table)
{
	for (unsigned i = 0; i < 16; i++) {
		struct contact c = node_at(256, i);

		cr_assert_eq(add(&c), ERR_NONE);
	}
	for (unsigned i = 16; i < 20; i++) {
		struct contact c = node_at(256, i);

		c.udp.ip.b[2] = 200;
		cr_assert_eq(add(&c), i < 18 ? ERR_BUSY : ERR_DENIED);
	}
}

Test(table, counts_ipv6_by_48_bits, .init = open_table, .fini = close_table)
{
	for (unsigned i = 0; i < 4; i++) {
		struct contact c = node_at(256, i);

		c.udp.ip = (struct ip){ .family = IP_V6,
					.b = { 0x2a, 0, 1, 2, 3, 4, (uint8_t)i,
					       1 } };
		cr_assert_eq(add(&c), i < 2 ? ERR_NONE : ERR_DENIED);
		c.udp.ip.b[5] = (uint8_t)(10 + i);
		cr_assert_eq(add(&c), i < 2 ? ERR_EXISTS : ERR_NONE);
	}
}

Test(table, checks_new_nodes_within_three_seconds, .init = open_table,
     .fini = close_table)
{
	struct mono start = now;

	for (unsigned i = 0; i < 16; i++) {
		struct contact c = node_at(256, i);

		cr_assert_eq(add(&c), ERR_NONE);
	}
	cr_assert_eq(table_live(table), 0);
	cr_assert(!mono_before(table_due(table), mono_add_ms(start, 1000)));
	cr_assert_eq(live_on(3000), 16);
	cr_assert_eq(table_live(table), 16);
}

Test(table, checks_sixteen_at_a_time, .init = open_table, .fini = close_table)
{
	struct contact c, first;

	for (unsigned i = 0; i < 20; i++) {
		c = node_at(250 + i % 7, i);
		cr_assert_eq(add(&c), ERR_NONE);
	}
	wait_ms(3000);
	cr_assert(table_take_check(table, &first, now));
	for (unsigned i = 1; i < TABLE_CHECKS; i++)
		cr_assert(table_take_check(table, &c, now));
	cr_assert(!table_take_check(table, &c, now));
	cr_assert_eq(table_due(table).ns, MONO_NEVER.ns);
	table_alive(table, &first.id, now);
	cr_assert(table_take_check(table, &c, now));
}

/* A victim's network named by somebody sees two of our PINGs at a time. */
Test(table, checks_two_unproven_of_a_subnet_at_a_time, .init = open_table,
     .fini = close_table)
{
	struct contact c, first;

	for (unsigned i = 0; i < 6; i++) {
		c = node_at(250 + i, i);
		c.udp.ip.b[1] = c.udp.ip.b[2] = 9;
		cr_assert_eq(add(&c), ERR_NONE);
	}
	wait_ms(3000);
	cr_assert(table_take_check(table, &first, now));
	cr_assert(table_take_check(table, &c, now));
	cr_assert(!table_take_check(table, &c, now));
	cr_assert_eq(table_due(table).ns, MONO_NEVER.ns);
	table_dead(table, &first.id, now);
	cr_assert(table_take_check(table, &c, now));
}

/* "checks = checks / 3 (integer). If 0, delete." */
Test(table, lets_old_nodes_survive_losses_and_new_ones_none, .init = open_table,
     .fini = close_table)
{
	struct contact c = node_at(256, 0), got;
	unsigned checks = 0;

	cr_assert_eq(add(&c), ERR_NONE);
	while (checks < 9) {
		now = table_due(table);
		cr_assert(table_take_check(table, &got, now));
		checks = table_alive(table, &c.id, now);
	}
	cr_assert(!table_dead(table, &c.id, now)); /* 9 -> 3 */
	cr_assert(!table_dead(table, &c.id, now)); /* 3 -> 1 */
	cr_assert_not_null(table_find(table, &c.id));
	cr_assert(table_dead(table, &c.id, now)); /* 1 -> 0 */
	cr_assert_null(table_find(table, &c.id));
	cr_assert_eq(table_alive(table, &c.id, now), 0);
	cr_assert_eq(table_count(table), 0);

	cr_assert_eq(add(&c), ERR_NONE);
	cr_assert(table_dead(table, &c.id, now));
}

Test(table, replaces_the_dead, .init = open_table, .fini = close_table)
{
	struct contact c, dead = node_at(256, 0);

	for (unsigned i = 0; i < 18; i++) {
		c = node_at(256, i);
		cr_assert_eq(add(&c), i < 16 ? ERR_NONE : ERR_BUSY);
	}
	cr_assert(table_dead(table, &dead.id, now));
	cr_assert_eq(table_count(table), 16);
	cr_assert_null(table_find(table, &dead.id));
	cr_assert(has(256, 16) || has(256, 17));
	dead = node_at(256, 1);
	cr_assert(table_dead(table, &dead.id, now));
	cr_assert(has(256, 16) && has(256, 17));
	dead = node_at(256, 2);
	cr_assert(table_dead(table, &dead.id, now));
	cr_assert_eq(table_count(table), 15);
}

/* A proven node is asked again, and not all of them at once. */
Test(table, goes_on_checking_slowly, .init = open_table, .fini = close_table)
{
	for (unsigned i = 0; i < 16; i++) {
		struct contact c = node_at(256, i);

		cr_assert_eq(add(&c), ERR_NONE);
	}
	live_on(3000);
	/* One of them each 4.5 s in the mean: 800 in an hour. */
	cr_assert(live_on(3600000) > 600);
	cr_assert(live_on(3600000) < 1000);
	cr_assert_eq(table_live(table), 16);
}

Test(table, proves_a_node_anew_when_it_moved, .init = open_table,
     .fini = close_table)
{
	struct contact c = node_at(256, 0), got;

	cr_assert_eq(add(&c), ERR_NONE);
	live_on(3000);
	cr_assert(table_is_live(table, &c.id));
	c.udp.port = 40000;
	cr_assert_eq(table_add(table, &c, TABLE_FOUND, now), ERR_EXISTS);
	cr_assert_eq(table_find(table, &c.id)->udp.port, 30303);
	cr_assert_eq(table_add(table, &c, TABLE_INBOUND, now), ERR_EXISTS);
	cr_assert_eq(table_find(table, &c.id)->udp.port, 40000);
	cr_assert(!table_is_live(table, &c.id));

	/* Moved while it was checked: the answer is that of the old place. */
	wait_ms(3000);
	cr_assert(table_take_check(table, &got, now));
	c.udp.ip.b[3] = 99;
	cr_assert_eq(table_add(table, &c, TABLE_INBOUND, now), ERR_EXISTS);
	cr_assert_eq(table_alive(table, &c.id, now), 2);
	cr_assert(!table_is_live(table, &c.id));
	live_on(3000);
	cr_assert(table_is_live(table, &c.id));
}

Test(table, keeps_the_old_place_when_the_new_one_is_full, .init = open_table,
     .fini = close_table)
{
	struct contact c = node_at(256, 0);

	for (unsigned i = 1; i < 3; i++) {
		struct contact other = node_at(256, i);

		other.udp.ip.b[2] = 77;
		cr_assert_eq(add(&other), ERR_NONE);
	}
	cr_assert_eq(add(&c), ERR_NONE);
	c.udp.ip.b[2] = 77;
	cr_assert_eq(table_add(table, &c, TABLE_INBOUND, now), ERR_EXISTS);
	cr_assert_eq(table_find(table, &c.id)->udp.ip.b[2], 0);
}

/* "Only if its seq is higher"; what comes from the node itself is taken. */
Test(table, takes_newer_records, .init = open_table, .fini = close_table)
{
	struct contact c = node_at(256, 0);

	c.record = (struct enr){ .seq = 5, .len = 1 };
	cr_assert_eq(add(&c), ERR_NONE);
	c.record.seq = 4;
	c.tcp = 4;
	cr_assert_eq(add(&c), ERR_EXISTS);
	cr_assert_eq(table_find(table, &c.id)->record.seq, 5);
	c.record.seq = 6;
	c.tcp = 6;
	cr_assert_eq(add(&c), ERR_EXISTS);
	cr_assert_eq(table_find(table, &c.id)->record.seq, 6);
	cr_assert_eq(table_find(table, &c.id)->tcp, 6);
	c.record.seq = 1;
	cr_assert_eq(table_add(table, &c, TABLE_INBOUND, now), ERR_EXISTS);
	cr_assert_eq(table_find(table, &c.id)->record.seq, 1);
	c.record.len = 0; /* as from a PING of v4 */
	cr_assert_eq(table_add(table, &c, TABLE_INBOUND, now), ERR_EXISTS);
	cr_assert_eq(table_find(table, &c.id)->record.len, 1);
}

Test(table, drops_those_that_answer_no_lookup, .init = open_table,
     .fini = close_table)
{
	struct contact c = node_at(256, 0);

	for (unsigned i = 0; i < 3; i++) {
		struct contact other = node_at(256, i);

		cr_assert_eq(add(&other), ERR_NONE);
	}
	for (unsigned i = 0; i < 10; i++)
		cr_assert(!table_asked(table, &c.id, false, now));
	cr_assert(!table_asked(table, &c.id, true, now));
	c = node_at(256, 3);
	cr_assert_eq(add(&c), ERR_NONE);
	for (unsigned i = 0; i < 4; i++)
		cr_assert(!table_asked(table, &c.id, false, now));
	cr_assert(!table_asked(table, &c.id, true, now));
	for (unsigned i = 0; i < 4; i++)
		cr_assert(!table_asked(table, &c.id, false, now));
	cr_assert(table_asked(table, &c.id, false, now));
	cr_assert_null(table_find(table, &c.id));
}

Test(table, tells_the_closest_in_order, .init = open_table, .fini = close_table)
{
	const struct contact *out[TABLE_CLOSEST];
	struct node_id target = node_at(250, 3).id;
	size_t n;

	for (unsigned d = 245; d <= 256; d++)
		for (unsigned i = 0; i < 5; i++) {
			struct contact c = node_at(d, i);

			cr_assert_eq(table_add(table, &c, TABLE_INBOUND, now),
				     ERR_NONE);
		}
	cr_assert_eq(table_closest(table, out, &target, TABLE_LIVE, now), 0);
	cr_assert_eq(table_closest(table, out, &target, TABLE_ASKABLE, now), 0);
	n = table_closest(table, out, &target, TABLE_ANY, now);
	cr_assert_eq(n, TABLE_CLOSEST);
	cr_assert(node_id_equal(&out[0]->id, &target));
	for (size_t i = 1; i < n; i++)
		cr_assert(is_closer(&target, &out[i - 1]->id, &out[i]->id));
	wait_ms(1000);
	cr_assert_eq(table_closest(table, out, &target, TABLE_ASKABLE, now),
		     TABLE_CLOSEST);
	live_on(4000);
	cr_assert_eq(table_closest(table, out, &target, TABLE_LIVE, now),
		     TABLE_CLOSEST);
}

Test(table, lets_those_be_asked_at_once_that_it_was_told_of, .init = open_table,
     .fini = close_table)
{
	const struct contact *out[TABLE_CLOSEST];
	struct contact told = node_at(256, 0), came = node_at(256, 1);

	cr_assert_eq(add(&told), ERR_NONE);
	cr_assert_eq(table_add(table, &came, TABLE_INBOUND, now), ERR_NONE);
	cr_assert_eq(table_closest(table, out, &came.id, TABLE_ASKABLE, now),
		     1);
	cr_assert(node_id_equal(&out[0]->id, &told.id));
}

Test(table, tells_live_nodes_at_an_exact_distance, .init = open_table,
     .fini = close_table)
{
	const struct contact *out[TABLE_BUCKET];
	struct contact near, far;

	for (unsigned i = 0; i < 4; i++) {
		near = node_at(100 + i, 0);
		far = node_at(256, i);
		cr_assert_eq(add(&near), ERR_NONE);
		cr_assert_eq(add(&far), ERR_NONE);
	}
	cr_assert_eq(table_at(table, out, 256), 0);
	live_on(4000);
	cr_assert_eq(table_at(table, out, 256), 4);
	cr_assert_eq(table_at(table, out, 101), 1);
	near = node_at(101, 0);
	cr_assert(node_id_equal(&out[0]->id, &near.id));
	cr_assert_eq(table_at(table, out, 99), 0);
	cr_assert_eq(table_at(table, out, 255), 0);
}

Test(table, hurries_when_told, .init = open_table, .fini = close_table)
{
	struct contact c, got;

	for (unsigned i = 0; i < 4; i++) {
		c = node_at(256, i);
		cr_assert_eq(add(&c), ERR_NONE);
	}
	live_on(4000);
	table_hurry(table, &c.id, now);
	for (unsigned i = 0; i < 20; i++) {
		now = table_due(table);
		cr_assert(table_take_check(table, &got, now));
		table_alive(table, &got.id, now);
		if (node_id_equal(&got.id, &c.id))
			break;
	}
	cr_assert(node_id_equal(&got.id, &c.id));
	cr_assert(!mono_before(mono_add_ms((struct mono){ 1000000000 }, 7001),
			       now));
}

Test(table, reaches_as_far_as_buckets_have_room, .init = open_table,
     .fini = close_table)
{
	cr_assert_eq(table_reach(table), 256);
	for (unsigned i = 0; i < TABLE_BUCKET; i++) {
		struct contact far = node_at(256, i), near = node_at(252, i);

		cr_assert_eq(table_reach(table), 256);
		cr_assert_eq(add(&near), ERR_NONE);
		cr_assert_eq(add(&far), ERR_NONE);
	}
	cr_assert_eq(table_reach(table), 251);
}
