/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/log_sink.h"
#include "node/node_run.h"
#include "node/settings.h"

struct run_options {
	struct settings_flags flags;
	const char *config;
	bool print_config;
};

#define FIELD(member) offsetof(struct run_options, member)

/* What settings.h knows of is read there, once all flags are known. */
static enum err read_setting(void *field, const char *text,
			     const struct option_row *row, struct why *why)
{
	(void)why;
	settings_flags_add(field, row->name, text);
	return ERR_NONE;
}

static const struct option_row own_rows[] = {
	{ .name = "config",
	  .value = "FILE",
	  .help = "read settings from a YAML file (default $WEFT_CONFIG);\n"
		  "WEFT_* variables and these options outdo it",
	  .field = FIELD(config),
	  .read = value_text },
	{ .name = "print-config",
	  .help = "print all settings and where each was made, check\n"
		  "them, and end",
	  .field = FIELD(print_config),
	  .read = value_flag },
};

static const struct option_row no_listen = {
	.name = "no-listen",
	.help = "accept no connections, only dial",
	.field = FIELD(flags),
	.read = read_setting,
};

enum {
	ROWS_MAX = ARRAY_LEN(own_rows) + 1 + SETTINGS_KEYS_MAX,
	HELP_MAX = 256,
	HELP_WIDTH = 54, /* columns that --help has for it */
};

/* Those of our own and one per setting; ends with a NULL name. */
static struct option_row rows[ROWS_MAX + 1];

/* What it does and what it is when it is not set, on the same line if there is
 * room. */
static const char *help_of(char out[HELP_MAX], const struct setting_row *row)
{
	const char *last = strrchr(row->help, '\n');
	const char *otherwise = row->fallback_help;
	size_t width = strlen(last ? last + 1 : row->help);

	if (!otherwise && row->value)
		otherwise = row->fallback;
	if (otherwise)
		snprintf(out, HELP_MAX, "%s%c(default %s)", row->help,
			 width + strlen(otherwise) + 11 > HELP_WIDTH ? '\n'
								     : ' ',
			 otherwise);
	else
		snprintf(out, HELP_MAX, "%s", row->help);
	return out;
}

/* The table is full before main() begins, for whoever looks at it. */
static __attribute__((constructor)) void fill_rows(void)
{
	static char help[SETTINGS_KEYS_MAX][HELP_MAX];
	struct option_row *at = rows;

	for (const struct setting_row *s = settings_rows(); s->key; s++) {
		*at++ = (struct option_row){
			.name = s->flag,
			.value = s->value,
			.help = help_of(help[s - settings_rows()], s),
			.field = FIELD(flags),
			.read = read_setting,
		};
		if (!strcmp(s->key, "listen"))
			*at++ = no_listen;
	}
	for (size_t i = 0; i < ARRAY_LEN(own_rows); i++)
		*at++ = own_rows[i];
}

/* --- the node --------------------------------------------------------------
 */

static enum show_form log_form(const struct settings *s)
{
	switch (s->log_format) {
	case SETTING_LOG_TEXT:
		return SHOW_AS_TEXT;
	case SETTING_LOG_JSON:
		return SHOW_AS_JSON;
	case SETTING_LOG_AUTO:
		break;
	}
	return s->json ? SHOW_AS_JSON : SHOW_AS_TEXT;
}

/* "Discovery starts when a bootnode, a list [...] is configured." */
static unsigned discovery_of(const struct settings *s)
{
	if (!s->discovery.is_auto)
		return s->discovery.versions;
	return s->bootnodes.count || s->dns_lists.count || s->bootnode_only
		       ? DISCOVER_V4 | DISCOVER_V5
		       : 0;
}

static bool has_dns(const struct settings *s)
{
	return s->discovery.is_auto || s->discovery.dns;
}

