/* SPDX-License-Identifier: Apache-2.0 */
/* any.h - a plugin whose start and stop are the test's. */
#ifndef TEST_UNIT_NODE_PLUGIN_ANY_H
#define TEST_UNIT_NODE_PLUGIN_ANY_H

#include "test/unit/node_plugin/subject.h"

static int (*any_on_start)(struct weft_host *host, void **state);
static void (*any_on_stop)(struct weft_host *host, void *state);

static int any_start(struct weft_host *host, void **state)
{
	return any_on_start ? any_on_start(host, state) : WEFT_OK;
}

static void any_stop(struct weft_host *host, void *state)
{
	if (any_on_stop)
		any_on_stop(host, state);
}

SUBJECT(any, .start = any_start, .stop = any_stop);

/* start_any - either may be NULL. */
static inline struct weft_host *start_any(int (*start)(struct weft_host *,
						       void **),
					  void (*stop)(struct weft_host *,
						       void *))
{
	any_on_start = start;
	any_on_stop = stop;
	return weft_test_start(&any, NULL);
}

#endif
