/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/run_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ARGS_MAX = 20 /* besides plugins */
};

static char *copy(const char *text)
{
	char *out = strdup(text);

	if (!out)
		abort();
	return out;
}

static void add(struct run_args *a, const char *text)
{
	a->argv[a->argc++] = copy(text);
}

static void add_number(struct run_args *a, const char *flag, size_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", value);
	add(a, flag);
	add(a, text);
}

/* What a value may hold, and options_split would take for its own. */
static void print_value(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (strchr(",=\\", *value))
			fputc('\\', out);
		fputc(*value, out);
	}
}

static void add_plugin(struct run_args *a, const struct wanted *w)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	fputs(w->what, out);
	for (size_t i = 0; i < w->option_count; i++) {
		fprintf(out, ",%s=", w->options[i].name);
		print_value(out, w->options[i].value);
	}
	if (fclose(out))
		abort();
	add(a, "--plugin");
	add(a, text);
	free(text);
}

static void init_env(struct run_args *a)
{
	size_t count = 0, kept = 0;

	while (environ && environ[count])
		count++;
	a->env = calloc(count + 1, sizeof(*a->env));
	if (!a->env)
		abort();
	for (size_t i = 0; i < count; i++)
		if (strncmp(environ[i], "WEFT_", 5) != 0)
			a->env[kept++] = copy(environ[i]);
}

void run_args_init(struct run_args *out, const struct run_args_config *c)
{
	*out = (struct run_args){
		.argv = calloc(ARGS_MAX + 2 * c->plugin_count + 1,
			       sizeof(*out->argv)),
	};
	if (!out->argv)
		abort();
	add(out, c->program);
	add(out, "run");
	add(out, "--json");
	add(out, "--datadir");
	add(out, c->datadir);
	add(out, "--listen");
	add(out, "127.0.0.1:0");
	add(out, "--name");
	add(out, c->name);
	add_number(out, "--max-peers", c->places.max_peers);
	add_number(out, "--max-pending", c->places.max_pending);
	add_number(out, "--dial-ratio", c->places.dial_ratio);
	add(out, "--log-level");
	add(out, log_level_name(c->level));
	for (size_t i = 0; i < c->plugin_count; i++)
		add_plugin(out, &c->plugins[i]);
	init_env(out);
}

static void free_list(char **list)
{
	for (char **at = list; *at; at++)
		free(*at);
	free(list);
}

void run_args_clear(struct run_args *a)
{
	free_list(a->argv);
	free_list(a->env);
}