static struct node_run_config config_of(const struct settings *s)
{
	return (struct node_run_config){
		.datadir = s->datadir,
		.unlock = { .file = s->passphrase_file, .ask = true },
		.name = s->name ? s->name : weft_name,
		.listening = s->listen.how,
		.listen = s->listen.at,
		.peers = s->peers.list,
		.peer_count = s->peers.count,
		.discovery = discovery_of(s),
		.nat = &s->nat,
		.bootnodes = s->bootnodes.list,
		.bootnode_count = s->bootnodes.count,
		.lists = s->dns_lists.list,
		.list_count = has_dns(s) ? s->dns_lists.count : 0,
		.dns_server = s->dns_server,
		.bootnode_only = s->bootnode_only,
		.discovery_port = (uint16_t)s->discovery_port,
		.plugins = s->plugins,
		.plugin_count = s->plugin_count,
		.plugin_folder = s->plugin_folder,
		.trusted = s->trusted.list,
		.trusted_count = s->trusted.count,
		.restrict_to = s->netrestrict.list,
		.max_peers = s->max_peers,
		.max_pending = s->max_pending,
		.memory = s->memory,
		.dial_ratio = s->dial_ratio,
		.plain =
			s->accept_plain ? RLPX_PLAIN_ACCEPT : RLPX_PLAIN_REFUSE,
		.duration_ms = s->duration_ms,
	};
}

/* What is right by itself, and not beside the others. */
static int check_together(const struct command *c, const struct settings *s)
{
	if (s->nat.kind == NAT_STUN && !discovery_of(s))
		return options_usage(c, "nat: stun asks from the port of "
					"discovery, which is off: give a "
					"bootnode, or discovery v4,v5");
	if (s->discovery.dns && !s->dns_lists.count)
		return options_usage(c, "discovery: dns finds nodes in lists, "
					"and there is none: give --dns-list");
	return EXIT_OK;
}

static int start(const struct command *c, const struct settings *s)
{
	struct node_run_config config = config_of(s);
	struct why why = WHY_NONE;
	struct log_sink sink;
	struct report report;
	enum err rc;

	log_sink_init(&sink, stderr, log_form(s), s->log_level);
	report_init(&report, stdout, s->json ? SHOW_AS_JSON : SHOW_AS_TEXT,
		    s->peers.count);
	config.log = &sink.log;
	config.report = &report;
	rc = node_run(&config, &why);
	report_clear(&report);
	log_sink_clear(&sink);
	return rc ? options_failed(c, &why) : EXIT_OK;
}

/* --- its settings ----------------------------------------------------------
 */

static void warn(void *ctx, const char *text)
{
	const struct command *c = ctx;

	fprintf(stderr, "%s: warning: %s\n", c->name, text);
}

static int run_with(const struct command *c, const struct run_options *o)
{
	const struct settings_sources sources = {
		.file = o->config,
		.environment = environ,
		.flags = &o->flags,
		.warn = warn,
		.ctx = (void *)c,
	};
	enum settings_place place;
	struct why why = WHY_NONE;
	struct settings s;
	int status;

	if (settings_load(&s, &sources, &place, &why)) {
		if (place == SETTINGS_FLAG)
			return options_usage(c, "%s", why.text);
		options_failed(c, &why);
		return EXIT_USAGE;
	}
	if (o->print_config)
		settings_print(stdout, &s);
	status = value_plugins_check(c, s.plugins, s.plugin_count,
				     s.plugin_folder);
	if (!status)
		status = check_together(c, &s);
	if (!status && !o->print_config)
		status = start(c, &s);
	settings_clear(&s);
	return status;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct run_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	int status = at < 0 ? OPTIONS_STATUS(at) : run_with(c, &o);

	settings_flags_clear(&o.flags);
	return status;
}

const struct command command_run = {
	.name = "weft run",
	.operands = "[options]",
	.summary = "start a node",
	.examples =
		"  weft run --plugin foobar\n"
		"  weft run --plugin foobar --datadir /tmp/b \\\n"
		"      --peer enode://<key>@127.0.0.1:30303\n"
		"  weft run --plugin foobar,interval=5s --plugin ./hello.so\n"
		"  weft run --config weft.yaml --print-config\n"
		"  weft run --plugin foobar --json | jq -c .\n",
	.options = rows,
	.run = run,
};
