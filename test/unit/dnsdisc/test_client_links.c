/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that lead to others. */
#include <stdio.h>

#include "p2p/dnsdisc/client_inside.h"
#include "test/unit/dnsdisc/bed.h"

Test(dns_client, follows_links_before_it_takes_records, .init = zone_set_up)
{
	struct dns_link links[2] = { zone_link(2, "b"), zone_link(3, "c") };
	struct bed b;

	bed_open(&b, 17);
	zone_add_list(&b.z, 1, "a", 1, 1, 10, links, 2);
	zone_add_list(&b.z, 2, "b", 4, 101, 10, NULL, 0);
	zone_add_list(&b.z, 3, "c", 1, 201, 10, NULL, 0);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, 2 * MINUTE);
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

Test(dns_client, bears_cycles_of_links, .init = zone_set_up)
{
	struct dns_link a = zone_link(1, "a"), second = zone_link(2, "b");
	struct bed b;

	bed_open(&b, 18);
	zone_add_list(&b.z, 1, "a", 1, 1, 10, &second, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 10, &a, 1);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, 2 * MINUTE);
	cr_assert_eq(b.distinct, 20);
	cr_assert_eq(b.joined, 1);

	/* The cycle does not keep itself alive. */
	zone_add_list(&b.z, 1, "a", 2, 1, 10, NULL, 0);
	bed_rest(&b);
	cr_assert_eq(b.left, 1);
	cr_assert_str_eq(b.left_of.domain, "b");
	memset(b.times, 0, sizeof(b.times));
	bed_run(&b, 2 * MINUTE);
	cr_assert_eq(b.times[101], 0);
	cr_assert_gt(b.times[1], 0);
	bed_close(&b);
}

/* a -> b -> c -> b, and d -> c. */
Test(dns_client, drops_lists_that_nothing_leads_to_any_more,
     .init = zone_set_up)
{
	struct dns_link to_b = zone_link(2, "b"), to_c = zone_link(3, "c");
	struct dns_client_counts counts;
	struct bed b;

	bed_open(&b, 19);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, &to_b, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 5, &to_c, 1);
	zone_add_list(&b.z, 3, "c", 1, 201, 5, &to_b, 1);
	zone_add_list(&b.z, 4, "d", 1, 301, 5, &to_c, 1);
	bed_add(&b, 1, "a");
	bed_add(&b, 4, "d");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, 2 * MINUTE);
	dns_client_counts(b.c, &counts);
	cr_assert_eq(counts.lists, 4);
	/* a's link goes: b and c stay, because of d. */
	zone_add_list(&b.z, 1, "a", 2, 1, 5, NULL, 0);
	bed_rest(&b);
	dns_client_counts(b.c, &counts);
	cr_assert_eq(counts.lists, 4);
	zone_add_list(&b.z, 4, "d", 2, 301, 5, NULL, 0);
	bed_rest(&b);
	dns_client_counts(b.c, &counts);
	cr_assert_eq(counts.lists, 2);
	cr_assert_eq(b.left, 2);
	bed_close(&b);
}

Test(dns_client, keeps_an_own_list_that_is_linked_to_no_more,
     .init = zone_set_up)
{
	struct dns_link to_b = zone_link(2, "b");
	struct bed b;

	bed_open(&b, 20);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, &to_b, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 5, NULL, 0);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, MINUTE);
	bed_add(&b, 2, "b");
	zone_add_list(&b.z, 1, "a", 2, 1, 5, NULL, 0);
	bed_rest(&b);
	cr_assert_eq(b.left, 0);
	bed_close(&b);
}

/* With part of the link tree missing nobody can say that a link is gone. */
Test(dns_client, keeps_lists_while_links_cannot_be_read, .init = zone_set_up)
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
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, MINUTE);
	zone_add_list(&b.z, 1, "a", 2, 1, 5, both, 2);
	hash = dns_hash_of(span_text(dns_link_text(text, &to_c)));
	snprintf(name, sizeof(name), "%s.a", dns_hash_text(base32, &hash));
	zone_set(&b.z, name, NULL);
	bed_rest(&b);
	cr_assert_eq(b.left, 0);
	cr_assert_gt(b.times[301], 0);
	/* Once it is there again, so is the knowledge. */
	zone_set(&b.z, name, text);
	bed_rest(&b);
	cr_assert_eq(b.left, 1);
	cr_assert_str_eq(b.left_of.domain, "b");
	bed_close(&b);
}

Test(dns_client, has_room_for_so_many_lists_and_no_more, .init = zone_set_up)
{
	struct dns_link links[DNS_LISTS_MAX + 3];
	struct dns_client_counts counts;
	struct bed b;

	for (unsigned i = 0; i < ARRAY_LEN(links); i++)
		links[i] = zone_link(100 + i, "other");
	bed_open(&b, 22);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, links, ARRAY_LEN(links));
	bed_add(&b, 1, "a");
	dns_client_want(b.c, SIZE_MAX);
	bed_run(&b, 2 * MINUTE);
	dns_client_counts(b.c, &counts);
	cr_assert_eq(counts.lists, DNS_LISTS_MAX);
	cr_assert_eq(b.joined, DNS_LISTS_MAX - 1);
	cr_assert_eq(b.left, 4);
	cr_assert_gt(b.times[1], 0);
	bed_close(&b);
}

Test(dns_client, holds_less_of_lists_that_it_did_not_choose,
     .init = zone_set_up)
{
	struct dns_link to_b = zone_link(2, "b");
	const struct dns_list *own, *linked;
	struct bed b;

	bed_open(&b, 23);
	zone_add_list(&b.z, 1, "a", 1, 1, 5, &to_b, 1);
	zone_add_list(&b.z, 2, "b", 1, 101, 5, NULL, 0);
	bed_add(&b, 1, "a");
	dns_client_want(b.c, 20);
	bed_run(&b, MINUTE);
	own = b.c->lists;
	linked = own->next;
	cr_assert_eq(own->records.entries_max, DNS_ENTRIES_MAX);
	cr_assert_eq(own->links.entries_max, DNS_ENTRIES_MAX);
	cr_assert_eq(linked->records.entries_max, DNS_LINKED_ENTRIES_MAX);
	cr_assert_eq(linked->links.entries_max, DNS_LINKED_ENTRIES_MAX);
	bed_close(&b);
}
