/* SPDX-License-Identifier: Apache-2.0 */
/* TALK: a plugin that answers, and one that asks. */
#include <string.h>

#include "test/unit/node_plugin/subject.h"

static struct {
	struct weft_event *go;
	int waiting, last;
	int rc;
} seen;

/* "upper" answers in capital letters, "wait" when seen.go is woken, "long" with
 * as many bytes as the request says, "fail" with an error. */

static int upper(void *state, const struct weft_talk_facts *who,
		 const struct weft_msg *request, struct weft_text *reply)
{
	cr_assert_eq(state, &seen);
	cr_assert_str_eq(who->remote, "test");
	for (size_t i = 0; i < request->size; i++) {
		char c = (char)(request->payload[i] - 'a' + 'A');

		cr_assert_eq(weft_text_add(reply, &c, 1), WEFT_OK);
	}
	return WEFT_OK;
}

static int wait_answer(void *state, const struct weft_talk_facts *who,
		       const struct weft_msg *request, struct weft_text *reply)
{
	(void)state;
	(void)who;
	seen.waiting++;
	seen.last = weft_wait(seen.go, WEFT_FOREVER);
	seen.waiting--;
	weft_text_add(reply, (const char *)request->payload, request->size);
	return seen.last;
}

static int long_answer(void *state, const struct weft_talk_facts *who,
		       const struct weft_msg *request, struct weft_text *reply)
{
	uint64_t n;

	(void)state;
	(void)who;
	cr_assert_eq(weft_unpack(request, "u", &n), WEFT_OK);
	while (n--)
		weft_text_add(reply, "x", 1);
	return WEFT_OK;
}

static int no_answer(void *state, const struct weft_talk_facts *who,
		     const struct weft_msg *request, struct weft_text *reply)
{
	(void)state;
	(void)who;
	(void)request;
	weft_text_add(reply, "never seen", 10);
	return WEFT_EFAIL;
}

static int answers_start(struct weft_host *host, void **state)
{
	static const struct weft_talk_protocol all[] = {
		{ sizeof(all[0]), "upper", 0, 0, upper },
		{ sizeof(all[0]), "wait", 64, 0, wait_answer },
		{ sizeof(all[0]), "long", 0, 0, long_answer },
		{ sizeof(all[0]), "fail", 0, 0, no_answer },
	};

	(void)state;
	seen.go = weft_event_new(host);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		cr_assert_eq(weft_talk_add(host, &all[i], &seen), WEFT_OK);
	cr_assert_eq(weft_talk_add(host, &all[0], &seen), WEFT_EEXIST);
	return WEFT_OK;
}

SUBJECT(answers, .start = answers_start);

static struct weft_host *start_answers(void)
{
	struct weft_host *host = weft_test_start(&answers, NULL);

	cr_assert_not_null(host);
	return host;
}

static int ask(const char *protocol, const void *request, size_t size,
	       struct weft_msg *msg)
{
	struct weft_shared *reply = NULL;
	int rc = weft_talk(weft_test_host(), "any", protocol, request, size,
			   &reply);

	cr_assert_eq(!rc, reply != NULL);
	if (!rc)
		cr_assert_eq(weft_msg_view(reply, msg), WEFT_OK);
	return rc; /* the answer goes with the run */
}

/* --- answering ---------------------------------------------------------------
 */

static int answering(void *arg)
{
	struct weft_msg msg;

	(void)arg;
	cr_assert_eq(ask("upper", "hello", 5, &msg), WEFT_ENOENT);
	start_answers();
	cr_assert_eq(ask("upper", "hello", 5, &msg), WEFT_OK);
	cr_assert_eq(msg.size, (size_t)5);
	cr_assert_eq(memcmp(msg.payload, "HELLO", 5), 0);
	cr_assert_eq(ask("upper", NULL, 0, &msg), WEFT_OK);
	cr_assert_eq(msg.size, (size_t)0);
	cr_assert_eq(ask("fail", NULL, 0, &msg), WEFT_OK);
	cr_assert_eq(msg.size, (size_t)0);
	cr_assert_eq(ask("lower", NULL, 0, &msg), WEFT_ENOENT);
	return WEFT_OK;
}

Test(talk, answers_bytes_with_bytes)
{
	subject_run(answering, NULL);
}

static size_t reply_of(uint64_t size)
{
	struct weft_msg msg;
	uint8_t bytes[16];
	size_t n;

	cr_assert_eq(weft_pack(bytes, sizeof(bytes), &n, "u", size), WEFT_OK);
	cr_assert_eq(ask("long", bytes, n, &msg), WEFT_OK);
	return msg.size;
}

static int limits(void *arg)
{
	static const char big[WEFT_TALK_MAX + 1];
	struct weft_host *test = weft_test_host();
	char name[65];
	struct weft_msg msg;

	(void)arg;
	start_answers();
	cr_assert_eq(reply_of(WEFT_TALK_MAX), (size_t)WEFT_TALK_MAX);
	cr_assert_eq(reply_of(WEFT_TALK_MAX + 1), (size_t)0);
	cr_assert_eq(ask("upper", big, sizeof(big), &msg), WEFT_ELIMIT);
	memset(name, 'n', 64);
	name[64] = '\0';
	cr_assert_eq(ask(name, NULL, 0, &msg), WEFT_ELIMIT);
	cr_assert_eq(ask("", NULL, 0, &msg), WEFT_EINVAL);
	cr_assert_eq(ask("upper", NULL, 1, &msg), WEFT_EINVAL);
	cr_assert_eq(weft_talk(test, NULL, "upper", NULL, 0, NULL),
		     WEFT_EINVAL);
	cr_assert_eq(weft_talk(test, "any", "upper", "a", 1, NULL), WEFT_OK);
	return WEFT_OK;
}

