/* SPDX-License-Identifier: Apache-2.0 */
/* bench_nodedb - ten thousand nodes, each with a record: what is done with them
 * in memory, and on disk. What they take of memory is bench_known's. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "p2p/crypto/rng.h"
#include "p2p/nodedb/nodedb.h"
#include "test/bench/bench.h"

enum {
	NODES = KNOWN_NODES,
	NOW = 1700000000,
};

static char folder[] = "/dev/shm/weft-bench-XXXXXX";
static char database[64];
static const struct node_id self = { { 1 } };
static struct known_contact *all;

static void must(bool ok)
{
	if (ok)
		return;
	fprintf(stderr, "bench_nodedb: failed\n");
	exit(1);
}

static void make_node(struct known_contact *out, unsigned n)
{
	struct enr_draft draft = { .seq = 1 };
	struct ecc_keypair key;

	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	*out = (struct known_contact){
		.pub = key.pub,
		.id = node_id_of(&key.pub),
		.udp = { .ip = { IP_V4,
				 { 20, (uint8_t)(n >> 8), (uint8_t)n, 1 } },
			 .port = 30303 },
		.tcp = 30303,
	};
	must(!enr_draft_set_ip(&draft, &out->udp.ip) &&
	     !enr_draft_set_port(&draft, "udp", 30303) &&
	     !enr_draft_set_port(&draft, "tcp", 30303) &&
	     !enr_sign(&out->record, &draft, &key));
}

static void meet_all(struct known *k, uint64_t unix_s)
{
	for (unsigned n = 0; n < NODES; n++)
		known_answered(k, &all[n], unix_s);
}

static void write_all(struct nodedb *db, struct known *k)
{
	struct known_batch *b;

	while ((b = known_collect(k, 0))) {
		enum err rc = nodedb_write(db, b, NULL);

		known_written(k, b, rc);
		must(!rc);
	}
}

static struct nodedb *open_db(struct known *k)
{
	struct nodedb_news news;
	struct nodedb *db;

	must(!nodedb_open(&db, k, &news, database, &self, NULL));
	must(!news.moved_to[0] && !news.left_out);
	return db;
}

struct opened {
	struct known *k;
	struct nodedb *db;
	struct drbg random;
	uint64_t now;
};

static void run_write(void *arg, size_t times)
{
	struct opened *o = arg;

	while (times--) {
		meet_all(o->k, ++o->now);
		write_all(o->db, o->k);
	}
}

static void run_write_few(void *arg, size_t times)
{
	struct opened *o = arg;

	while (times--) {
		o->now++;
		for (unsigned n = 0; n < 100; n++)
			known_answered(o->k, &all[n * (NODES / 100)], o->now);
		write_all(o->db, o->k);
	}
}

static void run_open(void *arg, size_t times)
{
	(void)arg;
	while (times--) {
		struct known *k = known_new(NULL);

		nodedb_close(open_db(k));
		must(known_count(k) == NODES);
		known_free(k);
	}
}

static void run_answer(void *arg, size_t times)
{
	struct opened *o = arg;

	while (times--)
		known_answered(o->k, &all[times % NODES], o->now);
}

static void run_seeds(void *arg, size_t times)
{
	static struct known_node seeds[KNOWN_SEEDS];
	struct opened *o = arg;

	while (times--)
		must(known_seeds(o->k, seeds, KNOWN_ANY, &o->random, o->now) ==
		     KNOWN_SEEDS);
}

static double file_bytes(void)
{
	char path[80];
	struct stat st;

	snprintf(path, sizeof(path), "%s/data.mdb", database);
	must(!stat(path, &st));
	return (double)st.st_size;
}

int main(int argc, char **argv)
{
	const struct bench_run none = { NULL, NULL };
	struct secret32 seed = { { 1 } };
	struct opened o = { .now = NOW };
	struct known *unused;

	crypto_init();
	bench_begin(argc, argv, "the node database: 10,000 nodes");
	if (!mkdtemp(folder)) { /* no folder in memory */
		strcpy(folder, "/tmp/weft-bench-XXXXXX");
		must(mkdtemp(folder));
	}
	snprintf(database, sizeof(database), "%s/nodes", folder);
	all = calloc(NODES, sizeof(*all));
	must(all);
	for (unsigned n = 0; n < NODES; n++)
		make_node(&all[n], n);
	drbg_init(&o.random, &seed);
	o.k = known_new(NULL);
	meet_all(o.k, NOW);
	must(known_count(o.k) == NODES);
	unused = known_new(NULL);
	o.db = open_db(unused); /* it is new */
	write_all(o.db, o.k);
	bench_value("nodes: 10,000 on disk", "MB", file_bytes() / 1e6);
	bench_rate("nodes: an answer is noted", "M/s", 1, 1e6,
		   (struct bench_run){ run_answer, &o }, NULL, none);
	bench_rate("nodes: 30 seeds of 10,000", "/s", 1, 1,
		   (struct bench_run){ run_seeds, &o }, NULL, none);
	bench_rate("nodes: 100 changes written", "/s", 1, 1,
		   (struct bench_run){ run_write_few, &o }, NULL, none);
	bench_rate("nodes: written, all", "k/s", NODES, 1e3,
		   (struct bench_run){ run_write, &o }, NULL, none);
	bench_rate("nodes: read at the start", "k/s", NODES, 1e3,
		   (struct bench_run){ run_open, &o }, NULL, none);
	bench_value("nodes: on disk, after that", "MB", file_bytes() / 1e6);
	snprintf(database + strlen(database), 12, "/data.mdb");
	unlink(database);
	database[strlen(database) - strlen("/data.mdb")] = '\0';
	rmdir(database);
	rmdir(folder);
	nodedb_close(o.db);
	known_free(unused);
	known_free(o.k);
	free(all);
	return bench_end();
}
