/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/nodedb/nodedb.h"

#include <fcntl.h>
#include <grp.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "p2p/crypto/rng.h"
#include "test/support/instrumented.h"
#include "test/support/unit.h"
#include "test/unit/nodedb/folder.h"
#include "test/unit/nodedb/nodes.h"

enum {
	NOW = 1700000000,
#ifdef TEST_INSTRUMENTED
	KILLS = 8,
	ROUNDS = 1,
#else
	KILLS = 40,
	ROUNDS = 3,
#endif
	TOLD = 12, /* at most, before it is killed */
};

static mode_t mode_of(const char *path)
{
	struct stat st;

	cr_assert(!lstat(path, &st));
	return st.st_mode & 07777;
}

static const char *beside(const char *path, const char *tail)
{
	static char out[PATH_MAX];

	cr_assert(snprintf(out, sizeof(out), "%s%s", path, tail) > 0);
	return out;
}

/* --- what is kept -----------------------------------------------------------
 */

Test(nodedb, comes_back_as_it_was, .init = folder_open, .fini = folder_close)
{
	struct opened o = open_db();
	char *before, *after;

	cr_assert_eq(o.news.moved_to[0], 0);
	cr_assert_eq(nodedb_seq(o.db), 0);
	fill_db(&o, 0, 300);
	known_set_list_seq(o.k, "enrtree://A@a", 9, NOW);
	write_db(&o, 1234567890123);
	before = known_text(o.k);
	close_db(&o);

	o = open_db();
	after = known_text(o.k);
	cr_assert_str_eq(before, after);
	cr_assert_eq(known_count(o.k), 300);
	cr_assert_eq(nodedb_seq(o.db), 1234567890123);
	cr_assert_eq(o.news.moved_to[0], 0);
	cr_assert_eq(o.news.left_out, 0);
	free(before);
	free(after);
	close_db(&o);
}

Test(nodedb, forgets_what_was_forgotten, .init = folder_open,
     .fini = folder_close)
{
	struct opened o = open_db();
	char *before, *after;

	fill_db(&o, 0, 50);
	write_db(&o, 0);
	/* All but the last are a day old. */
	for (unsigned i = 0; i < 2; i++) {
		struct known_contact c = node_at(49, 49, 1);

		known_answered(o.k, &c, NOW + 200000);
		known_expire(o.k, NOW + 200000);
	}
	write_db(&o, 0);
	before = known_text(o.k);
	close_db(&o);

	o = open_db();
	after = known_text(o.k);
	cr_assert_eq(known_count(o.k), 1);
	cr_assert_str_eq(before, after);
	free(before);
	free(after);
	close_db(&o);
}

Test(nodedb, is_for_its_owner_alone, .init = folder_open, .fini = folder_close)
{
	struct opened o;

	umask(0);
	o = open_db();
	cr_assert_eq(mode_of(folder_db), 0700);
	cr_assert_eq(mode_of(folder_file), 0600);
	close_db(&o);
	cr_assert(!chmod(folder_db, 0755) && !chmod(folder_file, 0644));
	o = open_db();
	cr_assert_eq(mode_of(folder_db), 0700);
	cr_assert_eq(mode_of(folder_file), 0600);
	close_db(&o);
}

Test(nodedb, the_number_only_grows_and_is_of_one_key, .init = folder_open,
     .fini = folder_close)
{
	struct node_id other = { { 'o' } };
	struct nodedb_news news;
	struct opened o = open_db();
	struct known_batch *b;
	struct nodedb *db;
	struct known *k;

	write_db(&o, 100);
	write_db(&o, 90);
	cr_assert_eq(nodedb_seq(o.db), 100);
	fill_db(&o, 0, 1);
	b = known_collect(o.k, 110);
	cr_assert_eq(nodedb_write(o.db, b, NULL), 0);
	known_written(o.k, b, ERR_NONE);
	cr_assert_eq(nodedb_seq(o.db), 110);
	close_db(&o);

	k = known_new(NULL);
	cr_assert_eq(nodedb_open(&db, k, &news, folder_db, &other, NULL), 0);
	cr_assert_eq(nodedb_seq(db), 0);
	cr_assert_eq(news.left_out, 0);
	cr_assert_eq(nodedb_write_seq(db, 5, NULL), 0);
	nodedb_close(db);
	known_free(k);

	o = open_db();
	cr_assert_eq(nodedb_seq(o.db), 110);
	close_db(&o);
}

