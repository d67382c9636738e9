/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/hashtable.h"
#include "p2p/crypto/rng.h"
#include "p2p/dnsdisc/client_inside.h"
#include "test/support/unit.h"
#include "test/unit/dnsdisc/zone.h"

enum {
	NODES_MAX = 2048,
	LOG_MAX = 256,
	SECOND = 1000, /* ms */
	MINUTE = 60 * SECOND,
};

static void set_up(void)
{
	crypto_init();
	hashtable_init();
}

/* What the client said, on a clock of the test's. */
struct bed {
	struct dns_client *c;
	struct zone z;
	struct mono now;
	unsigned times[NODES_MAX]; /* each record came, by its seq */
	size_t records, distinct, asked, roots_asked, joined, left, refused,
		failed;
	uint64_t root_seq;
	struct dns_link root_of, left_of;
	enum err err;
	bool is_whole;
	struct why why;
	char asks[LOG_MAX][DNS_NAME_MAX];
	struct mono asked_at[LOG_MAX];
	bool is_mute; /* nothing is answered */
	uint32_t last_ask;
};

static void bed_open(struct bed *b, unsigned char seed)
{
	struct secret32 s = { { seed } };

	*b = (struct bed){ .now = { 5000000000 } };
	b->c = dns_client_new(&s, b->now);
}

static void bed_close(struct bed *b)
{
	dns_client_free(b->c);
	zone_clear(&b->z);
}

static void answer(struct bed *b, const struct dns_event *ev)
{
	const struct zone_row *row = zone_find(&b->z, ev->name);
	struct span value;

	if (b->asked < LOG_MAX) {
		snprintf(b->asks[b->asked], DNS_NAME_MAX, "%s", ev->name);
		b->asked_at[b->asked] = b->now;
	}
	b->asked++;
	b->roots_asked += !strcmp(ev->name, ev->list->domain);
	b->last_ask = ev->ask;
	if (b->is_mute)
		return;
	if (!row) {
		dns_client_fail(b->c, ev->ask, ERR_NOT_FOUND, "no such name",
				b->now);
		return;
	}
	if (!row->text) {
		dns_client_fail(b->c, ev->ask, ERR_SYSTEM, "SERVFAIL", b->now);
		return;
	}
	value = span_text(row->text);
	dns_client_answer(b->c, ev->ask, &value, 1, b->now);
}

static void take_fault(struct bed *b, const struct dns_event *ev)
{
	b->err = ev->err;
	b->is_whole = ev->is_whole;
	snprintf(b->why.text, sizeof(b->why.text), "%s", ev->why);
}

static void take_event(struct bed *b, const struct dns_event *ev)
{
	switch (ev->type) {
	case DNS_EVENT_ASK:
		answer(b, ev);
		break;
	case DNS_EVENT_RECORD:
		cr_assert_lt(ev->record->seq, NODES_MAX);
		b->records++;
		b->distinct += !b->times[ev->record->seq]++;
		break;
	case DNS_EVENT_ROOT:
		b->root_seq = ev->seq;
		b->root_of = *ev->list;
		break;
	case DNS_EVENT_JOINED:
		b->joined++;
		break;
	case DNS_EVENT_LEFT:
		b->left++;
		b->left_of = *ev->list;
		if (ev->err)
			take_fault(b, ev);
		break;
	case DNS_EVENT_REFUSED:
		b->refused++;
		take_fault(b, ev);
		break;
	case DNS_EVENT_FAILED:
		b->failed++;
		take_fault(b, ev);
		break;
	case DNS_EVENT_LINK:
	case DNS_EVENT_DONE:
		cr_assert(false);
	}
}

/* All that happens until then, in steps of its own deadlines. */
static void run(struct bed *b, uint64_t ms)
{
	struct mono end = mono_add_ms(b->now, ms), next;
	struct dns_event ev;

	for (;;) {
		unsigned n = 0;

		while (dns_client_next(b->c, &ev, b->now)) {
			take_event(b, &ev);
			cr_assert_lt(++n, 1000, "it spins");
		}
		next = dns_client_tick(b->c, b->now);
		cr_assert(mono_before(b->now, next), "it spins");
		if (mono_before(end, next))
			break;
		b->now = next;
	}
	b->now = end;
}

