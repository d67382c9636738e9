/* SPDX-License-Identifier: Apache-2.0 */
/* open.c - the calls of <weft/server.h>, on the program's threads. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "node/embed/embed.h"
#include "node/nodekey.h"
#include "node/parse.h"
#include "p2p/crypto/rng.h"

/* --- results -----------------------------------------------------------------
 */

static int tell(char *why, enum err rc, const struct why *ours)
{
	if (why)
		snprintf(why, WEFT_WHY, "%s",
			 ours->text[0] ? ours->text : err_name(rc));
	switch (rc) {
	case ERR_NONE:
		return WEFT_OK;
	case ERR_FORMAT:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
	case ERR_EXISTS:
		return WEFT_EINVAL;
	default:
		return WEFT_EFAIL;
	}
}

/* --- the configuration -------------------------------------------------------
 */

static enum err take_name(struct weft_server *s, const char *name,
			  struct why *why)
{
	size_t len = strlen(name);

	if (len >= sizeof(s->name))
		return err_fail(why, ERR_LIMIT, "name: over %zu bytes",
				sizeof(s->name) - 1);
	memcpy(s->name, name, len + 1);
	return ERR_NONE;
}

static enum err take_listen(struct weft_server *s, const char *text,
			    struct why *why)
{
	if (!text) {
		s->listening = SERVER_NO_LISTEN;
		return ERR_NONE;
	}
	if (addr_parse(&s->listen, text))
		return err_fail(why, ERR_FORMAT,
				"listen: \"%.60s\": not an address; give "
				"IP:PORT or :PORT",
				text);
	return ERR_NONE;
}

static enum err take_key(struct weft_server *s,
			 const struct weft_server_config *c, struct why *why)
{
	const struct nodekey_unlock unlock = { .file = c->passphrase_file };
	enum nodekey_origin origin;

	if (c->key && c->key_file)
		return err_fail(why, ERR_UNSUPPORTED,
				"key and key_file: give one of them");
	if (c->key_file)
		return nodekey_ensure(&s->key, &origin, c->key_file, &unlock,
				      why);
	if (!c->key) {
		nodekey_make(&s->key);
		return ERR_NONE;
	}
	memcpy(s->key.key.b, c->key, sizeof(s->key.key.b));
	if (!ecc_key_valid(&s->key.key))
		return err_fail(why, ERR_FORMAT, "key: not a secp256k1 scalar");
	ecc_pub_of(&s->key.pub, &s->key.key);
	return ERR_NONE;
}

static enum err take_nodes(struct weft_server *s, const char *const *urls,
			   struct why *why)
{
	size_t count = 0;

	while (urls && urls[count])
		count++;
	s->static_nodes = calloc(count + 1, sizeof(*s->static_nodes));
	if (!s->static_nodes)
		abort();
	for (; s->static_count < count; s->static_count++) {
		enum err rc = parse_dialable(&s->static_nodes[s->static_count],
					     urls[s->static_count], why);

		if (rc)
			return err_wrap(why, rc, "static_nodes[%zu]",
					s->static_count);
	}
	return ERR_NONE;
}

static enum err take_log(struct weft_server *s,
			 const struct weft_server_config *c, struct why *why)
{
	if (c->log_level > LOG_DEBUG)
		return err_fail(why, ERR_FORMAT, "log_level: not a level");
	s->log = (struct log){
		.level = c->log_level ? (enum log_level)c->log_level : LOG_WARN,
		.sink = embed_log,
		.ctx = s,
		/* The program's own is promised the server's thread. */
		.any_thread = !s->on_log,
	};
	return ERR_NONE;
}

static enum err configure(struct weft_server *s,
			  const struct weft_server_config *c, struct why *why)
{
	enum err rc;

	s->max_peers = c->max_peers ? c->max_peers : SERVER_MAX_PEERS;
	s->max_pending = c->max_pending;
	s->memory = c->memory;
	s->on_log = c->log;
	s->on_event = c->event;
	s->ctx = c->ctx;
	rc = take_log(s, c, why);
	if (!rc)
		rc = take_name(s, c->name ? c->name : "weft/v" WEFT_VERSION,
			       why);
	if (!rc)
		rc = take_listen(s, c->listen, why);
	if (!rc)
		rc = take_nodes(s, c->static_nodes, why);
	/* Last: it may make a file. */
	if (!rc)
		rc = take_key(s, c, why);
	return rc;
}

/* --- a life ------------------------------------------------------------------
 */

