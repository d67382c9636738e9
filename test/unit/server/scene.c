/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/server/scene.h"

#include <stdio.h>

enum {
	PAUSE_TURNS = 20
};

struct scene scene;

/* --- the loop ------------------------------------------------------------ */

static void on_poll(void *ctx)
{
	struct scene *s = ctx;

	s->late = !mono_before(mono_now(), s->give_up);
	if (s->late || s->holds(s->ctx)) {
		net_loop_stop(s->loop);
		return;
	}
	net_timer_set(s->poll, mono_add_ms(net_loop_now(s->loop), 1));
}

void scene_open(struct scene *s)
{
	*s = (struct scene){ 0 };
	crypto_init();
	cr_assert_eq(net_loop_open(&s->loop, NULL), ERR_NONE);
	s->poll = net_timer_open(s->loop, on_poll, s);
}

void scene_close(struct scene *s)
{
	net_timer_close(s->poll);
	net_loop_close(s->loop);
}

void scene_until(struct scene *s, bool (*holds)(void *ctx), void *ctx)
{
	s->holds = holds;
	s->ctx = ctx;
	s->late = false;
	s->give_up = mono_add_ms(mono_now(), SCENE_PATIENCE_S * 1000);
	net_timer_set(s->poll, net_loop_now(s->loop));
	net_loop_run(s->loop);
	cr_assert_not(s->late, "the awaited did not happen in time");
}

struct pause {
	struct mono until;
	uint64_t turns; /* yet to come */
};

/* What a machine that stalls takes off the time it does not take off the
 * turns. */
static bool is_past(void *ctx)
{
	struct pause *p = ctx;

	if (p->turns > 0)
		p->turns--;
	return !p->turns && !mono_before(mono_now(), p->until);
}

void scene_for(struct scene *s, uint64_t ms)
{
	struct pause p = {
		.until = mono_add_ms(mono_now(), ms),
		.turns = ms < PAUSE_TURNS ? ms : PAUSE_TURNS,
	};

	scene_until(s, is_past, &p);
}

void scene_make_late(struct scene *s, struct peer *p)
{
	p->pace.opened_at = (struct mono){ 0 };
	net_timer_set(p->timer, net_loop_now(s->loop));
}

/* --- the test protocol --------------------------------------------------- */

void pattern_fill(uint8_t *out, size_t size)
{
	uint64_t x = size * 2654435761u + 1;

	for (size_t i = 0; i < size; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		out[i] = (uint8_t)(x >> 56);
	}
}

static bool has_pattern(const struct msg *m)
{
	uint8_t *want = malloc(m->size + 1);
	bool same;

	cr_assert_not_null(want);
	pattern_fill(want, m->size);
	same = !memcmp(want, m->payload, m->size);
	free(want);
	return same;
}

static int on_opened(struct channel *ch, void *state, void **user)
{
	struct node *n = state;

	cr_assert_lt(n->channel_count, (size_t)NODE_CHANNELS);
	n->channels[n->channel_count++] = ch;
	n->opened++;
	*user = n;
	return n->end_in_opened ? PROTOCOL_END(DISC_INCOMPATIBLE)
				: PROTOCOL_GO_ON;
}

static void on_closed(struct channel *ch, void *user)
{
	struct node *n = user;
	size_t i = 0;

	while (n->channels[i] != ch)
		i++;
	n->channel_count--;
	memmove(&n->channels[i], &n->channels[i + 1],
		(n->channel_count - i) * sizeof(n->channels[0]));
	n->closed++;
	cr_assert_eq(channel_send(ch, 0, (struct span){ 0 }), ERR_CLOSED);
}

static int on_message(struct channel *ch, void *user, struct msg *m)
{
	struct node *n = user;

	n->messages++;
	n->bytes += m->size;
	n->last_code = m->code;
	n->last_protocol = ch->protocol->capability.name;
	n->last_size = m->size;
	switch ((enum test_code)m->code) {
	case TEST_DATA:
	case TEST_ALSO:
		n->wrong += !has_pattern(m);
		break;
	case TEST_END:
		return PROTOCOL_END(m->payload[0]);
	case TEST_CALL:
		if (n->odd_result)
			return -77;
		n->on_call(n, ch);
		break;
	}
	return PROTOCOL_GO_ON;
}

static int on_writable(struct channel *ch, void *user)
{
	struct node *n = user;

	n->writable++;
	if (n->on_writable)
		n->on_writable(n, ch);
	return PROTOCOL_GO_ON;
}

/* --- nodes --------------------------------------------------------------- */

static void note_added(struct node *n, const struct server_event *ev)
{
	struct span name = hello_name(ev->hello);

	n->added++;
	n->facts = *ev->peer;
	n->shared = ev->shared_count;
	snprintf(n->hello_name, sizeof(n->hello_name), "%.*s", (int)name.len,
		 (const char *)name.data);
}

static void on_event(void *ctx, const struct server_event *ev)
{
	struct node *n = ctx;

	switch (ev->kind) {
	case SERVER_PEER_ADDED:
		note_added(n, ev);
		break;
	case SERVER_PEER_DROPPED:
		n->dropped++;
		n->facts = *ev->peer;
		break;
	case SERVER_DIAL_FAILED:
		n->dial_failed++;
		cr_assert_not_null(ev->dialed);
		break;
	case SERVER_CLOSED:
		n->server_closed++;
		n->server = NULL;
		break;
	}
	if (ev->cause) {
		n->reason = ev->reason;
		snprintf(n->cause, sizeof(n->cause), "%s", ev->cause);
	}
	if (n->on_event)
		n->on_event(n, ev);
}

