/* SPDX-License-Identifier: Apache-2.0 */
/* ping.h - find out, step by step, how far one gets with a node: the account
 * behind `weft ping`. A pure core around rlpx.h; whoever drives it (ping_run.h)
 * looks names up, connects, moves bytes and runs the jobs.
 *
 *     ping_resolved, ping_connected      the driver got that far
 *     ping_feed, ping_job_done           bytes and curve work
 *     ping_broke                         the driver's step failed
 *     ping_tick                          time passes
 *     ping_next(p, &ev)                  pull one event; ERR_SHORT: none yet
 *     ping_out(p)                        bytes to send; the driver takes them
 *
 * Thread: the loop's. */
#ifndef NODE_PING_H
#define NODE_PING_H

#include "p2p/base/mono.h"
#include "p2p/rlpx/rlpx.h"

/* In their order. An event names the step that was done, or that failed. */
enum ping_step {
	PING_RESOLVE, /* the address is known */
	PING_CONNECT, /* TCP is up */
	PING_AUTH,    /* our auth is on its way */
	PING_ACK,     /* their ack is here */
	PING_HELLO,   /* their Hello: ping_hello, ping_shared */
	PING_PONG,    /* their answer to our Ping */
	PING_STEPS,
};

/* ping_step_name - "resolve", "connect", "auth", "ack", "hello", "pong". */
const char *ping_step_name(enum ping_step step);

enum ping_event_kind {
	PING_JOB,     /* run ev.job, then ping_job_done */
	PING_STEP,    /* one more is done */
	PING_REACHED, /* the last event: all are done, or see hung_up */
	PING_FAILED,  /* the last event: ev.step failed, ev.cause says why */
};

enum {
	PING_CAUSE_MAX = 256
};

struct ping_event {
	enum ping_event_kind kind;
	enum ping_step step;
	struct rlpx_job *job;
	uint64_t at_ns;	  /* since ping_new */
	uint64_t took_ns; /* PING_PONG: from our Ping to their Pong */
	size_t bytes;	  /* PING_AUTH, PING_ACK: of the packet */

	/* PING_REACHED: the peer said Disconnect 0x03, "useless peer", in
	 * place of Pong. With nothing to share that is its good right. */
	bool hung_up;
	char cause[PING_CAUSE_MAX]; /* printable */
};

struct ping_config {
	const struct ecc_keypair *us; /* as of struct rlpx_config */
	struct ecc_pub remote;
	struct handshake_entropy entropy;
	const char *name;		/* borrowed for the core's life */
	const struct capability *local; /* sorted; borrowed likewise */
	size_t local_count;
	uint64_t timeout_ms; /* for all steps together */
	struct mono now;
};

struct ping;

/* ping_new - ERR_FORMAT: the remote key is no valid point. */
MUST_USE enum err ping_new(struct ping **out, const struct ping_config *config);
void ping_free(struct ping *p);

void ping_resolved(struct ping *p, struct mono now);
void ping_connected(struct ping *p, struct mono now);

/* ping_feed - bytes from the node. */
void ping_feed(struct ping *p, struct mono now, const void *data, size_t len);

/* ping_job_done - takes the job back, also when all is over. */
void ping_job_done(struct ping *p, struct mono now, struct rlpx_job *job);

/* ping_broke - the lookup, the dial or the connection failed: `cause` is a
 * phrase, or NULL when the node closed the connection. Then what it sent
 * before still counts, be it behind a job. */
void ping_broke(struct ping *p, struct mono now, const char *cause);

/* ping_tick - returns the deadline, MONO_NEVER once all is over. */
struct mono ping_tick(struct ping *p, struct mono now);

MUST_USE enum err ping_next(struct ping *p, struct ping_event *ev);

struct buf *ping_out(struct ping *p);

/* From PING_HELLO on: their Hello, and which of ours are shared. */
const struct hello *ping_hello(const struct ping *p);
size_t ping_shared(const struct ping *p, const struct capability_match **out);

#endif
