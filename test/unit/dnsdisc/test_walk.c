/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/dnsdisc/walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "test/support/unit.h"
#include "test/unit/dnsdisc/zone.h"

/* Hashes are looked at elsewhere, so here entries have whatever name. */
static struct dns_hash name_of(uint32_t n)
{
	struct dns_hash hash = { .len = DNS_HASH_MIN };

	memcpy(hash.b, &n, sizeof(n));
	return hash;
}

static uint32_t number_of(const struct dns_hash *hash)
{
	uint32_t n;

	memcpy(&n, hash->b, sizeof(n));
	return n;
}

/* Visit one, a branch with these children. */
static enum err branch_at(struct dns_walk *w, size_t index,
			  const uint32_t *children, size_t count,
			  enum dns_fault *fault, struct why *why)
{
	char *text = malloc(32 + count * DNS_HASH_TEXT), base32[DNS_HASH_TEXT];
	struct dns_step step = dns_walk_take(w, index);
	size_t n = (size_t)sprintf(text, "enrtree-branch:");
	struct dns_entry e;
	enum err rc;

	for (size_t i = 0; i < count; i++) {
		struct dns_hash hash = name_of(children[i]);

		n += (size_t)sprintf(text + n, "%s%s", i ? "," : "",
				     dns_hash_text(base32, &hash));
	}
	cr_assert_eq(dns_entry_parse(&e, span_text(text), NULL), ERR_NONE);
	rc = dns_walk_visit(w, fault, &step, &e, why);
	free(text);
	return rc;
}

/* Visit the next one. */
static enum err branch(struct dns_walk *w, const uint32_t *children,
		       size_t count, enum dns_fault *fault, struct why *why)
{
	return branch_at(w, w->count - 1, children, count, fault, why);
}

static enum err leaf(struct dns_walk *w)
{
	struct dns_step step = dns_walk_take(w, w->count - 1);
	struct dns_entry e = { .kind = DNS_LEAF };
	enum dns_fault fault;

	return dns_walk_visit(w, &fault, &step, &e, NULL);
}

static void start(struct dns_walk *w, size_t entries_max)
{
	struct dns_hash top = name_of(1);

	dns_walk_start(w, DNS_WALK_RECORDS, &top, entries_max);
}

#define BRANCH(w, fault, why, ...)                   \
	branch(w, (const uint32_t[]){ __VA_ARGS__ }, \
	       sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, fault, why)

static void expect_loop(struct dns_walk *w, const enum dns_fault *fault,
			const struct why *why, enum err rc)
{
	cr_assert_eq(rc, ERR_FORMAT);
	cr_assert_eq(*fault, DNS_FAULT_TREE);
	cr_assert_not_null(strstr(why->text, "a loop"), "%s", why->text);
	dns_walk_clear(w);
}

Test(dns_walk, visits_all_in_their_order, .init = zone_set_up)
{
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_walk w;

	start(&w, 100);
	cr_assert_eq(w.count, 1);
	cr_assert_eq(w.missing[0].depth, 1);
	cr_assert_eq(BRANCH(&w, &fault, &why, 2, 3, 4), ERR_NONE);
	cr_assert_eq(number_of(&w.missing[2].hash), 2);
	cr_assert_eq(w.missing[2].depth, 2);
	cr_assert_eq(BRANCH(&w, &fault, &why, 5, 6), ERR_NONE);
	cr_assert_eq(number_of(&w.missing[3].hash), 5);
	cr_assert_eq(w.missing[3].depth, 3);
	cr_assert_eq(leaf(&w), ERR_NONE);
	cr_assert_eq(number_of(&w.missing[2].hash), 6);
	cr_assert_eq(leaf(&w), ERR_NONE);
	cr_assert_eq(number_of(&w.missing[1].hash), 3);
	cr_assert_eq(leaf(&w), ERR_NONE);
	cr_assert_eq(leaf(&w), ERR_NONE);
	cr_assert_eq(w.count, 0);
	cr_assert_eq(w.found, 4);
	cr_assert_eq(dns_walk_entries(&w), 6);

	dns_walk_restart(&w);
	cr_assert_eq(w.count, 1);
	cr_assert_eq(number_of(&w.missing[0].hash), 1);
	cr_assert_eq(w.found, 0);
	cr_assert_eq(dns_walk_entries(&w), 1);
	dns_walk_clear(&w);
}

