/* SPDX-License-Identifier: Apache-2.0 */
/* <weft/test.h> itself: what it finds wrong, and that it says so. */
#include <signal.h>

#include "test/unit/node_plugin/subject.h"

/* --- a plugin with an option and something to ask ----------------------------
 */

static int greeter_run(struct weft_peer *peer, struct weft_channel *ch,
		       void *state)
{
	struct weft_host *host = state;
	char text[64];
	int64_t times;
	int rc;

	(void)peer;
	rc = weft_option_text(host, "greeting", text, sizeof(text));
	if (rc || (rc = weft_option_int(host, "times", &times)))
		return rc;
	for (int64_t i = 0; i < times && !rc; i++)
		rc = weft_send(ch, 0, "[s]", text);
	weft_count(host, "greeted", times);
	return rc ? rc : WEFT_DISC_USELESS;
}

static int greeter_stats(void *state, const char *params, size_t size,
			 struct weft_text *result)
{
	(void)state;
	weft_text_add(result, "{\"params\":", 10);
	weft_text_add(result, params, size);
	return weft_text_add(result, "}", 1);
}

static int greeter_start(struct weft_host *host, void **state)
{
	struct weft_protocol p = {
		.size = sizeof(p),
		.name = "greeter",
		.version = 1,
		.codes = 1,
		.run = greeter_run,
	};
	char text[8];
	int64_t n;
	int rc;

	(void)state;
	/* Cut to room; what is not there; what is no number. */
	cr_assert_eq(weft_option_text(host, "greeting", text, 3), WEFT_OK);
	cr_assert_eq(strlen(text), (size_t)2);
	cr_assert_eq(weft_option_text(host, "grating", text, 3), WEFT_ENOENT);
	cr_assert_eq(weft_option_int(host, "grating", &n), WEFT_ENOENT);
	cr_assert_eq(weft_option_int(host, "greeting", &n), WEFT_EINVAL);
	rc = weft_option_int(host, "fail", &n);
	if (rc || n)
		return rc ? rc : WEFT_EFAIL;
	cr_assert_eq(weft_rpc_add(host, "greeter_stats", greeter_stats, NULL),
		     WEFT_OK);
	rc = weft_protocol_add(host, &p, host);
	p.version = 3;
	return rc ? rc : weft_protocol_add(host, &p, host);
}

static const struct weft_option greeting = {
	.size = sizeof(greeting),
	.name = "greeting",
	.type = WEFT_OPTION_TEXT,
	.fallback = "hello",
	.help = "what to say",
};
static const struct weft_option times = {
	.size = sizeof(times),
	.name = "times",
	.type = WEFT_OPTION_INT,
	.fallback = "1",
	.help = "how often",
	.min = 0,
	.max = 5,
};
static const struct weft_option fails = {
	.size = sizeof(fails),
	.name = "fail",
	.type = WEFT_OPTION_BOOL,
	.help = "do not start",
};
static const struct weft_option *const greeter_options[] = { &greeting, &times,
							     &fails, NULL };

SUBJECT(greeter, .options = greeter_options, .start = greeter_start);

/* --- what goes well
 * ------------------------------------------------------------
 */

static int greet(void *arg)
{
	/* Two nodes in one process, with different options. */
	struct weft_host *a = weft_test_start(&greeter, NULL);
	struct weft_host *b =
		weft_test_start(&greeter, "greeting=good day,times=2");
	struct weft_channel *to_a = weft_pipe(a, "greeter/1");
	struct weft_channel *to_b = weft_pipe(b, "greeter");
	char json[64];

	(void)arg;
	cr_assert_eq(weft_expect(to_a, 0, "[s]", "hello"), WEFT_OK);
	cr_assert_eq(weft_expect_end(to_a, 0x03), WEFT_OK);
	cr_assert_eq(weft_expect(to_b, 0, "[s]", "good day"), WEFT_OK);
	cr_assert_eq(weft_expect(to_b, 0, NULL), WEFT_OK);
	cr_assert_eq(weft_expect_end(to_b, 0x03), WEFT_OK);
	cr_assert_eq(weft_test_counter(a, "greeted"), 1);
	cr_assert_eq(weft_test_counter(b, "greeted"), 2);
	cr_assert_eq(weft_test_counter(b, "other"), 0);
	cr_assert_eq(
		weft_test_call(a, "greeter_stats", NULL, json, sizeof(json)),
		WEFT_OK);
	cr_assert_str_eq(json, "{\"params\":[]}");
	cr_assert_eq(weft_test_call(a, "greeter_stats", "[\"x\"]", json, 8),
		     WEFT_OK);
	cr_assert_str_eq(json, "{\"param");
	cr_assert_eq(weft_test_call(a, "greeter_none", NULL, json, 8),
		     WEFT_ENOENT);
	return WEFT_OK;
}

Test(testing, drives_plugins_over_pipes)
{
	subject_run(greet, NULL);
}

