/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever LMDB writes is whole. */
#include "p2p/nodedb/pages.h"

#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "p2p/crypto/drbg.h"
#include "p2p/crypto/rng.h"
#include "test/support/instrumented.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/folder.h"

enum {
	KEYS = 6000,
#ifdef TEST_INSTRUMENTED
	ROUNDS = 12,
#else
	ROUNDS = 60,
#endif
};

static struct drbg rng;

static void open_random(void)
{
	struct secret32 seed = { { 5 } };

	folder_open();
	cr_assert(!mkdir(folder_db, 0700));
	drbg_init(&rng, &seed);
}

static void expect_whole(void)
{
	struct span file = get_file(folder_file);
	struct why why = WHY_NONE;

	cr_assert_eq(pages_check(file, &why), 0, "%s", why.text);
	free((void *)file.data);
}

static MDB_env *open_env(void)
{
	MDB_env *env;

	cr_assert(!mdb_env_create(&env));
	cr_assert(!mdb_env_set_mapsize(env, PAGES_FILE_MAX));
	cr_assert(!mdb_env_open(env, folder_db, MDB_NOLOCK | MDB_NOTLS, 0600));
	return env;
}

/* Put or delete something. Keys and values have all lengths, and some values
 * are so long that they have pages of their own. */
static void change(MDB_txn *txn, MDB_dbi dbi, bool puts)
{
	static uint8_t value[12000];
	uint32_t n = drbg_below(&rng, KEYS);
	uint8_t key[4 + 255] = { (uint8_t)(n >> 8), (uint8_t)n };
	MDB_val k = { 4 + n % 256, key };
	MDB_val v = { drbg_below(&rng, 700), value };

	if (!drbg_below(&rng, 100))
		v.mv_size = drbg_below(&rng, sizeof(value));
	if (puts)
		cr_assert(!mdb_put(txn, dbi, &k, &v, 0));
	else
		cr_assert(mdb_del(txn, dbi, &k, NULL) >= MDB_NOTFOUND);
}

Test(pages, all_that_lmdb_writes_is_whole, .init = open_random,
     .fini = folder_close)
{
	MDB_env *env = open_env();

	expect_whole();
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned changes = drbg_below(&rng, round % 10 ? 200 : 4000);
		unsigned puts = drbg_below(&rng, 101);
		MDB_txn *txn;
		MDB_dbi dbi;

		cr_assert(!mdb_txn_begin(env, NULL, 0, &txn));
		cr_assert(!mdb_dbi_open(txn, NULL, 0, &dbi));
		for (unsigned i = 0; i < changes; i++)
			change(txn, dbi, drbg_below(&rng, 100) < puts);
		if (round % 20 == 15)
			cr_assert(!mdb_drop(txn, dbi, 0));
		if (round % 7 == 3)
			mdb_txn_abort(txn);
		else
			cr_assert(!mdb_txn_commit(txn));
		expect_whole();
	}
	mdb_env_close(env);
}

Test(pages, a_file_that_is_cut_is_not_whole, .init = open_random,
     .fini = folder_close)
{
	struct opened o = open_db();
	struct span file;

	fill_db(&o, 0, 60);
	write_db(&o, 1);
	close_db(&o);
	file = get_file(folder_file);
	cr_assert_eq(pages_check(file, NULL), 0);
	for (size_t n = 0; n < file.len; n += n < 8192 ? 61 : 4096) {
		/* As long as it is, so that overreads show. */
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, file.data, n);
		cr_assert_eq(pages_check(span_of(cut, n), NULL), ERR_FORMAT,
			     "%zu bytes", n);
		free(cut);
	}
	free((void *)file.data);
}

/* The list of pages that the oldest transaction left free, where it is in the
 * file. In native numbers: how many, then they, the highest first. */