void node_init(struct node *n, struct scene *s)
{
	*n = (struct node){ .scene = s, .limits = server_limits_default };
	rng_key(&n->key.key);
	ecc_pub_of(&n->key.pub, &n->key.key);
	n->protocols[0] = (struct protocol){
		.capability = { .name = "test",
				.version = 1,
				.codes = TEST_CODES },
		.state = n,
		.opened = on_opened,
		.message = on_message,
		.closed = on_closed,
		.writable = on_writable,
	};
	n->config = (struct server_config){
		.key = &n->key,
		.name = "test/v1",
		.protocols = n->protocols,
		.protocol_count = 1,
		.listening = SERVER_LISTEN,
		.max_peers = SERVER_MAX_PEERS,
		.event = on_event,
		.ctx = n,
		.limits = &n->limits,
	};
	cr_assert_eq(addr_parse(&n->config.listen, "127.0.0.1:0"), ERR_NONE);
}

void node_speak(struct node *n, const char *name)
{
	struct protocol *p = &n->protocols[n->config.protocol_count++];

	*p = n->protocols[0];
	strcpy(p->capability.name, name);
}

void node_open(struct node *n)
{
	struct why why = WHY_NONE;

	n->server_closed = 0;
	cr_assert_eq(server_open(&n->server, n->scene->loop, &n->config, &why),
		     ERR_NONE, "%s", why.text);
	server_self(n->server, &n->self);
}

static bool is_closed(void *ctx)
{
	const struct node *n = ctx;

	return n->server_closed > 0;
}

void node_close(struct node *n)
{
	if (n->server) {
		server_close(n->server);
		server_close(n->server); /* "calling it again does nothing" */
	}
	scene_until(n->scene, is_closed, n);
	cr_assert_eq(n->server_closed, (size_t)1);
	cr_assert_eq(n->opened, n->closed);
	cr_assert_eq(n->added, n->dropped);
}

void node_dial(struct node *n, const struct node *to)
{
	struct why why = WHY_NONE;

	cr_assert_eq(server_dial(n->server, &to->self, &why), ERR_NONE, "%s",
		     why.text);
}

void node_undial(struct node *n, const struct node *whom)
{
	cr_assert_eq(server_undial(n->server, &whom->self.id), ERR_NONE);
	cr_assert_eq(server_undial(n->server, &whom->self.id), ERR_NOT_FOUND);
}

void node_trust(struct node *n, const struct node *whom)
{
	cr_assert_eq(server_trust(n->server, &whom->self), ERR_NONE);
}

void node_offer(struct node *n, const struct protocol *protocols, size_t count)
{
	struct why why = WHY_NONE;

	cr_assert_eq(server_offer(n->server, protocols, count, &why), ERR_NONE,
		     "%s", why.text);
}

struct wanted {
	const struct node *node;
	size_t count;
};

static bool has_peers(void *ctx)
{
	const struct wanted *w = ctx;

	return server_peers(w->node->server) == w->count;
}

static bool has_messages(void *ctx)
{
	const struct wanted *w = ctx;

	return w->node->messages >= w->count;
}

static bool has_dropped(void *ctx)
{
	const struct wanted *w = ctx;

	return w->node->dropped >= w->count;
}

static bool has_failed(void *ctx)
{
	const struct wanted *w = ctx;

	return w->node->dial_failed >= w->count;
}

void node_wait_peers(struct node *n, size_t peers)
{
	struct wanted w = { n, peers };

	scene_until(n->scene, has_peers, &w);
}

void node_wait_messages(struct node *n, size_t messages)
{
	struct wanted w = { n, messages };

	scene_until(n->scene, has_messages, &w);
}

void node_wait_dropped(struct node *n, size_t dropped)
{
	struct wanted w = { n, dropped };

	scene_until(n->scene, has_dropped, &w);
}

void node_wait_failed(struct node *n, size_t dials)
{
	struct wanted w = { n, dials };

	scene_until(n->scene, has_failed, &w);
}

void node_join(struct node *a, struct node *b)
{
	size_t of_a = server_peers(a->server), of_b = server_peers(b->server);

	node_dial(a, b);
	node_wait_peers(a, of_a + 1);
	node_wait_peers(b, of_b + 1);
}

struct channel *node_channel(struct node *n, const char *protocol)
{
	for (size_t i = 0; i < n->channel_count; i++)
		if (!strcmp(n->channels[i]->protocol->capability.name,
			    protocol))
			return n->channels[i];
	cr_assert(false, "no such channel");
	return NULL;
}

enum err node_try_send(struct node *n, uint32_t code, size_t size)
{
	uint8_t *payload = malloc(size + 1);
	enum err rc;

	cr_assert_not_null(payload);
	pattern_fill(payload, size);
	rc = channel_send(n->channels[0], code, span_of(payload, size));
	free(payload);
	return rc;
}

void node_send(struct node *n, size_t size)
{
	cr_assert_eq(node_try_send(n, TEST_DATA, size), ERR_NONE);
}

struct server_counters node_counters(const struct node *n)
{
	struct server_counters c;

	server_read_counters(n->server, &c);
	return c;
}

void node_check_alive(struct node *a, struct node *b)
{
	size_t of_a = a->messages, of_b = b->messages;

	node_send(a, 1000);
	node_send(b, 2000);
	node_wait_messages(a, of_a + 1);
	node_wait_messages(b, of_b + 1);
	cr_assert_eq(a->wrong + b->wrong, (size_t)0);
}