Test(nodedb, holds_ten_thousand_of_the_longest, .init = folder_open,
     .fini = folder_close)
{
	struct opened o = open_db();
	struct known_contact c = node_signed(0, 0, 1, 1);
	struct stat st;

	/* Ids and records are nobody's: they are not loaded again. */
	c.record.len = ENR_MAX;
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned n = 0; n < KNOWN_NODES; n++) {
			memcpy(c.id.b, &n, sizeof(n));
			c.udp.ip.b[1] = (uint8_t)(n >> 8);
			c.udp.ip.b[2] = (uint8_t)n;
			c.udp.ip.b[3] = (uint8_t)(round + 1);
			known_answered(o.k, &c, NOW + round);
		}
		write_db(&o, 0);
	}
	cr_assert_eq(known_count(o.k), KNOWN_NODES);
	close_db(&o);
	cr_assert(!stat(folder_file, &st));
	cr_assert_lt(st.st_size, 25000000);
	o = open_db();
	cr_assert_eq(o.news.moved_to[0], 0);
	cr_assert_eq(o.news.left_out, KNOWN_NODES);
	close_db(&o);
}

/* --- what is no database of ours -------------------------------------------
 */

/* It was moved to <path>.1, for that reason, and a new one is in its place. */
static void expect_moved(const char *path, const char *reason)
{
	struct opened o = open_db();

	cr_assert_str_eq(o.news.moved_to, beside(path, ".1"));
	cr_assert(strstr(o.news.moved_why.text, reason) != NULL, "%s",
		  o.news.moved_why.text);
	cr_assert(is_file(beside(path, ".1")));
	cr_assert_eq(known_count(o.k), 0);
	fill_db(&o, 0, 5);
	write_db(&o, 7);
	close_db(&o);
	o = open_db();
	cr_assert_eq(o.news.moved_to[0], 0);
	cr_assert_eq(known_count(o.k), 5);
	cr_assert_eq(nodedb_seq(o.db), 7);
	close_db(&o);
}

Test(nodedb, moves_something_else_aside, .init = folder_open,
     .fini = folder_close)
{
	struct span text = span_text("my diary\n"), moved;

	cr_assert(!mkdir(folder_db, 0700));
	put_file(folder_file, text);
	expect_moved(folder_file, "no database");
	moved = get_file(beside(folder_file, ".1"));
	cr_assert(span_equal(moved, text));
	free((void *)moved.data);
}

Test(nodedb, counts_what_it_moves_aside, .init = folder_open,
     .fini = folder_close)
{
	cr_assert(!mkdir(folder_db, 0700));
	for (unsigned i = 1; i < 4; i++) {
		char tail[8];
		struct opened o;

		put_file(folder_file, span_text("again"));
		o = open_db();
		snprintf(tail, sizeof(tail), ".%u", i);
		cr_assert_str_eq(o.news.moved_to, beside(folder_file, tail));
		close_db(&o);
	}
}

Test(nodedb, a_file_where_the_folder_should_be_is_moved, .init = folder_open,
     .fini = folder_close)
{
	put_file(folder_db, span_text("a file"));
	expect_moved(folder_db, "not a folder");
}

Test(nodedb, neither_pipe_nor_link_nor_folder_is_a_database,
     .init = folder_open, .fini = folder_close)
{
	char target[PATH_MAX];
	struct opened o;

	cr_assert(snprintf(target, sizeof(target), "%s/other", folder) > 0);
	put_file(target, span_text("another's"));
	cr_assert(!mkdir(folder_db, 0700));
	cr_assert(!mkfifo(folder_file, 0600));
	expect_moved(folder_file, "not a file");
	cr_assert(!unlink(folder_file) && !symlink(target, folder_file));
	o = open_db();
	cr_assert_str_eq(o.news.moved_to, beside(folder_file, ".2"));
	close_db(&o);
	cr_assert(!unlink(folder_file) && !mkdir(folder_file, 0700));
	o = open_db();
	cr_assert_str_eq(o.news.moved_to, beside(folder_file, ".3"));
	close_db(&o);
}

Test(nodedb, an_empty_file_is_a_new_database, .init = folder_open,
     .fini = folder_close)
{
	struct opened o;

	cr_assert(!mkdir(folder_db, 0700));
	put_file(folder_file, span_text(""));
	o = open_db();
	cr_assert_eq(o.news.moved_to[0], 0);
	fill_db(&o, 0, 2);
	write_db(&o, 0);
	close_db(&o);
}

/* Put something into the table of an LMDB database that is not ours. */
static void put_foreign(const char *table, const char *key, const char *value)
{
	MDB_val k = { strlen(key), (void *)key };
	MDB_val v = { strlen(value), (void *)value };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	mkdir(folder_db, 0700);
	cr_assert(!mdb_env_create(&env));
	cr_assert(!mdb_env_set_maxdbs(env, 4));
	cr_assert(!mdb_env_open(env, folder_db, MDB_NOLOCK, 0600));
	cr_assert(!mdb_txn_begin(env, NULL, 0, &txn));
	cr_assert(!mdb_dbi_open(txn, table, MDB_CREATE, &dbi));
	cr_assert(!mdb_put(txn, dbi, &k, &v, 0));
	cr_assert(!mdb_txn_commit(txn));
	mdb_env_close(env);
}

