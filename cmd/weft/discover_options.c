/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/weft/discover_options.h"

#include <stdarg.h>
#include <stdio.h>

#include "node/leave.h"
#include "node/nodekey.h"
#include "node/parse.h"

enum {
	LEAVE_MS = 999,
};

/* --- options -------------------------------------------------------------- */

enum err discover_read_bootnode(void *field, const char *text,
				const struct option_row *row, struct why *why)
{
	struct discover_options *o =
		(struct discover_options *)((char *)field -
					    DISCOVER_FIELD(bootnodes));
	struct bootnode b;
	enum err rc = parse_askable(&b.node, &b.record, text, why);

	(void)row;
	if (rc)
		return rc;
	for (size_t i = 0; i < o->bootnode_count; i++)
		if (node_id_equal(&o->bootnodes[i].node.id, &b.node.id))
			return err_fail(why, ERR_EXISTS,
					"\"%.24s...\": the same node twice",
					text);
	if (o->bootnode_count == DISCOVER_BOOTNODES)
		return err_fail(why, ERR_LIMIT, "more than %d nodes",
				DISCOVER_BOOTNODES);
	o->bootnodes[o->bootnode_count++] = b;
	return ERR_NONE;
}

int discover_check_version(const struct command *c,
			   const struct discover_options *o)
{
	if (o->v4 && o->v5)
		return options_usage(c, "--v4 and --v5: give one of them");
	return EXIT_OK;
}

enum discover_version discover_version_of(const struct discover_options *o,
					  const struct bootnode *node,
					  bool has_records)
{
	if (o->v4 || o->v5)
		return o->v5 ? DISCOVER_V5 : DISCOVER_V4;
	for (size_t i = 0; i < o->bootnode_count; i++) {
		if (!o->bootnodes[i].record.len)
			return DISCOVER_V4;
		has_records = true;
	}
	/* A bare key may be anybody's. */
	if (node && (node->node.udp || !o->bootnode_count))
		has_records = node->record.len > 0;
	return has_records ? DISCOVER_V5 : DISCOVER_V4;
}

/* --- the run ---------------------------------------------------------------
 */

/* A name lookup may hold the end up, but all is said. */
static void failed(void *ctx, const struct why *why)
{
	struct discover_session *s = ctx;

	s->status = options_failed(s->command, why);
	fflush(NULL);
	leave_within(LEAVE_MS, s->status);
}

/* A node that we keep ourselves from asking would just not answer: what keeps
 * us; NULL: nothing. */
static const char *obstacle(const struct discover_options *o,
			    const struct bootnode *b)
{
	struct reach reach;
	struct contact at;

	finder_reach(&reach, &o->listen.addr, &o->restrict_to);
	if (!bootnode_contact(&at, b, &reach))
		return NULL; /* a name */
	if (!netlist_has(&o->restrict_to, &at.udp.ip))
		return "in no network of --netrestrict";
	if (!reach_has(&reach, &at.udp.ip))
		return "out of reach of --listen: one has an IPv4 "
		       "address, the other IPv6";
	return NULL;
}

static int check_obstacles(const struct discover_session *s,
			   const struct explore_config *config)
{
	const struct discover_options *o = s->options;
	const char *what = NULL;

	for (size_t i = 0; i < o->bootnode_count; i++) {
		what = obstacle(o, &o->bootnodes[i]);
		if (what)
			return options_usage(s->command, "a --bootnode is %s",
					     what);
	}
	if (config->node)
		what = obstacle(o, config->node);
	if (what)
		return options_usage(s->command, "the node is %s", what);
	return EXIT_OK;
}

int discover_run(struct discover_session *s, struct explore_config *config)
{
	const struct discover_options *o = s->options;
	struct why why = WHY_NONE;
	struct ecc_keypair key;

	if (check_obstacles(s, config))
		return EXIT_USAGE;
	if (o->key && value_key_load(&key, o->key, o->passphrase_file, &why))
		return options_failed(s->command, &why);
	config->key = o->key ? &key : NULL;
	if (!config->versions)
		config->versions = s->version;
	config->listen = o->listen.addr;
	config->restrict_to = o->restrict_to.count ? &o->restrict_to : NULL;
	config->bootnodes = o->bootnodes;
	config->bootnode_count = o->bootnode_count;
	config->failed = failed;
	config->ctx = s;
	s->colour = show_has_colour(stdout);
	s->status = EXIT_FAILED;
	if (explore_run(config))
		s->status = EXIT_FAILED;
	if (o->key)
		secret_wipe(&key, sizeof(key));
	return s->status;
}

void discover_fail(struct discover_session *s, const char *fmt, ...)
{
	char text[WHY_MAX];
	struct why why = WHY_NONE;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_fail(&why, ERR_CLOSED, "%s", text);
	s->status = options_failed(s->command, &why);
}

/* --- printing --------------------------------------------------------------
 */

const char *discover_version_name(enum discover_version version)
{
	return version == DISCOVER_V5 ? "v5" : "v4";
}

const char *discover_url(char out[ENODE_URL_MAX], const struct contact *c)
{
	const struct enode node = {
		.pub = c->pub,
		.id = c->id,
		.ip = c->udp.ip,
		.tcp = c->tcp,
		.udp = c->udp.port,
	};

	return enode_url(out, &node);
}

void discover_print_node(const struct contact *c)
{
	char url[ENODE_URL_MAX], id[NODE_ID_HEX];

	printf("enode       %s\n", discover_url(url, c));
	printf("id          %s\n", node_id_text(id, &c->id));
}

void discover_json_node(json_t *o, const struct contact *c)
{
	char url[ENODE_URL_MAX], id[NODE_ID_HEX], text[ENR_TEXT_MAX];

	show_json_set(o, "id", json_string(node_id_text(id, &c->id)));
	show_json_set(o, "enode", json_string(discover_url(url, c)));
	if (c->record.len)
		show_json_set(o, "enr",
			      json_string(enr_text(text, &c->record)));
}

json_t *discover_json_ms(uint64_t ns)
{
	return json_real((double)(ns / 1000) / 1000);
}
