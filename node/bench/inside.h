/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - what the files behind measure.h share. Internal to node/bench.
 *
 *     measure.c   which of them it is; the clock
 *     drive.c     write, talk: a node with the plugin, which drives
 *     dials.c     connect, idle, ping: connections without a node */
#ifndef NODE_BENCH_INSIDE_H
#define NODE_BENCH_INSIDE_H

#include "node/bench/measure.h"
#include "p2p/net/loop.h"

enum {
	PATIENCE_MS = 60000, /* beyond the time that was asked for */
};

/* A run under way. */
struct measuring {
	const struct measure_config *config;
	struct measure *result;
	struct net_loop *loop;
	struct mono began;
	double own_began, peer_began;
	enum err rc; /* the first failure */
	struct why why;
};

/* Start and stop the clocks, of time and CPU. */
void measuring_begin(struct measuring *m);
void measuring_end(struct measuring *m);

/* measuring_fail - the first one stands. */
void measuring_fail(struct measuring *m, enum err rc, const char *cause);

/* drive_run, dials_run - open all on m->loop, turn it, close all. */
void drive_run(struct measuring *m);
void dials_run(struct measuring *m);

#endif
