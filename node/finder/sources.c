/* SPDX-License-Identifier: Apache-2.0 */
#include "node/finder/sources.h"

#include <stdlib.h>

struct sources {
	struct net_loop *loop;
	struct net_timer *timer;
	struct mix *mix;
	bool is_hungry; /* was told that there is none */
	void (*ready)(void *ctx);
	void *ctx;
};

static void plan(struct sources *s)
{
	if (s->is_hungry)
		net_timer_set(s->timer, mix_due(s->mix));
}

static void on_timer(void *ctx)
{
	struct sources *s = ctx;

	if (!s->is_hungry)
		return;
	if (mono_before(net_loop_now(s->loop), mix_due(s->mix))) {
		plan(s); /* who had a node has closed */
		return;
	}
	s->is_hungry = false;
	s->ready(s->ctx);
}

struct sources *sources_open(struct net_loop *loop, void (*ready)(void *ctx),
			     void *ctx)
{
	struct sources *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->loop = loop;
	s->ready = ready;
	s->ctx = ctx;
	s->mix = mix_new();
	s->timer = net_timer_open(loop, on_timer, s);
	return s;
}

void sources_close(struct sources *s)
{
	net_timer_close(s->timer);
	mix_free(s->mix);
	free(s);
}

enum err sources_add(struct sources *s, unsigned *source, const char *name)
{
	return mix_open(s->mix, source, name);
}

void sources_remove(struct sources *s, unsigned source)
{
	mix_close(s->mix, source);
}

void sources_put(struct sources *s, unsigned source, const struct contact *node)
{
	mix_put(s->mix, source, node);
	plan(s);
}

size_t sources_room(const struct sources *s, unsigned source)
{
	return mix_room(s->mix, source);
}

bool sources_next(struct sources *s, struct contact *out,
		  char source[MIX_NAME_MAX])
{
	s->is_hungry = !mix_take(s->mix, out, source, net_loop_now(s->loop));
	plan(s);
	return !s->is_hungry;
}
