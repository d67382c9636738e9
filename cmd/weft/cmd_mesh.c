/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/log_sink.h"
#include "node/mesh/mesh.h"
#include "p2p/crypto/rng.h"

enum {
	TIME_MS_MAX = 2000000000, /* 23 days */
	TIMEOUT_MS = 30000,
};

struct mesh_options {
	uint64_t nodes;
	struct topology topology;
	struct value_plugins plugins;
	bool processes;
	uint64_t duration_ms;
	uint64_t timeout_ms;
	struct value_seed {
		uint64_t seed;
		bool given;
	} seed;
	bool json;
	const char *svg;
	enum log_level level;
};

#define FIELD(member) offsetof(struct mesh_options, member)

static enum err read_topology(void *field, const char *text,
			      const struct option_row *row, struct why *why)
{
	(void)row;
	return topology_parse(field, text, why);
}

static enum err read_seed(void *field, const char *text,
			  const struct option_row *row, struct why *why)
{
	struct value_seed *out = field;
	enum err rc = value_count(&out->seed, text, row, why);

	out->given = !rc;
	return rc;
}

static const struct option_row rows[] = {
	{ .name = "nodes",
	  .value = "N",
	  .help = "how many (default 5)",
	  .field = FIELD(nodes),
	  .read = value_count,
	  .min = 2,
	  .max = MESH_NODES_MAX },
	{ .name = "topology",
	  .value = "line|ring|star|full|random:K",
	  .help = "who is linked to whom (default ring); random:K is\n"
		  "connected, with K links for each node",
	  .field = FIELD(topology),
	  .read = read_topology },
	{ .name = "plugin",
	  .value = "PLUGIN",
	  .help = "what they all speak: a NAME, or a path with a '/',\n"
		  "with options behind commas; may be repeated",
	  .field = FIELD(plugins),
	  .read = value_plugins },
	{ .name = "processes",
	  .help = "each node is a process of its own, a `weft run`",
	  .field = FIELD(processes),
	  .read = value_flag },
	{ .name = "duration",
	  .value = "TIME",
	  .help = "go on for that time once it has formed (default 0)",
	  .field = FIELD(duration_ms),
	  .read = value_duration,
	  .max = TIME_MS_MAX },
	{ .name = "timeout",
	  .value = "TIME",
	  .help = "give up when nothing moves on for that time (default\n"
		  "30)",
	  .field = FIELD(timeout_ms),
	  .read = value_duration,
	  .min = 1,
	  .max = TIME_MS_MAX },
	{ .name = "seed",
	  .value = "N",
	  .help = "makes identities and random links the same again; the\n"
		  "keys are for tests alone (default: one by chance)",
	  .field = FIELD(seed),
	  .read = read_seed,
	  .max = UINT64_MAX },
	{ .name = "svg",
	  .value = "FILE",
	  .help = "draw the mesh",
	  .field = FIELD(svg),
	  .read = value_text },
	{ .name = "log-level",
	  .value = "error|warn|info|debug",
	  .help = "what the nodes tell on standard error\n"
		  "(default error)",
	  .field = FIELD(level),
	  .read = value_level },
	{ .name = "json",
	  .help = "one JSON object a line instead of text",
	  .field = FIELD(json),
	  .read = value_flag },
	{ 0 },
};

/* Small enough to be typed again. */
static uint64_t some_seed(void)
{
	return 1 + rng_below(999999);
}

static int start(const struct command *c, const struct mesh_options *o)
{
	enum show_form form = o->json ? SHOW_AS_JSON : SHOW_AS_TEXT;
	struct why why = WHY_NONE;
	struct log_sink sink;
	enum err rc;

	log_sink_init(&sink, stderr, form, o->level);
	rc = mesh_run(
		&(struct mesh_config){
			.topology = o->topology,
			.nodes = o->nodes,
			.plugins = o->plugins.list,
			.plugin_count = o->plugins.count,
			.processes = o->processes,
			.seed = o->seed.given ? o->seed.seed : some_seed(),
			.duration_ms = o->duration_ms,
			.timeout_ms = o->timeout_ms,
			.form = form,
			.svg = o->svg,
			.log = &sink.log,
		},
		&why);
	log_sink_clear(&sink);
	return rc ? options_failed(c, &why) : EXIT_OK;
}

static int check_and_start(const struct command *c,
			   const struct mesh_options *o)
{
	struct why why = WHY_NONE;
	int status;

	if (topology_check(&o->topology, o->nodes, &why))
		return options_usage(c, "%s", why.text);
	if (!o->plugins.count)
		return options_usage(c, "which --plugin should they speak?");
	status =
		value_plugins_check(c, o->plugins.list, o->plugins.count, NULL);
	return status ? status : start(c, o);
}

static int run(const struct command *c, int argc, char **argv)
{
	struct mesh_options o = {
		.nodes = 5,
		.topology = { .kind = TOPOLOGY_RING },
		.timeout_ms = TIMEOUT_MS,
		.level = LOG_ERROR,
	};
	int at = options_read(c, &o, argc, argv);
	int status = at < 0 ? OPTIONS_STATUS(at) : check_and_start(c, &o);

	value_plugins_clear(&o.plugins);
	return status;
}

const struct command command_mesh = {
	.name = "weft mesh",
	.operands = "[options]",
	.summary = "many nodes on this machine, linked as you like",
	.examples =
		"  weft mesh --nodes 20 --topology ring --plugin foobar\n"
		"  weft mesh --nodes 60 --topology full --plugin foobar \\\n"
		"      --svg mesh.svg\n"
		"  weft mesh --nodes 8 --topology random:3 --seed 7 \\\n"
		"      --plugin foobar,interval=100ms --duration 10\n"
		"  weft mesh --processes --nodes 10 --topology star \\\n"
		"      --plugin ./hello.so --duration 600\n",
	.options = rows,
	.run = run,
};