Test(nodedb, moves_another_version_aside, .init = folder_open,
     .fini = folder_close)
{
	put_foreign(NULL, "version", "0");
	expect_moved(folder_file, "version 0, where this weft has 2");
}

Test(nodedb, moves_a_database_of_something_else_aside, .init = folder_open,
     .fini = folder_close)
{
	put_foreign(NULL, "cat", "Tom");
	expect_moved(folder_file, "something else");
}

Test(nodedb, moves_one_with_tables_of_its_own_aside, .init = folder_open,
     .fini = folder_close)
{
	put_foreign("pets", "cat", "Tom");
	expect_moved(folder_file, "another kind");
}

Test(nodedb, entries_that_are_not_valid_are_left_out, .init = folder_open,
     .fini = folder_close)
{
	struct known_contact c = node_at(1000, 1, 1);
	struct entry_key key = entry_node_key(&c.id);
	struct opened o = open_db();

	fill_db(&o, 0, 3);
	write_db(&o, 0);
	close_db(&o);
	for (size_t i = 0; i < sizeof(key.b); i++)
		key.b[i] |= !key.b[i]; /* a text */
	put_foreign(NULL, "x", "no entry");
	{
		char text[ENTRY_KEY + 1] = { 0 };

		memcpy(text, key.b, sizeof(key.b));
		put_foreign(NULL, text, "a node that is none");
	}
	o = open_db();
	cr_assert_eq(o.news.left_out, 2);
	cr_assert_eq(known_count(o.k), 3);
	write_db(&o, 0);
	close_db(&o);
	o = open_db();
	cr_assert_eq(o.news.left_out, 1, "what is ours was deleted");
	close_db(&o);
}

/* --- a disk that does not do as it should -----------------------------------
 */