Test(dns_walk, refuses_a_branch_that_names_itself, .init = zone_set_up)
{
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_walk w;

	start(&w, 100);
	expect_loop(&w, &fault, &why, BRANCH(&w, &fault, &why, 2, 1));
}

Test(dns_walk, refuses_a_branch_that_names_one_above_it, .init = zone_set_up)
{
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_walk w;

	start(&w, 100);
	cr_assert_eq(BRANCH(&w, &fault, &why, 2), ERR_NONE);
	cr_assert_eq(BRANCH(&w, &fault, &why, 3), ERR_NONE);
	cr_assert_eq(BRANCH(&w, &fault, &why, 4), ERR_NONE);
	expect_loop(&w, &fault, &why, BRANCH(&w, &fault, &why, 5, 2));
}

/* Of which neither is above the other where they are first named. */
Test(dns_walk, refuses_two_branches_that_name_each_other, .init = zone_set_up)
{
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_walk w;

	start(&w, 100);
	cr_assert_eq(BRANCH(&w, &fault, &why, 2, 3), ERR_NONE);
	cr_assert_eq(BRANCH(&w, &fault, &why, 3), ERR_NONE);
	expect_loop(&w, &fault, &why, BRANCH(&w, &fault, &why, 2));
}

Test(dns_walk, refuses_a_branch_below_two_others, .init = zone_set_up)
{
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_walk w;

	start(&w, 100);
	cr_assert_eq(BRANCH(&w, &fault, &why, 2, 3), ERR_NONE);
	cr_assert_eq(BRANCH(&w, &fault, &why, 4), ERR_NONE);
	cr_assert_eq(leaf(&w), ERR_NONE); /* 4 */
	cr_assert_eq(BRANCH(&w, &fault, &why, 4), ERR_NONE);
	cr_assert_eq(w.count, 0, "a record was visited twice");
	dns_walk_clear(&w);

	start(&w, 100);
	cr_assert_eq(BRANCH(&w, &fault, &why, 2, 2), ERR_NONE);
	expect_loop(&w, &fault, &why, BRANCH(&w, &fault, &why, 3));
}

/* Longer and shorter forms of one hash. */
Test(dns_walk, knows_an_entry_by_either_length_of_its_name, .init = zone_set_up)
{
	struct dns_hash top = { .len = DNS_HASH_MAX };
	char text[200], base32[DNS_HASH_TEXT];
	struct why why = WHY_NONE;
	struct dns_step step;
	enum dns_fault fault;
	struct dns_entry e;
	struct dns_walk w;

	memset(top.b, 7, sizeof(top.b));
	dns_walk_start(&w, DNS_WALK_RECORDS, &top, 100);
	top.len = DNS_HASH_MIN;
	sprintf(text, "enrtree-branch:%s", dns_hash_text(base32, &top));
	cr_assert_eq(dns_entry_parse(&e, span_text(text), NULL), ERR_NONE);
	step = dns_walk_take(&w, 0);
	expect_loop(&w, &fault, &why,
		    dns_walk_visit(&w, &fault, &step, &e, &why));
}

