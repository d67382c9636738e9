/* SPDX-License-Identifier: Apache-2.0 */
#include "node/settings_inside.h"

#include <string.h>

#include "p2p/discover/event.h"

enum {
	INTERVAL_MS_MAX = 500 * 60 * 60 * 1000, /* three weeks */
};

#define MEMORY_MIN (UINT64_C(16) << 20)
#define MEMORY_MAX (UINT64_C(1) << 40)
#define FIELD(member) offsetof(struct settings, member)

static const struct setting_type plugins_type = {
	.name = "list of plugins",
	.form = SETTING_PLUGINS,
};

static const struct setting_row rows[] = {
	{ .key = "listen",
	  .flag = "listen",
	  .value = "ADDR",
	  .type = &setting_listen,
	  .field = FIELD(listen),
	  .fallback = "auto",
	  .fallback_help = ":30303, or a free port when that is busy",
	  .help = "IP:PORT, :PORT or PORT; port 0 lets the system pick;\n"
		  "none; or auto, which is the default" },
	{ .key = "peers",
	  .flag = "peer",
	  .value = "NODE",
	  .type = &setting_nodes,
	  .field = FIELD(peers),
	  .max = SETTINGS_PEERS_MAX,
	  .help = "keep a session with this node, an enode URL or a\n"
		  "record (enr:...); may be repeated" },
	{ .key = "discovery",
	  .flag = "discovery",
	  .value = "v4,v5,dns|off|auto",
	  .type = &setting_discovery,
	  .field = FIELD(discovery),
	  .fallback = "auto",
	  .fallback_help = "auto: v4,v5,dns with a bootnode or a list",
	  .help = "find other nodes, and be found, by these protocols" },
	{ .key = "bootnodes",
	  .flag = "bootnode",
	  .value = "NODE",
	  .type = &setting_bootnodes,
	  .field = FIELD(bootnodes),
	  .max = DISCOVER_BOOTNODES,
	  .help = "find nodes beginning with this one, an enode URL or a\n"
		  "record; may be repeated" },
	{ .key = "dns_lists",
	  .flag = "dns-list",
	  .value = "URL",
	  .type = &setting_dns_lists,
	  .field = FIELD(dns_lists),
	  .max = SETTINGS_LISTS_MAX,
	  .help = "find nodes in this DNS node list (enrtree://...);\n"
		  "may be repeated" },
	{ .key = "dns_server",
	  .flag = "dns-server",
	  .value = "IP:PORT|system",
	  .type = &setting_server,
	  .field = FIELD(dns_server),
	  .fallback = "system",
	  .help = "ask this DNS server for lists, or those of the system" },
	{ .key = "bootnode_only",
	  .flag = "bootnode-only",
	  .type = &setting_flag,
	  .field = FIELD(bootnode_only),
	  .fallback = "false",
	  .help = "help others find each other and do nothing else" },
	{ .key = "discovery_port",
	  .flag = "discovery-port",
	  .value = "PORT",
	  .type = &setting_count,
	  .field = FIELD(discovery_port),
	  .fallback = "0",
	  .fallback_help = "0: that of --listen",
	  .max = UINT16_MAX,
	  .help = "UDP port of discovery" },
	{ .key = "nat",
	  .flag = "nat",
	  .value = "none|any|upnp|pmp|stun:SERVER|extip:IP",
	  .type = &setting_nat,
	  .field = FIELD(nat),
	  .fallback = "none",
	  .help = "how others reach the node behind a router, which\n"
		  "any, upnp and pmp[:GATEWAY] ask to let them through" },
	{ .key = "plugins",
	  .flag = "plugin",
	  .value = "PLUGIN",
	  .type = &plugins_type,
	  .field = FIELD(plugins),
	  .help = "load a protocol: a NAME, or a path with a '/', with\n"
		  "options behind commas; may be repeated" },
	{ .key = "plugin_folder",
	  .flag = "plugin-folder",
	  .value = "DIR",
	  .type = &setting_path,
	  .field = FIELD(plugin_folder),
	  .fallback_help = "where weft was installed",
	  .help = "where plugins are sought by NAME" },
	{ .key = "datadir",
	  .flag = "datadir",
	  .value = "DIR",
	  .type = &setting_path,
	  .field = FIELD(datadir),
	  .fallback_help = "$XDG_DATA_HOME/weft or ~/.local/share/weft",
	  .help = "where the node key and the admin socket live" },
	{ .key = "passphrase_file",
	  .flag = "passphrase-file",
	  .value = "FILE",
	  .type = &setting_path,
	  .field = FIELD(passphrase_file),
	  .fallback_help = "the terminal is asked",
	  .help = "the passphrase of the node key, if that is sealed" },
	{ .key = "name",
	  .flag = "name",
	  .value = "TEXT",
	  .type = &setting_hello_name,
	  .field = FIELD(name),
	  .max = NODE_NAME_MAX - 1,
	  .fallback_help = "weft and its version",
	  .help = "what the node calls itself" },
	{ .key = "max_peers",
	  .flag = "max-peers",
	  .value = "N",
	  .type = &setting_count,
	  .field = FIELD(max_peers),
	  .fallback = "50",
	  .max = NODE_PEERS_MAX,
	  .help = "most sessions at a time" },
	{ .key = "max_pending",
	  .flag = "max-pending",
	  .value = "N",
	  .type = &setting_count,
	  .field = FIELD(max_pending),
	  .fallback = "50",
	  .min = 1,
	  .max = NODE_PEERS_MAX,
	  .help = "most connections at a time that are no session yet" },
	{ .key = "memory",
	  .flag = "memory",
	  .value = "SIZE",
	  .type = &setting_size,
	  .field = FIELD(memory),
	  .fallback = "512MiB",
	  .min = MEMORY_MIN,
	  .max = MEMORY_MAX,
	  .help = "most that all peers together may hold (2GiB); then the\n"
		  "one that holds most is disconnected" },
	{ .key = "dial_ratio",
	  .flag = "dial-ratio",
	  .value = "N",
	  .type = &setting_count,
	  .field = FIELD(dial_ratio),
	  .fallback = "3",
	  .min = 1,
	  .max = NODE_PEERS_MAX,
	  .help = "one place of N is for nodes that this one dials" },
	{ .key = "trusted",
	  .flag = "trusted",
	  .value = "NODE",
	  .type = &setting_identities,
	  .field = FIELD(trusted),
	  .max = SERVER_MAX_TRUSTED,
	  .help = "let this node in even when max-peers is reached; may\n"
		  "be repeated" },
	{ .key = "netrestrict",
	  .flag = "netrestrict",
	  .value = "NET",
	  .type = &setting_networks,
	  .field = FIELD(netrestrict),
	  .help = "dial and accept nodes of this network (10.0.0.0/8) and\n"
		  "no others; may be repeated" },
	{ .key = "accept_plain",
	  .flag = "accept-plain",
	  .type = &setting_flag,
	  .field = FIELD(accept_plain),
	  .fallback = "false",
	  .help = "answer handshakes from before EIP-8 too" },
	{ .key = "duration",
	  .flag = "duration",
	  .value = "TIME",
	  .type = &setting_interval,
	  .field = FIELD(duration_ms),
	  .fallback = "0",
	  .fallback_help = "0: never",
	  .max = INTERVAL_MS_MAX,
	  .help = "stop by itself after that time: 250ms, 15s, 2m, or\n"
		  "seconds" },
	{ .key = "json",
	  .flag = "json",
	  .type = &setting_flag,
	  .field = FIELD(json),
	  .fallback = "false",
	  .help = "one JSON object a line instead of text" },
	{ .key = "log_level",
	  .flag = "log-level",
	  .value = "error|warn|info|debug",
	  .type = &setting_level,
	  .field = FIELD(log_level),
	  .fallback = "warn",
	  .help = "how much is told on standard error" },
	{ .key = "log_format",
	  .flag = "log-format",
	  .value = "text|json|auto",
	  .type = &setting_log_format,
	  .field = FIELD(log_format),
	  .fallback = "auto",
	  .help = "how that is told; auto: as --json says" },
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
