/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/replies.h"
#include "test/support/unit.h"

static enum err feed(struct replies *r, const char *text)
{
	return replies_feed(r, (const uint8_t *)text, strlen(text));
}

Test(replies, reads_results_errors_and_notifications)
{
	struct why why = WHY_NONE;
	struct replies r;
	struct reply out;

	replies_init(&r);
	cr_assert_eq(feed(&r,
			  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[7]}\n"
			  "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":"
			  "{\"code\":-32000,\"message\":\"no\"}}\n"
			  "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":"
			  "{\"code\":-32700,\"message\":\"bad\"}}\n"
			  "{\"jsonrpc\":\"2.0\",\"method\":\"a_subscription\""
			  ",\"params\":{\"subscription\":\"0x1\","
			  "\"result\":false}}\n{"),
		     ERR_NONE);
	cr_assert_eq(replies_next(&r, &out, &why), ERR_NONE);
	cr_assert_eq(out.kind, REPLY_RESULT);
	cr_assert_eq(out.id, 1);
	cr_assert_eq(json_integer_value(json_array_get(out.value, 0)), 7);
	cr_assert_eq(replies_next(&r, &out, &why), ERR_NONE);
	cr_assert_eq(out.kind, REPLY_ERROR);
	cr_assert_eq(out.id, 2);
	cr_assert_eq(out.code, -32000);
	cr_assert_str_eq(out.message, "no");
	cr_assert_eq(replies_next(&r, &out, &why), ERR_NONE);
	cr_assert_eq(out.kind, REPLY_ERROR);
	cr_assert_eq(out.id, 0);
	cr_assert_eq(replies_next(&r, &out, &why), ERR_NONE);
	cr_assert_eq(out.kind, REPLY_NOTE);
	cr_assert_str_eq(out.subscription, "0x1");
	cr_assert(json_is_false(out.value));
	cr_assert_eq(replies_next(&r, &out, &why), ERR_SHORT);
	replies_clear(&r);
}

Test(replies, refuses_what_is_no_answer)
{
	static const char *const cases[] = {
		"{}",
		"1 ",
		"]",
		"[]",
		"{\"id\":1}",
		"{\"id\":1,\"error\":7}",
		"{\"id\":1,\"error\":{\"code\":1}}",
		"{\"method\":\"x\"}",
		"{\"method\":\"x\",\"params\":{\"result\":1}}",
		"{\"method\":\"x\",\"params\":{\"subscription\":\"1\"}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct why why = WHY_NONE;
		struct replies r;
		struct reply out;

		replies_init(&r);
		cr_assert_eq(feed(&r, cases[i]), ERR_NONE);
		cr_assert_eq(replies_next(&r, &out, &why), ERR_FORMAT, "%s",
			     cases[i]);
		cr_assert(why.text[0]);
		replies_clear(&r);
	}
}

Test(replies, asks)
{
	json_t *params = json_pack("[si]", "a", 1);
	struct buf out;

	buf_init(&out, 1000);
	cr_assert_eq(replies_ask(&out, 5, "x_y", params), ERR_NONE);
	cr_assert(span_equal(span_of(out.data, out.len),
			     span_text("{\"jsonrpc\":\"2.0\",\"id\":5,"
				       "\"method\":\"x_y\",\"params\":"
				       "[\"a\",1]}\n")));
	out.limit = 80;
	cr_assert_eq(replies_ask(&out, 5, "x_y", params), ERR_LIMIT);
	buf_clear(&out);
	json_decref(params);
}
