/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/weft/commands.h"
#include "cmd/weft/values.h"
#include "node/admin/client.h"
#include "node/admin/socket.h"
#include "node/datadir.h"

enum {
	PARAMS_MAX = 64,
	TIMEOUT_MS = 60 * 1000,
	TIMEOUT_MS_MAX = 24 * 3600 * 1000,
	THE_CALL = 1, /* the one id we use */
};

struct admin_options {
	const char *datadir;
	const char *socket;
	uint64_t timeout_ms;
	bool json;
};

#define FIELD(member) offsetof(struct admin_options, member)

static const struct option_row rows[] = {
	{ .name = "datadir",
	  .value = "DIR",
	  .help = "the data folder of the node (default $WEFT_DATADIR,\n"
		  "$XDG_DATA_HOME/weft or ~/.local/share/weft)",
	  .field = FIELD(datadir),
	  .read = value_text },
	{ .name = "socket",
	  .value = "PATH",
	  .help = "its admin socket, instead of the one in a folder",
	  .field = FIELD(socket),
	  .read = value_text },
	{ .name = "timeout",
	  .value = "TIME",
	  .help = "how long to wait for the answer (default 60s)",
	  .field = FIELD(timeout_ms),
	  .read = value_duration,
	  .min = 1,
	  .max = TIMEOUT_MS_MAX },
	{ .name = "json",
	  .help = "one line of JSON, on a terminal too",
	  .field = FIELD(json),
	  .read = value_flag },
	{ 0 },
};

/* One call and, if it asked for events, what follows. */
struct talk {
	const struct admin_options *o;
	struct net_loop *loop;
	struct admin_client *client;
	struct net_timer *timer;
	struct net_signal *signals[2];
	bool follows;
	bool over;
	enum err rc;
	struct why why;
};

/* The first end counts: a node that stops hangs up right behind its answer. */
static void end(struct talk *t, enum err rc, const char *why)
{
	if (t->over)
		return;
	t->over = true;
	t->rc = rc;
	if (rc)
		err_fail(&t->why, rc, "%s", why);
	net_loop_stop(t->loop);
}

static void print(const struct talk *t, const json_t *value)
{
	bool pretty = !t->o->json && !t->follows && isatty(STDOUT_FILENO);
	char *text =
		json_dumps(value, (pretty ? JSON_INDENT(2) : JSON_COMPACT) |
					  JSON_ENSURE_ASCII | JSON_ENCODE_ANY);

	if (!text)
		abort();
	printf("%s\n", text);
	fflush(stdout);
	free(text);
}

static void on_error(struct talk *t, const struct reply *reply)
{
	struct why why = WHY_NONE;

	err_fail(&why, ERR_DENIED, "%s (error %d)", reply->message,
		 (int)reply->code);
	end(t, ERR_DENIED, why.text);
}

static void on_replied(void *ctx, const struct reply *reply)
{
	struct talk *t = ctx;

	if (t->over)
		return;
	switch (reply->kind) {
	case REPLY_RESULT:
		net_timer_set(t->timer, MONO_NEVER);
		if (t->follows)
			break; /* the subscription's ID, which is of no use */
		print(t, reply->value);
		end(t, ERR_NONE, NULL);
		break;
	case REPLY_ERROR:
		on_error(t, reply);
		break;
	case REPLY_NOTE:
		print(t, reply->value);
		if (ferror(stdout))
			end(t, ERR_NONE, NULL); /* main tells */
		break;
	}
}

static void on_ended(void *ctx, const struct why *why)
{
	end(ctx, ERR_CLOSED, why->text);
}

static void on_timeout(void *ctx)
{
	struct talk *t = ctx;
	struct why why = WHY_NONE;

	err_fail(&why, ERR_TIMEOUT, "no answer within %g s",
		 (double)t->o->timeout_ms / 1000);
	end(t, ERR_TIMEOUT, why.text);
}

/* The way to end following. */
static void on_signal(void *ctx, int signum UNUSED)
{
	end(ctx, ERR_NONE, NULL);
}

static enum err open_signals(struct talk *t)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	enum err rc = ERR_NONE;

	for (size_t i = 0; i < ARRAY_LEN(numbers) && !rc; i++)
		rc = net_signal_open(&t->signals[i], t->loop, numbers[i],
				     on_signal, t, &t->why);
	return rc;
}

