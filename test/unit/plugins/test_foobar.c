/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/plugin/inside.h"
#include "test/unit/plugins/scene.h"

WEFT_EXPORT extern const struct weft_plugin weft_plugin;

static struct weft_host *start(const char *options)
{
	return weft_test_start(&weft_plugin, options);
}

Scene(plugin_foobar, says_foo_once)
{
	struct weft_host *foobar = start(NULL);
	struct weft_channel *ch = weft_pipe(foobar, "foobar/1");
	struct weft_msg msg;

	(void)arg;
	MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_read_until(ch, &msg,
				weft_now(weft_test_host()) + WEFT_MS(50)),
		WEFT_ETIMEDOUT);
	return WEFT_OK;
}

Scene(plugin_foobar, answers_foo_with_bar)
{
	struct weft_host *foobar = start(NULL);
	struct weft_channel *ch = weft_pipe(foobar, "foobar");

	(void)arg;
	MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
	for (int i = 0; i < 3; i++) {
		MUST_BE(weft_send(ch, 0, "[s]", "foo"), 0);
		MUST_BE(weft_expect(ch, 0, "[s]", "bar"), 0);
	}
	MUST_BE(weft_test_counter(foobar, "foo_in"), 3);
	MUST_BE(weft_test_counter(foobar, "bar_out"), 3);
	return WEFT_OK;
}

/* What follows shows that nothing came between. */
Scene(plugin_foobar, answers_neither_bar_nor_other_texts)
{
	struct weft_host *foobar = start(NULL);
	struct weft_channel *ch = weft_pipe(foobar, "foobar");

	(void)arg;
	MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_send(ch, 0, "[s]", "bar"), 0);
	MUST_BE(weft_send(ch, 0, "[s]", "baz"), 0);
	MUST_BE(weft_send(ch, 0, "[d]", "a\0b", (size_t)3), 0);
	MUST_BE(weft_send(ch, 0, "[s]", ""), 0);
	MUST_BE(weft_send(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_expect(ch, 0, "[s]", "bar"), 0);
	MUST_BE(weft_test_counter(foobar, "bar_in"), 1);
	return WEFT_OK;
}

Scene(plugin_foobar, ends_the_session_over_what_does_not_decode)
{
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {
		{ "", 0 },
		{ "\x83"
		  "foo",
		  4 },
		{ "\xc0", 1 },
		{ "\xc8\x83"
		  "foo\x83"
		  "bar",
		  9 },
		{ "\xc2\x81"
		  "f",
		  3 },
		{ "\xc4\x83"
		  "foo!",
		  6 },
	};
	struct weft_host *foobar = start(NULL);

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct weft_channel *ch = weft_pipe(foobar, "foobar");

		MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
		MUST_BE(weft_write(ch, 0, bad[i].bytes, bad[i].size), 0);
		MUST_BE(weft_expect_end(ch, 0x02), 0);
	}
	MUST_BE(weft_test_counter(foobar, "foo_in"), 0);
	return WEFT_OK;
}

/* Two nodes with options of their own in one process. */
Scene(plugin_foobar, is_called_what_its_options_say)
{
	struct weft_host *mine = start("name=MyProtocol,version=7,greeting=hi");
	struct weft_host *other = start(NULL);
	struct weft_channel *ch = weft_pipe(mine, "MyProtocol/7");
	struct weft_msg msg;

	(void)arg;
	MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_expect(ch, 0, "[s]", "hi"), 0);
	MUST_BE(weft_send(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_expect(ch, 0, "[s]", "bar"), 0);

	ch = weft_pipe(other, "foobar/1");
	MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_read_until(ch, &msg, weft_now(other) + WEFT_MS(50)),
		WEFT_ETIMEDOUT);
	MUST_BE(weft_test_counter(mine, "foo_in"), 1);
	MUST_BE(weft_test_counter(other, "foo_in"), 0);
	return WEFT_OK;
}

static int try_options(void *arg)
{
	return start(arg) ? WEFT_OK : WEFT_EINVAL;
}