/* Nothing is wanted for a while, so the root is due; and then a minute. */
static void rest(struct bed *b)
{
	dns_client_want(b->c, 0);
	run(b, 31 * MINUTE);
	dns_client_want(b->c, SIZE_MAX);
	run(b, MINUTE);
}

static struct dns_link add(struct bed *b, unsigned n, const char *domain)
{
	struct dns_link link = zone_link(n, domain);

	cr_assert_eq(dns_client_add(b->c, &link), ERR_NONE);
	return link;
}

static bool is_asked(const struct bed *b, const char *name)
{
	for (size_t i = 0; i < b->asked && i < LOG_MAX; i++)
		if (!strcasecmp(b->asks[i], name))
			return true;
	return false;
}

/* --- records -------------------------------------------------------------- */

Test(dns_client, asks_nothing_until_records_are_wanted, .init = set_up)
{
	struct bed b;

	bed_open(&b, 1);
	zone_add_list(&b.z, 1, "a", 1, 1, 30, NULL, 0);
	add(&b, 1, "a");
	run(&b, 60 * MINUTE);
	cr_assert_eq(b.asked, 0);
	dns_client_want(b.c, 5);
	run(&b, MINUTE);
	cr_assert_eq(b.records, 5);
	cr_assert_eq(b.root_seq, 1);
	run(&b, 60 * MINUTE);
	cr_assert_eq(b.records, 5);
	bed_close(&b);
}

Test(dns_client, yields_every_record_and_begins_again, .init = set_up)
{
	struct bed b;

	bed_open(&b, 2);
	zone_add_list(&b.z, 1, "a", 1, 1, 60, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, 60);
	run(&b, 60 * SECOND);
	cr_assert_eq(b.records, 60);
	cr_assert_eq(b.distinct, 60);
	cr_assert_eq(b.refused + b.failed, 0);
	dns_client_want(b.c, 60);
	run(&b, 60 * SECOND);
	cr_assert_eq(b.records, 120);
	for (unsigned i = 1; i <= 60; i++)
		cr_assert_eq(b.times[i], 2, "record %u", i);
	/* The second time without DNS: a root, the empty link tree, and 66. */
	cr_assert_eq(b.asked, 2 + 66);
	bed_close(&b);
}

/* Each record first about as often. */
Test(dns_client, begins_with_any_record, .init = set_up)
{
	enum {
		RECORDS = 10,
		RUNS = 100
	};
	unsigned first[RECORDS + 1] = { 0 };
	struct bed b;

	for (unsigned i = 0; i < RUNS; i++) {
		bed_open(&b, (unsigned char)i);
		b.now.ns += i; /* not only the seed's first byte */
		zone_add_list(&b.z, 1, "a", 1, 1, RECORDS, NULL, 0);
		add(&b, 1, "a");
		dns_client_want(b.c, 1);
		run(&b, MINUTE);
		for (unsigned k = 1; k <= RECORDS; k++)
			first[k] += b.times[k];
		bed_close(&b);
	}
	/* 10 each, by a standard deviation of 3. Seeds are fixed. */
	for (unsigned k = 1; k <= RECORDS; k++)
		cr_assert(first[k] > 1 && first[k] < 25, "%u: %u", k, first[k]);
}

Test(dns_client, takes_from_lists_in_turn_whatever_their_size, .init = set_up)
{
	unsigned small = 0;
	struct bed b;

	bed_open(&b, 3);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, NULL, 0);
	zone_add_list(&b.z, 2, "b", 1, 100, 300, NULL, 0);
	add(&b, 1, "a");
	add(&b, 2, "b");
	dns_client_want(b.c, 400);
	run(&b, 10 * MINUTE);
	cr_assert_eq(b.records, 400);
	for (unsigned i = 1; i <= 5; i++)
		small += b.times[i];
	/* Half, but for what the branches of both take. */
	cr_assert(small > 120 && small < 280, "%u", small);
	bed_close(&b);
}

