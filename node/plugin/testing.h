/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h - what the files behind <weft/test.h> share: testing.c, a run and
 * the plugins in it, testing_peer.c, the peers, testing_talk.c, those who ask,
 * and testing_record.c, what a node says of itself. Internal. */
#ifndef NODE_PLUGIN_TESTING_H
#define NODE_PLUGIN_TESTING_H

#include "node/plugin/inside.h"

/* A plugin under test. */
struct subject {
	struct test_run *run;
	struct weft_host *host; /* NULL: it is gone */
	struct instance_node node;
	const void *house; /* which node it is on: equal means the same */
	struct subject *next;
	struct task_waiters waiters; /* of start or stop */
	bool started;
	bool stopping;
	int rc; /* of its start */
};

struct test_run {
	struct net_loop *loop;
	struct net_timer *deadline;
	struct log log;
	struct instance_node node;
	struct weft_plugin descriptor;
	struct weft_host *self;
	struct subject *subjects;
	uint32_t pipes;
	int (*fn)(void *arg);
	void *arg;
	int rc;
	bool failed;		 /* an expectation, or a start */
	struct test_talk *talks; /* without an answer yet */
	uint64_t last_token;
	bool late;
	struct mono last; /* then: when the process is ended */
	bool ended;	  /* fn has returned: all is being stopped */
};

/* testing_run - the run that this thread is in. */
struct test_run *testing_run(void);

/* testing_fail - say so on stderr; the run has failed, whatever comes. */
void testing_fail(const char *format, ...) PRINTF_LIKE(1, 2);

/* --- testing_talk.c ---------------------------------------------------------
 * What an instance asks of its node; ctx is the subject, or the run. */

enum err testing_talk(void *ctx, const struct instance_talk *talk,
		      void (*done)(void *ctx, enum err rc,
				   struct span response),
		      void *done_ctx);
void testing_talk_reply(void *ctx, uint64_t token, struct span response);

/* --- testing_record.c -------------------------------------------------------
 * The same; ctx is the subject. */

enum err testing_entry(void *ctx, const char *key);

#endif
