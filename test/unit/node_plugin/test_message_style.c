/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: one handler per message, in a fiber that lasts as long as it. */
#include "test/unit/node_plugin/subject.h"

enum {
	ADD = 0,   /* add the number to the sum and say the sum */
	WAIT = 1,  /* return only when told, or at the end */
	GIVE = 2,  /* return that number */
	KEEP = 3,  /* keep the message */
	RELAY = 4, /* to every other session, as one message */
	CODES = 5,
};

/* What a session has, and what the plugin. */
struct session {
	uint64_t sum;
	int running; /* handlers now; never over one */
};

static struct {
	struct weft_host *host;
	struct weft_event *go, *open;
	struct weft_shared *kept;
	int opened_result;
	int opened, closed, refused;
	int waiting, interrupted;
	int most_running;
	int each;
	bool hold_opened;
} seen;

static int adder_opened(struct weft_channel *ch, void *state, void **user)
{
	struct session *s = calloc(1, sizeof(*s));
	struct weft_peer_facts facts;

	(void)state;
	seen.opened++;
	*user = s;
	cr_assert_eq(weft_channel_facts(ch, &facts), WEFT_OK);
	if (seen.hold_opened &&
	    weft_wait(seen.open, WEFT_FOREVER) == WEFT_ECLOSED)
		return WEFT_ECLOSED;
	s->sum = 100;
	return seen.opened_result;
}

static int keep(struct weft_channel *ch, const struct weft_msg *msg)
{
	struct weft_shared *other;
	struct weft_msg not_it = *msg;

	not_it.held = NULL;
	cr_assert_eq(weft_msg_keep(ch, &not_it, &other), WEFT_EINVAL);
	return weft_msg_keep(ch, msg, &seen.kept);
}

struct relay {
	struct weft_channel *from;
	struct weft_shared *msg;
	int rc;
};

static int relay_to(struct weft_channel *ch, void *user, void *arg)
{
	struct relay *r = arg;

	cr_assert_not_null(user);
	seen.each++;
	/* A visit must not wait, and is told so whether it would or not. */
	cr_assert_eq(weft_write(ch, ADD, NULL, 0), WEFT_EINVAL);
	cr_assert_eq(weft_sleep_until(seen.host, 0), WEFT_EINVAL);
	if (ch != r->from)
		r->rc = weft_post_msg(ch, r->msg);
	return WEFT_OK;
}

static int relay(struct weft_channel *ch, const struct weft_msg *msg)
{
	struct relay r = { .from = ch };
	int rc;

	r.msg = weft_msg_new(seen.host, ADD, msg->payload, msg->size);
	rc = weft_channel_each(seen.host, "adder", relay_to, &r);
	weft_msg_free(r.msg);
	return rc ? rc : r.rc;
}

static int handle(struct weft_channel *ch, struct session *s,
		  const struct weft_msg *msg)
{
	struct weft_msg other;
	uint64_t n;
	int rc;

	cr_assert_eq(weft_read(ch, &other), WEFT_EINVAL);
	switch (msg->code) {
	case ADD:
		if (weft_unpack(msg, "[u]", &n))
			return WEFT_EMSG;
		s->sum += n;
		return weft_send(ch, ADD, "[u]", s->sum);
	case WAIT:
		seen.waiting++;
		rc = weft_wait(seen.go, WEFT_FOREVER);
		seen.waiting--;
		seen.interrupted += rc == WEFT_ECLOSED;
		return rc;
	case GIVE:
		rc = weft_unpack(msg, "u", &n);
		return rc ? rc : (int)(int64_t)n;
	case KEEP:
		return keep(ch, msg);
	case RELAY:
		return relay(ch, msg);
	}
	return WEFT_EMSG;
}

static int adder_message(struct weft_channel *ch, void *user,
			 const struct weft_msg *msg)
{
	struct session *s = user;
	int rc;

	s->running++;
	if (s->running > seen.most_running)
		seen.most_running = s->running;
	rc = handle(ch, s, msg);
	s->running--;
	return rc;
}

