/* SPDX-License-Identifier: Apache-2.0 */
/* What the client yields, when it looks at roots, and what it asks. */
#include "test/unit/dnsdisc/bed.h"

static bool is_asked(const struct bed *b, const char *name)
{
	for (size_t i = 0; i < b->asked && i < BED_LOG; i++)
		if (!strcasecmp(b->asks[i], name))
			return true;
	return false;
}

Test(dns_client, asks_nothing_until_records_are_wanted, .init = zone_set_up)
{
	struct bed b;

	bed_open_list(&b, 1, 30);
	bed_run(&b, 60 * MINUTE);
	cr_assert_eq(b.asked, 0);
	dns_client_want(b.c, 5);
	bed_run(&b, MINUTE);
	cr_assert_eq(b.records, 5);
	cr_assert_eq(b.root_seq, 1);
	bed_run(&b, 60 * MINUTE);
	cr_assert_eq(b.records, 5);
	bed_close(&b);
}

Test(dns_client, yields_every_record_and_begins_again, .init = zone_set_up)
{
	struct bed b;

	bed_open_list(&b, 2, 60);
	dns_client_want(b.c, 60);
	bed_run(&b, 60 * SECOND);
	cr_assert_eq(b.records, 60);
	cr_assert_eq(b.distinct, 60);
	cr_assert_eq(b.refused + b.failed, 0);
	dns_client_want(b.c, 60);
	bed_run(&b, 60 * SECOND);
	cr_assert_eq(b.records, 120);
	for (unsigned i = 1; i <= 60; i++)
		cr_assert_eq(b.times[i], 2, "record %u", i);
	/* The second time without DNS: a root, the empty link tree, and 66. */
	cr_assert_eq(b.asked, 2 + 66);
	bed_close(&b);
}

/* Each record first about as often. */
Test(dns_client, begins_with_any_record, .init = zone_set_up)
{
	enum {
		RECORDS = 10,
		RUNS = 100
	};
	unsigned first[RECORDS + 1] = { 0 };
	struct bed b;

	for (unsigned i = 0; i < RUNS; i++) {
		bed_open_list(&b, (unsigned char)i, RECORDS);
		b.now.ns += i; /* not only the seed's first byte */
		dns_client_want(b.c, 1);
		bed_run(&b, MINUTE);
		for (unsigned k = 1; k <= RECORDS; k++)
			first[k] += b.times[k];
		bed_close(&b);
	}
	/* 10 each, by a standard deviation of 3. Seeds are fixed. */
	for (unsigned k = 1; k <= RECORDS; k++)
		cr_assert(first[k] > 1 && first[k] < 25, "%u: %u", k, first[k]);
}

Test(dns_client, takes_from_lists_in_turn_whatever_their_size,
     .init = zone_set_up)
{
	unsigned small = 0;
	struct bed b;

	bed_open_list(&b, 3, 5);
	zone_add_list(&b.z, 2, "b", 1, 100, 300, NULL, 0);
	bed_add(&b, 2, "b");
	dns_client_want(b.c, 400);
	bed_run(&b, 10 * MINUTE);
	cr_assert_eq(b.records, 400);
	for (unsigned i = 1; i <= 5; i++)
		small += b.times[i];
	/* Half, but for what the branches of both take. */
	cr_assert(small > 120 && small < 280, "%u", small);
	bed_close(&b);
}

Test(dns_client, keeps_to_its_rate_even_with_what_it_knows, .init = zone_set_up)
{
	struct bed b;

	bed_open_list(&b, 4, 10);
	dns_client_want(b.c, 1000000);
	bed_run(&b, 100 * SECOND);
	/* 10 at once and 3 a second; of 11 entries 10 are records, and the
	 * link tree took one. */
	cr_assert(b.records > 270 && b.records <= 10 + 300, "%zu", b.records);
	cr_assert_eq(b.asked, 2 + 11);
	bed_close(&b);
}

Test(dns_client, leaves_an_empty_list_alone, .init = zone_set_up)
{
	struct bed b;

	bed_open_list(&b, 5, 0);
	dns_client_want(b.c, 1);
	bed_run(&b, 29 * MINUTE);
	cr_assert_eq(b.asked, 2); /* one name is both trees */
	/* Nor is what it knows looked at again. */
	cr_assert_geq(mono_since_ms(dns_client_tick(b.c, b.now), b.now),
		      50 * SECOND);
	bed_run(&b, 2 * MINUTE);
	cr_assert_eq(b.roots_asked, 2);
	bed_close(&b);
}

Test(dns_client, takes_a_list_once, .init = zone_set_up)
{
	struct dns_link link = zone_link(1, "A.example");
	struct bed b;

	bed_open(&b, 6);
	bed_add(&b, 1, "a.example");
	cr_assert_eq(dns_client_add(b.c, &link), ERR_EXISTS);
	for (unsigned i = 2; i <= DNS_LISTS_MAX; i++)
		bed_add(&b, i, "a.example");
	link = zone_link(1000, "a.example");
	cr_assert_eq(dns_client_add(b.c, &link), ERR_LIMIT);
	bed_close(&b);
}

