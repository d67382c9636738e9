/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>

#include "p2p/net/async.h"
#include "test/unit/net/scene.h"

enum {
	WAKES = 1000
};

struct bell {
	struct scene sc;
	struct net_async *async;
	pthread_t loop_thread;
	atomic_int said; /* by the other thread, before each wake */
	int heard;	 /* of that, in the last call */
	int calls;
	bool elsewhere; /* it was called on another thread */
};

static void rung(void *ctx)
{
	struct bell *b = ctx;

	b->calls++;
	b->heard = b->said;
	b->elsewhere |= !pthread_equal(pthread_self(), b->loop_thread);
	if (b->heard == WAKES)
		net_loop_stop(b->sc.loop);
}

static void *ring(void *arg)
{
	struct bell *b = arg;

	for (int i = 0; i < WAKES; i++) {
		b->said++;
		net_async_wake(b->async);
	}
	return NULL;
}

static void bell_open(struct bell *b)
{
	*b = (struct bell){ .loop_thread = pthread_self() };
	scene_open(&b->sc);
	b->async = net_async_open(b->sc.loop, rung, b);
}

Test(async, wakes_the_loop_from_another_thread)
{
	struct bell b;
	pthread_t thread;

	bell_open(&b);
	cr_assert_eq(pthread_create(&thread, NULL, ring, &b), 0);
	net_loop_run(b.sc.loop);
	pthread_join(thread, NULL);
	cr_assert_eq(b.heard, WAKES);
	cr_assert(b.calls >= 1 && b.calls <= WAKES);
	cr_assert(!b.elsewhere);
	net_async_close(b.async);
	scene_close(&b.sc);
}

Test(async, is_not_called_once_closed)
{
	struct bell b;

	bell_open(&b);
	b.said = 1;
	net_async_wake(b.async);
	net_async_close(b.async);
	net_async_close(NULL);
	scene_close(&b.sc); /* turns the loop to its end */
	cr_assert_eq(b.calls, 0);
}
