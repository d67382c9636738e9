/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/leave.h"
#include "node/parse.h"
#include "node/ping_run.h"
#include "node/show.h"

enum {
	TIMEOUT_MS = 5000,
	TIMEOUT_MS_MAX = 600000,
	NAME_SHOWN = 100,
	CLAIMS_SHOWN = 64, /* Hello has room for hundreds */
	CLAIM_MAX = 64,
	LINE_MAX_COLUMNS = 60,
};

struct ping_options {
	uint64_t timeout_ms;
	bool json;
};

#define FIELD(member) offsetof(struct ping_options, member)

static const struct option_row rows[] = {
	{ .name = "timeout",
	  .value = "TIME",
	  .help = "for all steps together (default 5s)",
	  .field = FIELD(timeout_ms),
	  .read = value_duration,
	  .min = 1,
	  .max = TIMEOUT_MS_MAX },
	{ .name = "json",
	  .help = "one JSON object a line instead of text",
	  .field = FIELD(json),
	  .read = value_flag },
	{ 0 },
};

/* What the printing below needs to know. */
struct account {
	const struct command *command;
	const struct capability *offer;
	bool colour;
};

/* The error line: the step, unless the cause tells it, and the cause. */
static void complain(const struct account *a, const struct ping_event *ev)
{
	const char *step = ping_step_name(ev->step);
	struct why why = WHY_NONE;

	err_fail(&why, ERR_CLOSED, "%s", ev->cause);
	if (strncmp(ev->cause, step, strlen(step)))
		err_wrap(&why, ERR_CLOSED, "%s", step);
	options_failed(a->command, &why);
}

/* All is said. The goodbye to the node takes less than this. */
static void leave(int status)
{
	enum {
		LEAVE_MS = 999
	};

	fflush(NULL);
	leave_within(LEAVE_MS, ferror(stdout) ? EXIT_FAILED : status);
}

/* "eth/68", the name escaped. */
static const char *claim_text(char out[CLAIM_MAX],
			      const struct capability_claim *claim)
{
	char name[CLAIM_MAX - 22];

	snprintf(out, CLAIM_MAX, "%s/%" PRIu64,
		 show_text(name, sizeof(name), claim->name), claim->version);
	return out;
}

static struct capability_claim *claims_of(const struct hello *hello,
					  size_t *count)
{
	struct capability_claim *claims =
		calloc(hello->caps_count + 1u, sizeof(*claims));

	if (!claims)
		abort();
	*count = hello_claims(hello, claims);
	return claims;
}

/* All they offer, in lines of bearable length under the name. */
static void print_claims(const struct account *a, const struct hello *hello)
{
	char line[LINE_MAX_COLUMNS + CLAIM_MAX] = "";
	struct capability_claim *claims;
	size_t count, used = 0;
	char text[CLAIM_MAX];

	claims = claims_of(hello, &count);
	for (size_t i = 0; i < count && i < CLAIMS_SHOWN; i++) {
		claim_text(text, &claims[i]);
		if (used && used + strlen(text) >= LINE_MAX_COLUMNS) {
			show_row(a->colour, SHOW_PLAIN, "", line, "");
			used = 0;
		}
		used += (size_t)snprintf(line + used, sizeof(line) - used,
					 "%s%s", used ? " " : "", text);
	}
	if (used)
		show_row(a->colour, SHOW_PLAIN, "", line, "");
	if (count > CLAIMS_SHOWN) {
		snprintf(line, sizeof(line), "and %zu more",
			 count - CLAIMS_SHOWN);
		show_row(a->colour, SHOW_PLAIN, "", line, "");
	}
	free(claims);
}

static const char *offer_text(char out[CLAIM_MAX], const struct account *a)
{
	snprintf(out, CLAIM_MAX, "%.40s/%" PRIu64, a->offer->name,
		 a->offer->version);
	return out;
}

