/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h - ask a node that does nothing but discovery, as fast as it answers,
 * and see what that takes of its processor.
 *
 * Before the clock starts a crowd of nodes, each with a socket of its own,
 * makes itself known to it, so that there is somebody to tell of. Then so many
 * requests are under way at a time, all of one node. */
#ifndef TEST_BENCH_ASK_H
#define TEST_BENCH_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "p2p/discover/contact.h"

enum {
	ASK_CROWD = 64,
	ASK_WINDOW = 16, /* requests under way: their answers fit a socket */
	ASK_DATAGRAM = 1280,
	ASK_RESULTS = 16, /* nodes in a full answer */
};

/* One of the crowd. */
struct asker {
	struct ecc_keypair key;
	struct contact self;
	int fd;
};

struct ask {
	struct contact node; /* that is asked */
	struct asker crowd[ASK_CROWD];
	size_t count; /* requests */
};

/* What is asked; there is one table for each shape. */
struct ask_shape {
	const char *name;

	/* make - before the clock: the requests, and whatever they need. */
	void (*make)(struct ask *a);

	/* crowd - a datagram to one of them, while they are kept alive. */
	void (*crowd)(struct ask *a, struct asker *to, const uint8_t *data,
		      size_t len);

	/* say - request number i. */
	void (*say)(struct ask *a, size_t i);

	/* heard - the first of the crowd was told this: how many requests are
	 * over by it. */
	size_t (*heard)(struct ask *a, const uint8_t *data, size_t len);
};

extern const struct ask_shape ask_v4_shapes[], ask_v5_shapes[];

/* ask_must - or the program ends, and says what failed. */
void ask_must(bool ok, const char *what);

/* ask_identity - a new key, and its record. */
void ask_identity(struct ecc_keypair *key, struct enr *record,
		  const struct addr *at);

void ask_send(const struct asker *from, const void *data, size_t len);

/* ask_pump - for that long, hand what comes to any of the crowd to `heard`. */
void ask_pump(struct ask *a, unsigned ms,
	      void (*heard)(struct ask *a, struct asker *to,
			    const uint8_t *data, size_t len));

#endif
