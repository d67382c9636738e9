/* SPDX-License-Identifier: Apache-2.0 */
/* Roots and entries that the client does not take, and how it goes on. */
#include <stdio.h>

#include "test/unit/dnsdisc/bed.h"

Test(dns_client, refuses_a_root_that_is_older_than_one_before,
     .init = zone_set_up)
{
	struct dns_link link = zone_link(1, "A");
	struct bed b;

	bed_open(&b, 10);
	zone_add_list(&b.z, 1, "a", 6, 1, 20, NULL, 0);
	dns_client_remember(b.c, &link, 7);
	dns_client_remember(b.c, &link, 5);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, MINUTE);
	cr_assert_eq(b.records, 0);
	cr_assert_eq(b.err, ERR_DENIED);
	cr_assert(b.is_whole);
	cr_assert_str_eq(b.why.text, "a: root: seq 6, and it was 7 before");
	zone_add_list(&b.z, 1, "a", 7, 1, 20, NULL, 0);
	bed_run(&b, MINUTE);
	cr_assert_eq(b.distinct, 20);
	cr_assert_eq(b.root_seq, 7);

	/* And one that it has seen itself; what it has stays. */
	b.refused = 0;
	zone_add_list(&b.z, 1, "a", 3, 500, 20, NULL, 0);
	bed_rest(&b);
	cr_assert_gt(b.refused, 0);
	cr_assert_not(b.is_whole);
	cr_assert_eq(b.distinct, 20);
	bed_close(&b);
}

Test(dns_client, refuses_a_root_of_another_key, .init = zone_set_up)
{
	struct bed b;

	bed_open(&b, 11);
	zone_add_list(&b.z, 2, "a", 1, 1, 20, NULL, 0);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, MINUTE);
	cr_assert_eq(b.records, 0);
	cr_assert_eq(b.err, ERR_AUTH);
	cr_assert_str_eq(b.why.text, "a: root: the signature does not match");
	bed_close(&b);
}

/* "5 s after more than 5 consecutive failures, 10 s after more than 20". */
Test(dns_client, waits_longer_the_more_often_a_root_fails, .init = zone_set_up)
{
	static const uint64_t from_ms[] = { 1000, 5000, 10000 };
	struct bed b;

	bed_open(&b, 12);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, 1);
	bed_run(&b, 10 * MINUTE);
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

/* The n-th record's name at "a". */
static void name_of(char name[DNS_NAME_MAX], unsigned n)
{
	struct enr r = zone_record(n);
	char text[ENR_TEXT_MAX], base32[DNS_HASH_TEXT];
	struct dns_hash hash = dns_hash_of(span_text(enr_text(text, &r)));

	snprintf(name, DNS_NAME_MAX, "%s.a", dns_hash_text(base32, &hash));
}

Test(dns_client, goes_on_without_an_entry_that_is_missing, .init = zone_set_up)
{
	char name[DNS_NAME_MAX];
	struct bed b;

	bed_open_list(&b, 13, 20);
	name_of(name, 7);
	zone_set(&b.z, name, NULL);
	dns_client_want(b.c, 190);
	bed_run(&b, 3 * MINUTE);
	cr_assert_eq(b.records, 190);
	cr_assert_eq(b.distinct, 19);
	cr_assert_not_null(strstr(b.why.text, name), "%s", b.why.text);
	cr_assert_not_null(strstr(b.why.text, ": SERVFAIL"), "%s", b.why.text);
	cr_assert_not(b.is_whole);
	/* Three times a round, of which there were ten. */
	cr_assert(b.failed >= 27 && b.failed <= 33, "%zu", b.failed);
	bed_close(&b);
}

Test(dns_client, names_an_entry_with_another_text, .init = zone_set_up)
{
	char name[DNS_NAME_MAX];
	struct bed b;

	bed_open_list(&b, 14, 20);
	name_of(name, 7);
	zone_set(&b.z, name, "enrtree-branch:");
	dns_client_want(b.c, 2 * 19);
	bed_run(&b, MINUTE);
	cr_assert_eq(b.distinct, 19);
	cr_assert(b.refused >= 3 && b.refused <= 6, "%zu", b.refused);
	cr_assert_eq(b.err, ERR_AUTH);
	cr_assert_not_null(strstr(b.why.text, name), "%s", b.why.text);
	bed_close(&b);
}

/* What the list has so is not asked for again, nor is it a reason to look at
 * the root over and over. */
Test(dns_client, does_not_spin_over_a_list_of_faults, .init = zone_set_up)
{
	struct dns_hash bad, top, none;
	struct bed b;

	bed_open(&b, 15);
	bad = zone_add_entry(&b.z, "a", "enr:-----");
	none = zone_add_branch(&b.z, "a", NULL, 0);
	top = zone_add_branch(&b.z, "a", &bad, 1);
	zone_add_root(&b.z, 1, "a", 1, &top, &none);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, 10 * MINUTE);
	cr_assert_eq(b.records, 0);
	cr_assert_eq(b.err, ERR_FORMAT);
	cr_assert_leq(b.asked, 100);
	bed_close(&b);
}

Test(dns_client, refuses_a_list_with_a_loop_until_its_next_root,
     .init = zone_set_up)
{
	struct bed b;
	size_t asked;

	bed_open(&b, 16);
	zone_add_loop(&b.z, 1, "a", 1);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, 5 * MINUTE);
	cr_assert_eq(b.refused, 1);
	cr_assert(b.is_whole);
	cr_assert_not_null(strstr(b.why.text, "a loop"), "%s", b.why.text);
	asked = b.asked;
	bed_run(&b, 20 * MINUTE);
	cr_assert_eq(b.asked, asked);
	bed_run(&b, 10 * MINUTE); /* the same root */
	cr_assert_eq(b.asked, asked + 1);
	cr_assert_eq(b.refused, 1);
	zone_add_list(&b.z, 1, "a", 2, 20, 5, NULL, 0);
	bed_run(&b, 30 * MINUTE);
	cr_assert_geq(b.distinct, 5);
	bed_close(&b);
}
