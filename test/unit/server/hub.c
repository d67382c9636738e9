/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/server/hub.h"

struct node hub, friend;
struct raw raw;

void open_scene(void)
{
	scene_open(&scene);
	node_init(&hub, &scene);
	node_init(&friend, &scene);
	/* The stranger has nothing to say, however long a test takes. */
	hub.limits.pace.idle_ms = 600000;
	hub.limits.linger.min_ms = 20;
	hub.limits.linger.max_ms = 40;
}

void open_hub(void)
{
	node_open(&hub);
	node_open(&friend);
	node_join(&friend, &hub);
}

static bool no_slot_is_held(void *ctx UNUSED)
{
	return hub.server->admit.pending == 0 && hub.server->linger.held == 0;
}

void close_hub(void)
{
	node_check_alive(&friend, &hub);
	scene_until(&scene, no_slot_is_held, NULL);
	node_close(&friend);
	node_close(&hub);
	scene_close(&scene);
}

struct peer *hub_peer(const struct ecc_pub *pub)
{
	struct peer *p = hub.server->all;

	while (p && memcmp(&p->facts.pub, pub, sizeof(*pub)))
		p = p->next;
	cr_assert_not_null(p);
	return p;
}

void expect_silence(size_t bytes)
{
	raw_wait_end(&raw);
	cr_assert_eq(raw.bytes_in, bytes);
	cr_assert_eq(raw.reason, RAW_NO_REASON);
	raw_close(&raw);
}

uint64_t faults(enum rlpx_fault fault)
{
	return node_counters(&hub).faults[fault];
}
