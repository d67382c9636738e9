/* SPDX-License-Identifier: Apache-2.0 */
/* scene.h - a plugin's tests are functions that run in a fiber, where nothing
 * may jump out: they return what went wrong, having said where. */
#ifndef TEST_UNIT_PLUGINS_SCENE_H
#define TEST_UNIT_PLUGINS_SCENE_H

#include <stdio.h>
#include <weft/test.h>

#include "test/support/unit.h"

#define MUST(condition)                                                  \
	do {                                                             \
		if (!(condition)) {                                      \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				__LINE__, #condition);                   \
			return WEFT_EFAIL;                               \
		}                                                        \
	} while (0)

#define MUST_BE(what, value)                                             \
	do {                                                             \
		long long is_ = (long long)(what);                       \
                                                                         \
		if (is_ != (long long)(value)) {                         \
			fprintf(stderr, "%s:%d: %s is %lld\n", __FILE__, \
				__LINE__, #what, is_);                   \
			return WEFT_EFAIL;                               \
		}                                                        \
	} while (0)

/* Scene(suite, a_sentence) { ... return WEFT_OK; } is a test that runs in a
 * fiber of weft_test_run. */
#define Scene(suite, name)                                                    \
	static int suite##_##name##_scene(void *arg);                         \
	Test(suite, name)                                                     \
	{                                                                     \
		cr_assert_eq(weft_test_run(suite##_##name##_scene, NULL), 0); \
	}                                                                     \
	static int suite##_##name##_scene(void *arg)

#endif
