/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node.h"

#include <string.h>

#include "node/nodekey.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

enum {
	NODES = 3,
	HANG_MS = 60000, /* what goes well takes a few */
};

struct lodger {
	struct house *house;
	struct node *node; /* NULL: closed */
	struct node_id id;
	bool ready;
	enum err rc;
	struct why why;
	size_t peers;
	struct server_counters sums;
};

/* Several nodes on one loop. */
struct house {
	struct net_loop *loop;
	struct node_shared shared;
	struct net_timer *hang;
	struct lodger lodgers[NODES];
	size_t open, ready, links;
	size_t wanted; /* links, both ends counted, before all are closed */
	bool hung;
};

static void close_all(struct house *h)
{
	for (size_t i = 0; i < NODES; i++)
		if (h->lodgers[i].node)
			node_close(h->lodgers[i].node);
}

static void on_hang(void *ctx)
{
	struct house *h = ctx;

	h->hung = true;
	close_all(h);
}

/* Each dials the one before it. */
static void serve_all(struct house *h)
{
	const struct addr at = { .ip = { .family = IP_V4,
					 .b = { 127, 0, 0, 1 } } };

	for (size_t i = 0; i < NODES; i++)
		cr_assert_eq(node_serve(h->lodgers[i].node, SERVER_LISTEN, &at,
					NULL),
			     ERR_NONE);
	for (size_t i = 1; i < NODES; i++) {
		struct enode before;

		node_self(h->lodgers[i - 1].node, &before);
		cr_assert_neq(before.tcp, 0);
		cr_assert_eq(server_dial(node_server(h->lodgers[i].node),
					 &before, NULL),
			     ERR_NONE);
	}
}

static void ready(void *ctx, enum err rc, const struct why *why)
{
	struct lodger *l = ctx;

	cr_assert_not_null(l->node, "told from inside of node_open");
	cr_assert_not(l->ready, "told twice");
	l->ready = true;
	l->rc = rc;
	l->why = *why;
	if (++l->house->ready < NODES)
		return;
	if (l->house->wanted)
		serve_all(l->house);
	else
		close_all(l->house);
}

static void happened(void *ctx, const struct server_event *ev)
{
	struct lodger *l = ctx;

	if (ev->kind != SERVER_PEER_ADDED)
		return;
	l->peers++;
	if (++l->house->links == l->house->wanted)
		close_all(l->house);
}

static void closed(void *ctx, const struct server_counters *sums)
{
	struct lodger *l = ctx;

	l->node = NULL;
	l->sums = *sums;
	if (--l->house->open)
		return;
	node_shared_close(&l->house->shared);
	net_timer_close(l->house->hang);
}

static void move_in(struct house *h, struct lodger *l, const struct wanted *w)
{
	struct ecc_keypair key;

	l->house = h;
	nodekey_make(&key);
	l->id = node_id_of(&key.pub);
	l->node = node_open(&(struct node_config){
		.shared = &h->shared,
		.key = &key,
		.name = "lodger",
		.plugins = w,
		.plugin_count = 1,
		.max_peers = NODES,
		.ready = ready,
		.event = happened,
		.closed = closed,
		.ctx = l,
	});
	secret_wipe(&key, sizeof(key));
	h->open++;
}

/* `odd` is the plugin of the last node, `all` that of the others. */
static void live(struct house *h, const char *all, const char *odd,
		 size_t wanted)
{
	struct wanted w[2];

	crypto_init();
	*h = (struct house){ .wanted = wanted };
	cr_assert_eq(net_loop_open(&h->loop, NULL), ERR_NONE);
	node_shared_open(&h->shared, h->loop, NULL, NULL);
	h->hang = net_timer_open(h->loop, on_hang, h);
	net_timer_set(h->hang, mono_add_ms(net_loop_now(h->loop), HANG_MS));
	wanted_init(&w[0], all, "test");
	wanted_init(&w[1], odd, "test");
	for (size_t i = 0; i < NODES; i++)
		move_in(h, &h->lodgers[i], &w[i == NODES - 1]);
	net_loop_run(h->loop);
	net_loop_close(h->loop);
	wanted_clear(&w[0]);
	wanted_clear(&w[1]);
	cr_assert_eq(h->open, 0);
	cr_assert_not(h->hung);
}

Test(node, shares_a_loop_with_others)
{
	static const char good[] = TEST_PLUGINS "/good.so";
	struct house h;

	live(&h, good, good, 2 * (NODES - 1));
	for (size_t i = 0; i < NODES; i++) {
		size_t links = i == 0 || i == NODES - 1 ? 1 : 2;

		cr_assert_eq(h.lodgers[i].rc, ERR_NONE, "%s",
			     h.lodgers[i].why.text);
		cr_assert_eq(h.lodgers[i].peers, links);
		cr_assert_eq(h.lodgers[i].sums.sessions, links);
		cr_assert_eq(h.lodgers[i].sums.dialed, i > 0);
	}
}

Test(node, fails_alone_when_its_plugin_does)
{
	struct house h;

	live(&h, TEST_PLUGINS "/good.so", TEST_PLUGINS "/failing.so", 0);
	cr_assert_eq(h.lodgers[0].rc, ERR_NONE);
	cr_assert_eq(h.lodgers[1].rc, ERR_NONE);
	cr_assert_eq(h.lodgers[2].rc, ERR_DENIED);
	cr_assert_not_null(strstr(h.lodgers[2].why.text, "start failed"), "%s",
			   h.lodgers[2].why.text);
}

Test(node, tells_nothing_once_it_is_closed)
{
	static const char good[] = TEST_PLUGINS "/good.so";
	struct wanted w;
	struct house h = { 0 };

	crypto_init();
	cr_assert_eq(net_loop_open(&h.loop, NULL), ERR_NONE);
	node_shared_open(&h.shared, h.loop, NULL, NULL);
	h.hang = net_timer_open(h.loop, on_hang, &h);
	wanted_init(&w, good, "test");
	for (size_t i = 0; i < NODES; i++) {
		move_in(&h, &h.lodgers[i], &w);
		node_close(h.lodgers[i].node);
		node_close(h.lodgers[i].node);
	}
	net_loop_run(h.loop);
	net_loop_close(h.loop);
	wanted_clear(&w);
	cr_assert_eq(h.open, 0);
	cr_assert_eq(h.ready, 0);
}
