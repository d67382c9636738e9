/* SPDX-License-Identifier: Apache-2.0 */
/* weft discover listen: a node that takes part in discovery and nothing else,
 * to be asked by others and to see who comes. */
#include <stdio.h>
#include <string.h>

#include "cmd/weft/cmd_discover.h"
#include "cmd/weft/discover_options.h"
#include "p2p/crypto/hashtable.h"

struct listen_options {
	struct discover_options common;
	uint64_t duration_ms; /* 0: until it is interrupted */
};

/* A node that was told of; the tables of discovery bound how many there are. */
struct met {
	struct {
		struct node_id id;
		uint8_t version;
	} key;
	UT_hash_handle hh;
};

struct listening {
	struct discover_session session;
	struct met *met;
};

/* --- who is there ----------------------------------------------------------
 */

/* True: it was not there before. */
static bool meet(struct listening *l, const struct discover_event *ev)
{
	struct met *new = calloc(1, sizeof(*new)), *m;

	if (!new)
		abort();
	new->key.id = ev->node.id;
	new->key.version = (uint8_t)ev->version;
	HASH_FIND(hh, l->met, &new->key, sizeof(new->key), m);
	if (m)
		free(new);
	else
		HASH_ADD(hh, l->met, key, sizeof(new->key), new);
	return !m;
}

/* True: it was there. */
static bool lose(struct listening *l, const struct discover_event *ev)
{
	struct met key = { .key = { ev->node.id, (uint8_t)ev->version } }, *m;

	HASH_FIND(hh, l->met, &key.key, sizeof(key.key), m);
	if (!m)
		return false;
	HASH_DELETE(hh, l->met, m);
	free(m);
	return true;
}

static void forget_all(struct listening *l)
{
	struct met *m, *next;

	HASH_ITER (hh, l->met, m, next) {
		HASH_DELETE(hh, l->met, m);
		free(m);
	}
}

/* --- what is told ----------------------------------------------------------
 */

static const struct enr *record(const struct explore *e)
{
	return discovery_record(explore_discovery(e));
}

static void tell_self(struct discover_session *s, const struct explore *e,
		      const char *what)
{
	char text[ENR_TEXT_MAX], url[ENODE_URL_MAX];
	const struct enr *r = record(e);
	struct enode node;
	json_t *o;

	enr_node(&node, r, NULL);
	enr_text(text, r);
	enode_url(url, &node);
	if (!s->options->json) {
		show_row(s->colour, SHOW_BOLD, what, text, "");
		show_row(s->colour, SHOW_BOLD, "", url, "");
		return;
	}
	o = show_json_event(what);
	show_json_set(o, "enr", json_string(text));
	show_json_set(o, "enode", json_string(url));
	show_json_line(stdout, o);
}

static void tell_node(struct discover_session *s, const char *what,
		      enum show_tone tone, const struct discover_event *ev)
{
	char at[ADDR_TEXT_MAX], id[NODE_ID_SHORT];
	char text[NODE_ID_SHORT + ADDR_TEXT_MAX + 16];
	json_t *o;

	if (!s->options->json) {
		snprintf(text, sizeof(text), "%s  %s  %s",
			 discover_version_name(ev->version),
			 node_id_short(id, &ev->node.id),
			 addr_text(at, &ev->node.udp));
		show_row(s->colour, tone, what, text, "");
		return;
	}
	o = show_json_event(what);
	show_json_set(o, "version",
		      json_string(discover_version_name(ev->version)));
	discover_json_node(o, &ev->node);
	show_json_line(stdout, o);
}

/* --- the run ---------------------------------------------------------------
 */

static void begun(void *ctx, struct explore *e)
{
	tell_self(ctx, e, "listening");
}

static void finish(void *ctx, struct explore *e)
{
	struct discover_session *s = ctx;

	s->status = EXIT_OK;
	explore_end(e);
}

static void event(void *ctx, struct explore *e, const struct discover_event *ev)
{
	struct listening *l = ctx;

	if (ev->type == DISCOVER_SELF)
		tell_self(&l->session, e, "changed");
	else if (ev->type == DISCOVER_LIVE && meet(l, ev))
		tell_node(&l->session, "met", SHOW_GOOD, ev);
	else if (ev->type == DISCOVER_LOST && lose(l, ev))
		tell_node(&l->session, "lost", SHOW_WARN, ev);
	if (ferror(stdout))
		finish(l, e); /* nobody reads it; main() says so */
}

static int run(const struct command *c, int argc, char **argv)
{
	struct listen_options o = { 0 };
	int at = options_read(c, &o, argc, argv);
	struct listening l = { .session = { .command = c,
					    .options = &o.common } };
	int status;
	unsigned versions = DISCOVER_V4 | DISCOVER_V5;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (o.common.v4 != o.common.v5)
		versions = o.common.v4 ? DISCOVER_V4 : DISCOVER_V5;
	hashtable_init();
	status = discover_run(&l.session, &(struct explore_config){
						  .versions = versions,
						  .timeout_ms = o.duration_ms,
						  .begun = begun,
						  .event = event,
						  .timeout = finish,
						  .interrupted = finish,
					  });
	forget_all(&l);
	return status;
}

static const struct option_row rows[] = {
	DISCOVER_ROW_LISTEN,
	DISCOVER_ROW_BOOTNODE,
	DISCOVER_ROW_V4("speak Discovery v4 alone"),
	DISCOVER_ROW_V5("speak Discovery v5 alone"),
	{ .name = "duration",
	  .value = "TIME",
	  .help = "stop after that time (default 0: never)",
	  .field = offsetof(struct listen_options, duration_ms),
	  .read = value_duration,
	  .max = DISCOVER_TIME_MS_MAX },
	DISCOVER_ROWS_KEY,
	DISCOVER_ROW_NETRESTRICT,
	DISCOVER_ROW_JSON,
	{ 0 },
};

const struct command command_discover_listen = {
	.name = "weft discover listen",
	.operands = "[options]",
	.summary = "take part in discovery, and tell who comes",
	.examples = "  weft discover listen\n"
		    "  weft discover listen --listen 203.0.113.5:30303 \\\n"
		    "      --key node.key --bootnode enr:-KG4QOtc... --json\n",
	.options = rows,
	.run = run,
};
