/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/net/later.h"

#include <stdlib.h>

#include "p2p/net/loop_internal.h"

struct net_later {
	struct net_loop *loop;
	void (*run)(void *ctx);
	void *ctx;
	struct net_task task;
};

static void on_end(struct net_task *task)
{
	struct net_later *l = CONTAINER_OF(task, struct net_later, task);

	l->run(l->ctx);
}

struct net_later *net_later_open(struct net_loop *loop, void (*run)(void *ctx),
				 void *ctx)
{
	struct net_later *l = net_new(sizeof(*l));

	l->loop = loop;
	l->run = run;
	l->ctx = ctx;
	net_task_init(&l->task, on_end);
	net_loop_hold(loop);
	return l;
}

void net_later_ask(struct net_later *l)
{
	net_loop_at_end(l->loop, &l->task);
}

void net_later_close(struct net_later *l)
{
	if (!l)
		return;
	link_leave(&l->task.link);
	net_loop_let_go(l->loop);
	free(l);
}
