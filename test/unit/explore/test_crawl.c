/* SPDX-License-Identifier: Apache-2.0 */
#include "node/explore/crawl.h"

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

enum {
	NOW = 1700000000,
};

static void set_up(void)
{
	crypto_init();
	hashtable_init();
}

/* The record of node n, at a port of its own; port 0: without an endpoint. */
static struct enr record_at(unsigned n, uint64_t seq, uint16_t port)
{
	struct ip ip = { IP_V4, { 10, 0, 0, 1 } };
	struct enr_draft d = { .seq = seq };
	struct ecc_keypair key = { { { 1 } }, { { 0 } } };
	struct enr r;

	key.key.b[30] = (uint8_t)(n >> 8);
	key.key.b[31] = (uint8_t)n;
	ecc_pub_of(&key.pub, &key.key);
	if (port) {
		cr_assert_eq(enr_draft_set_ip(&d, &ip), ERR_NONE);
		cr_assert_eq(enr_draft_set_port(&d, "udp", port), ERR_NONE);
	}
	cr_assert_eq(enr_sign(&r, &d, &key), ERR_NONE);
	cr_assert_eq(enr_verify(&r, NULL), ERR_NONE);
	return r;
}

static struct enr record(unsigned n)
{
	return record_at(n, 1, 30303);
}

/* As a lookup of v4 tells of it: without its record. */
static struct contact met(unsigned n)
{
	struct enr r = record(n);
	struct contact c;

	cr_assert(contact_of_record(&c, &r, NULL));
	c.record.len = 0;
	return c;
}

static void meet(struct crawl *c, unsigned n, uint64_t now)
{
	struct contact m = met(n);

	crawl_meet(c, &m, now);
}

static struct nodeset_node *put(struct nodeset *set, const struct enr *r,
				uint64_t score)
{
	struct nodeset_node *node;

	cr_assert_eq(nodeset_put(set, &node, r), ERR_NONE);
	node->score = score;
	return node;
}

/* The next one is asked, and it is n. */
static void asks(struct crawl *c, unsigned n, uint64_t now)
{
	struct enr r = record(n);
	struct contact out;

	cr_assert(crawl_next(c, &out, now));
	cr_assert(node_id_equal(&out.id, &r.id));
}

static void asks_nobody(struct crawl *c, uint64_t now)
{
	struct contact out;

	cr_assert_not(crawl_next(c, &out, now));
}

static void answers(struct crawl *c, unsigned n, uint64_t now)
{
	struct enr r = record(n);

	crawl_answered(c, &r, now);
}

static void fails(struct crawl *c, unsigned n, uint64_t now)
{
	struct enr r = record(n);

	crawl_failed(c, &r.id, now);
}

static void closed(struct crawl *c, struct nodeset *set)
{
	crawl_clear(c);
	nodeset_clear(set);
}

Test(crawl, keeps_who_answers, .init = set_up)
{
	struct nodeset set = { 0 };
	struct nodeset_node *node;
	struct crawl c;

	crawl_init(&c, &set, 16, NULL);
	cr_assert(crawl_is_fresh(&c));
	asks_nobody(&c, NOW);
	meet(&c, 1, NOW);
	asks(&c, 1, NOW);
	cr_assert_eq(nodeset_count(&set), 0);
	answers(&c, 1, NOW + 1);
	cr_assert_eq(nodeset_count(&set), 1);
	node = nodeset_next(&set, NULL);
	cr_assert_eq(node->score, 1);
	cr_assert_eq(node->first_response, NOW + 1);
	cr_assert_eq(node->last_response, NOW + 1);
	cr_assert_eq(node->last_check, NOW + 1);
	cr_assert_eq(c.counts.answered, 1);
	cr_assert_eq(c.counts.added, 1);
	closed(&c, &set);
}

Test(crawl, ignores_who_never_answered, .init = set_up)
{
	struct nodeset set = { 0 };
	struct crawl c;

	crawl_init(&c, &set, 16, NULL);
	meet(&c, 1, NOW);
	asks(&c, 1, NOW);
	fails(&c, 1, NOW + 1);
	cr_assert_eq(nodeset_count(&set), 0);
	cr_assert_eq(c.counts.dead, 1);
	/* Once over, an answer is no answer. */
	answers(&c, 1, NOW + 1);
	fails(&c, 1, NOW + 1);
	cr_assert_eq(nodeset_count(&set), 0);
	cr_assert_eq(c.counts.dead, 1);
	closed(&c, &set);
}

