/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - an embedded server's thread: the program's instance, then the
 * server with what it registered; at the end the server, then the instance. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "node/embed/embed.h"
#include "node/urls.h"

uint64_t embed_stop_ms = TASK_PARK_MS + 5000;

static void move_to(struct weft_server *s, enum embed_stage stage)
{
	pthread_mutex_lock(&s->lock);
	s->stage = stage;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
}

/* --- the end -----------------------------------------------------------------
 */

static struct embed_wish *take_wishes(struct weft_server *s, bool *stop)
{
	struct embed_wish *wishes;

	pthread_mutex_lock(&s->lock);
	wishes = s->wishes;
	s->wishes = NULL;
	s->wish_count = 0;
	*stop = s->stop_asked;
	pthread_mutex_unlock(&s->lock);
	return wishes;
}

static void close_async(struct weft_server *s)
{
	struct net_async *async;

	pthread_mutex_lock(&s->lock);
	async = s->async;
	s->async = NULL;
	pthread_mutex_unlock(&s->lock);
	net_async_close(async);
}

static void leave_loop(struct weft_server *s)
{
	close_async(s);
	net_timer_close(s->patience);
	net_loop_stop(s->loop);
}

static void host_stopped(void *ctx)
{
	struct weft_server *s = ctx;

	s->host = NULL;
	leave_loop(s);
}

/* What still runs never ends; its stack and its host stay as they are. */
static void out_of_patience(void *ctx)
{
	struct weft_server *s = ctx;
	struct why why = WHY_NONE;

	(void)instance_is_idle(s->host, &why);
	log_event(&s->log, LOG_ERROR, "server", "left behind",
		  LOG_TEXT("what", why.text));
	instance_abandon(s->host);
	leave_loop(s);
}

static void stop_host(struct weft_server *s)
{
	net_timer_set(s->patience,
		      mono_add_ms(net_loop_now(s->loop), embed_stop_ms));
	instance_stop(s->host, host_stopped, s);
}

static void stop(struct weft_server *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	server_close(s->server);
}

/* --- serving -----------------------------------------------------------------
 */

static void happened(void *ctx, const struct server_event *ev)
{
	struct weft_server *s = ctx;

	if (ev->kind != SERVER_CLOSED) {
		embed_event(s, ev);
		return;
	}
	stop_host(s); /* no session is left */
}

static void dial(struct weft_server *s, const struct enode *node)
{
	struct why why = WHY_NONE;
	enum err rc = server_dial(s->server, node, &why);
	char url[ENODE_URL_MAX];

	/* To be asked twice for the same is no mistake. */
	if (rc && rc != ERR_EXISTS)
		log_event(&s->log, LOG_WARN, "server", "will not dial",
			  LOG_TEXT("node", enode_url(url, node)),
			  LOG_TEXT("why", why.text));
}

/* It listens, and offers nothing yet: the loop does not turn before the program
 * has made its protocols. */
static enum err open_server(struct weft_server *s, struct why *why)
{
	const struct server_config config = {
		.key = &s->key,
		.name = s->name,
		.listening = s->listening,
		.listen = s->listen,
		.max_peers = s->max_peers,
		.max_pending = s->max_pending,
		.memory = s->memory,
		.log = &s->log,
		.event = happened,
		.ctx = s,
	};

	struct enode self;
	struct urls urls;
	enum err rc = server_open(&s->server, s->loop, &config, why);

	secret_wipe(&s->key, sizeof(s->key));
	if (rc)
		return rc;
	server_self(s->server, &self);
	urls_of(&urls, &self);
	s->id = self.id;
	memcpy(s->enode, urls.url[0], sizeof(s->enode));
	return ERR_NONE;
}

static void fail(struct weft_server *s, enum err rc, const struct why *why)
{
	pthread_mutex_lock(&s->lock);
	s->rc = rc;
	s->why = *why;
	pthread_mutex_unlock(&s->lock);
	stop(s);
}

