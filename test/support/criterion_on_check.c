/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/criterion_on_check.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	SUITES_MAX = 256
};

static struct on_check_test *tests;
static struct on_check_test **tests_end = &tests;

void on_check_register(struct on_check_test *t)
{
	*tests_end = t;
	tests_end = &t->next;
}

void assert_failed(const char *file, int line, const char *text,
		   const char *format, ...)
{
	char detail[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(detail, sizeof(detail), format, ap);
	va_end(ap);
	/* What Check's own macros call. The text is an argument and never the
	 * format, since what is asserted may hold a '%'. */
	_ck_assert_failed(file, line, "Failed", "%s%s%s", text,
			  detail[1] ? ":" : "", detail);
	abort();
}

/* A suite for each name, in order of their first tests. */
struct suites {
	SRunner *runner;
	Suite *suite[SUITES_MAX];
	const char *name[SUITES_MAX];
	size_t count;
};

static Suite *suite_named(struct suites *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->name[i], name))
			return s->suite[i];
	if (s->count == SUITES_MAX)
		abort();
	s->name[s->count] = name;
	s->suite[s->count] = suite_create(name);
	if (s->runner)
		srunner_add_suite(s->runner, s->suite[s->count]);
	else
		s->runner = srunner_create(s->suite[s->count]);
	return s->suite[s->count++];
}

static void add_test(struct suites *s, const struct on_check_test *t)
{
	const struct on_check_options *o = &t->options;
	TCase *c = tcase_create(t->test->name);

	tcase_set_timeout(c, o->timeout > 0 ? o->timeout : ON_CHECK_TIMEOUT);
	/* "checked": in the child, so what they allocate is the test's. */
	tcase_add_checked_fixture(c, o->init, o->fini);
	_tcase_add_test(c, t->test, o->signal, o->exit_code, 0, 1);
	suite_add_tcase(suite_named(s, t->suite), c);
}

int main(void)
{
	static struct suites suites;
	int failed;

	for (const struct on_check_test *t = tests; t; t = t->next)
		add_test(&suites, t);
	if (!suites.runner) {
		fprintf(stderr, "no tests\n");
		return 1;
	}
	srunner_run_all(suites.runner, CK_NORMAL);
	failed = srunner_ntests_failed(suites.runner);
	srunner_free(suites.runner);
	return failed ? 1 : 0;
}