Test(dns_client, follows_the_list_as_it_changes, .init = zone_set_up)
{
	struct bed b;

	bed_open_list(&b, 7, 20);
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, 5 * MINUTE);
	cr_assert_eq(b.distinct, 20);
	zone_clear(&b.z);
	zone_add_list(&b.z, 1, "a", 2, 500, 20, NULL, 0);
	bed_run(&b, 20 * MINUTE);
	cr_assert_eq(b.distinct, 20, "the root was looked up too early");
	bed_run(&b, 10 * MINUTE);
	cr_assert_eq(b.distinct, 40);
	cr_assert_eq(b.root_seq, 2);
	cr_assert_eq(b.roots_asked, 2);
	bed_close(&b);
}

/* "Or after more than 5 failed leaf lookups". */
Test(dns_client, looks_at_the_root_when_entries_are_gone, .init = zone_set_up)
{
	struct bed b;

	bed_open_list(&b, 8, 200);
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, 20 * SECOND);
	zone_clear(&b.z);
	zone_add_list(&b.z, 1, "a", 2, 1600, 20, NULL, 0);
	bed_run(&b, 30 * SECOND);
	cr_assert_eq(b.root_seq, 2);
	cr_assert_eq(b.failed, 6);
	for (unsigned i = 1600; i < 1620; i++)
		cr_assert(b.times[i], "record %u", i);
	bed_close(&b);
}

Test(dns_client, goes_on_where_it_was_with_a_root_of_the_same_trees,
     .init = zone_set_up)
{
	struct bed b;

	bed_open_list(&b, 9, 400);
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, MINUTE);
	cr_assert_geq(b.distinct, 150);
	zone_add_list(&b.z, 1, "a", 2, 1, 400, NULL, 0);
	cr_assert_eq(b.root_seq, 1);
	bed_rest(&b);
	cr_assert_eq(b.root_seq, 2);
	/* Two minutes are not enough for all, and none came twice. */
	cr_assert_geq(b.distinct, 300);
	for (unsigned i = 1; i <= 400; i++)
		cr_assert_leq(b.times[i], 1);
	bed_close(&b);
}

Test(dns_client, asks_each_list_one_thing_at_a_time, .init = zone_set_up)
{
	struct span value = span_text("nonsense");
	struct dns_event ev;
	struct bed b;

	bed_open(&b, 24);
	b.is_mute = true;
	bed_add(&b, 1, "a");
	bed_add(&b, 2, "b");
	dns_client_want(b.c, 1);
	bed_run(&b, 60 * MINUTE);
	cr_assert_eq(b.asked, 2);
	cr_assert(is_asked(&b, "a") && is_asked(&b, "b"));

	/* Numbers that are nobody's, and one that was used. */
	dns_client_answer(b.c, b.last_ask + 1, &value, 1, b.now);
	dns_client_fail(b.c, 0, ERR_SYSTEM, "no", b.now);
	cr_assert_not(dns_client_next(b.c, &ev, b.now));
	dns_client_answer(b.c, b.last_ask, &value, 1, b.now);
	dns_client_answer(b.c, b.last_ask, &value, 1, b.now);
	cr_assert(dns_client_next(b.c, &ev, b.now));
	cr_assert_eq(ev.type, DNS_EVENT_REFUSED);
	cr_assert_not(dns_client_next(b.c, &ev, b.now));
	bed_close(&b);
}

/* Trees of any shape: all records of all lists come, whatever the order, and
 * those that were taken away come no more. */
Test(dns_client, has_all_records_of_random_lists, .init = zone_set_up)
{
	for (unsigned seed = 1; seed <= 6; seed++) {
		unsigned count = 1 + seed * seed % 97, gone = count / 3;
		struct dns_link link = zone_link(2, "b");
		struct bed b;

		bed_open(&b, (unsigned char)seed);
		zone_add_list(&b.z, 1, "a", 1, 1, count, &link, seed % 2);
		zone_add_list(&b.z, 2, "b", 1, 1000, 3 * seed, NULL, 0);
		bed_add(&b, 1, "a");
		dns_client_want(b.c, SIZE_MAX);
		bed_run(&b, 2 * MINUTE);
		cr_assert_eq(b.distinct, count + (seed % 2 ? 3 * seed : 0),
			     "seed %u", seed);
		zone_clear(&b.z);
		zone_add_list(&b.z, 1, "a", 2, 1, count - gone, &link,
			      seed % 2);
		zone_add_list(&b.z, 2, "b", 2, 1000, 3 * seed, NULL, 0);
		bed_rest(&b);
		memset(b.times, 0, sizeof(b.times));
		bed_run(&b, 2 * MINUTE);
		for (unsigned i = 1; i <= count; i++)
			cr_assert_eq(b.times[i] > 0, i <= count - gone,
				     "seed %u, record %u", seed, i);
		bed_close(&b);
	}
}
