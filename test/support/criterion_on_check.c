/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/criterion_on_check.h"

#include <stdio.h>

static struct on_check_test *tests;

void on_check_register(struct on_check_test *t)
{
	t->next = tests;
	tests = t;
}

static Suite *suite_named(SRunner **runner, Suite **known, size_t *count,
			  const char **names, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(names[i], name))
			return known[i];
	names[*count] = name;
	known[*count] = suite_create(name);
	if (*runner)
		srunner_add_suite(*runner, known[*count]);
	else
		*runner = srunner_create(known[*count]);
	return known[(*count)++];
}

int main(void)
{
	static Suite *suites[256];
	static const char *names[256];
	SRunner *runner = NULL;
	size_t count = 0;
	int failed;

	for (struct on_check_test *t = tests; t; t = t->next) {
		TCase *c = tcase_create(t->test->name);

		tcase_set_timeout(c, 120);
		tcase_add_test(c, t->test);
		suite_add_tcase(suite_named(&runner, suites, &count, names,
					    t->suite),
				c);
	}
	if (!runner) {
		fprintf(stderr, "no tests\n");
		return 1;
	}
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