static uint8_t *free_list(struct span file)
{
	MDB_env *env = open_env();
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_txn *txn;
	uint8_t *at;

	cr_assert(!mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
	cr_assert(!mdb_cursor_open(txn, 0, &cursor));
	cr_assert(!mdb_cursor_get(cursor, &key, &value, MDB_FIRST));
	at = memmem(file.data, file.len, value.mv_data, value.mv_size);
	cr_assert(at != NULL);
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return at;
}

/* The counts would not tell: one page is free instead of another. */
Test(pages, a_page_in_use_is_not_free, .init = open_random,
     .fini = folder_close)
{
	struct opened o = open_db();
	size_t count, lowest, refused = 0;
	struct span file;
	uint8_t *list;

	for (unsigned i = 0; i < 5; i++) {
		fill_db(&o, 0, 60);
		write_db(&o, i + 1);
	}
	close_db(&o);
	file = get_file(folder_file);
	list = free_list(file);
	memcpy(&count, list, sizeof(count));
	cr_assert_gt(count, 0);
	list += count * sizeof(lowest);
	memcpy(&lowest, list, sizeof(lowest));
	for (size_t page = 2; page < file.len / 4096; page++) {
		memcpy(list, &page, sizeof(page));
		refused += pages_check(file, NULL) == ERR_FORMAT;
		cr_assert_eq(!pages_check(file, NULL), page == lowest);
	}
	cr_assert_eq(refused, file.len / 4096 - 3);
	free((void *)file.data);
}

/* --- leaves ------------------------------------------------------------------
 * Of the main tree and of the free pages, and such as are free themselves. */

struct leaf {
	uint8_t *page;
	size_t count;
};

static uint16_t get16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint8_t *offset_at(const struct leaf *l, size_t i)
{
	return l->page + 16 + 2 * i;
}

static uint8_t *key_at(const struct leaf *l, size_t i)
{
	return l->page + get16(offset_at(l, i)) + 8;
}

static void swap_keys(const struct leaf *l)
{
	uint16_t first = get16(offset_at(l, 0)),
		 second = get16(offset_at(l, 1));

	memcpy(offset_at(l, 0), &second, sizeof(second));
	memcpy(offset_at(l, 1), &first, sizeof(first));
}

static void repeat_node(const struct leaf *l)
{
	memcpy(offset_at(l, 0), offset_at(l, 1), 2);
}

static void raise_last(const struct leaf *l)
{
	*key_at(l, l->count - 1) = 0xff;
}

static void lower_first(const struct leaf *l)
{
	*key_at(l, 0) = 0;
}

/* How many of the leaves may not be changed like that? */
static size_t refused(void (*alter)(const struct leaf *l))
{
	struct span file = get_file(folder_file);
	size_t n = 0;

	for (size_t page = 2; page < file.len / 4096; page++) {
		uint8_t *copy = malloc(file.len);
		struct leaf l = { .page = copy + page * 4096 };

		memcpy(copy, file.data, file.len);
		l.count = (get16(l.page + 12) - 16u) / 2;
		if (get16(l.page + 10) == 2 && l.count >= 2 && l.count < 100) {
			alter(&l);
			n += pages_check(span_of(copy, file.len), NULL) ==
			     ERR_FORMAT;
		}
		free(copy);
	}
	free((void *)file.data);
	return n;
}

Test(pages, keys_are_where_they_are_looked_for, .init = open_random,
     .fini = folder_close)
{
	struct opened o = open_db();

	fill_db(&o, 0, 200);
	write_db(&o, 1);
	close_db(&o);
	/* The first leaf has nothing below it, the last nothing above. */
	cr_assert_geq(refused(swap_keys), 10);
	cr_assert_geq(refused(repeat_node), 10);
	cr_assert_geq(refused(raise_last), 9);
	cr_assert_geq(refused(lower_first), 9);
}

Test(pages, a_file_that_is_too_large_is_not_looked_at)
{
	cr_assert_eq(pages_check(span_of("", PAGES_FILE_MAX + 1), NULL),
		     ERR_LIMIT);
}
