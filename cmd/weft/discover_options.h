/* SPDX-License-Identifier: Apache-2.0 */
/* discover_options.h - what the commands below `weft discover` that talk to
 * nodes have in common: options, how they are checked, and the run. */
#ifndef CMD_WEFT_DISCOVER_OPTIONS_H
#define CMD_WEFT_DISCOVER_OPTIONS_H

#include "cmd/weft/values.h"
#include "node/explore/explore.h"
#include "node/show.h"
#include "p2p/base/netlist.h"

/* First in a command's own options, so that the rows below fit. Zero, but for
 * timeout_ms. */
struct discover_options {
	bool v4, v5;
	struct bootnode bootnodes[DISCOVER_BOOTNODES];
	size_t bootnode_count;
	const char *key, *passphrase_file;
	struct value_addr listen;
	struct netlist restrict_to;
	uint64_t timeout_ms;
	bool json;
};

enum {
	DISCOVER_TIME_MS_MAX = 2000000000, /* 23 days */
};

enum err discover_read_bootnode(void *field, const char *text,
				const struct option_row *row, struct why *why);

#define DISCOVER_FIELD(member) offsetof(struct discover_options, member)

#define DISCOVER_ROW_V4(text)                                            \
	{                                                                \
		.name = "v4", .help = text, .field = DISCOVER_FIELD(v4), \
		.read = value_flag                                       \
	}
#define DISCOVER_ROW_V5(text)                                            \
	{                                                                \
		.name = "v5", .help = text, .field = DISCOVER_FIELD(v5), \
		.read = value_flag                                       \
	}
#define DISCOVER_ROW_BOOTNODE                                                  \
	{                                                                      \
		.name = "bootnode", .value = "NODE",                           \
		.help = "begin with this one, an enode URL or a record; may\n" \
			"be repeated",                                         \
		.field = DISCOVER_FIELD(bootnodes),                            \
		.read = discover_read_bootnode                                 \
	}
#define DISCOVER_ROW_TIMEOUT(text)                                           \
	{                                                                    \
		.name = "timeout", .value = "TIME", .help = text,            \
		.field = DISCOVER_FIELD(timeout_ms), .read = value_duration, \
		.min = 1, .max = DISCOVER_TIME_MS_MAX                        \
	}
#define DISCOVER_ROWS_KEY                                          \
	{ .name = "key",                                           \
	  .value = "FILE",                                         \
	  .help = "be the node of this key file (default: a new\n" \
		  "identity)",                                     \
	  .field = DISCOVER_FIELD(key),                            \
	  .read = value_text },                                    \
		VALUE_ROW_PASSPHRASE(DISCOVER_FIELD(passphrase_file))
#define DISCOVER_ROW_LISTEN                                         \
	{                                                           \
		.name = "listen", .value = "ADDR",                  \
		.help = "be at IP:PORT, :PORT or PORT, over UDP\n"  \
			"(default: a free port)",                   \
		.field = DISCOVER_FIELD(listen), .read = value_addr \
	}
#define DISCOVER_ROW_NETRESTRICT                                               \
	{                                                                      \
		.name = "netrestrict", .value = "NET",                         \
		.help = "have to do with nodes of this network (10.0.0.0/8)\n" \
			"and no others; may be repeated",                      \
		.field = DISCOVER_FIELD(restrict_to), .read = value_networks   \
	}
#define DISCOVER_ROW_JSON                                         \
	{                                                         \
		.name = "json",                                   \
		.help = "one JSON object a line instead of text", \
		.field = DISCOVER_FIELD(json), .read = value_flag \
	}

/* --- the run ---------------------------------------------------------------
 */

/* First in what a command's callbacks get as their context. */
struct discover_session {
	const struct command *command;
	const struct discover_options *options;
	enum discover_version version; /* of the two, that we ask by */
	bool colour;
	int status; /* EXIT_FAILED, until something was achieved */
};

/* discover_version_of - by which to ask, unless it was said: v5 if all places
 * to ask, bootnodes and `node` (may be NULL), were told by records, else v4.
 * has_records: whether those told by other means were. */
enum discover_version discover_version_of(const struct discover_options *o,
					  const struct bootnode *node,
					  bool has_records);

/* discover_check_version - complain of --v4 together with --v5. Returns an exit
 * status. */
int discover_check_version(const struct command *c,
			   const struct discover_options *o);

/* discover_run - fill in what the options say (key, versions unless set,
 * bootnodes, addresses) and `failed`, and run. config.ctx is the session.
 * Returns the session's status. */
int discover_run(struct discover_session *s, struct explore_config *config);

/* discover_fail - one line on standard error; the session's status says so. */
void discover_fail(struct discover_session *s, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/* --- printing --------------------------------------------------------------
 */

/* "v5" */
const char *discover_version_name(enum discover_version version);

/* discover_json_node - "id", "enode" and, where it is known, "enr". */
void discover_json_node(json_t *o, const struct contact *c);

/* discover_url - its enode URL. discover_print_node - that, as `weft enode`
 * begins. */
const char *discover_url(char out[ENODE_URL_MAX], const struct contact *c);
void discover_print_node(const struct contact *c);

/* discover_json_ms - milliseconds with three digits. New reference. */
json_t *discover_json_ms(uint64_t ns);

#endif
