/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/unit.h"
#include "test/unit/node_admin/core.h"

#include <stdlib.h>

#define CALL(id, method) \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\"}"
#define CALL_WITH(id, method, params)                             \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method \
	"\",\"params\":" params "}"
#define NOTE(method) "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\"}"
#define RESULT(id, result) \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":" result "}"
#define ERROR(id, code, message)                                       \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code \
	",\"message\":\"" message "\"}}"

static const struct {
	const char *in, *out;
} talks[] = {
	{ CALL("1", "echo"), RESULT("1", "null") "\n" },
	{ CALL_WITH("1", "echo", "[1,\"a\"]"), RESULT("1", "[1,\"a\"]") "\n" },
	{ CALL_WITH("1", "echo", "{\"a\":2}"), RESULT("1", "{\"a\":2}") "\n" },
	{ CALL_WITH("1", "echo", "null"), RESULT("1", "null") "\n" },
	{ CALL("\"x\"", "echo"), RESULT("\"x\"", "null") "\n" },
	{ CALL("null", "echo"), RESULT("null", "null") "\n" },
	{ CALL("-9007199254740993", "echo"),
	  RESULT("-9007199254740993", "null") "\n" },
	{ NOTE("echo"), "" },
	{ NOTE("no"), "" },
	{ CALL("1", "no"), ERROR("1", "-32000", "no \\uFFFD") "\n" },
	{ CALL("1", "echo") "\n" CALL("2", "echo") CALL("3", "no") " ",
	  RESULT("1", "null") "\n" RESULT("2", "null") "\n" ERROR(
		  "3", "-32000", "no \\uFFFD") "\n" },
	{ "[" CALL("1", "echo") "," CALL("2", "no") "]",
	  "[" RESULT("1", "null") "," ERROR("2", "-32000",
					    "no \\uFFFD") "]\n" },
	{ "[" NOTE("echo") "," CALL("2", "echo") "," NOTE("no") "]",
	  "[" RESULT("2", "null") "]\n" },
	{ "[" NOTE("echo") "," NOTE("no") "]", "" },
	{ "[7," CALL("1", "echo") ",{\"id\":\"i\"}]",
	  "[" ERROR("null", "-32600", "invalid request") "," RESULT(
		  "1", "null") "," ERROR("\"i\"", "-32600",
					 "invalid request") "]\n" },
	{ "[]" CALL("1", "echo"),
	  ERROR("null", "-32600", "empty batch") "\n" RESULT("1",
							     "null") "\n" },
	{ "7 " CALL("1", "echo"),
	  ERROR("null", "-32600", "invalid request") "\n" RESULT("1",
								 "null") "\n" },
	/* Any member may come first, and others may be there. */
	{ "{\"x\":[{}],\"method\":\"echo\",\"id\":5,\"jsonrpc\":\"2.0\"}",
	  RESULT("5", "null") "\n" },
};

Test(jsonrpc, answers_the_same_in_any_pieces)
{
	for (size_t i = 0; i < ARRAY_LEN(talks); i++)
		for (size_t n = 1; n <= strlen(talks[i].in); n++) {
			struct core c;

			core_open(&c, NULL, NULL);
			cr_assert_eq(core_feed(&c, talks[i].in, n), ERR_SHORT);
			cr_assert_str_eq(core_out(&c), talks[i].out,
					 "%s by %zu", talks[i].in, n);
			cr_assert_eq(core_end(&c), ERR_CLOSED);
			cr_assert_str_eq(core_out(&c), "");
			core_close(&c);
		}
}

Test(jsonrpc, hands_out_one_call_at_a_time)
{
	struct jsonrpc_call call;
	struct core c;

	core_open(&c, NULL, NULL);
	cr_assert_eq(jsonrpc_feed(&c.rpc,
				  (const uint8_t *)"[" CALL("1", "a") "," CALL(
					  "2", "b") "]" CALL("3", "c"),
				  3 * strlen(CALL("1", "a")) + 3),
		     ERR_NONE);
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_NONE);
	cr_assert_str_eq(call.method, "a");
	cr_assert_null(call.params);
	cr_assert(jsonrpc_is_gathering(&c.rpc));
	cr_assert_eq(jsonrpc_result(&c.rpc, json_integer(1), &c.out), ERR_NONE);
	cr_assert_eq(c.out.len, 0);
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_NONE);
	cr_assert_str_eq(call.method, "b");
	cr_assert_eq(jsonrpc_result(&c.rpc, json_integer(2), &c.out), ERR_NONE);
	cr_assert_not(jsonrpc_is_gathering(&c.rpc));
	cr_assert_str_eq(core_out(&c),
			 "[" RESULT("1", "1") "," RESULT("2", "2") "]\n");
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_NONE);
	cr_assert_str_eq(call.method, "c");
	cr_assert_not(jsonrpc_is_gathering(&c.rpc));
	cr_assert_eq(jsonrpc_result(&c.rpc, json_integer(3), &c.out), ERR_NONE);
	cr_assert_str_eq(core_out(&c), RESULT("3", "3") "\n");
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_SHORT);
	core_close(&c);
}

