/* SPDX-License-Identifier: Apache-2.0 */
/* crew_apart.c - the nodes of a mesh, each in a process of its own: what
 * happens there is read from its output, what is wanted of it is asked through
 * its admin socket. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/admin/client.h"
#include "node/admin/socket.h"
#include "node/json/parse.h"
#include "node/json/split.h"
#include "node/mesh/crew.h"
#include "node/mesh/identity.h"
#include "node/mesh/lifeline.h"
#include "node/mesh/run_args.h"
#include "node/mesh/tally.h"
#include "node/nodekey.h"
#include "node/show.h"
#include "p2p/net/child.h"
#include "p2p/net/later.h"

enum {
	STOP_MS = 20000,	/* for a process to end when it is told to */
	LINE_MAX_BYTES = 65536, /* of its output */
	ERR_TAIL = 400,		/* bytes of its last words */
	ASK_ID = 1,		/* of admin_peers; dials have the ones after */
};

struct hand {
	struct crew *crew;
	size_t index;
	char name[TALLY_NAME_MAX];
	char folder[PATH_MAX];
	struct net_child *child; /* NULL: not started, or ended */
	struct admin_client *admin;
	struct json_split out;
	char err[ERR_TAIL]; /* its last line on standard error */
	size_t err_len;
	bool err_over; /* that line has ended */
	bool serves;   /* it said that it listens, and its socket is open */
	bool asked;
	bool has_sums; /* it told them, its last words */
	struct crew_sums sums;
	struct node_id *dials; /* by their calls, from ASK_ID + 1 */
	size_t dial_count, dial_room;
};

struct crew {
	struct crew_config config;
	struct lifeline lifeline;
	char program[PATH_MAX];
	struct net_later *later; /* one more process, or the end */
	struct net_timer *patience;
	struct hand *hands;
	size_t next; /* process to start */
	size_t alive;
	bool stopping;
	bool impatient; /* the others were killed */
};

/* --- words from a process ----------------------------------------------------
 */

static void fail(struct hand *h, const char *why)
{
	h->crew->config.events.failed(h->crew->config.ctx, h->index, why);
}