/* Run in a child, since it changes what the process may. */
static void in_child(void (*run)(void))
{
	pid_t pid = fork();
	int status;

	cr_assert(pid >= 0);
	if (!pid) {
		run();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && !WEXITSTATUS(status), "line %d",
		  WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* A line below 256 is enough to tell them apart. */
#define MUST(cond)                                 \
	do {                                       \
		if (!(cond))                       \
			_exit(__LINE__ % 255 + 1); \
	} while (0)

static void be_nobody(void)
{
	if (!geteuid())
		MUST(!setgroups(0, NULL) && !setresgid(65534, 65534, 65534) &&
		     !setresuid(65534, 65534, 65534));
}

static void open_denied(void)
{
	struct known *k = known_new(NULL);
	struct why why = WHY_NONE;
	struct nodedb_news news;
	struct nodedb *db;

	be_nobody();
	MUST(nodedb_open(&db, k, &news, folder_db, &folder_self, &why) ==
	     ERR_DENIED);
	MUST(!db && strstr(why.text, folder_db));
	known_free(k);
}

Test(nodedb, a_folder_that_may_not_be_made_is_an_error, .init = folder_open,
     .fini = folder_close)
{
	cr_assert(!chmod(folder, 0555));
	in_child(open_denied);
	cr_assert(!chmod(folder, 0700));
	cr_assert_not(is_file(folder_db));
}

static void open_repaired(void)
{
	struct opened o = open_db();

	MUST(known_count(o.k) == 5);
	close_db(&o);
}

Test(nodedb, a_folder_of_another_is_an_error, .init = folder_open,
     .fini = folder_close)
{
	struct opened o = open_db();
	struct span before, after;

	fill_db(&o, 0, 5);
	write_db(&o, 0);
	close_db(&o);
	before = get_file(folder_file);
	cr_assert(!chmod(folder, 0755) && !chmod(folder_db, 0555) &&
		  !chmod(folder_file, 0444));
	/* Our own we may change. */
	in_child(geteuid() ? open_repaired : open_denied);
	after = get_file(folder_file);
	cr_assert(span_equal(before, after));
	free((void *)before.data);
	free((void *)after.data);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	MUST(!getrlimit(RLIMIT_FSIZE, &limit));
	limit.rlim_cur = size;
	MUST(!setrlimit(RLIMIT_FSIZE, &limit));
}

static void fill_the_disk(void)
{
	struct opened o = open_db();
	struct why why = WHY_NONE;
	struct known_batch *b;
	struct stat st;
	char *before, *after;

	signal(SIGXFSZ, SIG_IGN);
	fill_db(&o, 0, 5);
	write_db(&o, 5);
	MUST(!stat(folder_file, &st));
	fill_db(&o, 5, 500);
	limit_files((rlim_t)st.st_size + 8192);
	b = known_collect(o.k, 9);
	MUST(nodedb_write(o.db, b, &why) == ERR_SYSTEM);
	MUST(strstr(why.text, "cannot be written"));
	MUST(nodedb_seq(o.db) == 5);
	known_written(o.k, b, ERR_SYSTEM);
	before = known_text(o.k);
	/* Nothing of it is there. */
	{
		struct opened again = open_db();

		MUST(known_count(again.k) == 5);
		MUST(!again.news.moved_to[0] && nodedb_seq(again.db) == 5);
		close_db(&again);
	}
	limit_files(RLIM_INFINITY);
	write_db(&o, 9);
	close_db(&o);
	o = open_db();
	after = known_text(o.k);
	MUST(!strcmp(before, after) && nodedb_seq(o.db) == 9);
	free(before);
	free(after);
	close_db(&o);
}

Test(nodedb, what_a_full_disk_refused_is_written_later, .init = folder_open,
     .fini = folder_close)
{
	in_child(fill_the_disk);
}

static void open_on_a_full_disk(void)
{
	struct known *k = known_new(NULL);
	struct why why = WHY_NONE;
	struct nodedb_news news;
	struct nodedb *db;

	signal(SIGXFSZ, SIG_IGN);
	limit_files(100);
	MUST(nodedb_open(&db, k, &news, folder_db, &folder_self, &why) ==
	     ERR_SYSTEM);
	known_free(k);
}

Test(nodedb, a_full_disk_leaves_nothing_that_is_in_the_way, .init = folder_open,
     .fini = folder_close)
{
	struct opened o;

	in_child(open_on_a_full_disk);
	o = open_db();
	fill_db(&o, 0, 5);
	write_db(&o, 0);
	close_db(&o);
	o = open_db();
	cr_assert_eq(known_count(o.k), 5);
	close_db(&o);
}

Test(nodedb, a_file_that_was_removed_is_made_again, .init = folder_open,
     .fini = folder_close)
{
	struct opened o = open_db();

	fill_db(&o, 0, 5);
	write_db(&o, 0);
	cr_assert(!unlink(folder_file));
	fill_db(&o, 5, 8);
	write_db(&o, 3);
	close_db(&o);
	o = open_db();
	cr_assert_eq(o.news.moved_to[0], 0);
	cr_assert_eq(known_count(o.k), 3);
	close_db(&o);
}

/* --- kill -9 -----------------------------------------------------------------
 */

/* Write for ever, and say each number once it is on disk: after that many
 * batches each node has one more pong. */
static void write_for_ever(int out, uint64_t seq)
{
	struct opened o = open_db();

	for (uint64_t n = seq + 1;; n++) {
		struct known_batch *b;

		for (unsigned i = 0; i < 40; i++) {
			struct known_contact c = node_at(i, i, 1);

			known_answered(o.k, &c, n);
		}
		b = known_collect(o.k, n);
		MUST(!nodedb_write(o.db, b, NULL));
		known_written(o.k, b, ERR_NONE);
		MUST(write(out, &n, sizeof(n)) == sizeof(n));
	}
}

/* Returns the last number that it said. */
static uint64_t write_and_kill(uint64_t seq)
{
	unsigned wanted = rng_below(TOLD) + 1;
	uint64_t told = seq;
	pid_t pid;
	int fd[2];

	cr_assert(!pipe(fd));
	pid = fork();
	cr_assert(pid >= 0);
	if (!pid) {
		close(fd[0]);
		write_for_ever(fd[1], seq);
	}
	close(fd[1]);
	while (wanted-- && read(fd[0], &told, sizeof(told)) == sizeof(told))
		;
	/* Somewhere in what it does next. */
	for (unsigned spin = rng_below(200000); spin; spin--)
		__asm__ volatile("");
	cr_assert(!kill(pid, SIGKILL));
	while (read(fd[0], &told, sizeof(told)) == sizeof(told))
		;
	close(fd[0]);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	return told;
}

Test(nodedb, survives_kill_9, .init = folder_open, .fini = folder_close)
{
	uint64_t seq = 0;

	for (unsigned i = 0; i < KILLS; i++) {
		uint64_t told = write_and_kill(seq);
		struct opened o = open_db();

		cr_assert_gt(told, seq);
		cr_assert_eq(o.news.moved_to[0], 0, "%s",
			     o.news.moved_why.text);
		cr_assert_eq(o.news.left_out, 0);
		seq = nodedb_seq(o.db);
		cr_assert(seq == told || seq == told + 1);
		/* All of that batch, or nothing. */
		for (unsigned n = 0; n < 40; n++) {
			struct known_contact c = node_at(n, n, 1);

			cr_assert_eq(known_pong(o.k, &c.id, &c.udp.ip), seq);
		}
		close_db(&o);
	}
}