Test(jsonrpc, is_cleared_while_a_call_is_out)
{
	struct jsonrpc_call call;
	struct core c;

	core_open(&c, NULL, NULL);
	cr_assert_eq(jsonrpc_feed(&c.rpc,
				  (const uint8_t *)"[" CALL("1", "a") ",7]",
				  strlen(CALL("1", "a")) + 4),
		     ERR_NONE);
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_NONE);
	core_close(&c); /* leaks are found by the sanitizer */
}

Test(jsonrpc, replaces_an_answer_that_is_too_large)
{
	struct core c;

	core_open(&c, NULL, NULL);
	jsonrpc_clear(&c.rpc);
	jsonrpc_init(&c.rpc, JSONRPC_TEXT_MAX, 1000);
	/* 36 bytes around the string. */
	cr_assert_eq(core_feed(&c, CALL_WITH("1", "big", "[964]"), 100),
		     ERR_SHORT);
	cr_assert_eq(strlen(core_out(&c)), 1001);
	cr_assert_eq(core_feed(&c, CALL_WITH("1", "big", "[965]"), 100),
		     ERR_SHORT);
	cr_assert_str_eq(core_out(&c),
			 ERROR("1", "-32003", "response too large") "\n");
	core_close(&c);
}

/* As go-ethereum: what no longer fits, and all behind it, is not run. */
Test(jsonrpc, ends_a_batch_whose_answers_are_too_large)
{
	struct core c;

	core_open(&c, NULL, NULL);
	jsonrpc_clear(&c.rpc);
	jsonrpc_init(&c.rpc, JSONRPC_TEXT_MAX, 1000);
	cr_assert_eq(
		core_feed(
			&c,
			"[" CALL("1", "echo") "," CALL_WITH("2", "big", "[999]") "," CALL(
				"3",
				"echo") "," NOTE("echo") ",8]" CALL("4",
								    "echo"),
			1000),
		ERR_SHORT);
	cr_assert_eq(c.calls, 3);
	cr_assert_str_eq(
		core_out(&c),
		"[" RESULT("1", "null") "," ERROR("2", "-32003", "response too large") "," ERROR(
			"3", "-32003",
			"response too large") "," ERROR("null", "-32600",
							"invalid request") "]"
									   "\n" RESULT(
										   "4",
										   "null") "\n");
	core_close(&c);
}

static char *batch_of(size_t n)
{
	static const char one[] = CALL("7", "echo");
	char *text = malloc(n * sizeof(one) + 2);
	char *at = text;

	cr_assert_not_null(text);
	*at++ = '[';
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%s%s", i ? "," : "", one);
	strcpy(at, "]");
	return text;
}

Test(jsonrpc, takes_a_batch_of_a_thousand_and_no_larger_one)
{
	char *text = batch_of(JSONRPC_BATCH_MAX);
	struct core c;

	core_open(&c, NULL, NULL);
	cr_assert_eq(core_feed(&c, text, 1000), ERR_SHORT);
	cr_assert_eq(c.calls, JSONRPC_BATCH_MAX);
	core_out(&c);
	free(text);

	text = batch_of(JSONRPC_BATCH_MAX + 1);
	cr_assert_eq(core_feed(&c, text, 1000), ERR_SHORT);
	cr_assert_eq(c.calls, JSONRPC_BATCH_MAX);
	cr_assert_str_eq(core_out(&c),
			 "[" ERROR("7", "-32600", "batch too large") "]\n");
	free(text);
	core_close(&c);
}

Test(jsonrpc, says_when_an_answer_has_no_room)
{
	struct jsonrpc_call call;
	struct core c;

	core_open(&c, NULL, NULL);
	c.out.limit = 30;
	cr_assert_eq(jsonrpc_feed(&c.rpc, (const uint8_t *)CALL("1", "a"),
				  strlen(CALL("1", "a"))),
		     ERR_NONE);
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_NONE);
	cr_assert_eq(jsonrpc_result(&c.rpc, json_null(), &c.out), ERR_LIMIT);
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_LIMIT);
	core_close(&c);
}

Test(jsonrpc, writes_notifications)
{
	json_t *news = json_pack("{ss}", "type", "add");
	struct core c;

	core_open(&c, NULL, NULL);
	cr_assert_eq(jsonrpc_notify(&c.out, "admin_subscription", "0x1", news),
		     ERR_NONE);
	cr_assert_str_eq(
		core_out(&c),
		"{\"jsonrpc\":\"2.0\",\"method\":\"admin_subscription\""
		",\"params\":{\"subscription\":\"0x1\",\"result\":"
		"{\"type\":\"add\"}}}\n");
	c.out.limit = 50;
	cr_assert_eq(jsonrpc_notify(&c.out, "admin_subscription", "0x1", news),
		     ERR_LIMIT);
	cr_assert_eq(c.out.len, 0);
	json_decref(news);
	core_close(&c);
}
