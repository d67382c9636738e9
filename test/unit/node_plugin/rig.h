/* SPDX-License-Identifier: Apache-2.0 */
/* rig.h - instances without <weft/test.h> in between: a loop, tasks and a node
 * that the test sees through. Nothing sleeps: rig_until turns the loop until a
 * condition holds, and fails the test when it does not in time. */
#ifndef TEST_UNIT_NODE_PLUGIN_RIG_H
#define TEST_UNIT_NODE_PLUGIN_RIG_H

#include "node/plugin/instance.h"
#include "test/support/unit.h"

struct rig {
	struct net_loop *loop;
	struct net_timer *poll;
	struct task_loop *tasks;
	struct instance_node node;
	struct log log;
	size_t warnings;
	char warning[256]; /* the last: "message key=text ..." */

	bool (*holds)(void *ctx);
	void *ctx;
	struct mono give_up;
	bool late;

	const char *taken; /* a protocol that another plugin has */
};

/* rig_open - limits may be NULL. Without a slow_ms in them no fiber is too
 * slow, so that a machine that stalls adds no warnings. */
void rig_open(struct rig *r, const struct task_limits *limits);
void rig_close(struct rig *r);

void rig_until(struct rig *r, bool (*holds)(void *ctx), void *ctx);

/* One instance. */
struct rigged {
	struct rig *rig;
	struct weft_host *host; /* NULL: stopped */
	bool started, stopped;
	int rc; /* of start */
};

/* rig_start - and wait until start returned. */
void rig_start(struct rigged *i, struct rig *r, const struct weft_plugin *p);

/* rig_stop - and wait until it is gone. rig_stopped is the callback of one that
 * is stopped without waiting; ctx is the struct rigged. */
void rig_stop(struct rigged *i);
void rig_stopped(void *ctx);

#endif
