/* SPDX-License-Identifier: Apache-2.0 */
/* setting_types.h - how the text of a setting becomes a value and a value text
 * again. The rows of the table in settings.c name one of these. Pure. */
#ifndef NODE_SETTING_TYPES_H
#define NODE_SETTING_TYPES_H

#include <stddef.h>
#include <stdio.h>

#include "node/node_run.h"
#include "p2p/base/netlist.h"
#include "p2p/dnsdisc/entry.h"
#include "p2p/nat/method.h"

/* What may stand in a YAML file for a value of the type. */
enum setting_form {
	SETTING_PLAIN,	/* a word without quotes: true, 50 */
	SETTING_TEXT,	/* text: in quotes when it looks like something else */
	SETTING_EITHER, /* a word of its own kind, with quotes or without */
	SETTING_PATH,	/* text; in a file, relative to the file's folder */
	SETTING_LIST,	/* each of these is one item: read adds it */
	SETTING_PLUGINS,
};

struct setting_row {
	const char *key;  /* "max_peers", in files; WEFT_MAX_PEERS */
	const char *flag; /* "max-peers", given as --max-peers */
	const char
		*value; /* "N": what --help calls it; NULL: flag takes none */
	const struct setting_type *type;
	size_t field;		   /* offset in struct settings */
	const char *fallback;	   /* as text; NULL: the field stays all 0 */
	const char *fallback_help; /* what that means, if not "none" */
	uint64_t min, max;	   /* of a number, in the units of the field */
	const char *help;	   /* lines, without the default */
};

struct setting_type {
	const char *name; /* "number": for whoever sets it */
	enum setting_form form;
	size_t size; /* of the field */

	/* Set the field, which is all 0 but for a list; on an error it stays
	 * as it was. The message does not repeat the key. */
	enum err (*read)(void *field, const char *text,
			 const struct setting_row *row, struct why *why);
	/* As YAML, on the line of its key or below it; false: it is not set. */
	bool (*print)(FILE *out, const void *field);
	void (*clear)(void *field); /* may be NULL */
};

/* Where we listen. */
struct setting_listen {
	enum node_listen how;
	struct addr at; /* NODE_LISTEN_AT */
};

/* Nodes in the order given, none twice. */
struct setting_nodes {
	struct enode *list;
	size_t count;
};

/* By what nodes are found. */
struct setting_discovery {
	bool is_auto;	   /* all, if there is a bootnode or a list */
	unsigned versions; /* DISCOVER_V4, DISCOVER_V5, both, or 0 */
	bool dns;	   /* and by DNS node lists */
};

/* In the order given, none twice. */
struct setting_dns_lists {
	struct dns_link *list;
	size_t count;
};

/* In the order given, none twice. */
struct setting_bootnodes {
	struct bootnode *list;
	size_t count;
};

/* Networks; empty is everywhere. */
struct setting_networks {
	struct netlist *list; /* NULL: empty */
};

enum setting_log_format {
	SETTING_LOG_AUTO, /* as the output */
	SETTING_LOG_TEXT,
	SETTING_LOG_JSON,
};

/* flag: bool. count: uint64_t in row->min..max. interval: uint64_t of
 * milliseconds in row->min..max, from a duration ("15s") or decimal seconds.
 * size: uint64_t of bytes in row->min..max ("512MiB").
 * text and path: char *, not empty. hello_name: the same, 1..row->max
 * printable ASCII letters. listen: struct setting_listen. level: enum
 * log_level. nodes: struct setting_nodes that can be dialed; identities: the
 * same, with or without an address. discovery: struct setting_discovery.
 * dns_lists: struct setting_dns_lists. server: struct addr, with a port or
 * without, or none. nat: struct nat_method. bootnodes: struct
 * setting_bootnodes. networks: struct setting_networks. log_format: enum
 * setting_log_format. */
extern const struct setting_type setting_flag, setting_count, setting_interval,
	setting_size, setting_text, setting_path, setting_hello_name,
	setting_listen, setting_level, setting_nodes, setting_identities,
	setting_discovery, setting_dns_lists, setting_server, setting_nat,
	setting_bootnodes, setting_networks, setting_log_format;

/* setting_print_text - in double quotes, as one line. */
void setting_print_text(FILE *out, const char *text);

/* setting_print_item - the same, as one item of a list. */
void setting_print_item(FILE *out, const char *text);

/* setting_list_room - the list with room for one item more than `count`. */
void *setting_list_room(void *list, size_t count, size_t size);

#endif
