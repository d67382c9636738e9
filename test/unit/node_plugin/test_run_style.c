/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations: a fiber of its own per session. */
#include "test/unit/node_plugin/talkers.h"

static int talk(void *arg)
{
	struct weft_channel *ch = connect_echo();

	(void)arg;
	cr_assert_eq(weft_send(ch, SAY, "[su]", "hello", (uint64_t)7), WEFT_OK);
	cr_assert_eq(weft_send(ch, SAY, "[]"), WEFT_OK);
	cr_assert_eq(weft_write(ch, SAY, NULL, 0), WEFT_OK);
	cr_assert_eq(weft_expect(ch, SAY, "[su]", "hello", (uint64_t)7),
		     WEFT_OK);
	cr_assert_eq(weft_expect(ch, SAY, "[]"), WEFT_OK);
	return weft_expect(ch, SAY, "");
}

Test(run_style, answers_what_it_reads)
{
	subject_run(talk, NULL);
}

static int results(void *arg)
{
	static const struct {
		int rc;
		uint32_t reason;
	} cases[] = {
		{ WEFT_OK, 0x08 },
		{ WEFT_DISC(0x00), 0x00 },
		{ WEFT_DISC(0x04), 0x04 },
		{ WEFT_DISC(0xff), 0xff },
		{ WEFT_EMSG, 0x02 },
		{ WEFT_EFAIL, 0x10 },
		{ WEFT_EINVAL, 0x10 },
		{ -1000, 0x10 },
		{ 1, 0x10 },
		{ 0x200, 0x10 },
		/* Nobody reads any more: the session has no sense without. */
		{ WEFT_ECLOSED, 0x08 },
	};
	struct weft_host *host = weft_test_start(&echo, NULL);

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct weft_channel *ch = weft_pipe(host, "echo");

		cr_assert_eq(weft_send(ch, SAY, "u", (uint64_t)i), WEFT_OK);
		cr_assert_eq(weft_send(ch, END, "u", (uint64_t)cases[i].rc),
			     WEFT_OK);
		/* What was said before is not lost. */
		cr_assert_eq(weft_expect(ch, SAY, "u", (uint64_t)i), WEFT_OK);
		cr_assert_eq(weft_expect_end(ch, cases[i].reason), WEFT_OK);
		weft_channel_unref(ch);
	}
	return WEFT_OK;
}

Test(run_style, becomes_a_disconnect_by_what_it_returns)
{
	subject_run(results, NULL);
}

static int last_words(void *arg)
{
	static uint8_t big[90000];
	struct weft_channel *ch = connect_echo();
	struct weft_msg msg;

	(void)arg;
	/* More than the test's end takes at once: the rest is under way when
	 * the session ends. */
	for (int i = 0; i < 8; i++)
		cr_assert_eq(weft_write(ch, SAY, big, sizeof(big)), WEFT_OK);
	cr_assert_eq(weft_send(ch, END, "u", (uint64_t)WEFT_OK), WEFT_OK);
	subject_let_run();
	for (int i = 0; i < 8; i++)
		cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	return weft_expect_end(ch, 0x08);
}

Test(run_style, is_heard_to_its_last_word)
{
	subject_run(last_words, NULL);
}

/* --- limits ------------------------------------------------------------------
 */

static int sizes(void *arg)
{
	static uint8_t big[100001];
	struct weft_channel *ch = connect_echo();
	struct weft_msg msg;

	(void)arg;
	memset(big, 0x5a, sizeof(big));
	cr_assert_eq(weft_write(ch, SAY, big, sizeof(big) - 1), WEFT_OK);
	cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	cr_assert_eq(msg.size, sizeof(big) - 1);
	cr_assert_arr_eq(msg.payload, big, msg.size);
	/* One more than the receiver allows is its breach of protocol. */
	cr_assert_eq(weft_write(ch, SAY, big, sizeof(big)), WEFT_OK);
	return weft_expect_end(ch, 0x02);
}

Test(run_style, gets_messages_up_to_its_limit)
{
	subject_run(sizes, NULL);
}

