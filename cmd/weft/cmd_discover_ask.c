/* SPDX-License-Identifier: Apache-2.0 */
/* weft discover ping, requestenr and resolve: one node, asked. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/weft/cmd_discover.h"
#include "cmd/weft/discover_options.h"
#include "cmd/weft/show_record.h"
#include "node/parse.h"

enum {
	ANSWER_MS = 5000,   /* for one answer */
	RESOLVE_MS = 30000, /* for all of a search */
	PAUSE_MS = 1000,    /* between pings */
	COUNT_MAX = 1000000,
};

struct ask_options {
	struct discover_options common;
	uint64_t count; /* of ping */
};

/* What the callbacks share. */
struct asking {
	struct discover_session session;
	uint64_t count;
	uint32_t request; /* under way; 0: none */
	struct mono until;
	uint64_t asked, answered;
	uint64_t min_ns, max_ns, sum_ns;
	bool is_ready; /* the bootnodes were asked for others */
};

#define VERSION_ROWS                                                   \
	DISCOVER_ROW_V4("by Discovery v4 (default for an enode URL)"), \
		DISCOVER_ROW_V5("by Discovery v5 (default for a record)")

static const char *address(char out[ADDR_TEXT_MAX], const struct explore *e)
{
	return addr_text(out, &explore_node(e)->udp);
}

static const char *version_name(const struct asking *a)
{
	return discover_version_name(a->session.version);
}

/* What an error of discovery means, and what may help. */
static void no_answer(struct asking *a, const struct explore *e)
{
	bool v5 = a->session.version == DISCOVER_V5;
	char at[ADDR_TEXT_MAX], time[SHOW_AMOUNT_MAX];

	discover_fail(
		&a->session,
		"no answer from %s within %s: nobody listens there, the node "
		"has another key, or does not speak %s (try --%s)",
		address(at, e),
		show_ms(time, a->session.options->timeout_ms * 1000000),
		v5 ? "v5" : "v4", v5 ? "v4" : "v5");
}

/* --- ping ----------------------------------------------------------------- */

static void pong_json(const struct asking *a, const struct explore *e,
		      uint64_t rtt_ns)
{
	json_t *o = show_json_event("pong");
	char at[ADDR_TEXT_MAX];

	show_json_set(o, "n", json_integer((json_int_t)a->asked));
	show_json_set(o, "version", json_string(version_name(a)));
	show_json_set(o, "address", json_string(address(at, e)));
	show_json_set(o, "round_trip_ms", discover_json_ms(rtt_ns));
	show_json_line(stdout, o);
}

static void pong_text(const struct asking *a, const struct explore *e,
		      uint64_t rtt_ns)
{
	char at[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 8], time[SHOW_AMOUNT_MAX];

	snprintf(text, sizeof(text), "%s  %s", address(at, e), version_name(a));
	show_row(a->session.colour, SHOW_GOOD, "pong", text,
		 show_ms(time, rtt_ns));
}

static void miss(const struct asking *a)
{
	json_t *o;

	if (!a->session.options->json) {
		show_row(a->session.colour, SHOW_BAD, "no answer", "", "");
		return;
	}
	o = show_json_event("no_answer");
	show_json_set(o, "n", json_integer((json_int_t)a->asked));
	show_json_line(stdout, o);
}

static void sum_json(const struct asking *a)
{
	json_t *o = show_json_event("pinged");

	show_json_set(o, "asked", json_integer((json_int_t)a->asked));
	show_json_set(o, "answered", json_integer((json_int_t)a->answered));
	if (a->answered) {
		show_json_set(o, "min_ms", discover_json_ms(a->min_ns));
		show_json_set(o, "mean_ms",
			      discover_json_ms(a->sum_ns / a->answered));
		show_json_set(o, "max_ms", discover_json_ms(a->max_ns));
	}
	show_json_line(stdout, o);
}