static void adder_closed(struct weft_channel *ch, void *user)
{
	struct weft_peer_facts facts;
	struct session *s = user;

	cr_assert_eq(s->running, 0);
	cr_assert_eq(weft_is_open(ch), 0);
	cr_assert_eq(weft_try_write(ch, ADD, NULL, 0), WEFT_ECLOSED);
	cr_assert_eq(weft_channel_facts(ch, &facts), WEFT_OK);
	/* It may wait: it has a fiber that is not the session's. */
	cr_assert_eq(weft_sleep_until(seen.host, 0), WEFT_OK);
	seen.closed++;
	free(s);
}

static int adder_start(struct weft_host *host, void **state)
{
	const struct weft_protocol p = {
		.size = sizeof(p),
		.name = "adder",
		.version = 1,
		.codes = CODES,
		.stack_kib = 64,
		.opened = adder_opened,
		.message = adder_message,
		.closed = adder_closed,
	};

	(void)state;
	seen.host = host;
	seen.go = weft_event_new(host);
	seen.open = weft_event_new(host);
	return weft_protocol_add(host, &p, NULL);
}

SUBJECT(adder, .start = adder_start);

static struct weft_host *start_adder(void)
{
	memset(&seen, 0, sizeof(seen));
	return weft_test_start(&adder, NULL);
}

static int add(struct weft_channel *ch, uint64_t n)
{
	return weft_send(ch, ADD, "[u]", n);
}

static int expect_sum(struct weft_channel *ch, uint64_t n)
{
	return weft_expect(ch, ADD, "[u]", n);
}

/* --- */

static int order(void *arg)
{
	struct weft_channel *ch = weft_pipe(start_adder(), "adder");

	(void)arg;
	for (uint64_t i = 0; i < 100; i++)
		cr_assert_eq(add(ch, i), WEFT_OK);
	for (uint64_t i = 0, sum = 100; i < 100; i++)
		cr_assert_eq(expect_sum(ch, sum += i), WEFT_OK);
	cr_assert_eq(seen.most_running, 1);
	cr_assert_eq(weft_disconnect(ch, 0x00), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.opened, 1);
	cr_assert_eq(seen.closed, 1);
	return WEFT_OK;
}

Test(message_style, handles_one_message_after_the_other)
{
	subject_run(order, NULL);
}

static int waiting(void *arg)
{
	struct weft_host *host = start_adder();
	struct weft_channel *a = weft_pipe(host, "adder");
	struct weft_channel *b = weft_pipe(host, "adder");

	(void)arg;
	cr_assert_eq(weft_write(a, WAIT, NULL, 0), WEFT_OK);
	cr_assert_eq(add(a, 1), WEFT_OK);
	cr_assert_eq(add(b, 2), WEFT_OK);
	/* It holds back its own session only. */
	cr_assert_eq(expect_sum(b, 102), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.waiting, 1);
	weft_wake(seen.go);
	cr_assert_eq(expect_sum(a, 101), WEFT_OK);
	cr_assert_eq(seen.interrupted, 0);
	cr_assert_eq(seen.most_running, 1);
	return WEFT_OK;
}

Test(message_style, lets_others_go_on_while_a_handler_waits)
{
	subject_run(waiting, NULL);
}

static int results(void *arg)
{
	static const struct {
		int rc;
		uint32_t reason;
	} ends[] = {
		{ WEFT_DISC(0x00), 0x00 },
		{ WEFT_DISC(0x08), 0x08 },
		{ WEFT_DISC(0xfe), 0xfe },
		{ WEFT_EMSG, 0x02 },
		{ WEFT_EAGAIN, 0x10 },
		{ WEFT_ETIMEDOUT, 0x10 },
		{ 3, 0x10 },
	};
	static const int goes_on[] = { WEFT_OK, WEFT_ECLOSED };
	struct weft_host *host = start_adder();
	struct weft_channel *ch;

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		ch = weft_pipe(host, "adder");
		cr_assert_eq(weft_send(ch, GIVE, "u", (uint64_t)ends[i].rc),
			     WEFT_OK);
		/* The next one is not taken any more. */
		cr_assert_eq(add(ch, 1), WEFT_OK);
		cr_assert_eq(weft_expect_end(ch, ends[i].reason), WEFT_OK);
	}
	ch = weft_pipe(host, "adder");
	for (size_t i = 0; i < ARRAY_LEN(goes_on); i++)
		cr_assert_eq(weft_send(ch, GIVE, "u", (uint64_t)goes_on[i]),
			     WEFT_OK);
	cr_assert_eq(add(ch, 1), WEFT_OK);
	cr_assert_eq(expect_sum(ch, 101), WEFT_OK);
	cr_assert_eq(weft_write(ch, ADD, "\xc0", 1), WEFT_OK);
	cr_assert_eq(weft_expect_end(ch, 0x02), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.opened, (int)ARRAY_LEN(ends) + 1);
	cr_assert_eq(seen.closed, seen.opened);
	return WEFT_OK;
}

