/* SPDX-License-Identifier: Apache-2.0 */
/* thing.h - a plugin that does what its test says, and notes what of it was
 * called in which order: "[" and "]" around start, "(" and ")" around stop, "."
 * for freed. */
#ifndef TEST_UNIT_NODE_PLUGIN_THING_H
#define TEST_UNIT_NODE_PLUGIN_THING_H

#include "test/unit/node_plugin/subject.h"

static struct {
	int (*start)(struct weft_host *host);
	void (*stop)(struct weft_host *host);
	void *state;
	char calls[64];
} thing_does;

static int thing_start(struct weft_host *host, void **state)
{
	int rc;

	strcat(thing_does.calls, "[");
	*state = thing_does.state;
	rc = thing_does.start ? thing_does.start(host) : WEFT_OK;
	strcat(thing_does.calls, "]");
	return rc;
}

static void thing_stop(struct weft_host *host, void *state)
{
	cr_assert_eq(state, thing_does.state);
	strcat(thing_does.calls, "(");
	if (thing_does.stop)
		thing_does.stop(host);
	strcat(thing_does.calls, ")");
}

static void thing_freed(void *state)
{
	cr_assert_eq(state, thing_does.state);
	strcat(thing_does.calls, ".");
}

SUBJECT(thing, .start = thing_start, .stop = thing_stop, .freed = thing_freed);

static inline void expect_calls(const char *calls)
{
	cr_assert_str_eq(thing_does.calls, calls, "are %s, not %s",
			 thing_does.calls, calls);
}

#endif