static void free_server(struct weft_server *s)
{
	secret_wipe(&s->key, sizeof(s->key));
	pthread_cond_destroy(&s->moved);
	pthread_mutex_destroy(&s->lock);
	free(s->static_nodes);
	free(s);
}

/* The stage, once it is at least this one. */
static enum embed_stage wait_for(struct weft_server *s, enum embed_stage stage)
{
	enum embed_stage now;

	pthread_mutex_lock(&s->lock);
	while (s->stage < stage)
		pthread_cond_wait(&s->moved, &s->lock);
	now = s->stage;
	pthread_mutex_unlock(&s->lock);
	return now;
}

/* Signals are the program's: it gets them on threads of its own. */
static enum err make_thread(struct weft_server *s, struct why *why)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&s->thread, NULL, embed_thread, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return err_errno(why, ERR_SYSTEM, failed, "no thread");
	pthread_setname_np(s->thread, "weft");
	if (wait_for(s, EMBED_OPEN) == EMBED_OPEN)
		return ERR_NONE;
	pthread_join(s->thread, NULL);
	*why = s->why;
	return s->rc;
}

int weft_server_open_sized(struct weft_server **out,
			   const struct weft_server_config *config, size_t size,
			   const struct weft_api **table, char *why)
{
	struct weft_server *s = calloc(1, sizeof(*s));
	struct weft_server_config c = { 0 };
	struct why ours = WHY_NONE;
	enum err rc;

	if (!s)
		abort();
	*table = &instance_api; /* also for what is called after a failure */
	crypto_init();
	memcpy(&c, config, size < sizeof(c) ? size : sizeof(c));
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->moved, NULL);
	s->table = table;
	rc = configure(s, &c, &ours);
	if (!rc)
		rc = make_thread(s, &ours);
	if (rc)
		free_server(s);
	else
		*out = s;
	return rc ? tell(why, rc, &ours) : WEFT_OK;
}

struct weft_host *weft_server_host(struct weft_server *server)
{
	return server ? server->host : NULL;
}

int weft_server_start(struct weft_server *s, char *why)
{
	struct why ours = WHY_NONE;
	enum err rc = ERR_NONE;

	pthread_mutex_lock(&s->lock);
	if (s->run_asked)
		rc = err_fail(&ours, ERR_UNSUPPORTED, "it was started before");
	s->run_asked = true;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
	if (rc)
		return tell(why, rc, &ours);
	if (wait_for(s, EMBED_SERVING) == EMBED_SERVING || !s->rc)
		return WEFT_OK;
	return tell(why, s->rc, &s->why);
}

int weft_server_run(struct weft_server *s, char *why)
{
	int rc = weft_server_start(s, why);

	if (!rc)
		wait_for(s, EMBED_DONE);
	return rc;
}

void weft_server_stop(struct weft_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop_asked = true;
	pthread_cond_broadcast(&s->moved);
	if (s->async)
		net_async_wake(s->async);
	pthread_mutex_unlock(&s->lock);
}

void weft_server_close(struct weft_server *s)
{
	if (!s)
		return;
	weft_server_stop(s);
	pthread_join(s->thread, NULL);
	free_server(s);
}

/* --- while it runs -----------------------------------------------------------
 */

static int wish(struct weft_server *s, enum embed_wish_kind kind,
		const char *url)
{
	struct embed_wish *w = calloc(1, sizeof(*w));
	int rc = WEFT_OK;

	if (!w)
		abort();
	w->kind = kind;
	if (parse_dialable(&w->node, url, NULL)) {
		free(w);
		return WEFT_EINVAL;
	}
	pthread_mutex_lock(&s->lock);
	if (!s->async || s->stop_asked)
		rc = WEFT_ECLOSED;
	else if (s->wish_count == EMBED_WISHES_MAX)
		rc = WEFT_ELIMIT;
	if (!rc) {
		LL_APPEND(s->wishes, w);
		s->wish_count++;
		net_async_wake(s->async);
	}
	pthread_mutex_unlock(&s->lock);
	if (rc)
		free(w);
	return rc;
}

int weft_server_add_peer(struct weft_server *s, const char *enode)
{
	return wish(s, EMBED_ADD, enode);
}

int weft_server_remove_peer(struct weft_server *s, const char *enode)
{
	return wish(s, EMBED_REMOVE, enode);
}

const char *weft_server_enode(const struct weft_server *s)
{
	return s->enode;
}

uint64_t weft_server_peers(const struct weft_server *s)
{
	return atomic_load(&s->peers);
}
