/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of changes, and what becomes of those that are not written. */
#include "p2p/crypto/rng.h"
#include "p2p/nodedb/known_inside.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/nodes.h"

enum {
	NOW = 1700000000
};

static struct known *k;

static void open_known(void)
{
	struct known_limits limits = { .nodes = 2000, .share = 2000 };

	crypto_init();
	k = known_new(&limits);
}

static void close_known(void)
{
	known_free(k);
}

static void answers(unsigned n)
{
	struct known_contact c = node_at(n, n, 1);

	known_answered(k, &c, NOW);
}

static void forget(unsigned n)
{
	struct known_contact c = node_at(n, n, 1);

	known_remove(k, known_find(k, &c.id));
}

/* Collect, give back, and say how many changes there were. */
static size_t write_batch(enum err rc)
{
	struct known_batch *b = known_collect(k, 0);
	size_t n = b ? b->count : 0;

	if (b)
		known_written(k, b, rc);
	return n;
}

Test(known_disk, a_change_is_written_once, .init = open_known,
     .fini = close_known)
{
	cr_assert(known_collect(k, 0) == NULL);
	answers(1);
	answers(2);
	answers(1);
	cr_assert_eq(write_batch(ERR_NONE), 2);
	cr_assert_not(known_has_changes(k));
	answers(2);
	cr_assert_eq(write_batch(ERR_NONE), 1);
}

Test(known_disk, what_was_not_written_is_collected_again, .init = open_known,
     .fini = close_known)
{
	answers(1);
	cr_assert_eq(write_batch(ERR_SYSTEM), 1);
	cr_assert(known_has_changes(k));
	cr_assert_eq(write_batch(ERR_NONE), 1);
	cr_assert_eq(write_batch(ERR_NONE), 0);
}

Test(known_disk, only_what_is_on_disk_is_deleted_there, .init = open_known,
     .fini = close_known)
{
	struct known_batch *b;

	answers(1);
	forget(1);
	cr_assert_not(known_has_changes(k));
	answers(1);
	cr_assert_eq(write_batch(ERR_NONE), 1);
	forget(1);
	b = known_collect(k, 0);
	cr_assert_eq(b->count, 1);
	cr_assert_eq(b->changes[0].len, 0);
	known_written(k, b, ERR_SYSTEM);
	cr_assert_eq(write_batch(ERR_NONE), 1);
	cr_assert_eq(write_batch(ERR_NONE), 0);
}

Test(known_disk, a_node_that_leaves_while_it_is_written_is_deleted_later,
     .init = open_known, .fini = close_known)
{
	struct known_batch *b;

	answers(1);
	b = known_collect(k, 0);
	forget(1);
	known_written(k, b, ERR_NONE);
	b = known_collect(k, 0);
	cr_assert_eq(b->count, 1);
	cr_assert_eq(b->changes[0].len, 0);
	known_written(k, b, ERR_NONE);
	cr_assert_not(known_has_changes(k));
}

Test(known_disk, a_disk_that_stays_full_costs_no_memory, .init = open_known,
     .fini = close_known)
{
	for (unsigned n = 0; n < 200; n++) {
		answers(n);
		cr_assert_eq(write_batch(ERR_SYSTEM), 1);
		forget(n);
		cr_assert_eq(write_batch(ERR_SYSTEM), 0);
	}
	cr_assert(k->gone == NULL);
}

Test(known_disk, a_batch_has_a_limit_and_the_next_has_the_rest,
     .init = open_known, .fini = close_known)
{
	struct known_contact c = node_at(0, 0, 1);

	for (unsigned n = 0; n < KNOWN_BATCH + 5; n++) {
		memcpy(c.id.b, &n, sizeof(n)); /* nobody's is enough */
		known_answered(k, &c, NOW);
	}
	known_set_list_seq(k, "enrtree://A@a", 5, NOW);
	cr_assert_eq(write_batch(ERR_NONE), KNOWN_BATCH);
	cr_assert_eq(write_batch(ERR_NONE), 6);
	cr_assert_eq(write_batch(ERR_NONE), 0);
}

static void load(const struct known_contact *c, uint32_t pong)
{
	struct entry_node node = node_entry(c, pong);
	struct entry_key key = entry_node_key(&c->id);
	struct buf value;

	buf_init(&value, ENTRY_MAX);
	entry_node_encode(&value, &node);
	cr_assert_eq(known_load(k, span_of(key.b, sizeof(key.b)),
				span_of(value.data, value.len)),
		     0);
	buf_clear(&value);
}

Test(known_disk, the_order_of_silence_comes_back, .init = open_known,
     .fini = close_known)
{
	static const unsigned pongs[] = { 5, 9, 0, 7, 1, 0 };
	const struct known_item *item;
	uint64_t last = 0;
	size_t n = 0;

	for (unsigned i = 0; i < ARRAY_LEN(pongs); i++) {
		struct known_contact c = node_at(i, i, 1);

		load(&c, pongs[i]);
	}
	known_loaded(k);
	for (item = k->proven; item; item = item->next, n++) {
		cr_assert_gt(item->times[0].pong, last);
		last = item->times[0].pong;
	}
	cr_assert_eq(n, 4);
	cr_assert_eq(known_count(k), 6);
	cr_assert_not(known_has_changes(k));
}

Test(known_disk, limits_hold_for_what_is_loaded, .init = open_known,
     .fini = close_known)
{
	struct known_contact c;

	k->limits.nodes = 6;
	k->limits.share = 3;
	for (unsigned n = 0; n < 5; n++) {
		c = node_at(n, 500, n + 1);
		load(&c, NOW + n);
	}
	for (unsigned n = 5; n < 10; n++) {
		c = node_at(n, n, 1);
		load(&c, NOW + n);
	}
	known_loaded(k);
	cr_assert_eq(known_count(k), 6);
	c = node_at(4, 500, 5);
	cr_assert(known_find(k, &c.id) != NULL);
	c = node_at(3, 500, 4);
	cr_assert(known_find(k, &c.id) == NULL, "8 are left, 2 too many");
	/* Those left out are deleted. */
	cr_assert_eq(write_batch(ERR_NONE), 4);
}

Test(known_disk, what_is_not_valid_is_deleted, .init = open_known,
     .fini = close_known)
{
	struct known_contact c = node_at(1, 1, 1);
	struct entry_key key = entry_node_key(&c.id);

	cr_assert_eq(known_load(k, span_of(key.b, sizeof(key.b)),
				span_text("nonsense")),
		     ERR_FORMAT);
	cr_assert_eq(known_load(k, span_text("who?"), span_text("nonsense")),
		     ERR_FORMAT);
	known_loaded(k);
	cr_assert_eq(known_count(k), 0);
	cr_assert_eq(write_batch(ERR_NONE), 1);
}