Test(message_style, ends_the_session_by_what_a_handler_returns)
{
	subject_run(results, NULL);
}

static int opening(void *arg)
{
	struct weft_host *host = start_adder();
	struct weft_channel *ch, *other;
	struct relay r = { 0 };

	(void)arg;
	seen.hold_opened = true;
	ch = weft_pipe(host, "adder");
	cr_assert_eq(add(ch, 5), WEFT_OK);
	subject_let_run();
	/* Its first handler still waits: nothing is handled, nobody sees it. */
	cr_assert_eq(seen.opened, 1);
	cr_assert_eq(weft_channel_each(host, "adder", relay_to, &r), WEFT_OK);
	cr_assert_eq(seen.each, 0);
	weft_wake(seen.open);
	cr_assert_eq(expect_sum(ch, 105), WEFT_OK);

	/* One that ends while it waits is closed like any other. */
	other = weft_pipe(host, "adder");
	subject_let_run();
	weft_pipe_break(other);
	subject_let_run();
	cr_assert_eq(seen.opened, 2);
	cr_assert_eq(seen.closed, 1);

	/* One that `opened` refuses too. */
	seen.hold_opened = false;
	seen.opened_result = WEFT_DISC(0x04);
	other = weft_pipe(host, "adder");
	cr_assert_eq(add(other, 5), WEFT_OK);
	cr_assert_eq(weft_expect_end(other, 0x04), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.opened, 3);
	cr_assert_eq(seen.closed, 2);
	return WEFT_OK;
}

Test(message_style, handles_nothing_before_opened_returned)
{
	subject_run(opening, NULL);
}

static int dies_waiting(void *arg)
{
	struct weft_channel *ch = weft_pipe(start_adder(), "adder");

	(void)arg;
	cr_assert_eq(weft_write(ch, WAIT, NULL, 0), WEFT_OK);
	cr_assert_eq(add(ch, 1), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.waiting, 1);
	weft_pipe_break(ch);
	subject_let_run();
	cr_assert_eq(seen.waiting, 0);
	cr_assert_eq(seen.interrupted, 1);
	cr_assert_eq(seen.closed, 1);
	return WEFT_OK;
}

Test(message_style, interrupts_a_handler_when_the_peer_dies)
{
	subject_run(dies_waiting, NULL);
}

static int keeping(void *arg)
{
	struct weft_host *host = start_adder();
	struct weft_channel *a = weft_pipe(host, "adder");
	struct weft_channel *b = weft_pipe(host, "adder");
	struct weft_msg msg;
	uint64_t n;

	(void)arg;
	cr_assert_eq(weft_send(a, KEEP, "[u]", (uint64_t)77), WEFT_OK);
	subject_let_run();
	cr_assert_not_null(seen.kept);
	weft_pipe_break(a);
	subject_let_run();
	cr_assert_eq(weft_msg_view(seen.kept, &msg), WEFT_OK);
	cr_assert_eq(msg.code, (uint32_t)KEEP);
	cr_assert_eq(weft_unpack(&msg, "[u]", &n), WEFT_OK);
	cr_assert_eq(n, 77u);
	/* It can be sent on, to as many as one likes. */
	cr_assert_eq(weft_post_msg(b, seen.kept), WEFT_OK);
	cr_assert_eq(weft_post_msg(b, seen.kept), WEFT_OK);
	weft_msg_free(seen.kept);
	return WEFT_OK;
}

Test(message_style, keeps_a_message_beyond_its_handler)
{
	subject_run(keeping, NULL);
}