static void print_hello(const struct account *a, const struct ping *p,
			const char *time)
{
	const struct hello *hello = ping_hello(p);
	const struct capability_match *shared;
	char text[NAME_SHOWN + 40];
	char name[NAME_SHOWN];
	char offer[CLAIM_MAX];

	snprintf(text, sizeof(text), "%s  p2p/%" PRIu64,
		 show_text(name, sizeof(name), hello_name(hello)),
		 hello->version);
	show_row(a->colour, SHOW_BOLD, "hello", text, time);
	print_claims(a, hello);
	offer_text(offer, a);
	if (ping_shared(p, &shared))
		snprintf(text, sizeof(text), "%s", offer);
	else
		snprintf(text, sizeof(text), "nothing (we offer %s)", offer);
	show_row(a->colour, SHOW_BOLD, "shared", text, "");
}

static void print_step(const struct account *a, const struct ping *p,
		       const struct ping_event *ev, const struct addr *at)
{
	char took[SHOW_AMOUNT_MAX];
	char time[SHOW_AMOUNT_MAX];
	char text[ADDR_TEXT_MAX];

	show_ms(time, ev->at_ns);
	switch (ev->step) {
	case PING_RESOLVE:
		show_row(a->colour, SHOW_BOLD, "resolved", addr_text(text, at),
			 time);
		break;
	case PING_CONNECT:
		show_row(a->colour, SHOW_BOLD, "connected", addr_text(text, at),
			 time);
		break;
	case PING_AUTH:
		snprintf(text, sizeof(text), "%zu bytes", ev->bytes);
		show_row(a->colour, SHOW_BOLD, "auth sent", text, time);
		break;
	case PING_ACK:
		snprintf(text, sizeof(text), "%zu bytes", ev->bytes);
		show_row(a->colour, SHOW_BOLD, "ack received", text, time);
		break;
	case PING_HELLO:
		print_hello(a, p, time);
		break;
	case PING_PONG:
		snprintf(text, sizeof(text), "%s round trip",
			 show_ms(took, ev->took_ns));
		show_row(a->colour, SHOW_GOOD, "pong", text, time);
		break;
	case PING_STEPS:
		break;
	}
}

static void happened_text(void *ctx, const struct ping *p,
			  const struct ping_event *ev, const struct addr *at)
{
	const struct account *a = ctx;
	char time[SHOW_AMOUNT_MAX];

	switch (ev->kind) {
	case PING_JOB:
		break;
	case PING_STEP:
		print_step(a, p, ev, at);
		break;
	case PING_REACHED:
		if (ev->hung_up)
			show_row(a->colour, SHOW_WARN, "no pong",
				 "it hung up, having nothing to share with us",
				 show_ms(time, ev->at_ns));
		leave(EXIT_OK);
		break;
	case PING_FAILED:
		show_row(a->colour, SHOW_BAD, ping_step_name(ev->step),
			 "failed", show_ms(time, ev->at_ns));
		complain(a, ev);
		leave(EXIT_FAILED);
		break;
	}
}

static double json_ms(uint64_t ns)
{
	return (double)(ns / 1000) / 1000;
}

static void json_hello(json_t *o, const struct account *a, const struct ping *p)
{
	const struct hello *hello = ping_hello(p);
	const struct capability_match *shared;
	struct capability_claim *claims;
	json_t *theirs = json_array();
	json_t *ours = json_array();
	char text[CLAIM_MAX];
	size_t count;

	claims = claims_of(hello, &count);
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(
			    theirs, json_string(claim_text(text, &claims[i]))))
			abort();
	free(claims);
	if (ping_shared(p, &shared) &&
	    json_array_append_new(ours, json_string(offer_text(text, a))))
		abort();
	show_json_set(o, "name", show_json_text(hello_name(hello)));
	show_json_set(o, "version",
		      json_integer((json_int_t)(hello->version & INT64_MAX)));
	show_json_set(o, "capabilities", theirs);
	show_json_set(o, "shared", ours);
}