static bool starts(const char *options)
{
	int rc = weft_test_run(try_options, (void *)options);

	cr_assert(rc == WEFT_OK || rc == WEFT_EINVAL);
	return rc == WEFT_OK;
}

/* "name=nnn": that many bytes of value. */
static const char *filled(char out[512], const char *name, size_t len)
{
	int n = snprintf(out, 512, "%s=", name);

	memset(out + n, 'n', len);
	out[(size_t)n + len] = '\0';
	return out;
}

Test(plugin_foobar, does_not_start_under_what_hello_cannot_carry)
{
	char text[512];

	cr_assert(starts(filled(text, "name", 63)));
	cr_assert_not(starts(filled(text, "name", 64)));
	cr_assert_not(starts(filled(text, "name", 200)));
	cr_assert_not(starts("name="));
	cr_assert(starts("version=4294967295"));
	cr_assert_not(starts("version=4294967296"));
	cr_assert_not(starts("version=-1"));
}

Test(plugin_foobar, does_not_start_with_a_greeting_over_255_bytes)
{
	char text[512];

	cr_assert(starts(filled(text, "greeting", 255)));
	cr_assert_not(starts(filled(text, "greeting", 256)));
}

Scene(plugin_foobar, repeats_foo_at_the_interval)
{
	struct weft_host *foobar = start("interval=1ms");
	struct weft_channel *first = weft_pipe(foobar, "foobar");
	struct weft_channel *second = weft_pipe(foobar, "foobar");

	(void)arg;
	for (int i = 0; i < 10; i++) {
		MUST_BE(weft_expect(first, 0, "[s]", "foo"), 0);
		MUST_BE(weft_expect(second, 0, "[s]", "foo"), 0);
	}
	return WEFT_OK;
}

/* Far more than the budgets hold, and nothing read meanwhile. */
Scene(plugin_foobar, owes_no_bar_to_a_peer_that_asks_and_does_not_read)
{
	enum {
		ASKED = 20000
	};
	struct weft_host *foobar = start(NULL);
	struct weft_channel *ch = weft_pipe(foobar, "foobar");
	int asked = 0, rc = 0;

	(void)arg;
	MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
	for (int heard = 0; heard < ASKED; heard++) {
		while (asked < ASKED && !(rc = weft_try_write(ch, 0,
							      "\xc4\x83"
							      "foo",
							      5)))
			asked++;
		MUST(rc == 0 || rc == WEFT_EAGAIN);
		MUST_BE(weft_expect(ch, 0, "[s]", "bar"), 0);
	}
	MUST_BE(weft_test_counter(foobar, "foo_in"), ASKED);
	MUST_BE(weft_test_counter(foobar, "bar_out"), ASKED);
	return WEFT_OK;
}

/* What is told goes to standard error, as it does from every plugin in
 * weft_test_run. */
static size_t count_lines(const char *name, const char *part)
{
	FILE *file = fopen(name, "re");
	size_t count = 0;
	char line[512];

	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, part) != NULL;
	fclose(file);
	return count;
}

static int flood(void *arg)
{
	struct weft_channel *ch = weft_pipe(start(NULL), "foobar");

	(void)arg;
	MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_send(ch, 0, "[s]", "bar"), 0);
	for (int i = 0; i < 1000; i++) {
		MUST_BE(weft_send(ch, 0, "[s]", "foo"), 0);
		MUST_BE(weft_expect(ch, 0, "[s]", "bar"), 0);
	}
	return WEFT_OK;
}

Test(plugin_foobar, tells_of_a_flood_a_part_and_how_much_more_there_was)
{
	char name[] = "/tmp/weft-foobar-XXXXXX";
	int log = mkstemp(name), before = dup(STDERR_FILENO), rc;
	size_t told;

	cr_assert_geq(log, 0);
	cr_assert_geq(dup2(log, STDERR_FILENO), 0);
	setenv("WEFT_TEST_LOG", "info", 1);
	rc = weft_test_run(flood, NULL);
	fflush(stderr);
	dup2(before, STDERR_FILENO);
	cr_assert_eq(rc, 0);
	cr_assert_eq(count_lines(name, "sent=foo"), 1);
	cr_assert_eq(count_lines(name, "received=bar"), 1);
	told = count_lines(name, "received=foo") +
	       count_lines(name, "sent=bar");
	/* 20 at once, and 10 for each second that it took. */
	cr_assert_geq(told, 20);
	cr_assert_lt(told, 1000);
	cr_assert_geq(count_lines(name, "left out"), 1);
	close(before);
	close(log);
	unlink(name);
}

