/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/weft/values.h"
#include "test/support/unit.h"

struct values {
	bool flag;
	const char *text;
	uint64_t count;
};

static struct values got;
static int first_operand;

static const struct option_row rows[] = {
	{ .name = "flag",
	  .help = "a flag",
	  .field = offsetof(struct values, flag),
	  .read = value_flag },
	{ .name = "text",
	  .value = "TEXT",
	  .help = "one line\nand another",
	  .field = offsetof(struct values, text),
	  .read = value_text },
	{ .name = "count",
	  .value = "N",
	  .help = "a number",
	  .field = offsetof(struct values, count),
	  .read = value_count,
	  .min = 1,
	  .max = 9 },
	{ 0 },
};

static int run(const struct command *c, int argc, char **argv)
{
	int at;

	got = (struct values){ 0 };
	at = options_read(c, &got, argc, argv);
	if (at < 0)
		return OPTIONS_STATUS(at);
	first_operand = at;
	return EXIT_OK;
}

static const struct command one = {
	.name = "tool one",
	.operands = "A [B]",
	.summary = "does one",
	.examples = "  tool one x\n",
	.options = rows,
	.operands_min = 1,
	.operands_max = 2,
	.run = run,
};
static const struct command sure = {
	.name = "tool sure",
	.operands = "",
	.summary = "is sure",
	.options = options_none,
	.run = run,
};
static const struct command odd = {
	.name = "tool odd",
	.operands = "",
	.summary = "is odd",
	.options = options_none,
	.run = run,
};
static const struct command *const below[] = { &one, &sure, &odd, NULL };
static const struct command tool = {
	.name = "tool",
	.operands = "COMMAND",
	.summary = "a tool",
	.options = options_none,
	.run = options_group,
	.below = below,
};

/* What went to a standard stream while a command ran. */
struct capture {
	char text[4096];
	int fd, saved, temp;
};

static void capture_begin(struct capture *c, int fd)
{
	char path[] = "/tmp/weft-unit-XXXXXX";

	fflush(NULL);
	c->fd = fd;
	c->saved = dup(fd);
	c->temp = mkstemp(path);
	cr_assert_geq(c->temp, 0);
	unlink(path);
	dup2(c->temp, fd);
}

static void capture_end(struct capture *c)
{
	ssize_t n;

	fflush(NULL);
	dup2(c->saved, c->fd);
	close(c->saved);
	n = pread(c->temp, c->text, sizeof(c->text) - 1, 0);
	c->text[n > 0 ? n : 0] = '\0';
	close(c->temp);
}

/* Run `tool` with words separated by blanks; what it said in *err. */
static int with(struct capture *err, const char *words)
{
	static char line[256];
	char *argv[16] = { (char *)"tool" };
	char *save = NULL;
	int argc = 1;
	int status;

	snprintf(line, sizeof(line), "%s", words);
	for (char *w = strtok_r(line, " ", &save); w;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	capture_begin(err, STDERR_FILENO);
	status = options_dispatch(&tool, argc, argv);
	capture_end(err);
	return status;
}

Test(options, fill_the_fields_and_find_the_operands)
{
	struct capture err;

	cr_assert_eq(with(&err, "one --flag --text=t a --count 3 b"), EXIT_OK);
	cr_assert(got.flag);
	cr_assert_str_eq(got.text, "t");
	cr_assert_eq(got.count, 3);
	cr_assert_eq(first_operand, 5);
	cr_assert_eq(with(&err, "one -- --flag"), EXIT_OK);
	cr_assert_not(got.flag);
	cr_assert_eq(with(&err, "one -"), EXIT_OK);
	cr_assert_str_eq(err.text, "");
}

Test(options, complain_in_one_line_that_names_the_mistake)
{
	static const struct {
		const char *words;
		const char *says;
	} cases[] = {
		{ "", "tool: which command? one, sure or odd" },
		{ "--", "tool: which command? one, sure or odd" },
		{ "oen",
		  "tool: \"oen\": no such command; did you mean 'tool one'?" },
		{ "nothing", "tool: \"nothing\": no such command" },
		{ "--flag", "tool: --flag: no such option" },
		{ "one", "tool one: too few arguments; give A [B]" },
		{ "one a b c", "tool one: \"c\": one argument too many" },
		{ "one a --flga", "tool one: --flga: no such option; did you "
				  "mean --flag?" },
		{ "one a --fl", "tool one: --fl: no such option; did you mean "
				"--flag?" },
		{ "one a --tex=x", "tool one: --tex: no such option; did you "
				   "mean --text?" },
		{ "one a --text", "tool one: --text: needs a value" },
		{ "one a --flag=x", "tool one: --flag: takes no value" },
		{ "one a --text=", "tool one: --text: empty; give TEXT" },
		{ "one a --count 10",
		  "tool one: --count: 10: not from 1 to 9" },
		{ "one a -z", "tool one: -z: no such option" },
		{ "one a --zzzzzzzz", "tool one: --zzzzzzzz: no such option" },
		{ "one a --co\x1b[2J=1", "tool one: --co?[2J: no such option" },
	};
	struct capture err;
	char want[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *colon = strchr(cases[i].says, ':');

		cr_assert_eq(with(&err, cases[i].words), EXIT_USAGE, "%s",
			     cases[i].words);
		snprintf(want, sizeof(want), "%s\nTry '%.*s --help'.\n",
			 cases[i].says, (int)(colon - cases[i].says),
			 cases[i].says);
		cr_assert_str_eq(err.text, want, "%s", cases[i].words);
	}
}

Test(options, print_help_of_every_level_to_standard_output)
{
	struct capture out, err;

	capture_begin(&out, STDOUT_FILENO);
	cr_assert_eq(with(&err, "--help"), EXIT_OK);
	capture_end(&out);
	cr_assert(strstr(out.text, "one   "));
	cr_assert(strstr(out.text, "does one"));
	capture_begin(&out, STDOUT_FILENO);
	cr_assert_eq(with(&err, "one --text t -h --nonsense"), EXIT_OK);
	capture_end(&out);
	cr_assert_str_eq(err.text, "");
	cr_assert_not(strncmp(out.text,
			      "tool one - does one\n\n"
			      "Usage: tool one A [B]\n",
			      43));
	cr_assert(strstr(out.text, "  --text TEXT             one line\n"
				   "                          and another\n"));
	cr_assert(strstr(out.text, "Examples:\n  tool one x\n"));
}