static int broadcast(void *arg)
{
	struct weft_host *host = start_adder();
	struct weft_channel *ch[4];

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(ch); i++)
		ch[i] = weft_pipe(host, "adder");
	for (size_t i = 0; i < ARRAY_LEN(ch); i++) {
		cr_assert_eq(add(ch[i], i), WEFT_OK);
		cr_assert_eq(expect_sum(ch[i], 100 + i), WEFT_OK);
	}
	weft_pipe_break(ch[3]);
	subject_let_run();
	cr_assert_eq(weft_send(ch[0], RELAY, "[us]", (uint64_t)5, "all"),
		     WEFT_OK);
	for (size_t i = 1; i < 3; i++)
		cr_assert_eq(weft_expect(ch[i], RELAY - RELAY, "[us]",
					 (uint64_t)5, "all"),
			     WEFT_OK);
	cr_assert_eq(seen.each, 3);
	/* Not to who sent it. */
	cr_assert_eq(add(ch[0], 1), WEFT_OK);
	return expect_sum(ch[0], 101);
}

Test(message_style, posts_one_message_to_all_open_sessions)
{
	subject_run(broadcast, NULL);
}

static int stop_in_visit(struct weft_channel *ch, void *user, void *arg)
{
	int *visits = arg;

	(void)user;
	++*visits;
	cr_assert_eq(weft_disconnect(ch, 0x03), WEFT_OK);
	return *visits == 2 ? WEFT_DISC(0x77) : WEFT_OK;
}

static int visits(void *arg)
{
	struct weft_host *host = start_adder();
	struct weft_channel *ch[3];
	int count = 0;

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(ch); i++)
		ch[i] = weft_pipe(host, "adder");
	subject_let_run();
	cr_assert_eq(weft_channel_each(host, "nobody", stop_in_visit, &count),
		     WEFT_OK);
	cr_assert_eq(count, 0);
	cr_assert_eq(weft_channel_each(host, "adder", stop_in_visit, &count),
		     WEFT_DISC(0x77));
	cr_assert_eq(count, 2);
	cr_assert_eq(weft_expect_end(ch[0], 0x03), WEFT_OK);
	cr_assert_eq(weft_expect_end(ch[1], 0x03), WEFT_OK);
	/* The third was not visited and goes on. */
	cr_assert_eq(add(ch[2], 1), WEFT_OK);
	return expect_sum(ch[2], 101);
}

Test(message_style, closes_channels_while_they_are_visited)
{
	subject_run(visits, NULL);
}

static int stop_with_all(void *arg)
{
	struct weft_host *host = start_adder();
	struct weft_channel *waits = weft_pipe(host, "adder");
	struct weft_channel *idle = weft_pipe(host, "adder");

	(void)arg;
	cr_assert_eq(weft_write(waits, WAIT, NULL, 0), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.waiting, 1);
	cr_assert_eq(weft_test_stop(host), WEFT_OK);
	cr_assert_eq(seen.closed, 2);
	cr_assert_eq(seen.interrupted, 1);
	cr_assert_eq(weft_expect_end(waits, 0x08), WEFT_OK);
	return weft_expect_end(idle, 0x08);
}

Test(message_style, closes_every_session_when_the_plugin_stops)
{
	subject_run(stop_with_all, NULL);
}

/* --- two plugins, each the other's peer --------------------------------------
 */

static int joined(void *arg)
{
	struct weft_host *a = start_adder();
	struct weft_host *b = weft_test_start(&adder, NULL);
	struct weft_shared *m;
	struct relay r = { 0 };

	(void)arg;
	cr_assert_eq(weft_pipe_join(a, b, "adder"), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.opened, 2);
	m = weft_msg_new(a, ADD, "\xc1\x05", 2);
	r.msg = m;
	/* From a to b, which answers with its sum; a adds that; and so on, as
	 * often as 64 bits allow. */
	seen.host = a;
	cr_assert_eq(weft_channel_each(a, "adder", relay_to, &r), WEFT_OK);
	cr_assert_eq(r.rc, WEFT_OK);
	weft_msg_free(m);
	cr_assert_eq(weft_test_stop(b), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.closed, 2);
	return WEFT_OK;
}

Test(message_style, joins_two_plugins)
{
	subject_run(joined, NULL);
}
