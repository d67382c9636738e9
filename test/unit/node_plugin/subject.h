/* SPDX-License-Identifier: Apache-2.0 */
/* subject.h - small plugins for the tests of the runtime. */
#ifndef TEST_UNIT_NODE_PLUGIN_SUBJECT_H
#define TEST_UNIT_NODE_PLUGIN_SUBJECT_H

#include <weft/test.h>

#include "test/support/unit.h"

/* SUBJECT(echo, .start = echo_start) - a descriptor of that name. */
#define SUBJECT(name_, ...)                                                    \
	static const struct weft_plugin name_ = { .abi = WEFT_ABI,             \
						  .size = sizeof(              \
							  struct weft_plugin), \
						  .abi_hash = WEFT_ABI_HASH,   \
						  .api = &weft_api_table,      \
						  .name = #name_,              \
						  .version = "1.0.0",          \
						  __VA_ARGS__ }

/* subject_run - the test `fn` in a fiber, which must return 0. */
static inline void subject_run(int (*fn)(void *arg), void *arg)
{
	cr_assert_eq(weft_test_run(fn, arg), WEFT_OK);
}

/* subject_let_run - a few whole turns of the loop for everything else: enough
 * for what is due at once to settle. */
static inline void subject_let_run(void)
{
	struct weft_host *host = weft_test_host();

	/* A deadline in the future, however near, waits for the loop's timer;
	 * one that has passed would not. */
	for (int i = 0; i < 8; i++)
		cr_assert_eq(weft_sleep_until(host, weft_now(host) + 1),
			     WEFT_OK);
}

/* subject_until - let everything else run until holds(arg); the run's own limit
 * ends what never does. */
static inline void subject_until(int (*holds)(void *arg), void *arg)
{
	while (!holds(arg))
		cr_assert_eq(weft_sleep_until(weft_test_host(),
					      weft_now(weft_test_host()) +
						      WEFT_MS(1)),
			     WEFT_OK);
}

#endif