/* The event's own members, between "event" and "ms". */
static json_t *json_step(const struct account *a, const struct ping *p,
			 const struct ping_event *ev, const struct addr *at)
{
	static const char *const names[PING_STEPS] = {
		[PING_RESOLVE] = "resolved", [PING_CONNECT] = "connected",
		[PING_AUTH] = "auth_sent",   [PING_ACK] = "ack_received",
		[PING_HELLO] = "hello",	     [PING_PONG] = "pong",
	};
	json_t *o = show_json_event(names[ev->step]);
	char text[ADDR_TEXT_MAX];

	if (ev->step == PING_RESOLVE || ev->step == PING_CONNECT)
		show_json_set(o, "address", json_string(addr_text(text, at)));
	if (ev->step == PING_AUTH || ev->step == PING_ACK)
		show_json_set(o, "bytes", json_integer((json_int_t)ev->bytes));
	if (ev->step == PING_HELLO)
		json_hello(o, a, p);
	if (ev->step == PING_PONG)
		show_json_set(o, "round_trip_ms",
			      json_real(json_ms(ev->took_ns)));
	return o;
}

static void happened_json(void *ctx, const struct ping *p,
			  const struct ping_event *ev, const struct addr *at)
{
	const struct account *a = ctx;
	json_t *o = NULL;

	switch (ev->kind) {
	case PING_JOB:
		return;
	case PING_STEP:
		o = json_step(a, p, ev, at);
		break;
	case PING_REACHED:
		o = show_json_event("reached");
		show_json_set(o, "hung_up", json_boolean(ev->hung_up));
		break;
	case PING_FAILED:
		o = show_json_event("failed");
		show_json_set(o, "step", json_string(ping_step_name(ev->step)));
		show_json_set(o, "cause", json_string(ev->cause));
		break;
	}
	show_json_set(o, "ms", json_real(json_ms(ev->at_ns)));
	show_json_line(stdout, o);
	if (ev->kind == PING_FAILED)
		complain(a, ev);
	if (ev->kind != PING_STEP)
		leave(ev->kind == PING_FAILED ? EXIT_FAILED : EXIT_OK);
}

static int ping(const struct command *c, const struct ping_options *o,
		const struct enode *node)
{
	struct why why = WHY_NONE;
	/* Any will do: where nothing is shared, that is told. */
	const struct capability offer = { .name = "foobar",
					  .version = 1,
					  .codes = 1 };
	struct account account = {
		.command = c,
		.offer = &offer,
		.colour = show_has_colour(stdout),
	};
	struct ping_run_config config = {
		.node = node,
		.name = weft_name,
		.local = &offer,
		.local_count = 1,
		.timeout_ms = o->timeout_ms,
		.event = o->json ? happened_json : happened_text,
		.ctx = &account,
	};

	enum err rc;

	rc = ping_run(&config, &why);
	if (rc && rc != ERR_CLOSED) /* that one was told, by complain */
		return options_failed(c, &why);
	return rc ? EXIT_FAILED : EXIT_OK;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct ping_options o = { .timeout_ms = TIMEOUT_MS };
	int at = options_read(c, &o, argc, argv);
	struct why why = WHY_NONE;
	struct enode node;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (parse_dialable(&node, argv[at], &why))
		return options_usage(c, "%s", why.text);
	return ping(c, &o, &node);
}

const struct command command_ping = {
	.name = "weft ping",
	.operands = "NODE [options]",
	.summary = "try to reach a node and tell each step",
	.examples = "  weft ping enode://<key>@203.0.113.5:30303\n"
		    "  weft ping --json --timeout 2 "
		    "enode://<key>@localhost:30303\n"
		    "  weft ping enr:-IS4QHCYrYZbAKWC...\n",
	.options = rows,
	.operands_min = 1,
	.operands_max = 1,
	.run = run,
};
