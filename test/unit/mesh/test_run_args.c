/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/run_args.h"

#include <stdlib.h>
#include <string.h>

#include "test/support/unit.h"

static const char *behind(const struct run_args *a, const char *flag)
{
	for (size_t i = 0; i + 1 < a->argc; i++)
		if (!strcmp(a->argv[i], flag))
			return a->argv[i + 1];
	return "";
}

static bool has_env(const struct run_args *a, const char *what)
{
	for (char **at = a->env; *at; at++)
		if (!strncmp(*at, what, strlen(what)))
			return true;
	return false;
}

static void make(struct run_args *out, const struct wanted *plugins,
		 size_t count)
{
	run_args_init(out, &(struct run_args_config){
				   .program = "/bin/weft",
				   .datadir = "/tmp/d",
				   .name = "n1",
				   .places = { 3, 20, 4 },
				   .level = LOG_WARN,
				   .plugins = plugins,
				   .plugin_count = count,
			   });
}

Test(run_args, says_what_the_plan_says)
{
	struct run_args a;

	make(&a, NULL, 0);
	cr_assert_str_eq(a.argv[0], "/bin/weft");
	cr_assert_str_eq(a.argv[1], "run");
	cr_assert_null(a.argv[a.argc]);
	cr_assert_str_eq(behind(&a, "--datadir"), "/tmp/d");
	cr_assert_str_eq(behind(&a, "--listen"), "127.0.0.1:0");
	cr_assert_str_eq(behind(&a, "--name"), "n1");
	cr_assert_str_eq(behind(&a, "--max-peers"), "3");
	cr_assert_str_eq(behind(&a, "--max-pending"), "20");
	cr_assert_str_eq(behind(&a, "--dial-ratio"), "4");
	cr_assert_str_eq(behind(&a, "--log-level"), "warn");
	run_args_clear(&a);
}

Test(run_args, hands_on_options_that_read_back_the_same)
{
	static const char odd[] = "a,b=c\\,d\\\\ e'\"";
	struct wanted w, back;
	struct run_args a;
	const char *text;

	wanted_init(&w, "./x.so", "--plugin");
	cr_assert_eq(wanted_set(&w, "greeting", odd, "test", 0, NULL),
		     ERR_NONE);
	cr_assert_eq(wanted_set(&w, "interval", "5s", "test", 0, NULL),
		     ERR_NONE);
	make(&a, &w, 1);
	text = behind(&a, "--plugin");
	cr_assert_eq(strncmp(text, "./x.so,", 7), 0, "%s", text);
	wanted_init(&back, "./x.so", "--plugin");
	cr_assert_eq(wanted_set_list(&back, text + 7, "test", 0, NULL),
		     ERR_NONE, "%s", text);
	cr_assert_eq(back.option_count, 2);
	cr_assert_str_eq(back.options[0].value, odd);
	cr_assert_str_eq(back.options[1].value, "5s");
	run_args_clear(&a);
	wanted_clear(&w);
	wanted_clear(&back);
}

Test(run_args, keeps_settings_of_the_environment_away)
{
	struct run_args a;

	setenv("WEFT_MAX_PEERS", "1", 1);
	setenv("WEFTLIKE", "1", 1);
	make(&a, NULL, 0);
	cr_assert_not(has_env(&a, "WEFT_"));
	cr_assert(has_env(&a, "WEFTLIKE=1"));
	cr_assert(has_env(&a, "PATH="));
	run_args_clear(&a);
}
