/* SPDX-License-Identifier: Apache-2.0 */
/* test_gossip.c - what the plugin interface promises, judged by what the gossip
 * plugin counted. */
#include <stdlib.h>
#include <string.h>

#include "test/plugins/gossip/gossip.h"
#include "test/unit/plugins/scene.h"

WEFT_EXPORT extern const struct weft_plugin weft_plugin;

static struct weft_host *start(const char *options)
{
	return weft_test_start(&weft_plugin, options);
}

/* One of its sums; -1 when it does not tell. */
static int64_t sum(struct weft_host *gossip, const char *name)
{
	char json[4096], key[64];
	const char *at;

	if (weft_test_call(gossip, "gossip_stats", NULL, json, sizeof(json)))
		return -1;
	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(json, key);
	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

/* Time passes until it is that many; the run's limit ends a hang. */
static int reach(struct weft_host *gossip, const char *name, int64_t value)
{
	int rc = WEFT_OK;

	while (!rc && sum(gossip, name) < value)
		rc = weft_sleep_until(weft_test_host(),
				      weft_now(weft_test_host()) + WEFT_MS(1));
	return rc;
}

static int say(struct weft_host *gossip)
{
	return weft_test_call(gossip, "gossip_say", NULL, NULL, 0);
}

/* --- rumours -----------------------------------------------------------------
 */

Scene(plugin_gossip, a_rumour_goes_round_and_is_heard_by_each_once)
{
	struct weft_host *a = start(NULL), *b = start(NULL), *c = start(NULL);

	(void)arg;
	/* The test's nodes have one id; their rumours differ by number. */
	MUST_BE(weft_pipe_join(a, b, "gossip"), 0);
	MUST_BE(weft_pipe_join(b, c, "gossip"), 0);
	MUST_BE(weft_pipe_join(c, a, "gossip"), 0);
	MUST_BE(reach(a, "opened", 2), 0);
	MUST_BE(reach(b, "opened", 2), 0);
	MUST_BE(reach(c, "opened", 2), 0);
	MUST_BE(say(a), 0);
	/* b tells c what a told both, and c tells b. */
	MUST_BE(reach(b, "rumours_again", 1), 0);
	MUST_BE(reach(c, "rumours_again", 1), 0);
	MUST_BE(sum(a, "rumours_made"), 1);
	MUST_BE(sum(a, "rumours_posted"), 2);
	MUST_BE(sum(a, "rumours_again"), 0);
	MUST_BE(sum(b, "rumours_heard"), 1);
	MUST_BE(sum(b, "rumours_posted"), 1);
	MUST_BE(sum(c, "rumours_heard"), 1);
	MUST_BE(sum(c, "rumours_posted"), 1);
	return WEFT_OK;
}

Scene(plugin_gossip, a_timer_makes_rumours)
{
	struct weft_host *a = start("rumour_every=1ms");
	struct weft_host *b = start(NULL);

	(void)arg;
	MUST_BE(weft_pipe_join(a, b, "gossip"), 0);
	MUST_BE(reach(b, "rumours_heard", 20), 0);
	MUST(sum(a, "rumours_made") >= 20);
	return WEFT_OK;
}

/* 1 MiB of them, and what the channels hold beside. */
Scene(plugin_gossip, who_does_not_read_misses_rumours_and_delays_nobody)
{
	enum {
		SAID = 20000
	};
	struct weft_host *a = start(NULL);
	struct weft_channel *deaf = weft_pipe(a, "gossip");
	struct weft_channel *ch = weft_pipe(a, "gossip");

	(void)arg;
	(void)deaf;
	MUST_BE(reach(a, "opened", 2), 0);
	for (int i = 0; i < SAID; i++) {
		MUST_BE(say(a), 0);
		MUST_BE(weft_expect(ch, GOSSIP_RUMOUR, NULL), 0);
	}
	MUST(sum(a, "rumours_skipped") > 0);
	MUST_BE(sum(a, "rumours_posted") + sum(a, "rumours_skipped"), 2 * SAID);
	return WEFT_OK;
}

Scene(plugin_gossip, ends_the_session_over_what_does_not_decode)
{
	struct weft_host *a = start(NULL);

	(void)arg;
	for (uint32_t code = 0; code < GOSSIP_CODES; code++) {
		struct weft_channel *ch = weft_pipe(a, "gossip");

		MUST_BE(weft_send(ch, code, "s", "no list"), 0);
		MUST_BE(weft_expect_end(ch, 0x02), 0);
	}
	MUST_BE(reach(a, "closed", GOSSIP_CODES), 0);
	return WEFT_OK;
}

/* --- questions ---------------------------------------------------------------
 */

Scene(plugin_gossip, questions_are_answered_in_time)
{
	struct weft_host *a = start("ask_every=1ms,ask_deadline=30s");
	struct weft_host *b = start("ask_every=1ms,ask_deadline=30s");

	(void)arg;
	MUST_BE(weft_pipe_join(a, b, "gossip"), 0);
	MUST_BE(reach(a, "answered", 20), 0);
	MUST_BE(reach(b, "answered", 20), 0);
	MUST_BE(sum(a, "late"), 0);
	MUST_BE(sum(a, "strays"), 0);
	MUST(sum(a, "replied") >= 20);
	return WEFT_OK;
}

/* A slow answer holds back its own channel only. */
Scene(plugin_gossip, an_answer_after_the_deadline_is_late)
{
	struct weft_host *a = start("ask_every=1ms,ask_deadline=5ms");
	struct weft_host *slow = start("answer_after=50ms");
	struct weft_host *other = start("ask_every=1ms,ask_deadline=30s");

	(void)arg;
	MUST_BE(weft_pipe_join(a, slow, "gossip"), 0);
	MUST_BE(weft_pipe_join(other, a, "gossip"), 0);
	MUST_BE(reach(a, "strays", 1), 0);
	MUST(sum(a, "late") >= 1);
	MUST_BE(reach(other, "answered", 20), 0);
	MUST_BE(sum(other, "late"), 0);
	return WEFT_OK;
}

Scene(plugin_gossip, a_session_that_ends_cuts_the_wait_for_an_answer)
{
	struct weft_host *a = start("ask_every=1ms,ask_deadline=1h");
	struct weft_channel *ch = weft_pipe(a, "gossip");

	(void)arg;
	MUST_BE(weft_expect(ch, GOSSIP_ASK, "[u]", (uint64_t)1), 0);
	weft_pipe_break(ch);
	MUST_BE(reach(a, "closed", 1), 0);
	MUST_BE(sum(a, "cut"), 1);
	MUST_BE(sum(a, "answered"), 0);
	return WEFT_OK;
}

Scene(plugin_gossip, an_answer_to_nothing_is_a_stray)
{
	struct weft_host *a = start(NULL);
	struct weft_channel *ch = weft_pipe(a, "gossip");

	(void)arg;
	MUST_BE(weft_send(ch, GOSSIP_ANSWER, "[u]", (uint64_t)0), 0);
	MUST_BE(weft_send(ch, GOSSIP_ANSWER, "[u]", (uint64_t)1), 0);
	MUST_BE(reach(a, "strays", 2), 0);
	return WEFT_OK;
}

/* --- loads -------------------------------------------------------------------
 */

Scene(plugin_gossip, large_messages_arrive_whole_at_a_slow_reader)
{
	struct weft_host *a = start("loads=6,load_size=1048576");
	struct weft_host *b = start("loads=6,load_size=1,read_delay=500ms");

	(void)arg;
	MUST_BE(weft_pipe_join(a, b, "bulk"), 0);
	MUST_BE(reach(b, "loads_heard", 6), 0);
	MUST_BE(reach(a, "loads_heard", 6), 0);
	MUST_BE(sum(b, "load_bytes"), 6 * 1048576);
	MUST_BE(sum(a, "load_bytes"), 6);
	MUST_BE(sum(a, "loads_wrong"), 0);
	MUST_BE(sum(b, "loads_wrong"), 0);
	MUST_BE(sum(a, "loads_sent"), 6);
	MUST_BE(sum(a, "loads_cut"), 0);
	/* It had to wait for the reader, who is slower than any machine makes
	 * a load. */
	MUST(sum(a, "longest_write_ms") >= 1);
	return WEFT_OK;
}

Scene(plugin_gossip, the_largest_message_arrives)
{
	struct weft_host *a = start("loads=1,load_size=16777152");
	struct weft_host *b = start(NULL);

	(void)arg;
	MUST_BE(weft_pipe_join(a, b, "bulk"), 0);
	MUST_BE(reach(b, "load_bytes", 16777152), 0);
	MUST_BE(sum(b, "loads_wrong"), 0);
	return WEFT_OK;
}

/* Whoever waits in a write when the peer dies is told at once. */
Scene(plugin_gossip, a_peer_that_dies_cuts_the_write)
{
	struct weft_host *a = start("loads=1000");
	struct weft_channel *ch = weft_pipe(a, "bulk");
	struct weft_msg msg;
	int64_t sent = -1;
	int still = 0;

	(void)arg;
	MUST_BE(weft_read(ch, &msg), 0);
	/* Until nothing moves for far longer than it takes to make a load:
	 * then it waits. */
	while (still < 100) {
		still = sum(a, "loads_sent") == sent ? still + 1 : 0;
		sent = sum(a, "loads_sent");
		MUST_BE(weft_sleep_until(a, weft_now(a) + WEFT_MS(20)), 0);
	}
	MUST_BE(sum(a, "loads_cut"), 0);
	weft_pipe_break(ch);
	MUST_BE(reach(a, "loads_cut", 1), 0);
	MUST_BE(sum(a, "loads_sent"), sent);
	return WEFT_OK;
}

Scene(plugin_gossip, the_end_of_the_plugin_cuts_it_too)
{
	struct weft_host *a =
		start("loads=1000,ask_every=1ms,ask_deadline=60s");
	struct weft_channel *bulk = weft_pipe(a, "bulk");
	struct weft_channel *gossip = weft_pipe(a, "gossip");

	(void)arg;
	MUST_BE(weft_expect(bulk, BULK_LOAD, NULL), 0);
	MUST_BE(weft_expect(gossip, GOSSIP_ASK, NULL), 0);
	MUST_BE(weft_test_stop(a), 0);
	MUST_BE(weft_expect_end(gossip, 0x08), 0);
	return WEFT_OK;
}