Test(dns_client, keeps_to_its_rate_even_with_what_it_knows, .init = set_up)
{
	struct bed b;

	bed_open(&b, 4);
	zone_add_list(&b.z, 1, "a", 1, 1, 10, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, 1000000);
	run(&b, 100 * SECOND);
	/* 10 at once and 3 a second; of 11 entries 10 are records, and the
	 * link tree took one. */
	cr_assert(b.records > 270 && b.records <= 10 + 300, "%zu", b.records);
	cr_assert_eq(b.asked, 2 + 11);
	bed_close(&b);
}

Test(dns_client, leaves_an_empty_list_alone, .init = set_up)
{
	struct bed b;

	bed_open(&b, 5);
	zone_add_list(&b.z, 1, "a", 1, 1, 0, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, 1);
	run(&b, 29 * MINUTE);
	cr_assert_eq(b.asked, 2); /* one name is both trees */
	/* Nor is what it knows looked at again. */
	cr_assert_geq(mono_since_ms(dns_client_tick(b.c, b.now), b.now),
		      50 * SECOND);
	run(&b, 2 * MINUTE);
	cr_assert_eq(b.roots_asked, 2);
	bed_close(&b);
}

Test(dns_client, takes_a_list_once, .init = set_up)
{
	struct dns_link link = zone_link(1, "A.example");
	struct bed b;

	bed_open(&b, 6);
	add(&b, 1, "a.example");
	cr_assert_eq(dns_client_add(b.c, &link), ERR_EXISTS);
	for (unsigned i = 2; i <= DNS_LISTS_MAX; i++)
		add(&b, i, "a.example");
	link = zone_link(1000, "a.example");
	cr_assert_eq(dns_client_add(b.c, &link), ERR_LIMIT);
	bed_close(&b);
}

/* --- roots ---------------------------------------------------------------- */

Test(dns_client, follows_the_list_as_it_changes, .init = set_up)
{
	struct bed b;

	bed_open(&b, 7);
	zone_add_list(&b.z, 1, "a", 1, 1, 20, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, 5 * MINUTE);
	cr_assert_eq(b.distinct, 20);
	zone_clear(&b.z);
	zone_add_list(&b.z, 1, "a", 2, 500, 20, NULL, 0);
	run(&b, 20 * MINUTE);
	cr_assert_eq(b.distinct, 20, "the root was looked up too early");
	run(&b, 10 * MINUTE);
	cr_assert_eq(b.distinct, 40);
	cr_assert_eq(b.root_seq, 2);
	cr_assert_eq(b.roots_asked, 2);
	bed_close(&b);
}

/* "Or after more than 5 failed leaf lookups". */
Test(dns_client, looks_at_the_root_when_entries_are_gone, .init = set_up)
{
	struct bed b;

	bed_open(&b, 8);
	zone_add_list(&b.z, 1, "a", 1, 1, 200, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, 20 * SECOND);
	zone_clear(&b.z);
	zone_add_list(&b.z, 1, "a", 2, 1600, 20, NULL, 0);
	run(&b, 30 * SECOND);
	cr_assert_eq(b.root_seq, 2);
	cr_assert_eq(b.failed, 6);
	for (unsigned i = 1600; i < 1620; i++)
		cr_assert(b.times[i], "record %u", i);
	bed_close(&b);
}

Test(dns_client, goes_on_where_it_was_with_a_root_of_the_same_trees,
     .init = set_up)
{
	struct bed b;

	bed_open(&b, 9);
	zone_add_list(&b.z, 1, "a", 1, 1, 400, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, MINUTE);
	cr_assert_geq(b.distinct, 150);
	zone_add_list(&b.z, 1, "a", 2, 1, 400, NULL, 0);
	cr_assert_eq(b.root_seq, 1);
	rest(&b);
	cr_assert_eq(b.root_seq, 2);
	/* Two minutes are not enough for all, and none came twice. */
	cr_assert_geq(b.distinct, 300);
	for (unsigned i = 1; i <= 400; i++)
		cr_assert_leq(b.times[i], 1);
	bed_close(&b);
}

