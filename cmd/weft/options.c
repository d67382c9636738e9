/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "p2p/base/suggest.h"

enum {
	OPTIONS_MAX = 32,  /* rows of one table, or commands below one */
	FIRST_VALUE = 256, /* getopt's value of row 0; above any character */
	COLUMN = 26,
};

const struct option_row options_none[] = { { 0 } };

static int usage_text(const struct command *c, const struct why *why)
{
	fprintf(stderr, "%s: %s\nTry '%s --help'.\n", c->name, why->text,
		c->name);
	return EXIT_USAGE;
}

int options_usage(const struct command *c, const char *fmt, ...)
{
	struct why why = WHY_NONE;
	char text[WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_fail(&why, ERR_FORMAT, "%s", text); /* one printable line */
	return usage_text(c, &why);
}

int options_failed(const struct command *c, const struct why *why)
{
	fprintf(stderr, "%s: %s\n", c->name, why->text);
	return EXIT_FAILED;
}

static void print_row(const char *left, const char *help)
{
	const char *line = help;

	printf("  %-*s", COLUMN - 2, left);
	if (strlen(left) > COLUMN - 4)
		printf("\n%*s", COLUMN, "");
	for (;;) {
		size_t n = strcspn(line, "\n");

		printf("%.*s\n", (int)n, line);
		if (!line[n])
			return;
		line += n + 1;
		printf("%*s", COLUMN, "");
	}
}

static void print_options(const struct option_row *rows)
{
	printf("\nOptions:\n");
	for (const struct option_row *row = rows; row && row->name; row++) {
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", row->name,
			 row->value ? " " : "", row->value ? row->value : "");
		print_row(left, row->help);
	}
	print_row("-h, --help", "show this");
}

const char *options_word(const struct command *c)
{
	const char *space = strrchr(c->name, ' ');

	return space ? space + 1 : c->name;
}

static void print_help(const struct command *c)
{
	printf("%s - %s\n\nUsage: %s %s\n", c->name, c->summary, c->name,
	       c->operands);
	if (c->below) {
		printf("\nCommands:\n");
		for (size_t i = 0; c->below[i]; i++)
			print_row(options_word(c->below[i]),
				  c->below[i]->summary);
	}
	print_options(c->options);
	if (c->examples)
		printf("\nExamples:\n%s", c->examples);
	if (c->below)
		printf("\n'%s COMMAND --help' says more.\n", c->name);
}

static int unknown_option(const struct command *c, const char *given)
{
	const char *names[OPTIONS_MAX + 1];
	size_t count = 0;
	const char *nearest;
	size_t len = strcspn(given, "=");
	char word[64];

	for (const struct option_row *row = c->options; row && row->name; row++)
		names[count++] = row->name;
	names[count++] = "help";
	snprintf(word, sizeof(word), "%.*s", (int)len, given);
	nearest = suggest_nearest(word + strspn(word, "-"), names, count);
	if (nearest)
		return options_usage(c,
				     "%s: no such option; did you mean --%s?",
				     word, nearest);
	return options_usage(c, "%s: no such option", word);
}

/* getopt_long takes any unambiguous beginning of a name for the name. That
 * would make every new option a possible break of somebody's script. */
static bool is_abbreviated(const char *given, const char *name)
{
	return strcspn(given, "=") != strlen(name) + 2;
}

/* The argument that getopt_long has just looked at. */
static const char *given_option(char **argv, bool with_value)
{
	const char *last = argv[optind - 1];

	/* "--name value" has moved on by two, "--name=value" by one. */
	if (with_value && last == optarg && optind >= 2)
		return argv[optind - 2];
	return last;
}

static int read_row(const struct command *c, const struct option_row *row,
		    void *values, char **argv)
{
	const char *given = given_option(argv, row->value);
	struct why why = WHY_NONE;

	if (is_abbreviated(given, row->name))
		return unknown_option(c, given);
	if (!row->read((char *)values + row->field, optarg, row, &why))
		return EXIT_OK;
	return options_usage(c, "--%s: %s", row->name, why.text);
}

