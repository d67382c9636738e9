/* SPDX-License-Identifier: Apache-2.0 */
/* criterion_on_check.h - what our tests use of Criterion, on Check.
 *
 * Criterion cannot run under TSan, and a leak, a race or a report of valgrind
 * does not fail its tests. Check forks for each test and looks at how the
 * child ended, so exactly the test that leaks, races, crashes, hangs or
 * asserts wrongly fails; test/canary proves it for every build. Tests register
 * themselves by constructor, so a test file needs no list.
 *
 * Of Test's options there are those of struct on_check_options; any other does
 * not compile. Set CK_FORK=no to run in one process under a debugger, and
 * CK_RUN_SUITE or CK_RUN_CASE to choose a suite or a test. */
#ifndef TEST_SUPPORT_CRITERION_ON_CHECK_H
#define TEST_SUPPORT_CRITERION_ON_CHECK_H

#include "test/support/assert.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>

/* As in Criterion: what the test must end by, and what surrounds it. */
struct on_check_options {
	void (*init)(void);
	void (*fini)(void);
	int signal;	/* it must die of this one */
	int exit_code;	/* it must exit with this */
	double timeout; /* seconds; 0: ON_CHECK_TIMEOUT */
};

enum {
	ON_CHECK_TIMEOUT = 120
};

struct on_check_test {
	const char *suite;
	const TTest *test;
	struct on_check_options options;
	struct on_check_test *next;
};

void on_check_register(struct on_check_test *t);

#define Test(suite_, name_, ...)                                               \
	static void suite_##_##name_##_body(void);                             \
	static void suite_##_##name_##_run(int row)                            \
	{                                                                      \
		(void)row;                                                     \
		suite_##_##name_##_body();                                     \
	}                                                                      \
	__attribute__((constructor)) static void suite_##_##name_##_file(void) \
	{                                                                      \
		static const TTest test = {                                    \
			.name = #name_,                                        \
			.fn = suite_##_##name_##_run,                          \
			.file = __FILE__,                                      \
			.line = __LINE__,                                      \
		};                                                             \
		static struct on_check_test t = {                              \
			.suite = #suite_,                                      \
			.test = &test,                                         \
			.options = { __VA_ARGS__ },                            \
		};                                                             \
		on_check_register(&t);                                         \
	}                                                                      \
	static void suite_##_##name_##_body(void)

#endif
