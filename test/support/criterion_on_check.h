/* SPDX-License-Identifier: Apache-2.0 */
/* criterion_on_check.h - the Criterion macros our tests use, on Check.
 *
 * Criterion cannot run under TSan and hides leaks; Check forks per test and
 * fails exactly the test that leaks, races, crashes or hangs. Tests register
 * themselves by constructor, so a test file needs no list. */
#ifndef TEST_SUPPORT_CRITERION_ON_CHECK_H
#define TEST_SUPPORT_CRITERION_ON_CHECK_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct on_check_test {
	const char *suite;
	const TTest *test;
	struct on_check_test *next;
};

void on_check_register(struct on_check_test *t);

/* START_TEST makes a static function; the constructor files it. */
#define Test(suite_, name_, ...)                                               \
	static void suite_##_##name_##_body(void);                             \
	START_TEST(suite_##_##name_)                                           \
	{                                                                      \
		suite_##_##name_##_body();                                     \
	}                                                                      \
	END_TEST                                                               \
	__attribute__((constructor)) static void suite_##_##name_##_file(void) \
	{                                                                      \
		static struct on_check_test t;                                 \
		t.suite = #suite_;                                             \
		t.test = suite_##_##name_;                                     \
		on_check_register(&t);                                         \
	}                                                                      \
	static void suite_##_##name_##_body(void)

#define ON_CHECK_FAIL(...) ck_abort_msg("" __VA_ARGS__)
#define ON_CHECK(cond, text, ...)                                              \
	do {                                                                   \
		if (cond)                                                      \
			mark_point();                                          \
		else                                                           \
			ck_abort_msg(text " " __VA_ARGS__);                    \
	} while (0)

#define cr_fail(...) ON_CHECK_FAIL(__VA_ARGS__)
#define cr_assert(c, ...) ON_CHECK(c, #c, __VA_ARGS__)
#define cr_assert_not(c, ...) ON_CHECK(!(c), "not " #c, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) ON_CHECK((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) ON_CHECK((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) ON_CHECK((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) ON_CHECK((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) ON_CHECK((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) ON_CHECK((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(p, ...) ON_CHECK(!(p), #p " is NULL", __VA_ARGS__)
#define cr_assert_not_null(p, ...) ON_CHECK(p, #p " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) \
	ON_CHECK(!strcmp(a, b), #a " equals " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) \
	ON_CHECK(!memcmp(a, b, n), #a " equals " #b, __VA_ARGS__)

#endif