/* The table in getopt's form, with --help at its end. */
static void long_options(struct option out[OPTIONS_MAX + 2],
			 const struct option_row *rows)
{
	size_t n = 0;

	for (const struct option_row *row = rows; row && row->name; row++, n++)
		out[n] = (struct option){
			.name = row->name,
			.has_arg = row->value ? required_argument : no_argument,
			.val = FIRST_VALUE + (int)n,
		};
	out[n++] = (struct option){ .name = "help", .val = 'h' };
	out[n] = (struct option){ 0 };
}

static int wrong_option(const struct command *c, int result, char **argv)
{
	const char *given = argv[optind - 1];

	if (result == ':')
		return options_usage(c, "%s: needs a value", given);
	if (optopt >= FIRST_VALUE)
		return options_usage(c, "%.*s: takes no value",
				     (int)strcspn(given, "="), given);
	/* A short one may stand anywhere in its cluster. */
	if (optopt && strncmp(given, "--", 2))
		return options_usage(c, "-%c: no such option", optopt);
	return unknown_option(c, given);
}

static int check_operands(const struct command *c, int argc, char **argv)
{
	int count = argc - optind;

	if (count < c->operands_min)
		return options_usage(c, "too few arguments; give %s",
				     c->operands);
	if (count > c->operands_max)
		return options_usage(c, "\"%s\": one argument too many",
				     argv[optind + c->operands_max]);
	return EXIT_OK;
}

int options_read(const struct command *c, void *values, int argc, char **argv)
{
	struct option table[OPTIONS_MAX + 2];
	int status = EXIT_OK;
	int result;

	long_options(table, c->options);
	opterr = 0;
	optind = 0; /* glibc: begin afresh */
	while (!status &&
	       (result = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (result == '?' || result == ':') {
			status = wrong_option(c, result, argv);
		} else if (result == 'h') {
			print_help(c);
			return -EXIT_OK - 1;
		} else {
			status = read_row(c, &c->options[result - FIRST_VALUE],
					  values, argv);
		}
	}
	if (!status)
		status = check_operands(c, argc, argv);
	return status ? -status - 1 : optind;
}

/* "which command? new, show or import" */
int options_which(const struct command *c)
{
	char list[256] = "";
	size_t at = 0;

	for (size_t i = 0; c->below[i] && at < sizeof(list); i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s",
				       !i		 ? ""
				       : c->below[i + 1] ? ", "
							 : " or ",
				       options_word(c->below[i]));
	return options_usage(c, "which command? %s", list);
}

int options_group(const struct command *c, int argc, char **argv)
{
	int at = options_read(c, NULL, argc, argv);

	return at < 0 ? OPTIONS_STATUS(at) : options_which(c);
}

static const struct command *find_below(const struct command *c,
					const char *word)
{
	for (size_t i = 0; c->below[i]; i++)
		if (!strcmp(options_word(c->below[i]), word))
			return c->below[i];
	return NULL;
}

static int unknown_command(const struct command *c, const char *word)
{
	const char *names[OPTIONS_MAX];
	size_t count = 0;
	const char *nearest;

	while (c->below[count]) {
		names[count] = options_word(c->below[count]);
		count++;
	}
	nearest = suggest_nearest(word, names, count);
	if (nearest)
		return options_usage(
			c, "\"%s\": no such command; did you mean '%s %s'?",
			word, c->name, nearest);
	return options_usage(c, "\"%s\": no such command", word);
}

int options_dispatch(const struct command *c, int argc, char **argv)
{
	while (c->below) {
		const struct command *next;

		if (argc < 2)
			return options_which(c);
		if (argv[1][0] == '-')
			break; /* its own options */
		next = find_below(c, argv[1]);
		if (!next)
			return unknown_command(c, argv[1]);
		c = next;
		argc--;
		argv++;
	}
	return c->run(c, argc, argv);
}