static int is_text(char *json, const char *expected)
{
	int rc = json && !strcmp(json, expected) ? WEFT_OK : WEFT_EFAIL;

	if (rc)
		fprintf(stderr, "expected %s\n     got %s\n", expected,
			json ? json : "nothing");
	free(json);
	return rc;
}

static int has_round_trip(char *json)
{
	const char *at = json ? strstr(json, ",\"round_trip_ns\":") : NULL;
	int rc = at && atoll(at + 17) > 0 ? WEFT_OK : WEFT_EFAIL;

	if (rc)
		fprintf(stderr, "no round trip: %s\n", json ? json : "nothing");
	free(json);
	return rc;
}

Scene(plugin_foobar, tells_admin_what_it_counted)
{
	static const char *talk = "{\"foo_in\":1,\"foo_out\":1,"
				  "\"bar_in\":0,\"bar_out\":1}";
	static const char *sum = "{\"foo_in\":1,\"foo_out\":2,"
				 "\"bar_in\":0,\"bar_out\":1}";
	static const char *later = "{\"foo_in\":2,\"foo_out\":2,"
				   "\"bar_in\":1,\"bar_out\":2}";
	struct weft_host *foobar = start(NULL);
	struct weft_channel *ch = weft_pipe(foobar, "foobar");
	struct node_id peer = foobar->channels->facts.id;
	struct weft_channel *silent = weft_pipe(foobar, "foobar");

	(void)arg;
	MUST_BE(weft_expect(silent, 0, "[s]", "foo"), 0);
	MUST_BE(weft_expect(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_send(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_expect(ch, 0, "[s]", "bar"), 0);
	MUST_BE(is_text(instance_node_info(foobar, "foobar", 1), sum), 0);
	MUST_BE(is_text(instance_peer_info(foobar, "foobar", 1, &peer), talk),
		0);

	/* Once ours is answered, its time is told. */
	MUST_BE(weft_send(ch, 0, "[s]", "bar"), 0);
	MUST_BE(weft_send(ch, 0, "[s]", "foo"), 0);
	MUST_BE(weft_expect(ch, 0, "[s]", "bar"), 0);
	MUST_BE(has_round_trip(instance_peer_info(foobar, "foobar", 1, &peer)),
		0);

	/* Those of ended sessions still count. */
	MUST_BE(weft_disconnect(ch, 0x08), 0);
	while (foobar->channels_open > 1)
		MUST_BE(weft_sleep_until(foobar, 0), 0);
	MUST_BE(is_text(instance_node_info(foobar, "foobar", 1), later), 0);
	return WEFT_OK;
}

Scene(plugin_foobar, talks_to_itself_on_another_node)
{
	struct weft_host *a = start(NULL);
	struct weft_host *b = start("greeting=hello there");
	const struct weft_host *nodes[] = { a, b };

	(void)arg;
	MUST_BE(weft_pipe_join(a, b, "foobar"), 0);
	while (!weft_test_counter(a, "bar_in") ||
	       !weft_test_counter(b, "bar_in"))
		MUST_BE(weft_sleep_until(a, weft_now(a) + WEFT_MS(1)), 0);
	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		struct weft_host *node = (struct weft_host *)nodes[i];

		MUST_BE(weft_test_counter(node, "foo_in"), 1);
		MUST_BE(weft_test_counter(node, "foo_out"), 1);
		MUST_BE(weft_test_counter(node, "bar_in"), 1);
		MUST_BE(weft_test_counter(node, "bar_out"), 1);
	}
	return WEFT_OK;
}