Test(dns_client, refuses_a_root_that_is_older_than_one_before, .init = set_up)
{
	struct dns_link link = zone_link(1, "A");
	struct bed b;

	bed_open(&b, 10);
	zone_add_list(&b.z, 1, "a", 6, 1, 20, NULL, 0);
	dns_client_remember(b.c, &link, 7);
	dns_client_remember(b.c, &link, 5);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, MINUTE);
	cr_assert_eq(b.records, 0);
	cr_assert_eq(b.err, ERR_DENIED);
	cr_assert(b.is_whole);
	cr_assert_str_eq(b.why.text, "a: root: seq 6, and it was 7 before");
	zone_add_list(&b.z, 1, "a", 7, 1, 20, NULL, 0);
	run(&b, MINUTE);
	cr_assert_eq(b.distinct, 20);
	cr_assert_eq(b.root_seq, 7);

	/* And one that it has seen itself; what it has stays. */
	b.refused = 0;
	zone_add_list(&b.z, 1, "a", 3, 500, 20, NULL, 0);
	rest(&b);
	cr_assert_gt(b.refused, 0);
	cr_assert_not(b.is_whole);
	cr_assert_eq(b.distinct, 20);
	bed_close(&b);
}

Test(dns_client, refuses_a_root_of_another_key, .init = set_up)
{
	struct bed b;

	bed_open(&b, 11);
	zone_add_list(&b.z, 2, "a", 1, 1, 20, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, MINUTE);
	cr_assert_eq(b.records, 0);
	cr_assert_eq(b.err, ERR_AUTH);
	cr_assert_str_eq(b.why.text, "a: root: the signature does not match");
	bed_close(&b);
}

/* "5 s after more than 5 consecutive failures, 10 s after more than 20". */
Test(dns_client, waits_longer_the_more_often_a_root_fails, .init = set_up)
{
	static const uint64_t from_ms[] = { 1000, 5000, 10000 };
	struct bed b;

	bed_open(&b, 12);
	add(&b, 1, "a");
	dns_client_want(b.c, 1);
	run(&b, 10 * MINUTE);
	cr_assert_gt(b.asked, 30);
	for (size_t i = 1; i < 40; i++) {
		uint64_t waited =
			mono_since_ms(b.asked_at[i], b.asked_at[i - 1]);

		cr_assert_eq(waited, from_ms[i > 20 ? 2 : i > 5], "%zu: %lu", i,
			     (unsigned long)waited);
	}
	cr_assert_eq(b.failed, b.asked);
	cr_assert_str_eq(b.why.text, "a: no such name");
	bed_close(&b);
}

/* --- entries that will not do --------------------------------------------- */

/* The n-th record's name at "a". */
static void name_of(char name[DNS_NAME_MAX], unsigned n)
{
	struct enr r = zone_record(n);
	char text[ENR_TEXT_MAX], base32[DNS_HASH_TEXT];
	struct dns_hash hash = dns_hash_of(span_text(enr_text(text, &r)));

	snprintf(name, DNS_NAME_MAX, "%s.a", dns_hash_text(base32, &hash));
}

Test(dns_client, goes_on_without_an_entry_that_is_missing, .init = set_up)
{
	char name[DNS_NAME_MAX];
	struct bed b;

	bed_open(&b, 13);
	zone_add_list(&b.z, 1, "a", 1, 1, 20, NULL, 0);
	name_of(name, 7);
	zone_set(&b.z, name, NULL);
	add(&b, 1, "a");
	dns_client_want(b.c, 190);
	run(&b, 3 * MINUTE);
	cr_assert_eq(b.records, 190);
	cr_assert_eq(b.distinct, 19);
	cr_assert_not_null(strstr(b.why.text, name), "%s", b.why.text);
	cr_assert_not_null(strstr(b.why.text, ": SERVFAIL"), "%s", b.why.text);
	cr_assert_not(b.is_whole);
	/* Three times a round, of which there were ten. */
	cr_assert(b.failed >= 27 && b.failed <= 33, "%zu", b.failed);
	bed_close(&b);
}

