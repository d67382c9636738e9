/* SPDX-License-Identifier: Apache-2.0 */
/* assert.h - what tests assert with, on Criterion and on Check. The names are
 * Criterion's. Its own macros make the message in place, at each of the
 * thousands of assertions, which takes more than half of the time to compile a
 * test; these call one function, and only if the test fails. */
#ifndef TEST_SUPPORT_ASSERT_H
#define TEST_SUPPORT_ASSERT_H

#include <string.h>

/* assert_failed - fail the running test. `text` is what was asserted and is
 * printed as it is; the format begins with a blank and may end there. */
_Noreturn void assert_failed(const char *file, int line, const char *text,
			     const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#undef cr_fail
#undef cr_assert
#undef cr_assert_not
#undef cr_assert_eq
#undef cr_assert_neq
#undef cr_assert_lt
#undef cr_assert_leq
#undef cr_assert_gt
#undef cr_assert_geq
#undef cr_assert_null
#undef cr_assert_not_null
#undef cr_assert_str_eq
#undef cr_assert_arr_eq
#undef cr_assert_arr_neq

/* The blank in front makes a format even of an empty list of arguments. */
#define ASSERT_THAT(cond, text, ...)                            \
	do {                                                    \
		if (!(cond))                                    \
			assert_failed(__FILE__, __LINE__, text, \
				      " " __VA_ARGS__);         \
	} while (0)

#define cr_fail(...) \
	assert_failed(__FILE__, __LINE__, "failed", " " __VA_ARGS__)
#define cr_assert(c, ...) ASSERT_THAT(c, #c, __VA_ARGS__)
#define cr_assert_not(c, ...) ASSERT_THAT(!(c), "not " #c, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) \
	ASSERT_THAT((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) \
	ASSERT_THAT((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) ASSERT_THAT((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) \
	ASSERT_THAT((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) ASSERT_THAT((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) \
	ASSERT_THAT((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_null(p, ...) ASSERT_THAT(!(p), #p " is NULL", __VA_ARGS__)
#define cr_assert_not_null(p, ...) \
	ASSERT_THAT(p, #p " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) \
	ASSERT_THAT(!strcmp(a, b), #a " equals " #b, __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) \
	ASSERT_THAT(!memcmp(a, b, n), #a " equals " #b, __VA_ARGS__)
#define cr_assert_arr_neq(a, b, n, ...) \
	ASSERT_THAT(memcmp(a, b, n), #a " differs from " #b, __VA_ARGS__)

#endif
