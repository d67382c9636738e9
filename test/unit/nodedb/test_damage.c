/* SPDX-License-Identifier: Apache-2.0 */
/* A database of which any byte may be another one. It is opened in any case,
 * and what is loaded from it is what was written, or less; and afterwards it
 * can be written, and is whole. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/crypto/drbg.h"
#include "p2p/nodedb/known_inside.h"
#include "p2p/nodedb/pages.h"
#include "test/support/instrumented.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/folder.h"
#include "test/unit/nodedb/nodes.h"

enum {
	NODES = 60,
	SEQ = 1000,
	PAGE = 4096,
#ifdef TEST_INSTRUMENTED
	FEW = 23, /* of so many, one is tried */
#else
	FEW = 1,
#endif
};

static struct drbg rng;
static struct span good;
static size_t moved, left_out;
static uint64_t oldest = SEQ; /* number that may come back */

/* With pages that are free, and some that were so and are not any more. */
static void make_good(void)
{
	struct secret32 seed = { { 6 } };
	struct opened o;

	drbg_init(&rng, &seed);
	folder_open();
	o = open_db();
	for (unsigned i = 0; i < 6; i++) {
		fill_db(&o, i * NODES / 6, (i + 1) * NODES / 6);
		write_db(&o, SEQ + i - 5);
	}
	known_set_list_seq(o.k, "enrtree://A@a", 9, 1700000000);
	write_db(&o, 0);
	close_db(&o);
	good = get_file(folder_file);
	cr_assert_gt(good.len, 10 * PAGE);
}

static void drop_good(void)
{
	free((void *)good.data);
	folder_close();
}

static void remove_moved(const struct nodedb_news *news)
{
	if (news->moved_to[0])
		cr_assert(!unlink(news->moved_to));
}

/* Each node is one that was written. */
static void expect_true(const struct opened *o)
{
	const struct known_item *item;

	for (item = o->k->proven; item; item = item->next) {
		unsigned n = known_where(item).ip.b[2];
		struct known_contact c = node_signed(n, n, 1, 1);

		cr_assert(node_id_equal(&item->id, &c.id));
		cr_assert(span_equal(known_record(item), enr_raw(&c.record)));
	}
	cr_assert(o->k->unproven == NULL);
}

static void open_damaged(struct span file)
{
	struct span after;
	struct opened o;
	size_t known;
	uint64_t seq;

	put_file(folder_file, file);
	o = open_db();
	expect_true(&o);
	remove_moved(&o.news);
	known = known_count(o.k) + HASH_COUNT(o.k->lists);
	seq = nodedb_seq(o.db);
	if (o.news.moved_to[0]) {
		moved++;
		cr_assert_eq(known, 0);
	} else {
		left_out += o.news.left_out > 0;
		/* Besides nodes and list, there is our number. */
		cr_assert_eq(known + o.news.left_out + (seq > 0), NODES + 2);
	}
	cr_assert(seq == 0 || (seq >= oldest && seq <= SEQ));
	/* Everything is written anew. */
	fill_db(&o, 0, NODES + 3);
	write_db(&o, SEQ + 1);
	close_db(&o);
	after = get_file(folder_file);
	cr_assert_eq(pages_check(after, NULL), 0);
	free((void *)after.data);
	o = open_db();
	cr_assert_eq(o.news.moved_to[0], 0);
	cr_assert_eq(known_count(o.k), NODES + 3);
	cr_assert_eq(nodedb_seq(o.db), SEQ + 1);
	close_db(&o);
}

static void flip(size_t at, uint8_t mask)
{
	uint8_t *data = malloc(good.len);

	cr_assert(data != NULL);
	memcpy(data, good.data, good.len);
	data[at] ^= mask;
	open_damaged(span_of(data, good.len));
	free(data);
}

static uint8_t any_mask(void)
{
	return (uint8_t)(1 + drbg_below(&rng, 255));
}

Test(damage, an_undamaged_one_is_not_moved, .init = make_good,
     .fini = drop_good)
{
	open_damaged(good);
	cr_assert_eq(moved, 0);
	cr_assert_eq(left_out, 0);
}

Test(damage, any_byte_of_a_meta_page_may_differ, .init = make_good,
     .fini = drop_good)
{
	for (size_t page = 0; page < 2; page++)
		for (size_t i = 0; i < 160; i += FEW)
			flip(page * PAGE + i, any_mask());
	cr_assert_gt(moved, 100 / FEW);
}

Test(damage, any_byte_of_a_page_head_may_differ, .init = make_good,
     .fini = drop_good)
{
	for (size_t page = 2; page < good.len / PAGE; page++)
		for (size_t i = 0; i < 24; i += FEW)
			flip(page * PAGE + i, any_mask());
	cr_assert_gt(moved, 100 / FEW);
}

Test(damage, any_byte_may_differ, .init = make_good, .fini = drop_good)
{
	for (unsigned i = 0; i < 400 / FEW; i++)
		flip(drbg_below(&rng, (uint32_t)good.len), any_mask());
	cr_assert_gt(left_out, 0);
	/* Most bytes are a node's own. */
	cr_assert(FEW > 1 || moved > 0);
}

Test(damage, a_page_may_be_that_of_another_time, .init = make_good,
     .fini = drop_good)
{
	size_t pages = good.len / PAGE;

	oldest = SEQ - 5;
	for (unsigned i = 0; i < 100 / FEW; i++) {
		uint8_t *data = malloc(good.len);
		size_t from = drbg_below(&rng, (uint32_t)pages);
		size_t to = drbg_below(&rng, (uint32_t)pages);

		memcpy(data, good.data, good.len);
		memcpy(data + to * PAGE, good.data + from * PAGE, PAGE);
		if (i % 2 && to >= 2) /* even under its own number */
			memcpy(data + to * PAGE, good.data + to * PAGE, 8);
		open_damaged(span_of(data, good.len));
		free(data);
	}
	cr_assert_gt(moved, 10 / FEW);
}

Test(damage, it_may_be_cut_anywhere, .init = make_good, .fini = drop_good)
{
	for (unsigned i = 0; i < 60 / FEW; i++)
		open_damaged(span_of(good.data,
				     drbg_below(&rng, (uint32_t)good.len)));
}
