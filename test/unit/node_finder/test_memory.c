/* SPDX-License-Identifier: Apache-2.0 */
#include "node/finder/memory.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/crypto/rng.h"
#include "p2p/discover/table.h"
#include "p2p/nodedb/nodedb.h"
#include "test/support/unit.h"

enum {
	HANG_MS = 60000,
	WRITE_MS = 5,
};

#define NOW 1700000000000 /* milliseconds */

static struct desk {
	struct net_loop *loop;
	struct net_timer *timer;
	struct memory *m;
	struct discovery *d;
	struct local_config local;
	struct ecc_keypair key;
	struct node_id self;
	struct log log;
	bool hung, closed;
	unsigned warned, informed;
	char folder[64], database[80], away[80];
} desk;

static void on_timer(void *ctx)
{
	(void)ctx;
	desk.hung = true;
	net_loop_stop(desk.loop);
}

static void on_closed(void *ctx)
{
	(void)ctx;
	desk.closed = true;
	net_loop_stop(desk.loop);
}

static void keep_line(void *ctx, const struct log_line *line)
{
	(void)ctx;
	desk.warned += line->level == LOG_WARN;
	desk.informed += line->level == LOG_INFO;
	net_loop_stop(desk.loop);
}

static void run_for(unsigned ms)
{
	desk.hung = false;
	net_timer_set(desk.timer, mono_add_ms(net_loop_now(desk.loop), ms));
	net_loop_run(desk.loop);
}