/* The host's start is over: nothing else can be registered. */
static void host_started(void *ctx, int unused)
{
	struct weft_server *s = ctx;
	const struct protocol *protocols;
	struct why why = WHY_NONE;
	size_t count;
	enum err rc;

	(void)unused; /* there is no start that could fail */
	if (s->stopping)
		return;
	count = instance_protocols(s->host, &protocols);
	rc = server_offer(s->server, protocols, count, &why);
	if (rc) {
		fail(s, rc, &why);
		return;
	}
	embed_tell_started(s);
	for (size_t i = 0; i < s->static_count; i++)
		dial(s, &s->static_nodes[i]);
	move_to(s, EMBED_SERVING);
}

static void grant(struct weft_server *s, const struct embed_wish *wish)
{
	switch (wish->kind) {
	case EMBED_ADD:
		dial(s, &wish->node);
		break;
	case EMBED_REMOVE:
		(void)!server_undial(s->server, &wish->node.id);
		(void)!server_disconnect(s->server, &wish->node.id,
					 DISC_REQUESTED);
		break;
	}
}

/* Another thread has something to say. */
static void asked(void *ctx)
{
	struct weft_server *s = ctx;
	struct embed_wish *wishes, *wish;
	bool stop_asked;

	wishes = take_wishes(s, &stop_asked);
	while ((wish = wishes)) {
		LL_DELETE(wishes, wish);
		if (!s->stopping)
			grant(s, wish);
		free(wish);
	}
	if (stop_asked)
		stop(s);
}

/* --- the thread --------------------------------------------------------------
 */

static void node_facts(void *ctx, struct weft_node_facts *out)
{
	const struct weft_server *s = ctx;

	memcpy(out->id, s->id.b, sizeof(out->id));
	snprintf(out->enode, sizeof(out->enode), "%s", s->enode);
	snprintf(out->name, sizeof(out->name), "%s", s->name);
}

static enum err open_all(struct weft_server *s, struct why *why)
{
	enum err rc = net_loop_open(&s->loop, why);

	if (rc)
		return rc;
	rc = open_server(s, why);
	if (rc) {
		net_loop_close(s->loop);
		return rc;
	}
	s->tasks = task_loop_open(s->loop, NULL);
	task_loop_watch(s->tasks, &s->log);
	s->node = (struct instance_node){
		.ctx = s,
		.loop = s->loop,
		.tasks = s->tasks,
		.log = &s->log,
		.facts = node_facts,
	};
	s->descriptor = (struct weft_plugin){
		.abi = WEFT_ABI,
		.size = sizeof(s->descriptor),
		.abi_hash = WEFT_ABI_HASH,
		.api = s->table,
		.name = "program",
	};
	s->patience = net_timer_open(s->loop, out_of_patience, s);
	s->async = net_async_open(s->loop, asked, s);
	s->host =
		instance_open(&s->node, &s->descriptor, NULL, host_started, s);
	return ERR_NONE;
}

static void close_all(struct weft_server *s)
{
	struct embed_wish *wish;

	task_loop_close(s->tasks);
	net_loop_close(s->loop);
	while ((wish = s->wishes)) {
		LL_DELETE(s->wishes, wish);
		free(wish);
	}
}

/* The owner makes its protocols meanwhile. */
static void wait_for_word(struct weft_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->stage = EMBED_OPEN;
	pthread_cond_broadcast(&s->moved);
	while (!s->run_asked && !s->stop_asked)
		pthread_cond_wait(&s->moved, &s->lock);
	s->stage = EMBED_STARTING;
	pthread_mutex_unlock(&s->lock);
}

void *embed_thread(void *server)
{
	struct weft_server *s = server;
	struct why why = WHY_NONE;
	enum err rc = open_all(s, &why);
	bool stop_asked;

	if (rc) {
		s->rc = rc;
		s->why = why;
	} else {
		wait_for_word(s);
		pthread_mutex_lock(&s->lock);
		stop_asked = s->stop_asked;
		pthread_mutex_unlock(&s->lock);
		if (stop_asked)
			stop(s);
		net_loop_run(s->loop);
		close_all(s);
	}
	move_to(s, EMBED_DONE);
	return NULL;
}
