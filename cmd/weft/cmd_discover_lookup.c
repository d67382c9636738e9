/* SPDX-License-Identifier: Apache-2.0 */
/* weft discover lookup: the nodes closest to a place in the network. */
#include <stdio.h>
#include <string.h>

#include "cmd/weft/cmd_discover.h"
#include "cmd/weft/discover_options.h"
#include "node/parse.h"
#include "p2p/crypto/rng.h"

enum {
	TIMEOUT_MS = 30000,
	DOORS_MAX = 16, /* bootnodes that are pinged */
};

struct looking {
	struct discover_session session;
	struct node_id target;
	struct ecc_pub key; /* whose id that is */
	bool is_id;	    /* it is known of no key */
	uint32_t request;
	struct mono asked;
	bool is_somebody_there; /* someone has answered */
};

/* --- the target ----------------------------------------------------------- */

static int digit_value(char c)
{
	const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

/* 64 hex digits. */
static bool parse_id(struct node_id *out, const char *text)
{
	if (strlen(text) != 2 * NODE_ID_LEN)
		return false;
	for (size_t i = 0; i < 2 * NODE_ID_LEN; i++) {
		int value = digit_value(text[i]);

		if (value < 0)
			return false;
		out->b[i / 2] = (uint8_t)(out->b[i / 2] << 4 | value);
	}
	return true;
}

static enum err take_target(struct looking *l, const char *text,
			    struct why *why)
{
	struct enode node;
	enum err rc;

	if (text && parse_id(&l->target, text)) {
		l->is_id = true;
		return ERR_NONE;
	}
	if (text) {
		rc = parse_node(&node, NULL, text, why);
		if (rc)
			return rc;
		l->key = node.pub;
	} else {
		rng_bytes(l->key.b, sizeof(l->key.b));
	}
	l->target = node_id_of(&l->key);
	return ERR_NONE;
}

/* --- printing --------------------------------------------------------------
 */

static int address_width(const struct discover_event *ev)
{
	char at[ADDR_TEXT_MAX];
	size_t width = strlen("address");

	for (size_t i = 0; i < ev->count; i++) {
		size_t len = strlen(addr_text(at, &ev->found[i].udp));

		width = len > width ? len : width;
	}
	return (int)width;
}

static void print_text(const struct looking *l, const struct discover_event *ev)
{
	int width = address_width(ev);

	printf("%8s  %-16s  %-*s  %s\n", "distance", "id", width, "address",
	       "record");
	for (size_t i = 0; i < ev->count; i++) {
		const struct contact *c = &ev->found[i];
		char id[NODE_ID_SHORT], at[ADDR_TEXT_MAX];

		printf("%8u  %s  %-*s  %s\n", logdist(&l->target, &c->id),
		       node_id_short(id, &c->id), width, addr_text(at, &c->udp),
		       c->record.len ? "yes" : "no");
	}
}

static void print_json(const struct looking *l, const struct discover_event *ev)
{
	for (size_t i = 0; i < ev->count; i++) {
		const struct contact *c = &ev->found[i];
		json_t *o = show_json_event("node");

		show_json_set(o, "distance",
			      json_integer(logdist(&l->target, &c->id)));
		discover_json_node(o, c);
		show_json_line(stdout, o);
	}
}

static void print_end(const struct looking *l, const struct explore *e,
		      size_t count)
{
	uint64_t ns = mono_since_ns(explore_now(e), l->asked);
	char id[NODE_ID_HEX], time[SHOW_AMOUNT_MAX];
	json_t *o;

	if (!l->session.options->json) {
		printf("%zu node%s by %s, after %s\n", count,
		       count == 1 ? "" : "s",
		       discover_version_name(l->session.version),
		       show_ms(time, ns));
		return;
	}
	o = show_json_event("looked_up");
	show_json_set(o, "target", json_string(node_id_text(id, &l->target)));
	show_json_set(o, "version",
		      json_string(discover_version_name(l->session.version)));
	show_json_set(o, "nodes", json_integer((json_int_t)count));
	show_json_set(o, "ms", discover_json_ms(ns));
	show_json_line(stdout, o);
}

/* --- the run ---------------------------------------------------------------
 */

static void begun(void *ctx, struct explore *e)
{
	struct looking *l = ctx;
	size_t count = l->session.options->bootnode_count;

	for (size_t i = 0; i < count && i < DOORS_MAX; i++)
		discovery_ping(explore_discovery(e), l->session.version,
			       explore_bootnode(e, i));
	explore_wake(e);
}

static void look(struct looking *l, struct explore *e)
{
	struct discovery *d = explore_discovery(e);

	l->asked = explore_now(e);
	if (l->is_id)
		l->request = v5_lookup(discovery_v5(d), &l->target);
	else
		l->request = discovery_lookup(d, l->session.version, &l->key);
	explore_wake(e);
}

static void nobody(struct looking *l)
{
	const struct discover_options *o = l->session.options;
	bool v5 = l->session.version == DISCOVER_V5;

	discover_fail(&l->session, "no bootnode answers: check %s, or try --%s",
		      o->bootnode_count == 1 ? "its address"
					     : "their addresses",
		      v5 ? "v4" : "v5");
}

static void found(struct looking *l, struct explore *e,
		  const struct discover_event *ev)
{
	if (!l->is_somebody_there) {
		nobody(l);
	} else {
		(l->session.options->json ? print_json : print_text)(l, ev);
		print_end(l, e, ev->count);
		l->session.status = EXIT_OK;
	}
	explore_end(e);
}

static void event(void *ctx, struct explore *e, const struct discover_event *ev)
{
	struct looking *l = ctx;

	if (ev->type == DISCOVER_SEEN || ev->type == DISCOVER_LIVE ||
	    (ev->type == DISCOVER_PINGED && !ev->err))
		l->is_somebody_there = true;
	if (ev->type == DISCOVER_READY && !l->request)
		look(l, e);
	if (ev->type == DISCOVER_FOUND && l->request &&
	    ev->request == l->request)
		found(l, e, ev);
}

static void timeout(void *ctx, struct explore *e)
{
	struct looking *l = ctx;
	char time[SHOW_AMOUNT_MAX];

	if (l->is_somebody_there)
		discover_fail(&l->session, "not done within %s",
			      show_ms(time, l->session.options->timeout_ms *
						    1000000));
	else
		nobody(l);
	explore_end(e);
}

static int run(const struct command *c, int argc, char **argv)
{
	struct discover_options o = { .timeout_ms = TIMEOUT_MS };
	int at = options_read(c, &o, argc, argv);
	struct looking l = { 0 };
	struct why why = WHY_NONE;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (discover_check_version(c, &o))
		return EXIT_USAGE;
	if (!o.bootnode_count)
		return options_usage(c, "where to begin? Give --bootnode NODE");
	l.session = (struct discover_session){
		.command = c,
		.options = &o,
		.version = discover_version_of(&o, NULL, false),
	};
	if (take_target(&l, argv[at], &why))
		return options_usage(c, "%s", why.text);
	if (l.is_id && l.session.version == DISCOVER_V4)
		return options_usage(c, "v4 looks for public keys, not ids: "
					"give a node or its key, or --v5");
	return discover_run(&l.session, &(struct explore_config){
						.timeout_ms = o.timeout_ms,
						.begun = begun,
						.event = event,
						.timeout = timeout,
					});
}

static const struct option_row rows[] = {
	DISCOVER_ROW_BOOTNODE,
	DISCOVER_ROW_V4("by Discovery v4 (default if a bootnode is an enode\n"
			"URL)"),
	DISCOVER_ROW_V5("by Discovery v5 (default if all are records)"),
	DISCOVER_ROW_TIMEOUT("for all of it (default 30s)"),
	DISCOVER_ROWS_KEY,
	DISCOVER_ROW_LISTEN,
	DISCOVER_ROW_NETRESTRICT,
	DISCOVER_ROW_JSON,
	{ 0 },
};

const struct command command_discover_lookup = {
	.name = "weft discover lookup",
	.operands = "[TARGET] [options]",
	.summary = "the nodes closest to a node, a key, an id, or anywhere",
	.examples = "  weft discover lookup --bootnode enr:-KG4QOtc...\n"
		    "  weft discover lookup enode://<key> --json \\\n"
		    "      --bootnode enode://<key>@203.0.113.5:30303\n",
	.options = rows,
	.operands_max = 1,
	.run = run,
};
