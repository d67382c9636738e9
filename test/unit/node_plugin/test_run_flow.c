/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations with a peer that is not read, or does not read. */
#include "test/unit/node_plugin/talkers.h"

enum {
	FILLING = 1024,
	WEIGHT = FILLING + 128, /* CHANNEL_MESSAGE_COST */
};

/* Write numbered messages of FILLING bytes until nothing is taken any more,
 * however often the loop turns. Returns how many were. */
static size_t fill(struct weft_channel *ch)
{
	uint8_t payload[FILLING] = { 0xf9, 0x03, 0xfd, 0x82 };
	size_t before, n = 0;

	payload[6] = 0xb9; /* the rest of the list: a string to its end */
	payload[7] = (FILLING - 9) >> 8;
	payload[8] = (FILLING - 9) & 0xff;
	do {
		before = n;
		for (;;) {
			/* As two bytes: from 0x100 on. */
			payload[4] = (uint8_t)((n + 0x100) >> 8);
			payload[5] = (uint8_t)(n + 0x100);
			if (weft_try_write(ch, 0, payload, sizeof(payload)))
				break;
			n++;
		}
		subject_let_run();
	} while (n > before);
	return n;
}

static int has_read_all(void *arg)
{
	const size_t *n = arg;

	return the_slow->read == *n;
}

static int budgets(void *arg)
{
	struct weft_channel *ch = connect_slow();
	/* 256 KiB plus one message here, 1 MiB plus one on the way. */
	const size_t in = 256 * 1024 / WEIGHT + 1;
	const size_t out = (1024 * 1024 - 1) / WEIGHT + 1;
	size_t n = fill(ch);

	(void)arg;
	cr_assert_eq(n, in + out);
	cr_assert_eq(the_slow->read, (size_t)0);
	weft_wake(the_slow->go);
	subject_until(has_read_all, &n);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(the_slow->order[i], i + 0x100);
	return WEFT_OK;
}

Test(run_flow, holds_back_a_peer_that_is_not_read)
{
	subject_run(budgets, NULL);
}

static int empty_messages(void *arg)
{
	struct weft_channel *ch = connect_slow();
	size_t n = 0;

	(void)arg;
	/* They weigh something: a peer cannot have any number of them wait. */
	for (int i = 0; i < 8; i++) {
		while (!weft_try_write(ch, 0, NULL, 0))
			n++;
		subject_let_run();
	}
	cr_assert_gt(n, (size_t)1000);
	cr_assert_lt(n, (size_t)12000);
	return WEFT_OK;
}

Test(run_flow, weighs_empty_messages_too)
{
	subject_run(empty_messages, NULL);
}

struct writer {
	struct weft_channel *ch;
	uint64_t number;
	int rc;
	bool waits, done;
};

static int write_one(void *arg)
{
	struct writer *w = arg;

	w->waits = true;
	w->rc = weft_send(w->ch, 0, "[ud]", w->number, "", (size_t)0);
	w->done = true;
	return WEFT_OK;
}

static void start_writers(struct writer *w, size_t count,
			  struct weft_channel *ch)
{
	for (size_t i = 0; i < count; i++) {
		w[i] = (struct writer){ .ch = ch, .number = 7000 + i };
		cr_assert_eq(weft_go(weft_test_host(), write_one, &w[i]),
			     WEFT_OK);
	}
	subject_let_run();
	for (size_t i = 0; i < count; i++)
		cr_assert(w[i].waits && !w[i].done);
}

static int in_turn(void *arg)
{
	struct weft_channel *ch = connect_slow();
	struct writer w[5];
	size_t n = fill(ch);

	(void)arg;
	start_writers(w, ARRAY_LEN(w), ch);
	weft_wake(the_slow->go);
	/* Who does not wait does not overtake those who do. */
	cr_assert_eq(weft_try_write(ch, 0, NULL, 0), WEFT_EAGAIN);
	n += ARRAY_LEN(w);
	subject_until(has_read_all, &n);
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		cr_assert(w[i].done);
		cr_assert_eq(w[i].rc, WEFT_OK);
		cr_assert_eq(the_slow->order[n - ARRAY_LEN(w) + i], 7000 + i);
	}
	return weft_try_write(ch, 0, NULL, 0);
}

Test(run_flow, writes_in_the_order_of_waiting)
{
	subject_run(in_turn, NULL);
}

static int writers_see_the_end(void *arg)
{
	struct weft_channel *ch = connect_slow();
	struct writer w[3];

	(void)arg;
	fill(ch);
	start_writers(w, ARRAY_LEN(w), ch);
	weft_pipe_break(ch);
	subject_let_run();
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		cr_assert(w[i].done);
		cr_assert_eq(w[i].rc, WEFT_ECLOSED);
	}
	cr_assert_eq(weft_try_write(ch, 0, NULL, 0), WEFT_ECLOSED);
	cr_assert_eq(weft_write(ch, 0, NULL, 0), WEFT_ECLOSED);
	cr_assert_eq(weft_is_open(ch), 0);
	/* The plugin's side hears of it too, in whatever it waited. */
	cr_assert(the_slow->ended);
	cr_assert_eq(the_slow->last, WEFT_ECLOSED);
	return WEFT_OK;
}

Test(run_flow, wakes_waiting_writers_when_the_peer_dies)
{
	subject_run(writers_see_the_end, NULL);
}

static int break_a_writer_of_the_plugin(void *arg)
{
	struct weft_channel *ch = connect_echo();
	uint8_t some[4000] = { 0 };
	int before, n = 0;

	(void)arg;
	/* It echoes to a peer that does not read, and waits in weft_write. */
	do {
		before = n;
		while (!weft_try_write(ch, SAY, some, sizeof(some)))
			n++;
		subject_let_run();
	} while (n > before);
	/* Both budgets of both ways are full. */
	cr_assert_geq(n, 2 * (1024 + 256) * 1024 / (4000 + 128));
	weft_pipe_break(ch);
	subject_let_run();
	return WEFT_OK;
}

Test(run_flow, ends_when_the_peer_dies_in_the_middle_of_a_write)
{
	subject_run(break_a_writer_of_the_plugin, NULL);
}