static bool read_id(struct node_id *out, const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	if (!text || strlen(text) != 2 * sizeof(out->b))
		return false;
	for (size_t i = 0; i < sizeof(out->b); i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };
		char *end;

		out->b[i] = (uint8_t)strtoul(pair, &end, 16);
		if (*end)
			return false;
	}
	return true;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static uint64_t count_of(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

/* --- its admin socket --------------------------------------------------------
 */

static void tell_peer(struct hand *h, const json_t *peer)
{
	const struct crew_config *c = &h->crew->config;
	json_t *protocols = json_object_get(peer, "protocols");
	struct node_id id;
	const char *name;
	json_t *info;

	if (!read_id(&id, peer, "id"))
		return;
	json_object_foreach(protocols, name, info) if (json_is_object(info))
		c->events.told(c->ctx, h->index, &id, name, info);
}

static void on_peers(struct hand *h, const json_t *peers)
{
	const struct crew_config *c = &h->crew->config;
	size_t i;
	json_t *peer;

	h->asked = false;
	json_array_foreach(peers, i, peer) tell_peer(h, peer);
	c->events.answered(c->ctx, h->index);
}

static void on_replied(void *ctx, const struct reply *reply)
{
	struct hand *h = ctx;
	const struct crew_config *c = &h->crew->config;
	size_t dial = (size_t)(reply->id - ASK_ID - 1);

	if (h->crew->stopping)
		return;
	if (reply->kind == REPLY_RESULT && reply->id == ASK_ID)
		on_peers(h, reply->value);
	else if (reply->kind == REPLY_ERROR && reply->id > ASK_ID &&
		 dial < h->dial_count)
		c->events.dial_failed(c->ctx, h->index, &h->dials[dial],
				      reply->message);
}

static void close_admin(struct hand *h)
{
	if (h->admin)
		admin_client_close(h->admin);
	h->admin = NULL;
	h->serves = false;
}

/* When the process has ended, it says why itself. */
static void on_admin_ended(void *ctx, const struct why *why)
{
	struct hand *h = ctx;

	(void)why;
	close_admin(h);
}

static enum err open_admin(struct hand *h, struct why *why)
{
	static const struct admin_client_events events = {
		.replied = on_replied,
		.ended = on_admin_ended,
	};
	char path[PATH_MAX];
	enum err rc = admin_socket_path(path, h->folder, why);

	return rc ? rc
		  : admin_client_open(&h->admin, h->crew->config.loop, path,
				      &events, h, why);
}

/* --- its output --------------------------------------------------------------
 */

static void on_started(struct hand *h, const json_t *o)
{
	const struct crew_config *c = &h->crew->config;
	struct why why = WHY_NONE;
	struct enode self;
	enum err rc;

	if (h->crew->stopping || h->serves)
		return;
	rc = enode_parse(&self, text_of(o, "enode"), &why);
	if (!rc)
		rc = open_admin(h, &why);
	if (rc) {
		fail(h, why.text);
		return;
	}
	h->serves = true;
	c->events.started(c->ctx, h->index, &self);
}

static void on_stopped(struct hand *h, const json_t *o)
{
	h->has_sums = true;
	h->sums = (struct crew_sums){
		.messages_in = count_of(o, "messages_in"),
		.messages_out = count_of(o, "messages_out"),
		.bytes_in = count_of(o, "bytes_in"),
		.bytes_out = count_of(o, "bytes_out"),
	};
}

static void on_peer(struct hand *h, const json_t *o, const char *event)
{
	const struct crew_config *c = &h->crew->config;
	struct enode dialed;
	struct node_id id;

	if (h->crew->stopping)
		return;
	if (!strcmp(event, "peer_added") && read_id(&id, o, "id"))
		c->events.up(c->ctx, h->index, &id);
	else if (!strcmp(event, "peer_dropped") && read_id(&id, o, "id"))
		c->events.down(c->ctx, h->index, &id, text_of(o, "cause"));
	else if (!strcmp(event, "dial_failed") &&
		 !enode_parse(&dialed, text_of(o, "enode"), NULL))
		c->events.dial_failed(c->ctx, h->index, &dialed.id,
				      text_of(o, "cause"));
}

static void on_line(struct hand *h, struct span text)
{
	const char *event;
	json_t *o;

	if (json_from_stranger(&o, text, JSON_PARTS_DEFAULT, NULL))
		return;
	event = text_of(o, "event");
	if (!strcmp(event, "started"))
		on_started(h, o);
	else if (!strcmp(event, "stopped"))
		on_stopped(h, o);
	else
		on_peer(h, o, event);
	json_decref(o);
}

static void on_output(struct hand *h, const uint8_t *data, size_t len)
{
	struct span text;

	if (json_split_feed(&h->out, data, len))
		return; /* what it prints is ours, so that cannot be */
	while (!json_split_next(&h->out, &text))
		on_line(h, text);
}

/* Keep the last line, as far as there is room. */
static void on_errors(struct hand *h, const uint8_t *data, size_t len)
{
	if (log_is_on(h->crew->config.log, LOG_WARN))
		fwrite(data, 1, len, stderr);
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			h->err_over = true;
			continue;
		}
		if (h->err_over)
			h->err_len = 0;
		h->err_over = false;
		if (h->err_len < sizeof(h->err) - 1)
			h->err[h->err_len++] = (char)data[i];
		h->err[h->err_len] = '\0';
	}
}

static void on_printed(void *ctx, enum net_child_stream stream,
		       const uint8_t *data, size_t len)
{
	if (stream == NET_CHILD_OUT)
		on_output(ctx, data, len);
	else
		on_errors(ctx, data, len);
}

/* --- the end -----------------------------------------------------------------
 */