static void sum_text(const struct asking *a)
{
	char min[SHOW_AMOUNT_MAX], mean[SHOW_AMOUNT_MAX], max[SHOW_AMOUNT_MAX];

	printf("%" PRIu64 " of %" PRIu64 " answered", a->answered, a->asked);
	if (a->answered)
		printf(", within %s to %s, %s in the mean",
		       show_ms(min, a->min_ns), show_ms(max, a->max_ns),
		       show_ms(mean, a->sum_ns / a->answered));
	printf("\n");
}

static void ping_over(void *ctx, struct explore *e)
{
	struct asking *a = ctx;

	if (a->count > 1)
		(a->session.options->json ? sum_json : sum_text)(a);
	if (a->answered)
		a->session.status = EXIT_OK;
	else if (a->asked)
		no_answer(a, e);
	explore_end(e);
}

/* Asked again as often as the time allows: a datagram may get lost. */
static void send_ping(struct asking *a, struct explore *e)
{
	a->request = discovery_ping(explore_discovery(e), a->session.version,
				    explore_node(e));
	explore_wake(e);
}

static void ping_next(void *ctx, struct explore *e)
{
	struct asking *a = ctx;

	if (a->asked == a->count || ferror(stdout)) {
		ping_over(a, e);
		return;
	}
	a->asked++;
	a->until = mono_add_ms(explore_now(e), a->session.options->timeout_ms);
	explore_set_timer(e, a->until);
	send_ping(a, e);
}

/* It is time: for the next one, or to give this one up. */
static void ping_timer(void *ctx, struct explore *e)
{
	struct asking *a = ctx;

	if (a->request) {
		a->request = 0;
		miss(a);
	}
	ping_next(a, e);
}

static void ponged(struct asking *a, struct explore *e, uint64_t rtt_ns)
{
	a->answered++;
	a->sum_ns += rtt_ns;
	if (a->answered == 1 || rtt_ns < a->min_ns)
		a->min_ns = rtt_ns;
	if (rtt_ns > a->max_ns)
		a->max_ns = rtt_ns;
	(a->session.options->json ? pong_json : pong_text)(a, e, rtt_ns);
	if (a->asked == a->count)
		ping_over(a, e);
	else
		explore_set_timer(e, mono_add_ms(explore_now(e), PAUSE_MS));
}

static void ping_event(void *ctx, struct explore *e,
		       const struct discover_event *ev)
{
	struct asking *a = ctx;

	if (ev->type != DISCOVER_PINGED || !a->request ||
	    ev->request != a->request)
		return;
	a->request = 0;
	if (!ev->err)
		ponged(a, e, ev->rtt_ns);
	else
		send_ping(a, e); /* ... until ping_timer */
}

/* --- requestenr ------------------------------------------------------------
 */

static void request_record(struct asking *a, struct explore *e)
{
	a->request = discovery_request_record(
		explore_discovery(e), a->session.version, explore_node(e));
	explore_wake(e);
}

static void request_begun(void *ctx, struct explore *e)
{
	request_record(ctx, e);
}

static void request_over(void *ctx, struct explore *e)
{
	no_answer(ctx, e);
	explore_end(e);
}

static void show_found(struct asking *a, const struct enr *record)
{
	show_record(record, NULL,
		    a->session.options->json ? SHOW_AS_JSON : SHOW_AS_TEXT);
	a->session.status = EXIT_OK;
}

static void request_event(void *ctx, struct explore *e,
			  const struct discover_event *ev)
{
	struct asking *a = ctx;

	if (ev->type != DISCOVER_RECORD || !a->request ||
	    ev->request != a->request)
		return;
	switch (ev->err) {
	case ERR_NONE:
		show_found(a, &ev->node.record);
		break;
	case ERR_TIMEOUT:
	case ERR_BUSY:
		request_record(a, e);
		return;
	case ERR_AUTH:
		discover_fail(&a->session,
			      "it answered with the record of another node");
		break;
	case ERR_DENIED:
		discover_fail(&a->session,
			      "its record names no address, or one of a "
			      "network that it cannot speak for");
		break;
	default:
		discover_fail(&a->session, "what it answered with is no "
					   "record");
		break;
	}
	explore_end(e);
}

