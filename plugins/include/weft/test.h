/* SPDX-License-Identifier: Apache-2.0 */
/* weft/test.h - test a plugin without a network.
 *
 *     static int says_bar(void *arg)
 *     {
 *             struct weft_host *foobar = weft_test_start(&weft_plugin, NULL);
 *             struct weft_channel *ch = weft_pipe(foobar, "foobar");
 *             int rc = weft_send(ch, 0, "[s]", "foo");
 *
 *             return rc ? rc : weft_expect(ch, 0, "[s]", "bar");
 *     }
 *
 *     int main(void)
 *     {
 *             return weft_test_run(says_bar, NULL) != 0;
 *     }
 *
 * Link the plugin's own sources into the test, and libweft. One thread, real
 * time; what is tested runs as it does on a node, in fibers, with the budgets
 * and limits of a session. All but weft_test_run are called inside of it.
 *
 * A pipe differs from the network in what its near end, the test's, makes of
 * the end of the session: what the plugin wrote before can still be read. */
#ifndef WEFT_TEST_H
#define WEFT_TEST_H

#include <weft/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* weft_test_run - run fn(arg) in a fiber, with a loop of its own, then stop
 * every plugin it started and give everything back.
 *
 * Returns what fn returned; WEFT_EFAIL when that was 0 but a weft_expect failed
 * or a plugin did not start; WEFT_ETIMEDOUT when it was not done after 60 s
 * (WEFT_TEST_SECONDS in the environment): a limit that only ends a hang, and
 * that says on stderr what each fiber waited in. What then does not end even
 * though everything was closed ends the process. */
static inline int weft_test_run(int (*fn)(void *arg), void *arg);

/* weft_test_host - the test's own: for weft_now, weft_sleep_until, weft_go,
 * events, timers and messages of the test. */
struct weft_host *weft_test_host(void);

/* weft_test_start - start a plugin; suspends until its start returned. The
 * options are text, as behind --plugin NAME: "greeting=hi,interval=5s", or
 * NULL. A descriptor may be started more than once: those are different nodes.
 * NULL, with a line on stderr, when an option is wrong or start failed. */
struct weft_host *weft_test_start(const struct weft_plugin *plugin,
				  const char *options);

/* weft_test_start_on - the same on the node of `node`, which is another plugin
 * or weft_test_host(): what is on one node finds the services of the others
 * there. So a test may call those of the plugin, and stand in for those it
 * needs with a small plugin of its own. */
struct weft_host *weft_test_start_on(struct weft_host *node,
				     const struct weft_plugin *plugin,
				     const char *options);

/* weft_test_stop - stop it; suspends until it is gone. Its pipes end with 0x08
 * and the handle with them. WEFT_EINVAL, with a line on stderr: no such plugin,
 * or another one uses its services. */
int weft_test_stop(struct weft_host *plugin);

/* weft_pipe - a session of one of its protocols ("foobar", or "foobar/2"; the
 * highest version when there are more) with a new peer, which is the test: its
 * end can be read and written like any channel. The far end is served by the
 * plugin's run or handlers. NULL, with a line on stderr: no such protocol. The
 * test may weft_channel_unref it. */
struct weft_channel *weft_pipe(struct weft_host *plugin, const char *protocol);

/* weft_pipe_join - a session between two plugins, each of which serves its end.
 * WEFT_ENOENT: one of them has no such protocol. */
int weft_pipe_join(struct weft_host *a, struct weft_host *b,
		   const char *protocol);

/* weft_pipe_break - the connection is lost: both ends close without a word. To
 * end it with a Disconnect, as peers do, weft_disconnect the test's end. */
void weft_pipe_break(struct weft_channel *ch);

/* weft_expect - read the next message and compare its code and its payload,
 * byte for byte, with the format and values (as for weft_send). NULL as format
 * takes any payload.
 *
 * WEFT_EMSG, with both on stderr, when they differ; WEFT_ECLOSED, with the
 * Disconnect reason on stderr, when the session ended instead. */
int weft_expect(struct weft_channel *ch, uint32_t code, const char *format,
		...);

/* weft_expect_end - the next thing must be the end of the session with this
 * Disconnect reason, said by the plugin. WEFT_EMSG otherwise. */
int weft_expect_end(struct weft_channel *ch, uint32_t reason);

/* In a run weft_talk has no network to go through: whatever node is named, the
 * plugin that was started first and answers the protocol is asked, but never
 * the one that asks. So a test asks a plugin with weft_test_host(), and stands
 * in for those that a plugin asks with a small plugin of its own. WEFT_ENOENT:
 * nobody answers it.
 *
 * What weft_record_set sets is for nobody else either; weft_record_get reads it
 * with NULL as node, and other nodes' records by their text only. */

/* weft_test_call - an admin method ("foobar_stats") with params as JSON text
 * (NULL: "[]"); suspends. The result is cut to room, NUL-terminated. */
int weft_test_call(struct weft_host *plugin, const char *method,
		   const char *params, char *result, size_t room);

/* weft_test_counter - what weft_count has added up; 0 when it never did. */
int64_t weft_test_counter(struct weft_host *plugin, const char *counter);

int weft_test_run_with(const struct weft_api **table, int (*fn)(void *arg),
		       void *arg);

static inline int weft_test_run(int (*fn)(void *arg), void *arg)
{
	return weft_test_run_with(&weft_api_table, fn, arg);
}

#ifdef __cplusplus
}
#endif
#endif