static void talk_close(struct talk *t)
{
	if (t->client)
		admin_client_close(t->client);
	net_timer_close(t->timer);
	for (size_t i = 0; i < ARRAY_LEN(t->signals); i++)
		if (t->signals[i])
			net_signal_close(t->signals[i]);
	net_loop_close(t->loop);
}

static enum err talk(struct talk *t, const char *path, const char *method,
		     json_t *params)
{
	static const struct admin_client_events events = {
		.replied = on_replied,
		.ended = on_ended,
	};
	enum err rc = net_loop_open(&t->loop, &t->why);

	if (rc)
		return rc;
	t->timer = net_timer_open(t->loop, on_timeout, t);
	rc = admin_client_open(&t->client, t->loop, path, &events, t, &t->why);
	if (!rc && t->follows)
		rc = open_signals(t);
	if (!rc) {
		rc = admin_client_call(t->client, THE_CALL, method, params);
		if (rc)
			err_fail(&t->why, rc, "the parameters are too large");
	}
	if (!rc) {
		net_timer_set(t->timer, mono_add_ms(net_loop_now(t->loop),
						    t->o->timeout_ms));
		net_loop_run(t->loop);
		rc = t->rc;
	}
	talk_close(t);
	return rc;
}

static enum err socket_of(char path[PATH_MAX], const struct admin_options *o,
			  struct why *why)
{
	const char *datadir = o->datadir ? o->datadir : getenv("WEFT_DATADIR");
	char folder[PATH_MAX];
	enum err rc;

	if (datadir && *datadir)
		return admin_socket_path(path, datadir, why);
	rc = datadir_default(folder, why);
	return rc ? rc : admin_socket_path(path, folder, why);
}

/* 5, true, "5" and {"a": 1} are JSON; what is not, like an enode, is text. */
static enum err param_of(json_t **out, const char *text, struct why *why)
{
	if (json_from_stranger(out, span_text(text), JSON_PARTS_DEFAULT, NULL))
		*out = json_string(text);
	if (*out)
		return ERR_NONE;
	return err_fail(why, ERR_FORMAT, "\"%s\" is not UTF-8", text);
}

static enum err params_of(json_t **out, char **words, int count,
			  struct why *why)
{
	json_t *params = json_array();
	json_t *param;
	enum err rc;

	if (!params)
		abort();
	for (int i = 0; i < count; i++) {
		rc = param_of(&param, words[i], why);
		if (rc) {
			json_decref(params);
			return rc;
		}
		if (json_array_append_new(params, param))
			abort();
	}
	*out = params;
	return ERR_NONE;
}

static bool is_subscription(const char *method)
{
	return !strcmp(method, "admin_peerEvents") ||
	       !strcmp(method, "admin_subscribe");
}

static int run(const struct command *c, int argc, char **argv)
{
	struct admin_options o = { .timeout_ms = TIMEOUT_MS };
	int at = options_read(c, &o, argc, argv);
	struct talk t = { .o = &o, .why = WHY_NONE };
	char found[PATH_MAX];
	json_t *params;
	enum err rc;

	if (at < 0)
		return OPTIONS_STATUS(at);
	if (o.datadir && o.socket)
		return options_usage(c, "give either --datadir or --socket");
	if (!o.socket && socket_of(found, &o, &t.why))
		return options_failed(c, &t.why);
	if (params_of(&params, argv + at + 1, argc - at - 1, &t.why))
		return options_usage(c, "%s", t.why.text);
	t.follows = is_subscription(argv[at]);
	rc = talk(&t, o.socket ? o.socket : found, argv[at], params);
	json_decref(params);
	return rc ? options_failed(c, &t.why) : EXIT_OK;
}

const struct command command_admin = {
	.name = "weft admin",
	.operands = "METHOD [PARAM]... [options]",
	.summary = "call a running node",
	.examples =
		"  weft admin admin_peers\n"
		"  weft admin admin_addPeer enode://<key>@203.0.113.5:30303\n"
		"  weft admin admin_peerEvents      follow, until Ctrl-C\n"
		"  weft admin plugin_load foobar '{\"greeting\": \"hi\"}'\n",
	.options = rows,
	.operands_min = 1,
	.operands_max = 1 + PARAMS_MAX,
	.run = run,
};