Test(crawl, asks_again_after_ten_minutes_and_no_sooner, .init = set_up)
{
	struct nodeset set = { 0 };
	struct crawl c;

	crawl_init(&c, &set, 16, NULL);
	for (unsigned n = 1; n <= 2; n++) {
		meet(&c, n, NOW);
		meet(&c, n, NOW); /* waits already */
		asks(&c, n, NOW);
		meet(&c, n, NOW); /* is asked already */
	}
	answers(&c, 1, NOW);
	fails(&c, 2, NOW);
	for (unsigned n = 1; n <= 2; n++)
		meet(&c, n, NOW + CRAWL_REST_S - 1);
	asks_nobody(&c, NOW + CRAWL_REST_S - 1);
	for (unsigned n = 1; n <= 2; n++)
		meet(&c, n, NOW + CRAWL_REST_S);
	asks(&c, 1, NOW + CRAWL_REST_S);
	asks(&c, 2, NOW + CRAWL_REST_S);
	answers(&c, 1, NOW + CRAWL_REST_S);
	cr_assert_eq(nodeset_next(&set, NULL)->score, 2);
	cr_assert_eq(nodeset_next(&set, NULL)->first_response, NOW);
	closed(&c, &set);
}

Test(crawl, checks_what_it_began_with, .init = set_up)
{
	struct nodeset set = { 0 };
	struct nodeset_node *node;
	struct enr r[5];
	struct crawl c;

	for (unsigned n = 0; n < 5; n++)
		r[n] = record(n);
	put(&set, &r[0], 5)->first_response = 7;
	put(&set, &r[1], 5);
	put(&set, &r[2], 1);
	put(&set, &r[3], 0);
	put(&set, &r[4], 9)->last_check = NOW - CRAWL_REST_S + 1;
	crawl_init(&c, &set, 16, NULL);
	for (unsigned n = 0; n < 4; n++)
		asks(&c, n, NOW);
	asks_nobody(&c, NOW); /* the last one was checked just now */
	cr_assert_not(crawl_is_fresh(&c));
	answers(&c, 0, NOW);
	for (unsigned n = 1; n < 4; n++) {
		cr_assert_not(crawl_is_fresh(&c));
		fails(&c, n, NOW);
	}
	cr_assert(crawl_is_fresh(&c));
	node = nodeset_find(&set, &r[0].id);
	cr_assert_eq(node->score, 6);
	cr_assert_eq(node->first_response, 7);
	node = nodeset_find(&set, &r[1].id);
	cr_assert_eq(node->score, 2); /* 5 / 2 */
	cr_assert_eq(node->last_check, NOW);
	cr_assert_eq(node->last_response, 0);
	cr_assert_null(nodeset_find(&set, &r[2].id)); /* "removed at 0" */
	node = nodeset_find(&set, &r[3].id);	      /* "means ignore" */
	cr_assert_eq(node->last_check, 0);
	cr_assert_eq(nodeset_find(&set, &r[4].id)->score, 9);
	cr_assert_eq(c.counts.removed, 1);
	closed(&c, &set);
}

Test(crawl, takes_old_and_new_nodes_by_turns, .init = set_up)
{
	struct nodeset set = { 0 };
	struct enr r[3];
	struct crawl c;

	for (unsigned n = 0; n < 3; n++) {
		r[n] = record(n);
		put(&set, &r[n], 1);
	}
	crawl_init(&c, &set, 16, NULL);
	for (unsigned n = 10; n < 13; n++)
		meet(&c, n, NOW);
	for (unsigned n = 0; n < 3; n++) {
		asks(&c, n, NOW);
		asks(&c, 10 + n, NOW);
	}
	asks_nobody(&c, NOW);
	closed(&c, &set);
}