Test(dns_client, names_an_entry_with_another_text, .init = set_up)
{
	char name[DNS_NAME_MAX];
	struct bed b;

	bed_open(&b, 14);
	zone_add_list(&b.z, 1, "a", 1, 1, 20, NULL, 0);
	name_of(name, 7);
	zone_set(&b.z, name, "enrtree-branch:");
	add(&b, 1, "a");
	dns_client_want(b.c, 2 * 19);
	run(&b, MINUTE);
	cr_assert_eq(b.distinct, 19);
	cr_assert(b.refused >= 3 && b.refused <= 6, "%zu", b.refused);
	cr_assert_eq(b.err, ERR_AUTH);
	cr_assert_not_null(strstr(b.why.text, name), "%s", b.why.text);
	bed_close(&b);
}

/* What the list has so is not asked for again, nor is it a reason to look at
 * the root over and over. */
Test(dns_client, does_not_spin_over_a_list_of_faults, .init = set_up)
{
	struct dns_hash bad, top, none;
	struct bed b;

	bed_open(&b, 15);
	bad = zone_add_entry(&b.z, "a", "enr:-----");
	none = zone_add_branch(&b.z, "a", NULL, 0);
	top = zone_add_branch(&b.z, "a", &bad, 1);
	zone_add_root(&b.z, 1, "a", 1, &top, &none);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, 10 * MINUTE);
	cr_assert_eq(b.records, 0);
	cr_assert_eq(b.err, ERR_FORMAT);
	cr_assert_leq(b.asked, 100);
	bed_close(&b);
}

Test(dns_client, refuses_a_list_with_a_loop_until_its_next_root, .init = set_up)
{
	struct dns_hash leaf, shared, two[2], top, none;
	struct enr node = zone_record(9);
	char text[ENR_TEXT_MAX];
	struct bed b;
	size_t asked;

	bed_open(&b, 16);
	leaf = zone_add_entry(&b.z, "a", enr_text(text, &node));
	none = zone_add_branch(&b.z, "a", NULL, 0);
	shared = zone_add_branch(&b.z, "a", &leaf, 1);
	two[0] = shared;
	two[1] = zone_add_branch(&b.z, "a", &shared, 1);
	top = zone_add_branch(&b.z, "a", two, 2);
	zone_add_root(&b.z, 1, "a", 1, &top, &none);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, 5 * MINUTE);
	cr_assert_eq(b.refused, 1);
	cr_assert(b.is_whole);
	cr_assert_not_null(strstr(b.why.text, "a loop"), "%s", b.why.text);
	asked = b.asked;
	run(&b, 20 * MINUTE);
	cr_assert_eq(b.asked, asked);
	run(&b, 10 * MINUTE); /* the same root */
	cr_assert_eq(b.asked, asked + 1);
	cr_assert_eq(b.refused, 1);
	zone_add_list(&b.z, 1, "a", 2, 20, 5, NULL, 0);
	run(&b, 30 * MINUTE);
	cr_assert_geq(b.distinct, 5);
	bed_close(&b);
}

/* --- links ---------------------------------------------------------------- */

Test(dns_client, follows_links_before_it_takes_records, .init = set_up)
{
	struct dns_link links[2] = { zone_link(2, "b"), zone_link(3, "c") };
	struct bed b;

	bed_open(&b, 17);
	zone_add_list(&b.z, 1, "a", 1, 1, 10, links, 2);
	zone_add_list(&b.z, 2, "b", 4, 101, 10, NULL, 0);
	zone_add_list(&b.z, 3, "c", 1, 201, 10, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, 2 * MINUTE);
	cr_assert_eq(b.joined, 2);
	cr_assert_eq(b.distinct, 30);
	cr_assert_str_eq(b.asks[0], "a");
	/* Of a's names the first three are a branch and two links. */
	for (unsigned i = 0, n = 0; i < b.asked && n < 3; i++) {
		const struct zone_row *row = zone_find(&b.z, b.asks[i]);

		if (strcmp(strchr(b.asks[i], '\0') - 2, ".a") != 0)
			continue;
		cr_assert_eq(strncmp(row->text,
				     n ? "enrtree://" : "enrtree-branch:",
				     strlen("enrtree://")),
			     0, "%u: %s", n, row->text);
		n++;
	}
	cr_assert_eq(b.left, 0);
	bed_close(&b);
}

