/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bootnode.h"

#include <stdlib.h>

#include "p2p/net/work.h"

struct name {
	struct bootnode_search *search;
	struct net_resolve *resolve; /* NULL: nothing to look up */
	const struct bootnode *node;
	struct contact *out;
};

struct bootnode_search {
	struct net_timer *timer;
	void (*done)(void *ctx, enum err rc, const struct why *why);
	void *ctx;
	struct reach reach;
	size_t left;
	size_t count;
	struct name names[];
};

bool bootnode_contact(struct contact *out, const struct bootnode *b,
		      const struct reach *reach)
{
	if (b->record.len)
		return contact_of_record(out, &b->record, reach);
	return contact_of_node(out, &b->node);
}

bool bootnode_named(struct contact *out, const struct bootnode *b,
		    const struct ip *ips, size_t count,
		    const struct reach *reach)
{
	const struct ip *best = reach_choose(reach, ips, count);
	struct enode node = b->node;

	if (!best)
		return false;
	node.ip = *best;
	return contact_of_node(out, &node);
}

static void end(struct bootnode_search *s, enum err rc, const struct why *why)
{
	for (size_t i = 0; i < s->count; i++) {
		net_resolve_close(s->names[i].resolve);
		s->names[i].resolve = NULL;
	}
	net_timer_set(s->timer, MONO_NEVER);
	s->done(s->ctx, rc, why);
}

static void found(void *ctx, enum err rc, const struct ip *ips, size_t count,
		  const struct why *why)
{
	struct name *n = ctx;
	struct why told = *why;

	net_resolve_close(n->resolve);
	n->resolve = NULL;
	if (!rc &&
	    !bootnode_named(n->out, n->node, ips, count, &n->search->reach))
		rc = err_fail(&told, ERR_NOT_FOUND, "%s: no usable address",
			      n->node->node.host);
	if (rc)
		end(n->search, err_wrap(&told, rc, "bootnode"), &told);
	else if (!--n->search->left)
		end(n->search, ERR_NONE, &told);
}

static void on_timer(void *ctx)
{
	struct bootnode_search *s = ctx;
	struct why why = WHY_NONE;
	enum err rc = ERR_TIMEOUT;

	for (size_t i = 0; i < s->count; i++)
		if (s->names[i].resolve)
			rc = err_fail(&why, ERR_TIMEOUT,
				      "bootnode %s: no answer within %d s to "
				      "where that is",
				      s->names[i].node->node.host,
				      BOOTNODE_SEARCH_MS / 1000);
	end(s, rc, &why);
}

struct bootnode_search *bootnode_search_open(
	struct net_loop *loop, struct contact *out, const struct bootnode *list,
	size_t count, const struct reach *reach,
	void (*done)(void *ctx, enum err rc, const struct why *why), void *ctx)
{
	struct bootnode_search *s =
		calloc(1, sizeof(*s) + count * sizeof(s->names[0]));

	if (!s)
		abort();
	s->done = done;
	s->reach = *reach;
	s->ctx = ctx;
	for (size_t i = 0; i < count; i++) {
		struct name *n = &s->names[s->count];

		if (bootnode_contact(&out[i], &list[i], reach))
			continue;
		*n = (struct name){ s, NULL, &list[i], &out[i] };
		s->count++;
	}
	if (!s->count) {
		free(s);
		return NULL;
	}
	s->left = s->count;
	for (size_t i = 0; i < s->count; i++)
		s->names[i].resolve = net_resolve_open(
			loop, s->names[i].node->node.host, found, &s->names[i]);
	s->timer = net_timer_open(loop, on_timer, s);
	net_timer_set(s->timer,
		      mono_add_ms(net_loop_now(loop), BOOTNODE_SEARCH_MS));
	return s;
}

void bootnode_search_close(struct bootnode_search *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		net_resolve_close(s->names[i].resolve);
	net_timer_close(s->timer);
	free(s);
}