static int wrong_arguments(void *arg)
{
	struct weft_channel *ch = connect_echo();
	struct weft_msg msg;
	uint8_t byte = 1;

	(void)arg;
	cr_assert_eq(weft_write(ch, CODES, &byte, 1), WEFT_EMSG);
	cr_assert_eq(weft_try_write(ch, CODES, &byte, 1), WEFT_EMSG);
	cr_assert_eq(weft_write(ch, SAY, NULL, 1), WEFT_EINVAL);
	cr_assert_eq(weft_write(NULL, SAY, &byte, 1), WEFT_EINVAL);
	cr_assert_eq(weft_read(ch, NULL), WEFT_EINVAL);
	cr_assert_eq(weft_read(NULL, &msg), WEFT_EINVAL);
	cr_assert_eq(weft_disconnect(ch, 0x100), WEFT_EINVAL);
	cr_assert_eq(weft_write(ch, SAY, &byte, (size_t)1 << 24), WEFT_ELIMIT);
	/* None of that went out. */
	cr_assert_eq(weft_write(ch, SAY, &byte, 1), WEFT_OK);
	return weft_expect(ch, SAY, "u", (uint64_t)1);
}

Test(run_style, refuses_wrong_arguments)
{
	subject_run(wrong_arguments, NULL);
}

/* --- the payload
 * ---------------------------------------------------------------
 */

struct keeper {
	struct weft_event *go;
	struct weft_shared *kept;
	bool ended;
};

static struct keeper keeper;

static int keeper_run(struct weft_peer *peer, struct weft_channel *ch,
		      void *state)
{
	struct weft_host *host = state;
	struct weft_msg msg, again;
	char *text = NULL;

	(void)peer;
	cr_assert_eq(weft_read(ch, &msg), WEFT_OK);
	cr_assert_eq(weft_unpack(&msg, "[s]", &text), WEFT_OK);
	cr_assert_eq(weft_wait(keeper.go, WEFT_FOREVER), WEFT_ECLOSED);
	/* The session is over; what was read last is still there. */
	cr_assert_eq(weft_is_open(ch), 0);
	cr_assert_eq(msg.size, (size_t)5);
	cr_assert_arr_eq(msg.payload,
			 "\xc4\x83"
			 "abc",
			 5);
	cr_assert_str_eq(text, "abc");
	cr_assert_eq(weft_msg_keep(ch, &msg, &keeper.kept), WEFT_OK);
	/* Every call says that it is closed, and none of them waits. */
	cr_assert_eq(weft_read(ch, &again), WEFT_ECLOSED);
	cr_assert_eq(weft_read_until(ch, &again, 0), WEFT_ECLOSED);
	cr_assert_eq(weft_write(ch, 0, NULL, 0), WEFT_ECLOSED);
	cr_assert_eq(weft_try_write(ch, 0, NULL, 0), WEFT_ECLOSED);
	cr_assert_eq(weft_send(ch, 0, "[]"), WEFT_ECLOSED);
	cr_assert_eq(weft_post_msg(ch, keeper.kept), WEFT_ECLOSED);
	cr_assert_eq(weft_sleep_until(host, WEFT_FOREVER), WEFT_ECLOSED);
	cr_assert_eq(weft_wait(keeper.go, WEFT_FOREVER), WEFT_ECLOSED);
	cr_assert_eq(weft_disconnect(ch, 0), WEFT_ECLOSED);
	cr_assert_eq(weft_channel_go(ch, NULL, NULL), WEFT_EINVAL);
	keeper.ended = true;
	return WEFT_ECLOSED;
}

static int keeper_start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "keeper",
		.version = 1,
		.codes = 1,
		.run = keeper_run,
	};

	*state = host;
	keeper = (struct keeper){ .go = weft_event_new(host) };
	return weft_protocol_add(host, &p, host);
}

SUBJECT(keeper_plugin, .start = keeper_start);

static int keep(void *arg)
{
	struct weft_host *host = weft_test_start(&keeper_plugin, NULL);
	struct weft_channel *ch = weft_pipe(host, "keeper");
	struct weft_msg msg;
	char *text;

	(void)arg;
	cr_assert_eq(weft_send(ch, 0, "[s]", "abc"), WEFT_OK);
	subject_let_run();
	cr_assert_eq(weft_disconnect(ch, 0x03), WEFT_OK);
	subject_let_run();
	cr_assert(keeper.ended);
	/* A kept message has a life of its own. */
	cr_assert_eq(weft_msg_view(keeper.kept, &msg), WEFT_OK);
	cr_assert_eq(weft_unpack(&msg, "[s]", &text), WEFT_OK);
	cr_assert_str_eq(text, "abc");
	weft_msg_free(keeper.kept);
	return WEFT_OK;
}

Test(run_style, keeps_what_it_read_when_the_channel_closes)
{
	subject_run(keep, NULL);
}

/* --- more fibers of one channel
 * ------------------------------------------------
 */