/* --- resolve ---------------------------------------------------------------
 */

static void begin_resolve(struct asking *a, struct explore *e)
{
	const struct contact *node = explore_node(e);

	a->request =
		discovery_resolve(explore_discovery(e), a->session.version,
				  &node->pub, node->udp.port ? node : NULL);
	explore_wake(e);
}

/* Without an address there is only a search, and that begins with those whom
 * the bootnodes tell of. */
static void resolve_begun(void *ctx, struct explore *e)
{
	if (explore_node(e)->udp.port)
		begin_resolve(ctx, e);
}

static void not_found(struct asking *a)
{
	discover_fail(&a->session,
		      a->session.options->bootnode_count
			      ? "not found: no node that was asked knows it"
			      : "it does not answer; to have others asked for "
				"it, give --bootnode NODE");
}

static void resolve_timeout(void *ctx, struct explore *e)
{
	struct asking *a = ctx;
	char time[SHOW_AMOUNT_MAX];

	discover_fail(&a->session, "not found within %s",
		      show_ms(time, a->session.options->timeout_ms * 1000000));
	explore_end(e);
}

/* Others know where it is, but nobody has a record. */
static void show_bare(struct asking *a, const struct contact *c)
{
	json_t *o;

	if (a->session.options->json) {
		o = show_json_event("node");
		discover_json_node(o, c);
		show_json_line(stdout, o);
	} else {
		discover_print_node(c);
	}
	a->session.status = EXIT_OK;
}

static void resolve_event(void *ctx, struct explore *e,
			  const struct discover_event *ev)
{
	struct asking *a = ctx;

	if (ev->type == DISCOVER_READY && !a->request)
		begin_resolve(a, e);
	if (ev->type != DISCOVER_RESOLVED || !a->request ||
	    ev->request != a->request)
		return;
	if (ev->err)
		not_found(a);
	else if (ev->node.record.len)
		show_found(a, &ev->node.record);
	else
		show_bare(a, &ev->node);
	explore_end(e);
}

/* --- the commands ----------------------------------------------------------
 */

static int start(struct asking *a, const struct command *c,
		 const struct ask_options *o, struct explore_config *config)
{
	a->session = (struct discover_session){
		.command = c,
		.options = &o->common,
		.version = discover_version_of(&o->common, config->node, false),
	};
	return discover_run(&a->session, config);
}

/* The operand, as a node that can be asked. Returns an exit status. */
static int take_node(struct bootnode *out, const struct command *c,
		     const struct ask_options *o, const char *text)
{
	struct why why = WHY_NONE;

	if (parse_askable(&out->node, &out->record, text, &why))
		return options_usage(c, "%s", why.text);
	return discover_check_version(c, &o->common);
}

static int run_ping(const struct command *c, int argc, char **argv)
{
	struct ask_options o = { .common.timeout_ms = ANSWER_MS, .count = 1 };
	int at = options_read(c, &o, argc, argv);
	struct asking a = { 0 };
	struct bootnode node;
	int status;

	if (at < 0)
		return OPTIONS_STATUS(at);
	status = take_node(&node, c, &o, argv[at]);
	if (status)
		return status;
	a.count = o.count;
	return start(&a, c, &o,
		     &(struct explore_config){
			     .node = &node,
			     .begun = ping_next,
			     .event = ping_event,
			     .timer = ping_timer,
			     .interrupted = o.count > 1 ? ping_over : NULL,
		     });
}

static int run_requestenr(const struct command *c, int argc, char **argv)
{
	struct ask_options o = { .common.timeout_ms = ANSWER_MS };
	int at = options_read(c, &o, argc, argv);
	struct asking a = { 0 };
	struct bootnode node;
	int status;

	if (at < 0)
		return OPTIONS_STATUS(at);
	status = take_node(&node, c, &o, argv[at]);
	if (status)
		return status;
	return start(&a, c, &o,
		     &(struct explore_config){
			     .node = &node,
			     .timeout_ms = o.common.timeout_ms,
			     .begun = request_begun,
			     .event = request_event,
			     .timeout = request_over,
		     });
}

