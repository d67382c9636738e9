/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/call.h"
#include "test/support/unit.h"

struct seen {
	unsigned results, errors;
	int code;
	char text[WHY_MAX];
};

static void on_result(void *ctx, json_t *result)
{
	struct seen *seen = ctx;
	char *text = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);

	seen->results++;
	snprintf(seen->text, sizeof(seen->text), "%s", text);
	free(text);
	json_decref(result);
}

static void on_error(void *ctx, enum jsonrpc_code code, const char *message)
{
	struct seen *seen = ctx;

	seen->errors++;
	seen->code = code;
	snprintf(seen->text, sizeof(seen->text), "%s", message);
}

static const struct admin_call_events events = {
	.result = on_result,
	.error = on_error,
};

Test(admin_call, hands_its_answer_on)
{
	struct seen seen = { 0 };

	admin_call_result(admin_call_new(&events, &seen), json_integer(5));
	cr_assert_eq(seen.results, 1);
	cr_assert_str_eq(seen.text, "5");
	admin_call_error(admin_call_new(&events, &seen), JSONRPC_PARAMS,
			 "not %d", 7);
	cr_assert_eq(seen.errors, 1);
	cr_assert_eq(seen.code, -32602);
	cr_assert_str_eq(seen.text, "not 7");
}

Test(admin_call, takes_the_JSON_of_plugins)
{
	struct seen seen = { 0 };

	admin_call_text(admin_call_new(&events, &seen), " [1, 2] ");
	cr_assert_eq(seen.results, 1);
	cr_assert_str_eq(seen.text, "[1,2]");
	admin_call_text(admin_call_new(&events, &seen), "[1, 2");
	cr_assert_eq(seen.errors, 1);
	cr_assert_eq(seen.code, -32603);
	cr_assert(strstr(seen.text, "invalid JSON"), "%s", seen.text);
	admin_call_text(admin_call_new(&events, &seen), "");
	cr_assert_eq(seen.errors, 2);
}

Test(admin_call, may_be_answered_when_nobody_waits)
{
	struct seen seen = { 0 };
	struct admin_call *call;

	call = admin_call_new(&events, &seen);
	admin_call_abandon(call);
	admin_call_result(call, json_string("kept nowhere"));
	call = admin_call_new(&events, &seen);
	admin_call_abandon(call);
	admin_call_error(call, JSONRPC_FAILED, "told nobody");
	call = admin_call_new(&events, &seen);
	admin_call_abandon(call);
	admin_call_text(call, "{}");
	cr_assert_eq(seen.results + seen.errors, 0);
}