Test(talk, has_limits)
{
	subject_run(limits, NULL);
}

static int refused_start(struct weft_host *host, void **state)
{
	char name[65];
	struct weft_talk_protocol p = { sizeof(p), NULL, 0, 0, upper };

	(void)state;
	cr_assert_eq(weft_talk_add(host, &p, NULL), WEFT_EINVAL);
	p.name = "";
	cr_assert_eq(weft_talk_add(host, &p, NULL), WEFT_EINVAL);
	memset(name, 'n', 64);
	name[64] = '\0';
	p.name = name;
	cr_assert_eq(weft_talk_add(host, &p, NULL), WEFT_EINVAL);
	name[63] = '\0';
	p.stack_kib = 1;
	cr_assert_eq(weft_talk_add(host, &p, NULL), WEFT_EINVAL);
	p.stack_kib = 0;
	p.fn = NULL;
	cr_assert_eq(weft_talk_add(host, &p, NULL), WEFT_EINVAL);
	p.fn = upper;
	cr_assert_eq(weft_talk_add(host, &p, NULL), WEFT_OK);
	for (int i = 1; i < 16; i++) {
		name[0] = (char)('a' + i);
		cr_assert_eq(weft_talk_add(host, &p, NULL),
			     name[0] == 'n' ? WEFT_EEXIST : WEFT_OK);
	}
	name[0] = 'z';
	cr_assert_eq(weft_talk_add(host, &p, NULL), WEFT_OK);
	name[0] = 'y';
	cr_assert_eq(weft_talk_add(host, &p, NULL), WEFT_ELIMIT);
	return WEFT_OK;
}

SUBJECT(refused, .start = refused_start);

static int adding(void *arg)
{
	static const struct weft_talk_protocol late = { sizeof(late), "late", 0,
							0, upper };
	struct weft_host *host = weft_test_start(&refused, NULL);

	(void)arg;
	cr_assert_not_null(host);
	cr_assert_eq(weft_talk_add(host, &late, NULL), WEFT_EINVAL);
	return WEFT_OK;
}

Test(talk, is_added_in_start_and_only_right)
{
	subject_run(adding, NULL);
}

/* --- ends --------------------------------------------------------------------
 */

static int ask_wait(void *arg)
{
	struct weft_shared *reply = NULL;

	(void)arg;
	seen.rc = weft_talk(weft_test_host(), "any", "wait", "x", 1, &reply);
	if (!seen.rc)
		weft_msg_free(reply);
	return WEFT_OK;
}

static int too_many(void *arg)
{
	struct weft_host *test = weft_test_host();

	(void)arg;
	start_answers();
	for (int i = 0; i < 64; i++)
		cr_assert_eq(weft_go(test, ask_wait, NULL), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.waiting, 64);
	cr_assert_eq(weft_talk(test, "any", "wait", "x", 1, NULL), WEFT_ELIMIT);
	seen.rc = 1;
	weft_wake(seen.go);
	subject_let_run();
	cr_assert_eq(seen.waiting, 0);
	cr_assert_eq(seen.rc, WEFT_OK);
	return WEFT_OK;
}

Test(talk, answers_so_many_at_once)
{
	subject_run(too_many, NULL);
}

static int answerer_stops(void *arg)
{
	struct weft_host *host = start_answers();

	(void)arg;
	seen.rc = 1;
	cr_assert_eq(weft_go(weft_test_host(), ask_wait, NULL), WEFT_OK);
	subject_let_run();
	cr_assert_eq(seen.waiting, 1);
	cr_assert_eq(weft_test_stop(host), WEFT_OK);
	subject_let_run();
	/* As if the node had never known the protocol. */
	cr_assert_eq(seen.last, WEFT_ECLOSED);
	cr_assert_eq(seen.rc, WEFT_OK);
	return WEFT_OK;
}

Test(talk, of_a_plugin_that_stops_is_answered_with_nothing)
{
	subject_run(answerer_stops, NULL);
}

static int asks_fiber(void *arg)
{
	seen.rc = weft_talk(arg, "any", "wait", "x", 1, NULL);
	return WEFT_OK;
}

static int asks_start(struct weft_host *host, void **state)
{
	(void)state;
	return weft_go(host, asks_fiber, host);
}

SUBJECT(asks, .start = asks_start);

static int asker_stops(void *arg)
{
	struct weft_host *host;

	(void)arg;
	start_answers();
	host = weft_test_start(&asks, NULL);
	subject_let_run();
	cr_assert_eq(seen.waiting, 1);
	cr_assert_eq(weft_test_stop(host), WEFT_OK);
	cr_assert_eq(seen.rc, WEFT_ECLOSED);
	/* The answer comes to nobody. */
	weft_wake(seen.go);
	subject_let_run();
	cr_assert_eq(seen.waiting, 0);
	return WEFT_OK;
}

Test(talk, of_a_plugin_that_is_gone_is_answered_to_nobody)
{
	subject_run(asker_stops, NULL);
}