Test(dns_walk, holds_no_more_entries_than_it_may, .init = zone_set_up)
{
	uint32_t *many = calloc(3000, sizeof(*many));
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_walk w;
	uint32_t n = 10;

	start(&w, 4);
	cr_assert_eq(BRANCH(&w, &fault, &why, 2, 3, 4), ERR_NONE);
	cr_assert_eq(dns_walk_entries(&w), 4);
	cr_assert_eq(BRANCH(&w, &fault, &why, 3), ERR_NONE);
	cr_assert_eq(BRANCH(&w, &fault, &why, 5), ERR_FORMAT); /* 3, twice */
	dns_walk_clear(&w);
	start(&w, 3);
	cr_assert_eq(BRANCH(&w, &fault, &why, 2, 3, 4), ERR_LIMIT);
	cr_assert_eq(fault, DNS_FAULT_TREE);
	cr_assert_not_null(strstr(why.text, "over 3 entries"), "%s", why.text);
	cr_assert_eq(dns_walk_entries(&w), 1, "some were taken");
	dns_walk_clear(&w);

	start(&w, DNS_ENTRIES_MAX);
	while (dns_walk_entries(&w) + 3000 <= DNS_ENTRIES_MAX) {
		for (size_t i = 0; i < 3000; i++)
			many[i] = n++;
		cr_assert_eq(branch_at(&w, 0, many, 3000, &fault, &why),
			     ERR_NONE);
	}
	for (size_t i = 0; i < 3000; i++)
		many[i] = n++;
	cr_assert_eq(branch_at(&w, 0, many, 3000, &fault, &why), ERR_LIMIT);
	cr_assert_not_null(strstr(why.text, "over 100000 entries"), "%s",
			   why.text);
	cr_assert_leq(dns_walk_entries(&w), DNS_ENTRIES_MAX);
	dns_walk_clear(&w);
	free(many);
}

Test(dns_walk, goes_no_deeper_than_it_may, .init = zone_set_up)
{
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_walk w;

	start(&w, 100);
	for (uint32_t n = 2; n <= DNS_DEPTH_MAX; n++)
		cr_assert_eq(BRANCH(&w, &fault, &why, n), ERR_NONE);
	cr_assert_eq(w.missing[0].depth, DNS_DEPTH_MAX);
	cr_assert_eq(BRANCH(&w, &fault, &why, 100), ERR_LIMIT);
	cr_assert_eq(fault, DNS_FAULT_TREE);
	cr_assert_not_null(strstr(why.text, "deep"), "%s", why.text);
	dns_walk_clear(&w);

	/* A record may be there, and a branch without children. */
	start(&w, 100);
	for (uint32_t n = 2; n < DNS_DEPTH_MAX; n++)
		cr_assert_eq(BRANCH(&w, &fault, &why, n), ERR_NONE);
	cr_assert_eq(BRANCH(&w, &fault, &why, 100, 101), ERR_NONE);
	cr_assert_eq(leaf(&w), ERR_NONE);
	cr_assert_eq(branch(&w, NULL, 0, &fault, &why), ERR_NONE);
	cr_assert_eq(w.count, 0);
	dns_walk_clear(&w);
}

/* The walk that makes the mistake an answer's, not the list's. */
Test(dns_walk, tells_a_bad_answer_from_a_bad_entry, .init = zone_set_up)
{
	static const char bad[] = "enrtree-branch:x";
	struct span values[2] = { span_text(bad), span_text("other") };
	struct dns_hash top = dns_hash_of(values[0]);
	char base32[DNS_HASH_TEXT];
	struct why why = WHY_NONE;
	enum dns_fault fault;
	struct dns_step step;
	struct dns_entry e;
	struct dns_walk w;

	dns_walk_start(&w, DNS_WALK_RECORDS, &top, 100);
	step = dns_walk_take(&w, 0);
	cr_assert_eq(dns_walk_enter(&w, &e, &fault, &step, values, 1, &why),
		     ERR_FORMAT);
	cr_assert_eq(fault, DNS_FAULT_ENTRY);
	dns_hash_text(base32, &top);
	cr_assert_eq(strncmp(why.text, base32, strlen(base32)), 0, "%s",
		     why.text);
	values[0] = span_text("enrtree-branch:");
	cr_assert_eq(dns_walk_enter(&w, &e, &fault, &step, values, 1, &why),
		     ERR_AUTH);
	cr_assert_eq(fault, DNS_FAULT_ANSWER);
	cr_assert_eq(dns_walk_enter(&w, &e, &fault, &step, values + 1, 1, &why),
		     ERR_NOT_FOUND);
	cr_assert_eq(fault, DNS_FAULT_ANSWER);
	dns_walk_clear(&w);
}
