/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever LMDB writes is whole. */
#include "p2p/nodedb/pages.h"

#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "p2p/crypto/drbg.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/folder.h"

enum {
	KEYS = 6000,
	ROUNDS = 60,
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

Test(pages, a_file_that_is_too_large_is_not_looked_at)
{
	cr_assert_eq(pages_check(span_of("", PAGES_FILE_MAX + 1), NULL),
		     ERR_LIMIT);
}
