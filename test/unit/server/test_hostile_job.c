/* SPDX-License-Identifier: Apache-2.0 */
/* What happens while a handshake's curve work is out on the pool. */
#include <semaphore.h>

#include "test/unit/server/hub.h"

enum {
	BLOCKERS = 16
}; /* more than the loop does itself, and than the pool runs at once */

static sem_t gate;
static size_t blockers_back;

static void block(void *arg UNUSED)
{
	sem_wait(&gate);
}

static void unblocked(void *arg UNUSED)
{
	blockers_back++;
}

static void block_pool(void)
{
	sem_init(&gate, 0, 0);
	blockers_back = 0;
	for (size_t i = 0; i < BLOCKERS; i++)
		net_work(scene.loop, block, unblocked, NULL);
}

static void unblock_pool(void)
{
	for (size_t i = 0; i < BLOCKERS; i++)
		sem_post(&gate);
}

static bool pool_is_free(void *ctx UNUSED)
{
	return blockers_back == BLOCKERS && net_work_waiting(scene.loop) == 0;
}

static bool job_is_out(void *ctx UNUSED)
{
	return hub.server->all && hub.server->all->work;
}

Test(hostile, handshake_that_times_out_while_its_job_is_out)
{
	open_scene();
	node_open(&hub);
	block_pool();
	raw_open(&raw, &hub);
	raw_auth(&raw, &hub);
	scene_until(&scene, job_is_out, NULL);
	scene_make_late(&scene, hub.server->all);
	raw_wait_end(&raw);
	cr_assert_eq(node_counters(&hub).timeouts_handshake, (uint64_t)1);
	cr_assert_eq(raw.bytes_in, (size_t)0);
	/* The socket is gone, the job is still out. */
	cr_assert_not_null(hub.server->all);
	unblock_pool();
	scene_until(&scene, pool_is_free, NULL);
	cr_assert_null(hub.server->all);
	raw_close(&raw);
	node_close(&hub);
	scene_close(&scene);
}

Test(hostile, server_closing_while_a_job_is_out)
{
	open_scene();
	node_open(&hub);
	block_pool();
	raw_open(&raw, &hub);
	raw_auth(&raw, &hub);
	scene_until(&scene, job_is_out, NULL);
	server_close(hub.server);
	raw_wait_end(&raw);
	cr_assert_eq(hub.server_closed, (size_t)0, "it waits for the job");
	unblock_pool();
	node_close(&hub);
	cr_assert_eq(raw.bytes_in, (size_t)0);
	raw_close(&raw);
	scene_close(&scene);
}

static bool nobody_new_is_read(void *ctx)
{
	const uint64_t *accepted = ctx;

	return node_counters(&hub).accepted == *accepted &&
	       net_work_waiting(scene.loop) > BLOCKERS;
}

/* A slot is held until the job is back, or who resets at once could queue
 * jobs without end. */
Test(hostile, resets_while_their_jobs_are_out)
{
	enum {
		TRIES = 12
	};

	open_scene();
	hub.config.max_pending = 8; /* four for strangers */
	node_open(&hub);
	block_pool();
	for (uint64_t i = 1; i <= TRIES; i++) {
		raw_open(&raw, &hub);
		raw_auth(&raw, &hub);
		scene_until(&scene, nobody_new_is_read, &i);
		scene_for(&scene, 10);
		raw_reset(&raw);
	}
	cr_assert_eq(hub.server->admit.pending, (size_t)4);
	cr_assert_eq(node_counters(&hub).throttled, (uint64_t)TRIES - 4);
	cr_assert_leq(net_work_waiting(scene.loop), (size_t)BLOCKERS + 4);
	unblock_pool();
	scene_until(&scene, pool_is_free, NULL);
	node_close(&hub);
	scene_close(&scene);
}