static int run_resolve(const struct command *c, int argc, char **argv)
{
	struct ask_options o = { .common.timeout_ms = RESOLVE_MS };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct asking a = { 0 };
	struct bootnode node;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (parse_node(&node.node, &node.record, argv[at], &why))
		return options_usage(c, "%s", why.text);
	if (!node.node.udp && !o.common.bootnode_count)
		return options_usage(c, "where to begin? The node has no UDP "
					"address; give --bootnode NODE");
	if (discover_check_version(c, &o.common))
		return EXIT_USAGE;
	return start(&a, c, &o,
		     &(struct explore_config){
			     .node = &node,
			     .timeout_ms = o.common.timeout_ms,
			     .begun = resolve_begun,
			     .event = resolve_event,
			     .timeout = resolve_timeout,
		     });
}

static const struct option_row ping_rows[] = {
	VERSION_ROWS,
	{ .name = "count",
	  .value = "N",
	  .help = "so many times, a second apart (default 1)",
	  .field = offsetof(struct ask_options, count),
	  .read = value_count,
	  .min = 1,
	  .max = COUNT_MAX },
	DISCOVER_ROW_TIMEOUT("for each answer (default 5s)"),
	DISCOVER_ROWS_KEY,
	DISCOVER_ROW_LISTEN,
	DISCOVER_ROW_JSON,
	{ 0 },
};

static const struct option_row requestenr_rows[] = {
	VERSION_ROWS,
	DISCOVER_ROW_TIMEOUT("for the answer (default 5s)"),
	DISCOVER_ROWS_KEY,
	DISCOVER_ROW_LISTEN,
	{ .name = "json",
	  .help = "print a JSON object, as `weft enr decode`",
	  .field = DISCOVER_FIELD(json),
	  .read = value_flag },
	{ 0 },
};

static const struct option_row resolve_rows[] = {
	VERSION_ROWS,
	DISCOVER_ROW_BOOTNODE,
	DISCOVER_ROW_TIMEOUT("for the whole search (default 30s)"),
	DISCOVER_ROWS_KEY,
	DISCOVER_ROW_LISTEN,
	DISCOVER_ROW_NETRESTRICT,
	{ .name = "json",
	  .help = "print a JSON object, as `weft enr decode`",
	  .field = DISCOVER_FIELD(json),
	  .read = value_flag },
	{ 0 },
};

const struct command command_discover_ping = {
	.name = "weft discover ping",
	.operands = "NODE [options]",
	.summary = "does a node answer over UDP, and how fast?",
	.examples = "  weft discover ping enr:-IS4QHCYrYZbAKWC...\n"
		    "  weft discover ping --count 5 "
		    "enode://<key>@203.0.113.5:30303\n",
	.options = ping_rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_ping,
};

const struct command command_discover_requestenr = {
	.name = "weft discover requestenr",
	.operands = "NODE [options]",
	.summary = "ask a node for its record",
	.examples = "  weft discover requestenr "
		    "enode://<key>@203.0.113.5:30303\n"
		    "  weft discover requestenr --v5 --json "
		    "enr:-IS4QHCYrYZbAKWC...\n",
	.options = requestenr_rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_requestenr,
};

const struct command command_discover_resolve = {
	.name = "weft discover resolve",
	.operands = "NODE [options]",
	.summary = "the newest record of a node, wherever it is now",
	.examples = "  weft discover resolve enr:-IS4QHCYrYZbAKWC... \\\n"
		    "      --bootnode enr:-KG4QOtc...\n"
		    "  weft discover resolve enode://<key> \\\n"
		    "      --bootnode enode://<key>@203.0.113.5:30303\n",
	.options = resolve_rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run_resolve,
};
