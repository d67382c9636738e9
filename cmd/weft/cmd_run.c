/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/log_sink.h"
#include "node/node_run.h"

enum {
	INTERVAL_MS_MAX = 2000000000, /* 23 days */
};

struct run_options {
	struct value_addr listen;
	const char *datadir;
	struct value_enodes peers;
	struct value_plugins plugins;
	const char *name;
	uint64_t max_peers;
	bool accept_plain;
	bool no_listen;
	uint64_t foo_interval_ms;
	uint64_t duration_ms;
	enum log_level level;
	bool json;
};

#define FIELD(member) offsetof(struct run_options, member)

static const struct option_row rows[] = {
	{ .name = "listen",
	  .value = "ADDR",
	  .help = "IP:PORT, :PORT or PORT; port 0 lets the system pick\n"
		  "(default :30303, or a free port when that is busy)",
	  .field = FIELD(listen),
	  .read = value_addr },
	{ .name = "no-listen",
	  .help = "accept no connections, only dial",
	  .field = FIELD(no_listen),
	  .read = value_flag },
	{ .name = "peer",
	  .value = "ENODE",
	  .help = "keep a session with this node; may be repeated",
	  .field = FIELD(peers),
	  .read = value_enodes },
	{ .name = "plugin",
	  .value = "PLUGIN",
	  .help = "NAME, or a path with a '/'; options behind commas:\n"
		  "foobar,greeting=hi; may be repeated\n"
		  "(without it the node speaks foobar/1 itself)",
	  .field = FIELD(plugins),
	  .read = value_plugins },
	{ .name = "max-peers",
	  .value = "N",
	  .help = "most sessions at a time (default 50)",
	  .field = FIELD(max_peers),
	  .read = value_count,
	  .max = NODE_PEERS_MAX },
	{ .name = "datadir",
	  .value = "DIR",
	  .help = "where the node key lives\n"
		  "(default $XDG_DATA_HOME/weft or ~/.local/share/weft)",
	  .field = FIELD(datadir),
	  .read = value_text },
	{ .name = "name",
	  .value = "TEXT",
	  .help = "what we call ourselves in Hello",
	  .field = FIELD(name),
	  .read = value_name,
	  .max = NODE_NAME_MAX - 1 },
	{ .name = "accept-plain",
	  .help = "answer handshakes from before EIP-8 too",
	  .field = FIELD(accept_plain),
	  .read = value_flag },
	{ .name = "foo-interval",
	  .value = "SECONDS",
	  .help = "say foo again and again (default: once a session)",
	  .field = FIELD(foo_interval_ms),
	  .read = value_seconds,
	  .min = 1,
	  .max = INTERVAL_MS_MAX },
	{ .name = "duration",
	  .value = "SECONDS",
	  .help = "stop by itself after that time",
	  .field = FIELD(duration_ms),
	  .read = value_seconds,
	  .min = 1,
	  .max = INTERVAL_MS_MAX },
	{ .name = "log-level",
	  .value = "LEVEL",
	  .help = "error, warn, info or debug, on standard error\n"
		  "(default warn)",
	  .field = FIELD(level),
	  .read = value_level },
	{ .name = "json",
	  .help = "one JSON object a line instead of text",
	  .field = FIELD(json),
	  .read = value_flag },
	{ 0 },
};

static int start(const struct command *c, const struct run_options *o)
{
	enum show_form form = o->json ? SHOW_AS_JSON : SHOW_AS_TEXT;
	struct why why = WHY_NONE;
	struct log_sink sink;
	struct report report;
	struct node_run_config config = {
		.datadir = o->datadir,
		.name = o->name,
		.listening = NODE_LISTEN_ANY,
		.listen = o->listen.addr,
		.peers = o->peers.list,
		.peer_count = o->peers.count,
		.plugins = o->plugins.list,
		.plugin_count = o->plugins.count,
		.max_peers = o->max_peers,
		.plain =
			o->accept_plain ? RLPX_PLAIN_ACCEPT : RLPX_PLAIN_REFUSE,
		.foo_interval_ms = o->foo_interval_ms,
		.duration_ms = o->duration_ms,
		.log = &sink.log,
		.report = &report,
	};
	enum err rc;

	if (o->listen.given)
		config.listening = NODE_LISTEN_AT;
	if (o->no_listen)
		config.listening = NODE_LISTEN_NOT;
	log_sink_init(&sink, stderr, form, o->level);
	report_init(&report, stdout, form, o->peers.count);
	rc = node_run(&config, &why);
	report_clear(&report);
	log_sink_clear(&sink);
	return rc ? options_failed(c, &why) : EXIT_OK;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct run_options o = {
		.name = weft_name,
		.max_peers = SERVER_MAX_PEERS,
		.level = LOG_WARN,
	};
	int at = options_read(c, &o, argc, argv);
	int status;

	if (at < 0)
		status = OPTIONS_STATUS(at);
	else if (o.no_listen && o.listen.given)
		status = options_usage(c, "--listen and --no-listen exclude "
					  "each other; give one");
	else
		status = start(c, &o);
	value_enodes_clear(&o.peers);
	value_plugins_clear(&o.plugins);
	return status;
}

const struct command command_run = {
	.name = "weft run",
	.operands = "[options]",
	.summary = "start a node",
	.examples =
		"  weft run\n"
		"  weft run --listen 127.0.0.1:0 --datadir /tmp/b \\\n"
		"      --peer enode://<key>@127.0.0.1:30303\n"
		"  weft run --plugin foobar,interval=5s --plugin ./hello.so\n"
		"  weft run --json --foo-interval 1 | jq -c .\n",
	.options = rows,
	.run = run,
};