static void end(struct crew *c)
{
	void (*ended)(void *ctx, const char *why) = c->config.events.ended;
	void *ctx = c->config.ctx;
	struct why why = WHY_NONE;
	enum err rc = lifeline_close(&c->lifeline, &why);

	net_later_close(c->later);
	net_timer_close(c->patience);
	for (size_t i = 0; i < c->config.nodes; i++) {
		json_split_clear(&c->hands[i].out);
		free(c->hands[i].dials);
	}
	free(c->hands);
	free(c);
	ended(ctx, rc ? why.text : NULL);
}

static void say_how(char out[TALLY_WHY_MAX], const struct hand *h,
		    const struct net_child_end *end)
{
	char words[ERR_TAIL + 8];

	show_text(words, sizeof(words), span_of(h->err, h->err_len));
	if (end->signum)
		snprintf(out, TALLY_WHY_MAX, "its process was killed by SIG%s",
			 sigabbrev_np(end->signum));
	else if (h->err_len)
		snprintf(out, TALLY_WHY_MAX, "%.*s", TALLY_WHY_MAX - 1, words);
	else
		snprintf(out, TALLY_WHY_MAX, "its process ended with status %d",
			 end->status);
}

/* One that had not begun to listen may not yet have known how to end well. */
static void judge(struct hand *h, const struct net_child_end *how)
{
	const struct crew_config *c = &h->crew->config;
	bool well = !how->signum && how->status == 0;
	char why[TALLY_WHY_MAX];

	say_how(why, h, how);
	if (h->crew->impatient && how->signum == SIGKILL)
		fail(h, "its process did not end when it was told to, and was "
			"killed");
	else if (!h->crew->stopping)
		fail(h, why);
	else if (h->has_sums && well)
		c->events.stopped(c->ctx, h->index, &h->sums);
	else if (!well && (h->has_sums || how->signum != SIGTERM))
		fail(h, why);
}

static void on_ended(void *ctx, const struct net_child_end *how)
{
	struct hand *h = ctx;
	struct crew *c = h->crew;

	close_admin(h);
	net_child_close(h->child);
	h->child = NULL;
	c->alive--;
	judge(h, how);
	if (c->stopping && !c->alive)
		net_later_ask(c->later);
}

static void out_of_patience(void *ctx)
{
	struct crew *c = ctx;

	c->impatient = true;
	for (size_t i = 0; i < c->next; i++)
		if (c->hands[i].child)
			net_child_signal(c->hands[i].child, SIGKILL);
}

/* --- the beginning -----------------------------------------------------------
 */

static enum err make_home(struct hand *h, struct why *why)
{
	const struct crew *c = h->crew;
	struct ecc_keypair key;
	char path[PATH_MAX];
	enum err rc;
	int n;

	n = snprintf(h->folder, sizeof(h->folder), "%s/%s", c->lifeline.folder,
		     h->name);
	if (n < 0 || (size_t)n + sizeof("/nodekey") > sizeof(h->folder))
		return err_fail(why, ERR_LIMIT, "too long a path: %s",
				c->lifeline.folder);
	if (mkdir(h->folder, 0700))
		return err_errno(why, ERR_SYSTEM, errno, "cannot make %s",
				 h->folder);
	snprintf(path, sizeof(path), "%.*s/nodekey",
		 (int)(sizeof(path) - sizeof("/nodekey")), h->folder);
	mesh_identity(&key, c->config.seed, h->index);
	rc = nodekey_save(path, &key.key, why);
	secret_wipe(&key, sizeof(key));
	return rc;
}

static enum err start_child(struct hand *h, struct why *why)
{
	static const struct net_child_events events = {
		.printed = on_printed,
		.ended = on_ended,
	};
	const struct crew *c = h->crew;
	struct run_args args;
	enum err rc;

