/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - opening, closing, accepting. */
#include "p2p/server/server.h"

#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "p2p/server/inside.h"

/* --- the turn: what the server does of its own accord -------------------- */

static void free_server(struct server *s)
{
	admit_clear(&s->admit);
	replay_clear(&s->replay);
	dial_clear(&s->dial);
	candidates_clear(&s->candidates);
	server_distrust_all(s);
	free(s->name);
	offer_put(s->offer);
	secret_wipe(&s->key, sizeof(s->key));
	free(s);
}

static void finish(struct server *s)
{
	const struct server_event ev = { .kind = SERVER_CLOSED };

	net_timer_close(s->timer);
	if (s->config.event)
		s->config.event(s->config.ctx, &ev);
	free_server(s);
}

static void on_timer(void *ctx)
{
	struct server *s = ctx;

	if (!s->closing && s->offer_is_new)
		server_apply_offer(s);
	if (!s->closing)
		server_dial_due(s);
	else if (!s->all)
		finish(s);
}

void server_wake(struct server *s)
{
	net_timer_set(s->timer, net_loop_now(s->loop));
}

/* --- accepting ----------------------------------------------------------- */

static void on_accepted(void *ctx, struct net_stream *stream)
{
	struct server *s = ctx;
	struct addr from = net_stream_remote(stream);
	char text[ADDR_TEXT_MAX];
	struct admit_slot slot;

	s->counters.accepted++;
	if (!netlist_has(&s->config.restrict_to, &from.ip)) {
		s->counters.restricted++;
		net_stream_close(stream);
		return;
	}
	if (admit_take(&s->admit, &slot, &from.ip, net_loop_now(s->loop)) !=
	    ADMIT_YES) {
		s->counters.throttled++;
		log_event(s->config.log, LOG_DEBUG, "server", "throttled",
			  LOG_TEXT("remote", addr_text(text, &from)));
		net_stream_close(stream);
		return;
	}
	peer_accept(s, stream, &slot);
}

/* --- opening ------------------------------------------------------------- */

static struct server *new_server(struct net_loop *loop,
				 const struct server_config *config)
{
	struct server *s = calloc(1, sizeof(*s));
	struct secret32 seed;

	if (!s)
		abort();
	crypto_init();
	rng_bytes(seed.b, sizeof(seed.b));
	s->loop = loop;
	s->config = *config;
	s->limits = config->limits ? config->limits : &server_limits_default;
	s->config.limits = s->limits;
	s->key = *config->key;
	s->config.key = &s->key;
	s->id = node_id_of(&s->key.pub);
	s->name = strdup(config->name);
	if (!s->name)
		abort();
	s->config.name = s->name;
	s->config.protocols = NULL; /* ours are in s->offer */
	if (s->config.max_pending == 0)
		s->config.max_pending = SERVER_MAX_PENDING;
	if (s->config.memory == 0)
		s->config.memory = SERVER_MEMORY;
	admit_init(&s->admit, &s->limits->admit, s->config.max_pending);
	replay_init(&s->replay, s->limits->replays);
	linger_init(&s->linger, &s->limits->linger);
	dial_init(&s->dial, &s->limits->dial, &seed);
	secret_wipe(&seed, sizeof(seed));
	candidates_init(&s->candidates, &s->limits->candidates);
	s->has_candidates = config->source.next != NULL;
	return s;
}

enum err server_open(struct server **out, struct net_loop *loop,
		     const struct server_config *config, struct why *why)
{
	struct server *s = new_server(loop, config);
	enum err rc = offer_new(&s->offer, config->protocols,
				config->protocol_count, s->name, why);

	if (!rc && config->listening == SERVER_LISTEN)
		rc = net_listener_open(&s->listener, loop, &config->listen,
				       on_accepted, s, why);
	if (rc) {
		free_server(s);
		return rc;
	}
	s->timer = net_timer_open(loop, on_timer, s);
	if (config->source.next)
		server_wake(s);
	*out = s;
	return ERR_NONE;
}

/* --- closing ------------------------------------------------------------- */

void server_close(struct server *s)
{
	if (s->closing)
		return;
	s->closing = true;
	if (s->listener)
		net_listener_close(s->listener);
	s->listener = NULL;
	for (struct peer *p = s->all; p; p = p->next)
		peer_end(p, DISC_QUITTING, PEER_TELL, "client quitting (sent)");
	server_wake(s);
}

/* --- looking ------------------------------------------------------------- */

void server_self(const struct server *s, struct enode *out)
{
	struct addr at = { 0 };

	if (s->listener)
		at = net_listener_addr(s->listener);
	enode_make(out, &s->key.pub, &at);
}

size_t server_peers(const struct server *s)
{
	return HASH_COUNT(s->by_id);
}

size_t server_memory(const struct server *s)
{
	return s->memory;
}

void server_read_counters(const struct server *s, struct server_counters *out)
{
	*out = s->counters;
	for (const struct peer *p = s->all; p; p = p->next) {
		if (!p->stream)
			continue;
		out->bytes_in += net_stream_bytes_in(p->stream);
		out->bytes_out += net_stream_bytes_out(p->stream);
	}
}