Test(dns_client, bears_cycles_of_links, .init = set_up)
{
	struct dns_link a = zone_link(1, "a"), second = zone_link(2, "b");
	struct bed b;

	bed_open(&b, 18);
	zone_add_list(&b.z, 1, "a", 1, 1, 10, &second, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 10, &a, 1);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, 2 * MINUTE);
	cr_assert_eq(b.distinct, 20);
	cr_assert_eq(b.joined, 1);

	/* The cycle does not keep itself alive. */
	zone_add_list(&b.z, 1, "a", 2, 1, 10, NULL, 0);
	rest(&b);
	cr_assert_eq(b.left, 1);
	cr_assert_str_eq(b.left_of.domain, "b");
	memset(b.times, 0, sizeof(b.times));
	run(&b, 2 * MINUTE);
	cr_assert_eq(b.times[101], 0);
	cr_assert_gt(b.times[1], 0);
	bed_close(&b);
}

/* a -> b -> c -> b, and d -> c. */
Test(dns_client, drops_lists_that_nothing_leads_to_any_more, .init = set_up)
{
	struct dns_link to_b = zone_link(2, "b"), to_c = zone_link(3, "c");
	struct dns_client_counts counts;
	struct bed b;

	bed_open(&b, 19);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, &to_b, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 5, &to_c, 1);
	zone_add_list(&b.z, 3, "c", 1, 201, 5, &to_b, 1);
	zone_add_list(&b.z, 4, "d", 1, 301, 5, &to_c, 1);
	add(&b, 1, "a");
	add(&b, 4, "d");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, 2 * MINUTE);
	dns_client_counts(b.c, &counts);
	cr_assert_eq(counts.lists, 4);
	/* a's link goes: b and c stay, because of d. */
	zone_add_list(&b.z, 1, "a", 2, 1, 5, NULL, 0);
	rest(&b);
	dns_client_counts(b.c, &counts);
	cr_assert_eq(counts.lists, 4);
	zone_add_list(&b.z, 4, "d", 2, 301, 5, NULL, 0);
	rest(&b);
	dns_client_counts(b.c, &counts);
	cr_assert_eq(counts.lists, 2);
	cr_assert_eq(b.left, 2);
	bed_close(&b);
}

Test(dns_client, keeps_an_own_list_that_is_linked_to_no_more, .init = set_up)
{
	struct dns_link to_b = zone_link(2, "b");
	struct bed b;

	bed_open(&b, 20);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, &to_b, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 5, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, MINUTE);
	add(&b, 2, "b");
	zone_add_list(&b.z, 1, "a", 2, 1, 5, NULL, 0);
	rest(&b);
	cr_assert_eq(b.left, 0);
	bed_close(&b);
}

/* With part of the link tree missing nobody can say that a link is gone. */
Test(dns_client, keeps_lists_while_links_cannot_be_read, .init = set_up)
{
	struct dns_link to_b = zone_link(2, "b"), to_c = zone_link(3, "c");
	struct dns_link both[2] = { to_c, zone_link(4, "d") };
	char name[DNS_NAME_MAX], text[DNS_LINK_TEXT], base32[DNS_HASH_TEXT];
	struct dns_hash hash;
	struct bed b;

	bed_open(&b, 21);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, &to_b, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 5, NULL, 0);
	zone_add_list(&b.z, 3, "c", 1, 201, 5, NULL, 0);
	zone_add_list(&b.z, 4, "d", 1, 301, 5, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, MINUTE);
	zone_add_list(&b.z, 1, "a", 2, 1, 5, both, 2);
	hash = dns_hash_of(span_text(dns_link_text(text, &to_c)));
	snprintf(name, sizeof(name), "%s.a", dns_hash_text(base32, &hash));
	zone_set(&b.z, name, NULL);
	rest(&b);
	cr_assert_eq(b.left, 0);
	cr_assert_gt(b.times[301], 0);
	/* Once it is there again, so is the knowledge. */
	zone_set(&b.z, name, text);
	rest(&b);
	cr_assert_eq(b.left, 1);
	cr_assert_str_eq(b.left_of.domain, "b");
	bed_close(&b);
}