/* --- what it finds
 * ------------------------------------------------------------- */

static struct weft_channel *connect_greeter(const char *options)
{
	return weft_pipe(weft_test_start(&greeter, options), "greeter");
}

static int other_bytes(void *arg)
{
	(void)arg;
	/* A list of one text is not that text. */
	cr_assert_eq(weft_expect(connect_greeter(NULL), 0, "s", "hello"),
		     WEFT_EMSG);
	return WEFT_OK;
}

static int other_code(void *arg)
{
	(void)arg;
	cr_assert_eq(weft_expect(connect_greeter(NULL), 1, NULL), WEFT_EMSG);
	return WEFT_OK;
}

static int end_instead(void *arg)
{
	(void)arg;
	cr_assert_eq(weft_expect(connect_greeter("times=0"), 0, NULL),
		     WEFT_ECLOSED);
	return WEFT_OK;
}

static int other_reason(void *arg)
{
	(void)arg;
	cr_assert_eq(weft_expect_end(connect_greeter("times=0"), 0x02),
		     WEFT_EMSG);
	return WEFT_OK;
}

static int message_instead(void *arg)
{
	(void)arg;
	cr_assert_eq(weft_expect_end(connect_greeter(NULL), 0x03), WEFT_EMSG);
	return WEFT_OK;
}

static int broken_instead(void *arg)
{
	struct weft_channel *ch = connect_greeter("times=0");

	(void)arg;
	weft_pipe_break(ch);
	cr_assert_eq(weft_expect_end(ch, 0x03), WEFT_EMSG);
	return WEFT_OK;
}

static int bad_format(void *arg)
{
	(void)arg;
	cr_assert_eq(weft_expect(connect_greeter(NULL), 0, "[", 0),
		     WEFT_EINVAL);
	return WEFT_OK;
}

static int no_start(void *arg)
{
	(void)arg;
	cr_assert_null(weft_test_start(&greeter, "fail=true"));
	return WEFT_OK;
}

static int bad_option(void *arg)
{
	(void)arg;
	cr_assert_null(weft_test_start(&greeter, "times=6"));
	return WEFT_OK;
}

static int no_protocol(void *arg)
{
	struct weft_host *host = weft_test_start(&greeter, NULL);

	(void)arg;
	cr_assert_null(weft_pipe(host, "greeter/2"));
	cr_assert_null(weft_pipe(NULL, "greeter"));
	cr_assert_eq(weft_pipe_join(host, host, "nobody"), WEFT_ENOENT);
	return WEFT_OK;
}

Test(testing, fails_a_run_in_which_an_expectation_failed)
{
	static int (*const wrong[])(void *arg) = {
		other_bytes,	 other_code,	 end_instead, other_reason,
		message_instead, broken_instead, bad_format,  no_start,
		bad_option,	 no_protocol,
	};

	/* Although nobody looked at what each call returned. */
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		cr_assert_eq(weft_test_run(wrong[i], NULL), WEFT_EFAIL, "%zu",
			     i);
}

static int seven(void *arg)
{
	(void)arg;
	return -7;
}

Test(testing, gives_what_the_test_returned)
{
	cr_assert_eq(weft_test_run(seven, NULL), -7);
}

/* --- a hang
 * -------------------------------------------------------------------- */

static struct {
	int rc;
	bool unwound;
} hung;

static int hang(void *arg)
{
	struct weft_channel *ch = connect_greeter("times=0");

	(void)arg;
	cr_assert_eq(weft_expect_end(ch, 0x03), WEFT_OK);
	hung.rc = weft_sleep_until(weft_test_host(), WEFT_FOREVER);
	hung.unwound = true;
	return hung.rc;
}

Test(testing, ends_a_hang)
{
	cr_assert_eq(setenv("WEFT_TEST_SECONDS", "1", 1), 0);
	cr_assert_eq(weft_test_run(hang, NULL), WEFT_ETIMEDOUT);
	cr_assert(hung.unwound);
	cr_assert_eq(hung.rc, WEFT_ECLOSED);
}

static int stubborn(void *arg)
{
	struct weft_host *host = arg;

	/* Ignores that it is closed, until it is parked. */
	for (;;)
		(void)weft_sleep_until(host, WEFT_FOREVER);
	return WEFT_OK;
}

static int start_stubborn(struct weft_host *host, void **state)
{
	(void)state;
	return weft_go(host, stubborn, host);
}

SUBJECT(stubborn_plugin, .start = start_stubborn);

static int run_stubborn(void *arg)
{
	(void)arg;
	return weft_test_start(&stubborn_plugin, NULL) ? WEFT_OK : WEFT_EFAIL;
}

Test(testing, ends_the_process_when_a_fiber_does_not_end, .signal = SIGABRT)
{
	cr_assert_eq(setenv("WEFT_TEST_SECONDS", "1", 1), 0);
	weft_test_run(run_stubborn, NULL);
}
