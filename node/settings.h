/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what a node is to be like, put together from several places: the
 * defaults, then a YAML file, then WEFT_* variables, then flags of the command
 * line. What a later one says stands.
 *
 *     # weft.yaml                      the same elsewhere
 *     listen: 127.0.0.1:30303          WEFT_LISTEN, --listen
 *     max_peers: 20                    WEFT_MAX_PEERS, --max-peers
 *     peers:                           WEFT_PEERS="URL URL", --peer URL ...
 *       - enode://...
 *     plugins:                         WEFT_PLUGINS="foobar gossip",
 *       - foobar                         --plugin foobar --plugin ...
 *       - name: ./hello.so
 *         options:                     WEFT_PLUGIN_HELLO_GREETING=hi,
 *           greeting: hi                 --plugin ./hello.so,greeting=hi
 *
 * A list of peers replaces that of an earlier place; plugins add up, each with
 * the options that were set last. Paths in a file are relative to its folder.
 *
 * Complaints begin with the place: "weft.yaml:3:12: max_peers: ...",
 * "WEFT_MAX_PEERS: ...", "--max-peers: ...". */
#ifndef NODE_SETTINGS_H
#define NODE_SETTINGS_H

#include "node/plugin/wanted.h"
#include "node/setting_types.h"

enum {
	SETTINGS_KEYS_MAX = 32,
	SETTINGS_PLUGINS_MAX = 64,
	SETTINGS_PEERS_MAX = 10000,
	SETTINGS_LISTS_MAX = 16,
};

/* In the order in which they are heard. */
enum settings_place {
	SETTINGS_DEFAULT,
	SETTINGS_FILE,
	SETTINGS_ENVIRONMENT,
	SETTINGS_FLAG,
};

/* What flags said, in their order. All 0 is none; texts are borrowed. */
struct settings_flags {
	struct settings_flag {
		const char *name; /* "max-peers" */
		const char *text; /* NULL: it takes none */
	} * list;
	size_t count;
};

void settings_flags_add(struct settings_flags *f, const char *name,
			const char *text);
void settings_flags_clear(struct settings_flags *f);

/* Owns all it points to. */
struct settings {
	struct setting_listen listen;
	char *datadir; /* NULL: datadir_default */
	char *passphrase_file;
	char *name; /* NULL: the program's own */
	struct setting_nodes peers;
	struct setting_nodes trusted;
	struct setting_discovery discovery;
	struct nat_method nat;
	struct setting_bootnodes bootnodes;
	struct setting_dns_lists dns_lists;
	struct addr dns_server; /* IP_NONE: the system's */
	bool bootnode_only;
	uint64_t discovery_port; /* 0: that of TCP */
	struct setting_networks netrestrict;
	uint64_t max_peers;
	uint64_t max_pending;
	uint64_t memory;
	uint64_t dial_ratio;
	bool accept_plain;
	uint64_t duration_ms;
	bool json;
	enum log_level log_level;
	enum setting_log_format log_format;
	char *plugin_folder;	/* NULL: loader_folder */
	struct wanted *plugins; /* to load in this order */
	size_t plugin_count;

	/* Where each key of the table was set. */
	enum settings_place place[SETTINGS_KEYS_MAX];
	char *where[SETTINGS_KEYS_MAX]; /* "weft.yaml:3:12"; NULL: default */
};

/* Where settings_load is to look. All is borrowed for the call. */
struct settings_sources {
	const char *file;	  /* NULL: WEFT_CONFIG, or none */
	char *const *environment; /* as environ; NULL: none */
	const struct settings_flags *flags;

	/* For a person: something that is no error ("WEFT_PEER: no such
	 * setting; did you mean WEFT_PEERS?"). May be NULL. */
	void (*warn)(void *ctx, const char *text);
	void *ctx;
};

/* settings_load - put them together. On an error *out is all 0, and *failed
 * (which may be NULL) the place that is to blame.
 *
 * ERR_NOT_FOUND  no such file; an unknown key, with the nearest known one
 * ERR_FORMAT     no YAML, a wrong type, a value that cannot be read
 * ERR_LIMIT      out of range; too many, too deep, too long
 * ERR_EXISTS     a key, a peer or an option twice in one place, --listen and
 *                --no-listen, or bootnode_only with what no bootnode does
 * ERR_SYSTEM     the file cannot be read */
MUST_USE enum err settings_load(struct settings *out,
				const struct settings_sources *sources,
				enum settings_place *failed, struct why *why);

/* settings_read - the defaults with the text of a file over them, called `name`
 * in complaints. Pure; for tests. */
MUST_USE enum err settings_read(struct settings *out, struct span yaml,
				const char *name, struct why *why);

void settings_clear(struct settings *s);

/* settings_print - as a YAML file that says the same, with the place of each
 * value behind it as a comment. */
void settings_print(FILE *out, const struct settings *s);

/* settings_rows - the table, ended by a NULL key. */
const struct setting_row *settings_rows(void);

#endif