Test(crawl, waits_for_old_nodes_that_were_met_first, .init = set_up)
{
	struct nodeset set = { 0 };
	struct enr r[2] = { record(0), record(1) };
	struct crawl c;

	put(&set, &r[0], 1);
	put(&set, &r[1], 1);
	crawl_init(&c, &set, 16, NULL);
	meet(&c, 1, NOW);
	asks(&c, 0, NOW);
	asks(&c, 1, NOW); /* as one that was met */
	asks_nobody(&c, NOW);
	answers(&c, 0, NOW);
	cr_assert_not(crawl_is_fresh(&c));
	answers(&c, 1, NOW);
	cr_assert(crawl_is_fresh(&c));
	closed(&c, &set);
}

Test(crawl, asks_so_many_at_a_time, .init = set_up)
{
	struct nodeset set = { 0 };
	struct crawl c;

	crawl_init(&c, &set, 2, NULL);
	for (unsigned n = 1; n <= 3; n++)
		meet(&c, n, NOW);
	asks(&c, 1, NOW);
	asks(&c, 2, NOW);
	asks_nobody(&c, NOW);
	fails(&c, 2, NOW);
	asks(&c, 3, NOW);
	closed(&c, &set);
}

Test(crawl, asks_where_the_newer_record_says, .init = set_up)
{
	struct enr known = record_at(1, 5, 1111);
	struct nodeset set = { 0 };
	struct contact older, unsigned_, newer, out;
	struct enr r;
	struct crawl c;

	unsigned_ = met(1);
	r = record_at(1, 4, 2222);
	cr_assert(contact_of_record(&older, &r, NULL));
	r = record_at(1, 6, 3333);
	cr_assert(contact_of_record(&newer, &r, NULL));
	put(&set, &known, 1);
	for (unsigned i = 0; i < 3; i++) {
		const struct contact *told[] = { &older, &unsigned_, &newer };

		crawl_init(&c, &set, 16, NULL);
		c.input_next = c.input_count; /* as if it were checked */
		crawl_meet(&c, told[i], NOW);
		cr_assert(crawl_next(&c, &out, NOW));
		cr_assert_eq(out.udp.port, i == 2 ? 3333 : 1111);
		crawl_clear(&c);
	}
	nodeset_clear(&set);
}

Test(crawl, fails_nodes_that_cannot_be_asked, .init = set_up)
{
	struct enr r = record_at(1, 1, 0), other = record_at(2, 1, 0);
	struct nodeset set = { 0 };
	struct crawl c;

	put(&set, &r, 4);
	put(&set, &other, 1);
	crawl_init(&c, &set, 16, NULL);
	asks_nobody(&c, NOW);
	cr_assert(crawl_is_fresh(&c));
	cr_assert_eq(nodeset_count(&set), 1);
	cr_assert_eq(nodeset_find(&set, &r.id)->score, 2);
	cr_assert_eq(c.counts.dead, 2);
	closed(&c, &set);
}

Test(crawl, holds_so_many_that_wait_and_no_more, .init = set_up)
{
	struct contact m = met(1), out;
	struct nodeset set = { 0 };
	struct crawl c;
	unsigned count = 0;

	crawl_init(&c, &set, CRAWL_PARALLEL_MAX, NULL);
	for (unsigned i = 0; i < CRAWL_WAITING_MAX + 10; i++) {
		memcpy(m.id.b, &i, sizeof(i));
		crawl_meet(&c, &m, NOW);
	}
	cr_assert_eq(c.waiting_count, CRAWL_WAITING_MAX);
	while (crawl_next(&c, &out, NOW)) {
		crawl_failed(&c, &out.id, NOW);
		count++;
	}
	cr_assert_eq(count, CRAWL_WAITING_MAX);
	closed(&c, &set);
}

Test(crawl, forgets_who_rested_first_when_there_are_too_many, .init = set_up)
{
	struct contact m = met(1), out;
	struct nodeset set = { 0 };
	struct crawl c;

	crawl_init(&c, &set, 16, NULL);
	for (unsigned i = 0; i < CRAWL_RESTING_MAX + 100; i++) {
		memcpy(m.id.b, &i, sizeof(i));
		crawl_meet(&c, &m, NOW);
		cr_assert(crawl_next(&c, &out, NOW));
		crawl_failed(&c, &out.id, NOW);
	}
	cr_assert_eq(c.resting_count, CRAWL_RESTING_MAX);
	memset(m.id.b, 0, 4); /* the first */
	crawl_meet(&c, &m, NOW);
	cr_assert(crawl_next(&c, &out, NOW));
	closed(&c, &set);
}