Test(dns_client, has_room_for_so_many_lists_and_no_more, .init = set_up)
{
	struct dns_link links[DNS_LISTS_MAX + 3];
	struct dns_client_counts counts;
	struct bed b;

	for (unsigned i = 0; i < ARRAY_LEN(links); i++)
		links[i] = zone_link(100 + i, "other");
	bed_open(&b, 22);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, links, ARRAY_LEN(links));
	add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	run(&b, 2 * MINUTE);
	dns_client_counts(b.c, &counts);
	cr_assert_eq(counts.lists, DNS_LISTS_MAX);
	cr_assert_eq(b.joined, DNS_LISTS_MAX - 1);
	cr_assert_eq(b.left, 4);
	cr_assert_gt(b.times[1], 0);
	bed_close(&b);
}

Test(dns_client, holds_less_of_lists_that_it_did_not_choose, .init = set_up)
{
	struct dns_link to_b = zone_link(2, "b");
	const struct dns_list *own, *linked;
	struct bed b;

	bed_open(&b, 23);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, &to_b, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 5, NULL, 0);
	add(&b, 1, "a");
	dns_client_want(b.c, 20);
	run(&b, MINUTE);
	own = b.c->lists;
	linked = own->next;
	cr_assert_eq(own->records.entries_max, DNS_ENTRIES_MAX);
	cr_assert_eq(own->links.entries_max, DNS_ENTRIES_MAX);
	cr_assert_eq(linked->records.entries_max, DNS_LINKED_ENTRIES_MAX);
	cr_assert_eq(linked->links.entries_max, DNS_LINKED_ENTRIES_MAX);
	bed_close(&b);
}

/* --- answers -------------------------------------------------------------- */

Test(dns_client, asks_each_list_one_thing_at_a_time, .init = set_up)
{
	struct span value = span_text("nonsense");
	struct dns_event ev;
	struct bed b;

	bed_open(&b, 24);
	b.is_mute = true;
	add(&b, 1, "a");
	add(&b, 2, "b");
	dns_client_want(b.c, 1);
	run(&b, 60 * MINUTE);
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
Test(dns_client, has_all_records_of_random_lists, .init = set_up)
{
	for (unsigned seed = 1; seed <= 6; seed++) {
		unsigned count = 1 + seed * seed % 97, gone = count / 3;
		struct dns_link link = zone_link(2, "b");
		struct bed b;

		bed_open(&b, (unsigned char)seed);
		zone_add_list(&b.z, 1, "a", 1, 1, count, &link, seed % 2);
		zone_add_list(&b.z, 2, "b", 1, 1000, 3 * seed, NULL, 0);
		add(&b, 1, "a");
		dns_client_want(b.c, SIZE_MAX);
		run(&b, 2 * MINUTE);
		cr_assert_eq(b.distinct, count + (seed % 2 ? 3 * seed : 0),
			     "seed %u", seed);
		zone_clear(&b.z);
		zone_add_list(&b.z, 1, "a", 2, 1, count - gone, &link,
			      seed % 2);
		zone_add_list(&b.z, 2, "b", 2, 1000, 3 * seed, NULL, 0);
		rest(&b);
		memset(b.times, 0, sizeof(b.times));
		run(&b, 2 * MINUTE);
		for (unsigned i = 1; i <= count; i++)
			cr_assert_eq(b.times[i] > 0, i <= count - gone,
				     "seed %u, record %u", seed, i);
		bed_close(&b);
	}
}
