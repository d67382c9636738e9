/* SPDX-License-Identifier: Apache-2.0 */
/* From records of a file; from DNS it is in test/e2e. */
#include "node/dns/fetch.h"

#include <stdio.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"
#include "test/unit/dnsdisc/zone.h"

static void set_up(void)
{
	crypto_init();
	hashtable_init();
}

static enum err fetch(struct dnslist *out, struct dns_sync_counts *counts,
		      const struct zone *rows, const struct dns_link *list,
		      struct why *why)
{
	struct dnszone zone = { 0 };
	struct dnsfetch_config config = { .list = list, .zone = &zone };
	enum err rc;

	for (size_t i = 0; i < rows->count; i++)
		cr_assert_eq(dnszone_add(&zone, span_text(rows->rows[i].name),
					 span_text(rows->rows[i].text)),
			     ERR_NONE);
	rc = dnsfetch(out, counts, &config, why);
	dnszone_clear(&zone);
	return rc;
}

Test(dnsfetch, makes_a_list_that_gives_the_same_records, .init = set_up)
{
	struct dns_link links[20], list = zone_link(1, "a.example");
	struct dns_sync_counts counts;
	struct why why = WHY_NONE;
	struct dnslist got = { 0 };
	struct dnszone again = { 0 };
	char text[DNS_ROOT_TEXT];
	struct dns_tree tree;
	struct zone rows = { 0 };

	for (unsigned n = 0; n < ARRAY_LEN(links); n++)
		links[n] = zone_link(50 - n, "other.example");
	zone_add_list(&rows, 1, "a.example", 9, 1, 200, links,
		      ARRAY_LEN(links));
	cr_assert_eq(fetch(&got, &counts, &rows, &list, &why), ERR_NONE, "%s",
		     why.text);
	cr_assert_eq(nodeset_count(&got.nodes), 200);
	cr_assert_eq(got.link_count, ARRAY_LEN(links));
	cr_assert_eq(got.seq, 9);
	cr_assert_eq(counts.entries, rows.count - 1);
	cr_assert_eq(dnslist_signed_tree(&tree, text, &got, &why), ERR_NONE,
		     "%s", why.text);
	dnszone_of_tree(&again, &tree, "a.example", text);
	cr_assert_eq(again.count, rows.count);
	for (size_t i = 0; i < rows.count; i++) {
		struct span value;

		cr_assert_eq(dnszone_find(&again, &value, 1, rows.rows[i].name),
			     1);
		cr_assert(span_equal(value, span_text(rows.rows[i].text)));
	}
	dnszone_clear(&again);
	dns_tree_clear(&tree);
	dnslist_clear(&got);
	zone_clear(&rows);
}

Test(dnsfetch, leaves_nothing_of_a_list_that_is_refused, .init = set_up)
{
	struct dns_link list = zone_link(1, "a.example");
	struct dns_sync_counts counts;
	struct why why = WHY_NONE;
	struct dnslist got = { 0 };
	struct zone rows = { 0 };
	size_t last;

	zone_add_list(&rows, 1, "a.example", 9, 1, 20, NULL, 0);
	for (last = 0; strncmp(rows.rows[last].text, "enr:", 4) != 0; last++)
		;
	zone_set(&rows, rows.rows[last].name, "enrtree-branch:");
	cr_assert_eq(fetch(&got, &counts, &rows, &list, &why), ERR_AUTH);
	cr_assert_not_null(strstr(why.text, rows.rows[last].name), "%s",
			   why.text);
	cr_assert_eq(nodeset_count(&got.nodes), 0);
	cr_assert_not(got.has_url);
	zone_clear(&rows);
}
