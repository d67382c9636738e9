/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/admin/jsonrpc.h"
#include "node/admin/session.h"
#include "node/admin/shapes.h"
#include "node/admin/socket.h"
#include "p2p/net/local.h"

enum {
	CLOSE_MS = 1000, /* for answers on their way, at the end */
};

const struct admin_limits admin_limits_default = {
	.clients = 16,
	.text_max = JSONRPC_TEXT_MAX,
	.answer_max = JSONRPC_ANSWER_MAX,
	.watches = 16,
	.notes_max = 1024 * 1024,
	.request_ms = 10 * 1000,
	.write_ms = 20 * 1000,
	.idle_ms = 5 * 60 * 1000,
	.linger_ms = 10 * 1000,
};

struct admin {
	struct admin_config config;
	struct session_host host;
	struct net_listener *listener;
	struct net_timer *timer; /* for what must not be done from inside */
	struct session *sessions;
	size_t count; /* of them all, those that are only to be closed too */
	bool stop_due;
	bool closing;
};

static void on_stop(void *ctx)
{
	struct admin *a = ctx;

	log_event(a->config.log, LOG_INFO, "admin", "asked to stop the node");
	a->stop_due = true;
	net_timer_set(a->timer, net_loop_now(a->host.loop));
}

static void settle(struct admin *a)
{
	if (a->closing && !a->sessions)
		net_timer_set(a->timer, net_loop_now(a->host.loop));
}

static void on_gone(void *ctx, struct session *s)
{
	struct admin *a = ctx;
	struct session **at = &a->sessions;

	while (*at != s)
		at = session_next(*at);
	*at = *session_next(s);
	a->count--;
	settle(a);
}

/* Nobody but root and us, whatever the file's mode came to be. */
static bool is_welcome(const struct admin *a, const struct net_stream *stream)
{
	uid_t uid;

	if (a->config.uid_of(&uid, stream))
		return false;
	return uid == 0 || uid == geteuid();
}

static size_t served(const struct admin *a)
{
	size_t n = 0;

	for (struct session *s = a->sessions; s; s = *session_next(s))
		n += session_is_served(s);
	return n;
}

/* Those beyond the limit are told so; as many at one time as are served, and
 * what is beyond that, too, is just closed. */
static void on_accepted(void *ctx, struct net_stream *stream)
{
	struct admin *a = ctx;
	size_t max = a->config.limits->clients;
	struct session *s;
	char text[64];

	if (!is_welcome(a, stream)) {
		log_event(a->config.log, LOG_DEBUG, "admin",
			  "a process of another user was refused");
		net_stream_close(stream);
		return;
	}
	if (a->count >= 2 * max) {
		net_stream_close(stream);
		return;
	}
	s = session_open(&a->host, stream);
	*session_next(s) = a->sessions;
	a->sessions = s;
	a->count++;
	if (served(a) <= max)
		return;
	snprintf(text, sizeof(text), "%zu clients are connected already", max);
	session_refuse(s, text);
}

static void on_timer(void *ctx)
{
	struct admin *a = ctx;
	struct admin_config config = a->config;

	if (a->closing && !a->sessions) {
		net_timer_close(a->timer);
		free(a);
		if (config.closed)
			config.closed(config.ctx);
		return;
	}
	if (a->stop_due && !a->closing) {
		a->stop_due = false;
		config.node->stop(config.node->ctx);
	}
}

static struct admin *admin_new(struct net_loop *loop,
			       const struct admin_config *config)
{
	struct admin *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->config = *config;
	if (!a->config.limits)
		a->config.limits = &admin_limits_default;
	if (!a->config.uid_of)
		a->config.uid_of = net_local_uid;
	a->host = (struct session_host){
		.loop = loop,
		.node = config->node,
		.limits = a->config.limits,
		.log = config->log,
		.gone = on_gone,
		.stop = on_stop,
		.ctx = a,
	};
	return a;
}

enum err admin_open(struct admin **out, struct net_loop *loop,
		    const struct admin_config *config, struct why *why)
{
	char path[PATH_MAX];
	struct admin *a;
	enum err rc;

	*out = NULL;
	rc = admin_socket_path(path, config->folder, why);
	if (!rc)
		rc = admin_socket_prepare(config->folder, why);
	if (rc)
		return rc;
	a = admin_new(loop, config);
	rc = net_local_listen(&a->listener, loop, path, on_accepted, a, why);
	if (rc) {
		free(a);
		return err_wrap(why, rc, "admin socket");
	}
	a->timer = net_timer_open(loop, on_timer, a);
	*out = a;
	return ERR_NONE;
}

void admin_close(struct admin *a)
{
	struct session *next;

	if (a->closing)
		return;
	a->closing = true;
	admin_socket_remove(a->config.folder);
	net_listener_close(a->listener);
	/* A session leaves the list only when the loop turns. */
	for (struct session *s = a->sessions; s; s = next) {
		next = *session_next(s);
		session_finish(s, CLOSE_MS);
	}
	settle(a);
}

bool admin_is_watched(const struct admin *a)
{
	for (struct session *s = a->sessions; s; s = *session_next(s))
		if (session_is_watching(s))
			return true;
	return false;
}

void admin_event(struct admin *a, const struct admin_event *event)
{
	json_t *text;

	if (!admin_is_watched(a))
		return;
	text = shape_event(event);
	for (struct session *s = a->sessions; s; s = *session_next(s))
		session_event(s, text);
	json_decref(text);
}