	run_args_init(
		&args,
		&(struct run_args_config){
			.program = c->program,
			.datadir = h->folder,
			.name = h->name,
			.places = crew_places(c->config.degrees[h->index]),
			.level = c->config.log ? c->config.log->level
					       : LOG_ERROR,
			.plugins = c->config.plugins,
			.plugin_count = c->config.plugin_count,
		});
	rc = net_child_open(
		&h->child, c->config.loop, (const char *const *)args.argv,
		(const char *const *)args.env, c->lifeline.fd, &events, h, why);
	run_args_clear(&args);
	return rc;
}

static void start_one(struct crew *c)
{
	struct hand *h = &c->hands[c->next];
	struct why why = WHY_NONE;
	enum err rc;

	h->crew = c;
	h->index = c->next++;
	tally_name(h->name, h->index);
	json_split_init(&h->out, LINE_MAX_BYTES, JSON_PARTS_DEFAULT);
	rc = make_home(h, &why);
	if (!rc)
		rc = start_child(h, &why);
	if (rc)
		fail(h, why.text);
	else
		c->alive++;
}

/* One at a time, so that signals are heard between them. */
static void on_later(void *ctx)
{
	struct crew *c = ctx;

	if (c->stopping) {
		if (!c->alive)
			end(c);
		return;
	}
	if (c->next == c->config.nodes)
		return;
	net_later_ask(c->later);
	start_one(c);
}

static enum err find_program(char out[PATH_MAX], struct why *why)
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);

	if (n < 0)
		return err_errno(why, ERR_SYSTEM, errno,
				 "cannot find this program's file");
	out[n] = '\0';
	return ERR_NONE;
}

static enum err open_crew(struct crew **out, const struct crew_config *config,
			  struct why *why)
{
	struct crew *c = calloc(1, sizeof(*c));
	enum err rc;

	if (!c)
		abort();
	c->config = *config;
	rc = find_program(c->program, why);
	if (!rc)
		rc = lifeline_open(&c->lifeline, why);
	if (rc) {
		free(c);
		return rc;
	}
	c->hands = calloc(config->nodes, sizeof(*c->hands));
	if (!c->hands)
		abort();
	c->later = net_later_open(config->loop, on_later, c);
	c->patience = net_timer_open(config->loop, out_of_patience, c);
	net_later_ask(c->later);
	*out = c;
	return ERR_NONE;
}

/* --- what is wanted of them --------------------------------------------------
 */

static void call(struct hand *h, json_int_t id, const char *method,
		 json_t *params)
{
	if (!params)
		abort();
	if (admin_client_call(h->admin, id, method, params))
		abort(); /* a few hundred bytes to a node that answers */
	json_decref(params);
}

static void dial(struct crew *c, size_t index, const struct enode *to)
{
	struct hand *h = &c->hands[index];
	char url[ENODE_URL_MAX];

	if (!h->serves)
		return;
	if (h->dial_count == h->dial_room) {
		h->dial_room = 2 * h->dial_room + 8;
		h->dials =
			reallocarray(h->dials, h->dial_room, sizeof(*h->dials));
		if (!h->dials)
			abort();
	}
	h->dials[h->dial_count++] = to->id;
	call(h, ASK_ID + (json_int_t)h->dial_count, "admin_addPeer",
	     json_pack("[s]", enode_url(url, to)));
}

static void ask(struct crew *c, size_t index)
{
	struct hand *h = &c->hands[index];

	if (!h->serves || h->asked)
		return;
	h->asked = true;
	call(h, ASK_ID, "admin_peers", json_array());
}

static void stop(struct crew *c)
{
	if (c->stopping)
		return;
	c->stopping = true;
	for (size_t i = 0; i < c->next; i++)
		if (c->hands[i].child)
			net_child_signal(c->hands[i].child, SIGTERM);
	net_timer_set(c->patience,
		      mono_add_ms(net_loop_now(c->config.loop), STOP_MS));
	if (!c->alive)
		net_later_ask(c->later);
}

const struct crew_kind crew_apart = {
	.open = open_crew,
	.dial = dial,
	.ask = ask,
	.stop = stop,
};