static struct {
	int reader, second, late;
	bool read;
} pair;

static int second_reader(void *arg)
{
	struct weft_msg msg;

	pair.second = weft_read(arg, &msg);
	/* A result below 0 ends the session as that of run does. */
	return WEFT_DISC(0x42);
}

static int first_reader(void *arg)
{
	struct weft_msg msg;

	pair.reader = weft_read(arg, &msg);
	pair.read = true;
	return pair.reader;
}

static int pair_run(struct weft_peer *peer, struct weft_channel *ch,
		    void *state)
{
	struct weft_host *host = state;
	struct weft_msg msg;

	(void)peer;
	cr_assert_eq(weft_read_until(ch, &msg, weft_now(host)), WEFT_ETIMEDOUT);
	cr_assert_eq(weft_read_until(ch, &msg, weft_now(host) + WEFT_MS(5)),
		     WEFT_ETIMEDOUT);
	/* One that belongs to the plugin waits for this channel too. */
	cr_assert_eq(weft_go(host, first_reader, ch), WEFT_OK);
	cr_assert_eq(weft_sleep_until(host, 0), WEFT_OK);
	cr_assert_eq(weft_channel_go(ch, second_reader, ch), WEFT_OK);
	pair.late = weft_sleep_until(host, WEFT_FOREVER);
	return pair.late;
}

static int pair_start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "pair",
		.version = 1,
		.codes = 1,
		.run = pair_run,
	};

	(void)state;
	return weft_protocol_add(host, &p, host);
}

SUBJECT(pair_plugin, .start = pair_start);

static int run_pair(void *arg)
{
	struct weft_host *host = weft_test_start(&pair_plugin, NULL);
	struct weft_channel *ch = weft_pipe(host, "pair");

	(void)arg;
	cr_assert_eq(weft_expect_end(ch, 0x42), WEFT_OK);
	cr_assert_eq(pair.second, WEFT_EINVAL);
	cr_assert(pair.read);
	cr_assert_eq(pair.reader, WEFT_ECLOSED);
	cr_assert_eq(pair.late, WEFT_ECLOSED);
	return WEFT_OK;
}

Test(run_style, has_one_reader_and_any_number_of_fibers)
{
	subject_run(run_pair, NULL);
}

/* --- the handle
 * ----------------------------------------------------------------
 */

static int handles(void *arg)
{
	struct weft_host *host = weft_test_start(&slow, NULL);
	struct weft_channel *near = weft_pipe(host, "slow");
	struct weft_peer_facts facts;
	struct weft_channel *ch;

	(void)arg;
	subject_let_run();
	ch = weft_channel_ref(the_slow->ch);
	cr_assert_eq(weft_is_open(ch), 1);
	cr_assert_eq(weft_channel_facts(ch, &facts), WEFT_OK);
	cr_assert_str_eq(facts.remote, "192.0.2.1:30303");
	cr_assert_eq(weft_disconnect(ch, 0x05), WEFT_OK);
	/* It is closed from that moment, though the peer has yet to hear. */
	cr_assert_eq(weft_is_open(ch), 0);
	cr_assert_eq(weft_disconnect(ch, 0x06), WEFT_ECLOSED);
	cr_assert_eq(weft_expect_end(near, 0x05), WEFT_OK);
	cr_assert(the_slow->ended);
	cr_assert_eq(weft_channel_facts(ch, &facts), WEFT_ECLOSED);
	cr_assert_eq(weft_try_write(ch, 0, NULL, 0), WEFT_ECLOSED);
	weft_channel_unref(ch);
	return WEFT_OK;
}

Test(run_style, leaves_a_handle_that_outlives_the_session)
{
	subject_run(handles, NULL);
}

static int stopped_by_its_node(void *arg)
{
	struct weft_host *host = weft_test_start(&echo, NULL);
	struct weft_channel *a = weft_pipe(host, "echo");
	struct weft_channel *b = weft_pipe(host, "echo/1");

	(void)arg;
	cr_assert_eq(weft_send(a, SAY, "u", (uint64_t)3), WEFT_OK);
	cr_assert_eq(weft_expect(a, SAY, "u", (uint64_t)3), WEFT_OK);
	cr_assert_eq(weft_test_stop(host), WEFT_OK);
	cr_assert_eq(weft_expect_end(a, 0x08), WEFT_OK);
	return weft_expect_end(b, 0x08);
}

Test(run_style, ends_its_sessions_when_the_plugin_stops)
{
	subject_run(stopped_by_its_node, NULL);
}
