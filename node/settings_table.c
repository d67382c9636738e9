/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <string.h>

enum {
	INTERVAL_MS_MAX = 2000000000, /* 23 days */
};

#define FIELD(member) offsetof(struct settings, member)

static const struct setting_type plugins_type = { .form = SETTING_PLUGINS };

static const struct setting_row rows[] = {
	{ .key = "listen",
	  .flag = "listen",
	  .type = &setting_listen,
	  .field = FIELD(listen),
	  .fallback = "auto",
	  .help = "IP:PORT, :PORT, PORT, none, or auto: 30303, another port "
		  "when that is busy" },
	{ .key = "datadir",
	  .flag = "datadir",
	  .type = &setting_path,
	  .field = FIELD(datadir),
	  .help = "where the node key lives (else $XDG_DATA_HOME/weft or "
		  "~/.local/share/weft)" },
	{ .key = "name",
	  .flag = "name",
	  .type = &setting_hello_name,
	  .field = FIELD(name),
	  .max = NODE_NAME_MAX - 1,
	  .help = "what we call ourselves in Hello (else weft's version)" },
	{ .key = "peers",
	  .flag = "peer",
	  .type = &setting_nodes,
	  .field = FIELD(peers),
	  .max = SETTINGS_PEERS_MAX,
	  .help = "enode URLs of nodes to keep a session with" },
	{ .key = "max_peers",
	  .flag = "max-peers",
	  .type = &setting_count,
	  .field = FIELD(max_peers),
	  .fallback = "50",
	  .max = NODE_PEERS_MAX,
	  .help = "most sessions at a time" },
	{ .key = "accept_plain",
	  .flag = "accept-plain",
	  .type = &setting_flag,
	  .field = FIELD(accept_plain),
	  .fallback = "false",
	  .help = "answer handshakes from before EIP-8 too" },
	{ .key = "foo_interval",
	  .flag = "foo-interval",
	  .type = &setting_interval,
	  .field = FIELD(foo_interval_ms),
	  .fallback = "0",
	  .min = 1,
	  .max = INTERVAL_MS_MAX,
	  .help = "say foo again and again; 0: once a session" },
	{ .key = "duration",
	  .flag = "duration",
	  .type = &setting_interval,
	  .field = FIELD(duration_ms),
	  .fallback = "0",
	  .min = 1,
	  .max = INTERVAL_MS_MAX,
	  .help = "stop by itself after that time; 0: never" },
	{ .key = "log_level",
	  .flag = "log-level",
	  .type = &setting_level,
	  .field = FIELD(log_level),
	  .fallback = "warn",
	  .help = "error, warn, info or debug, on standard error" },
	{ .key = "json",
	  .flag = "json",
	  .type = &setting_flag,
	  .field = FIELD(json),
	  .fallback = "false",
	  .help = "one JSON object a line instead of text" },
	{ .key = "plugin_folder",
	  .flag = "plugin-folder",
	  .type = &setting_path,
	  .field = FIELD(plugin_folder),
	  .help = "where plugins are sought by name (else where weft was "
		  "installed)" },
	{ .key = "plugins",
	  .flag = "plugin",
	  .type = &plugins_type,
	  .field = FIELD(plugins),
	  .help = "names, paths, or maps of name and options" },
	{ 0 },
};

_Static_assert(ARRAY_LEN(rows) <= SETTINGS_KEYS_MAX, "a place for every row");

const struct setting_row *settings_rows(void)
{
	return rows;
}

const struct setting_row *settings_find_key(const char *key)
{
	const struct setting_row *row = rows;

	while (row->key && strcmp(row->key, key))
		row++;
	return row->key ? row : NULL;
}

size_t settings_keys(const char *out[SETTINGS_KEYS_MAX])
{
	size_t count = 0;

	for (; rows[count].key; count++)
		out[count] = rows[count].key;
	return count;
}
