/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/node_plugin/talkers.h"

#include <stdlib.h>
#include <string.h>

/* --- an echo -----------------------------------------------------------------
 */

static int echo_run(struct weft_peer *peer, struct weft_channel *ch,
		    void *state)
{
	struct weft_peer_facts facts;
	struct weft_msg msg;
	uint64_t n;
	int rc;

	(void)state;
	cr_assert_eq(weft_peer_facts(peer, &facts), WEFT_OK);
	cr_assert_eq(facts.inbound, 1u);
	while ((rc = weft_read(ch, &msg)) == WEFT_OK) {
		if (msg.code == END) {
			cr_assert_eq(weft_unpack(&msg, "u", &n), WEFT_OK);
			return (int)(int64_t)n;
		}
		rc = weft_write(ch, msg.code, msg.payload, msg.size);
		if (rc)
			break;
	}
	return rc;
}

static int echo_start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "echo",
		.version = 1,
		.codes = CODES,
		.max_message = 100000,
		.run = echo_run,
	};

	(void)state;
	return weft_protocol_add(host, &p, NULL);
}

const struct weft_plugin echo = {
	.abi = WEFT_ABI,
	.size = sizeof(struct weft_plugin),
	.abi_hash = WEFT_ABI_HASH,
	.api = &weft_api_table,
	.name = "echo",
	.version = "1.0.0",
	.start = echo_start,
};

struct weft_channel *connect_echo(void)
{
	struct weft_host *host = weft_test_start(&echo, NULL);
	struct weft_channel *ch = weft_pipe(host, "echo");

	cr_assert_not_null(ch);
	return ch;
}

struct slow *the_slow;

/* --- a reader that waits to be told ------------------------------------------
 */

static int slow_run(struct weft_peer *peer, struct weft_channel *ch,
		    void *state)
{
	struct slow *s = state;
	struct weft_msg msg;

	(void)peer;
	s->ch = ch;
	s->last = weft_wait(s->go, WEFT_FOREVER);
	while (!s->last && !(s->last = weft_read(ch, &msg))) {
		cr_assert_lt(s->read, ARRAY_LEN(s->order));
		if (weft_unpack(&msg, "[u*]", &s->order[s->read]))
			s->order[s->read] = UINT64_MAX;
		s->read++;
	}
	s->ended = true;
	return s->last;
}

static int slow_start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "slow",
		.version = 1,
		.codes = 1,
		.run = slow_run,
	};
	struct slow *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->host = host;
	s->go = weft_event_new(host);
	*state = s;
	the_slow = s;
	return weft_protocol_add(host, &p, s);
}

static void slow_freed(void *state)
{
	free(state);
}

const struct weft_plugin slow = {
	.abi = WEFT_ABI,
	.size = sizeof(struct weft_plugin),
	.abi_hash = WEFT_ABI_HASH,
	.api = &weft_api_table,
	.name = "slow",
	.version = "1.0.0",
	.start = slow_start,
	.freed = slow_freed,
};

struct weft_channel *connect_slow(void)
{
	return weft_pipe(weft_test_start(&slow, NULL), "slow");
}