static void desk_open(void)
{
	crypto_init();
	desk = (struct desk){ .log = { .level = LOG_INFO, .sink = keep_line } };
	strcpy(desk.folder, "/tmp/weft-memory-XXXXXX");
	cr_assert(mkdtemp(desk.folder) != NULL);
	snprintf(desk.database, sizeof(desk.database), "%s/nodes", desk.folder);
	snprintf(desk.away, sizeof(desk.away), "%s/away", desk.folder);
	rng_key(&desk.key.key);
	ecc_pub_of(&desk.key.pub, &desk.key.key);
	desk.self = node_id_of(&desk.key.pub);
	cr_assert_eq(net_loop_open(&desk.loop, NULL), ERR_NONE);
	desk.timer = net_timer_open(desk.loop, on_timer, NULL);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void desk_close(void)
{
	net_timer_close(desk.timer);
	net_loop_close(desk.loop);
	nftw(desk.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remember(const char *database)
{
	desk.m = memory_open(&(struct memory_config){
		.loop = desk.loop,
		.folder = database,
		.self = &desk.self,
		.write_ms = WRITE_MS,
		.log = &desk.log,
	});
}

static void begin(uint64_t unix_ms)
{
	static const struct secret32 seed = { { 1 } };

	desk.local = (struct local_config){
		.key = &desk.key,
		.fallback = { IP_V4, { 127, 0, 0, 1 } },
		.udp = 30303,
	};
	memory_number(desk.m, &desk.local, unix_ms);
	desk.d = discovery_new(
		&(struct discovery_config){
			.local = desk.local,
			.seed = &seed,
			.versions = DISCOVER_V4 | DISCOVER_V5,
			.limits = guard_limits_default,
			.ping_version = V4_VERSION,
		},
		net_loop_now(desk.loop));
	memory_start(desk.m, desk.d);
}

static void keep(const char *database, uint64_t unix_ms)
{
	remember(database);
	begin(unix_ms);
}

static void end(void)
{
	desk.closed = false;
	memory_close(desk.m, on_closed, NULL);
	while (!desk.closed) {
		run_for(HANG_MS);
		cr_assert_not(desk.hung);
	}
	discovery_free(desk.d);
}

static struct discover_event event_of(enum discover_event_type type, unsigned n)
{
	struct ecc_keypair key = { .key = { { (uint8_t)(n + 1) } } };
	struct enr_draft draft = { .seq = 1 };
	struct discover_event ev = { .type = type, .version = DISCOVER_V4 };
	struct ip ip = { IP_V4, { 20, 0, (uint8_t)n, 1 } };
	struct enr record;

	ecc_pub_of(&key.pub, &key.key);
	cr_assert_eq(enr_draft_set_ip(&draft, &ip), 0);
	cr_assert_eq(enr_draft_set_port(&draft, "udp", 30303), 0);
	cr_assert_eq(enr_sign(&record, &draft, &key), 0);
	cr_assert(contact_of_record(&ev.node, &record, NULL));
	return ev;
}

static void heed(enum discover_event_type type, unsigned n, uint64_t unix_ms)
{
	struct discover_event ev = event_of(type, n);

	memory_heed(desk.m, &ev, unix_ms);
	memory_look(desk.m);
}

/* How many seeds each table got. */
static void expect_seeds(size_t v4, size_t v5, uint64_t unix_ms)
{
	struct discover_event ev = { .type = DISCOVER_SEEDS };

	ev.version = DISCOVER_V4;
	memory_heed(desk.m, &ev, unix_ms);
	ev.version = DISCOVER_V5;
	memory_heed(desk.m, &ev, unix_ms);
	cr_assert_eq(table_count(v4_table(discovery_v4(desk.d))), v4);
	cr_assert_eq(table_count(v5_table(discovery_v5(desk.d))), v5);
}

Test(memory, who_answered_is_a_seed_of_both_the_next_time, .init = desk_open,
     .fini = desk_close)
{
	struct discover_event ev = event_of(DISCOVER_ENDPOINT, 3);

	keep(desk.database, NOW);
	heed(DISCOVER_LIVE, 1, NOW);
	heed(DISCOVER_RECORD, 2, NOW); /* it did not answer from there */
	heed(DISCOVER_LOST, 4, NOW);
	ev.node.record.len = 0;
	ev.is_answer = true;
	memory_heed(desk.m, &ev, NOW);
	ev = event_of(DISCOVER_ENDPOINT, 5);
	memory_heed(desk.m, &ev, NOW); /* that is a PING of its own */
	ev = event_of(DISCOVER_RECORD, 6);
	ev.err = ERR_AUTH;
	memory_heed(desk.m, &ev, NOW);
	cr_assert_eq(memory_count(desk.m), 4);
	memory_set_list_seq(desk.m, "enrtree://A@a", 9, NOW);
	end();

	keep(desk.database, NOW);
	cr_assert_eq(memory_count(desk.m), 4);
	cr_assert_eq(memory_list_seq(desk.m, "enrtree://A@a", NOW), 9);
	expect_seeds(2, 1, NOW + 4 * 86400 * 1000ULL);
	end();
	keep(desk.database, NOW);
	expect_seeds(0, 0, NOW + 6 * 86400 * 1000ULL);
	end();
	cr_assert_eq(desk.warned, 0);
}

Test(memory, without_a_database_it_remembers_until_its_end, .init = desk_open,
     .fini = desk_close)
{
	keep(NULL, NOW);
	cr_assert_eq(desk.local.stored, LOCAL_STORED_NEVER);
	cr_assert_eq(local_first(desk.local.seq, desk.local.unix_ms), NOW);
	heed(DISCOVER_LIVE, 1, NOW);
	expect_seeds(1, 1, NOW);
	end();
	keep(NULL, NOW);
	expect_seeds(0, 0, NOW);
	end();
}

static uint64_t first(void)
{
	return local_first(desk.local.seq, desk.local.unix_ms);
}

Test(memory, our_number_goes_on_behind_all_that_may_have_been_told,
     .init = desk_open, .fini = desk_close)
{
	uint64_t stored;

	keep(desk.database, NOW);
	cr_assert_eq(first(), NOW);
	cr_assert_eq(desk.local.stored, NOW + LOCAL_AHEAD);
	stored = desk.local.stored;
	end();
	/* The clock was set back. */
	keep(desk.database, 5000);
	cr_assert_eq(first(), stored + 1);
	stored = desk.local.stored;
	cr_assert_eq(stored, first() + LOCAL_AHEAD);
	end();
	/* The database may be an old copy, so the clock counts, too. */
	keep(desk.database, NOW + 86400000);
	cr_assert_eq(first(), NOW + 86400000);
	end();
	/* Another key has numbers of its own. */
	desk.key.key.b[5] ^= 1;
	ecc_pub_of(&desk.key.pub, &desk.key.key);
	desk.self = node_id_of(&desk.key.pub);
	keep(desk.database, 5000);
	cr_assert_eq(first(), 5000);
	end();
}

/* Our record changes with every call. */
static void change_record(unsigned i)
{
	uint8_t value[] = { 0x82, (uint8_t)(1 + i / 200), (uint8_t)(i % 200) };
	struct enr_draft d = { .len = 0 };

	cr_assert_eq(enr_draft_set(&d, "x", span_of(value, sizeof(value))), 0);
	cr_assert_eq(local_set_entries(discovery_local(desk.d), &d), 0);
	discovery_tick(desk.d, net_loop_now(desk.loop), NOW);
	memory_look(desk.m);
}

Test(memory, a_number_is_on_disk_before_it_is_told, .init = desk_open,
     .fini = desk_close)
{
	struct known *known = known_new(NULL);
	struct nodedb_news news;
	struct nodedb *db;
	uint64_t told;

	keep(desk.database, NOW);
	for (unsigned i = 0; i < 6000; i++) {
		change_record(i);
		run_for(2);
		if (discovery_record(desk.d)->seq > NOW + 3 * LOCAL_AHEAD)
			break;
	}
	told = discovery_record(desk.d)->seq;
	cr_assert_gt(told, NOW + 3 * LOCAL_AHEAD);
	end();
	cr_assert_eq(
		nodedb_open(&db, known, &news, desk.database, &desk.self, NULL),
		0);
	cr_assert_geq(nodedb_seq(db), told);
	nodedb_close(db);
	known_free(known);
}

Test(memory, a_number_that_cannot_be_stored_is_not_told, .init = desk_open,
     .fini = desk_close)
{
	uint64_t stored;

	keep(desk.database, NOW);
	stored = desk.local.stored;
	cr_assert(!rename(desk.database, desk.away));
	for (unsigned i = 0; i < 3 * LOCAL_AHEAD; i++) {
		change_record(i);
		run_for(2);
	}
	cr_assert_leq(discovery_record(desk.d)->seq, stored);
	cr_assert_eq(desk.warned, 1);
	cr_assert(!rename(desk.away, desk.database));
	for (unsigned i = 0;
	     i < 6000 && discovery_record(desk.d)->seq <= stored; i++) {
		change_record(i);
		run_for(2);
	}
	cr_assert_gt(discovery_record(desk.d)->seq, stored);
	end();
}

Test(memory, a_first_number_that_cannot_be_stored_is_the_only_one,
     .init = desk_open, .fini = desk_close)
{
	remember(desk.database);
	cr_assert(!rename(desk.database, desk.away));
	begin(NOW);
	cr_assert_eq(desk.warned, 1);
	for (unsigned i = 0; i < 5; i++) {
		change_record(i);
		run_for(2);
		cr_assert_eq(discovery_record(desk.d)->seq, NOW);
	}
	end();
}

Test(memory, a_disk_that_fails_is_told_of_once, .init = desk_open,
     .fini = desk_close)
{
	keep(desk.database, NOW);
	cr_assert(!rename(desk.database, desk.away));
	for (unsigned n = 0; n < 10; n++) {
		heed(DISCOVER_LIVE, n, NOW);
		run_for(4 * WRITE_MS);
	}
	while (!desk.warned) {
		run_for(HANG_MS);
		cr_assert_not(desk.hung);
	}
	run_for(10 * WRITE_MS);
	cr_assert_eq(desk.warned, 1);
	cr_assert_eq(desk.informed, 0);
	cr_assert(!rename(desk.away, desk.database));
	while (!desk.informed) {
		run_for(HANG_MS);
		cr_assert_not(desk.hung);
	}
	end();
	cr_assert_eq(desk.warned, 1);
	cr_assert_eq(desk.informed, 1);
	/* Nothing of it was lost. */
	keep(desk.database, NOW);
	cr_assert_eq(memory_count(desk.m), 10);
	end();
}

Test(memory, one_that_cannot_write_at_its_end_ends_all_the_same,
     .init = desk_open, .fini = desk_close)
{
	keep(desk.database, NOW);
	cr_assert(!rename(desk.database, desk.away));
	heed(DISCOVER_LIVE, 1, NOW);
	end();
	cr_assert_eq(desk.warned, 1);
}

Test(memory, a_database_that_is_none_is_told_of, .init = desk_open,
     .fini = desk_close)
{
	FILE *file = fopen(desk.database, "w");

	cr_assert(file && fputs("what is this?", file) >= 0 && !fclose(file));
	keep(desk.database, NOW);
	cr_assert_eq(desk.warned, 1);
	cr_assert_eq(desk.local.stored, NOW + LOCAL_AHEAD);
	heed(DISCOVER_LIVE, 1, NOW);
	end();
	keep(desk.database, NOW);
	cr_assert_eq(memory_count(desk.m), 1);
	cr_assert_eq(desk.warned, 1);
	end();
}

Test(memory, a_database_that_cannot_be_is_told_of, .init = desk_open,
     .fini = desk_close)
{
	char missing[128];

	snprintf(missing, sizeof(missing), "%s/no/nodes", desk.folder);
	keep(missing, NOW);
	cr_assert_eq(desk.warned, 1);
	cr_assert_eq(desk.local.stored, LOCAL_STORED_NEVER);
	heed(DISCOVER_LIVE, 1, NOW);
	expect_seeds(1, 1, NOW);
	end();
}
