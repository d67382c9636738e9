/* SPDX-License-Identifier: Apache-2.0 */
/* bench_known - memory that the nodes take which a node remembers: what it
 * holds with so many of them more than without, the database on disk written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/bench/usage.h"
#include "p2p/crypto/rng.h"
#include "p2p/nodedb/nodedb.h"

enum {
	UNIX = 1700000000,
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_known: %s\n", what);
	exit(1);
}

/* Of a /24 of its own, with a record like those on the net. */
static void meet(struct known *k, size_t i)
{
	struct known_contact c = { 0 };
	struct enr_draft d = { .seq = 1 };
	struct ecc_keypair key;

	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	c.pub = key.pub;
	c.id = node_id_of(&key.pub);
	c.udp.ip = (struct ip){ .family = IP_V4,
				.b = { 20 + (uint8_t)(i >> 16),
				       (uint8_t)(i >> 8), (uint8_t)i, 1 } };
	c.udp.port = c.tcp = 30303;
	must(!enr_draft_set_ip(&d, &c.udp.ip) &&
		     !enr_draft_set_port(&d, "tcp", c.tcp) &&
		     !enr_draft_set_port(&d, "udp", c.udp.port) &&
		     !enr_sign(&c.record, &d, &key),
	     "no record");
	known_pinged(k, &c, UNIX);
	known_answered(k, &c, UNIX);
}

static void write_all(struct nodedb *db, struct known *k)
{
	struct known_batch *batch;

	while ((batch = known_collect(k, 0)))
		known_written(k, batch, nodedb_write(db, batch, NULL));
}

int main(int argc, char **argv)
{
	size_t count = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	struct usage before, after;
	struct node_id self = { { 1 } };
	struct nodedb_news news;
	struct nodedb *db;
	struct known *k;

	if (!count) {
		fprintf(stderr, "usage: bench_known COUNT FOLDER\n");
		return 2;
	}
	crypto_init();
	must(usage_read(&before, 0), "no memory to see");
	k = known_new(NULL);
	must(!nodedb_open(&db, k, &news, argv[2], &self, NULL), "no database");
	for (size_t i = 0; i < count; i++) {
		meet(k, i);
		if (i % KNOWN_BATCH == 0)
			write_all(db, k);
	}
	write_all(db, k);
	must(known_count(k) == count, "it does not know them all");
	must(usage_read(&after, 0), "no memory to see");
	printf("{\"kib\":%" PRIu64 "}\n",
	       (after.private_dirty - before.private_dirty) / 1024);
	nodedb_close(db);
	known_free(k);
	return 0;
}
