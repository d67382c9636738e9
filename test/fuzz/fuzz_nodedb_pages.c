/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a node database, patched: what is still taken for whole, LMDB
 * reads and writes, and it stays whole. The input is patches of 4 bytes:
 *
 *     page, offset (16 bits), byte
 *     page, 0xffff, other page            in its place
 */
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/crypto/rng.h"
#include "p2p/nodedb/pages.h"
#include "test/fuzz/fuzz.h"

enum {
	PAGE = 4096,
	KEYS = 200,
	ROOM = 1 << 20,
};

static char folder[32];
static char path[64];
static struct span good;

static void read_file(uint8_t *to, size_t *len)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, to, ROOM);

	MUST(fd >= 0 && n > 0);
	*len = (size_t)n;
	close(fd);
}

/* Keys of all lengths, some values with pages of their own; each third is
 * deleted again. */
static void change(MDB_env *env, unsigned from, unsigned to)
{
	static uint8_t value[3 * PAGE];
	MDB_txn *txn;
	MDB_dbi dbi;

	MUST(!mdb_txn_begin(env, NULL, 0, &txn));
	MUST(!mdb_dbi_open(txn, NULL, 0, &dbi));
	for (unsigned i = from; i < to; i++) {
		uint8_t name[200] = { (uint8_t)(i * 77), (uint8_t)i };
		MDB_val k = { 3 + i % 190, name };
		MDB_val v = { i % 40 ? i : sizeof(value), value };

		MUST(!mdb_put(txn, dbi, &k, &v, 0));
	}
	for (unsigned i = from; i < to; i += 3) {
		uint8_t name[200] = { (uint8_t)(i * 77), (uint8_t)i };
		MDB_val k = { 3 + i % 190, name };

		MUST(mdb_del(txn, dbi, &k, NULL) <= 0);
	}
	MUST(!mdb_txn_commit(txn));
}

static MDB_env *open_env(void)
{
	MDB_env *env;

	MUST(!mdb_env_create(&env));
	MUST(!mdb_env_set_mapsize(env, PAGES_FILE_MAX));
	MUST(!mdb_env_open(env, folder, MDB_NOLOCK | MDB_NOTLS | MDB_NOSYNC,
			   0600));
	return env;
}

static void walk(MDB_env *env)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_txn *txn;
	MDB_dbi dbi;
	size_t sum = 0;

	MUST(!mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
	MUST(!mdb_dbi_open(txn, NULL, 0, &dbi));
	MUST(!mdb_cursor_open(txn, dbi, &cursor));
	while (!mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
		for (size_t i = 0; i < value.mv_size; i++)
			sum += ((const uint8_t *)value.mv_data)[i];
	MUST(sum < SIZE_MAX);
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
}

static void clean_up(void)
{
	unlink(path);
	rmdir(folder);
}

static void make_good(void)
{
	static uint8_t file[ROOM];
	size_t len;
	MDB_env *env;

	crypto_init();
	/* In memory, where there is such a folder. */
	strcpy(folder, "/dev/shm/weft-fuzz-XXXXXX");
	if (!mkdtemp(folder)) {
		strcpy(folder, "/tmp/weft-fuzz-XXXXXX");
		MUST(mkdtemp(folder));
	}
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	atexit(clean_up);
	env = open_env();
	for (unsigned i = 0; i < KEYS; i += 50)
		change(env, i, i + 50);
	mdb_env_close(env);
	read_file(file, &len);
	good = span_of(file, len);
	MUST(!pages_check(good, NULL));
}

static void patch(uint8_t *file, const uint8_t b[4])
{
	size_t pages = good.len / PAGE, page = b[0] % pages;
	size_t at = (size_t)b[1] << 8 | b[2];

	if (at == 0xffff)
		memcpy(file + page * PAGE, good.data + b[3] % pages * PAGE,
		       PAGE);
	else
		file[page * PAGE + at % PAGE] = b[3];
}

static void must_work(struct span file)
{
	static uint8_t after[ROOM];
	size_t len;
	MDB_env *env;
	int fd = open(path, O_WRONLY | O_TRUNC);

	MUST(fd >= 0);
	MUST(write(fd, file.data, file.len) == (ssize_t)file.len);
	close(fd);
	env = open_env();
	walk(env);
	change(env, KEYS / 2, KEYS + 20);
	change(env, 0, KEYS / 2);
	walk(env);
	mdb_env_close(env);
	read_file(after, &len);
	MUST(!pages_check(span_of(after, len), NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file;

	if (!good.len)
		make_good();
	if (size > 4 * 64)
		return 0;
	/* As long as it is, so that overreads show. */
	file = malloc(good.len);
	MUST(file);
	memcpy(file, good.data, good.len);
	for (size_t i = 0; i + 4 <= size; i += 4)
		patch(file, data + i);
	if (memcmp(file, good.data, good.len) &&
	    !pages_check(span_of(file, good.len), NULL))
		must_work(span_of(file, good.len));
	free(file);
	return 0;
}
