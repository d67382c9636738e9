/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "test/support/unit.h"
#include "test/unit/node_admin/core.h"

/* The code of the error that was written, which is to no call in particular; 0
 * when there is none. */
static int refusal(struct core *c)
{
	json_t *answer = json_loads(core_out(c), 0, NULL);
	int code;

	if (!answer)
		return 0;
	cr_assert(json_is_null(json_object_get(answer, "id")));
	code = (int)json_integer_value(
		json_object_get(json_object_get(answer, "error"), "code"));
	json_decref(answer);
	return code;
}

static const struct {
	const char *in;
	int code;
	enum err rc; /* ERR_SHORT: the connection goes on */
} inputs[] = {
	{ "]", -32700, ERR_FORMAT },
	{ "{]", -32700, ERR_FORMAT },
	{ ",", -32700, ERR_FORMAT },
	{ "[1,]", -32700, ERR_FORMAT },
	{ "{\"a\"}", -32700, ERR_FORMAT },
	{ "{'jsonrpc':'2.0'}", -32700, ERR_FORMAT },
	{ "GET / HTTP/1.1\r\n", -32700, ERR_FORMAT },
	{ "nul ", -32700, ERR_FORMAT },
	{ "\"\xff\"", -32700, ERR_FORMAT },
	{ "\x16\x03\x01\x02 ", -32700, ERR_FORMAT },
	{ "{\"id\":1,\"id\":2}", -32700, ERR_FORMAT },
	{ "{\"id\":\"\\u0000\"}", -32700, ERR_FORMAT },
	{ "{\"id\":18446744073709551616}", -32700, ERR_FORMAT },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	  -32700, ERR_LIMIT },
	{ "{}", -32600, ERR_SHORT },
	{ "1 ", -32600, ERR_SHORT },
	{ "\"text\"", -32600, ERR_SHORT },
	{ "null\n", -32600, ERR_SHORT },
	{ "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"echo\"}", -32600,
	  ERR_SHORT },
	{ "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"echo\"}", -32600,
	  ERR_SHORT },
	{ "{\"jsonrpc\":2,\"method\":\"echo\"}", -32600, ERR_SHORT },
	{ "{\"jsonrpc\":\"2.0\",\"method\":[\"echo\"]}", -32600, ERR_SHORT },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"\"}", -32600, ERR_SHORT },
	{ "{\"jsonrpc\":\"2.0\",\"result\":1}", -32600, ERR_SHORT },
};

Test(jsonrpc_hostile, refuses_the_malformed_in_any_pieces)
{
	for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
		for (size_t n = 1; n <= strlen(inputs[i].in); n++) {
			struct core c;

			core_open(&c, NULL, NULL);
			cr_assert_eq(core_feed(&c, inputs[i].in, n),
				     inputs[i].rc, "%s", inputs[i].in);
			cr_assert_eq(refusal(&c), inputs[i].code, "%s",
				     inputs[i].in);
			cr_assert_eq(c.calls, 0);
			core_close(&c);
		}
}

Test(jsonrpc_hostile, refuses_what_the_end_cuts_off)
{
	static const char *const cases[] = { "{", "[1", "\"a", "nul",
					     "{\"a\":" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct core c;

		core_open(&c, NULL, NULL);
		cr_assert_eq(core_feed(&c, cases[i], 2), ERR_SHORT);
		cr_assert_eq(core_end(&c), ERR_FORMAT, "%s", cases[i]);
		cr_assert_eq(refusal(&c), -32700);
		core_close(&c);
	}
}

Test(jsonrpc_hostile, says_nothing_after_the_last_error)
{
	struct jsonrpc_call call;
	struct core c;

	core_open(&c, NULL, NULL);
	cr_assert_eq(core_feed(&c, "]]]", 3), ERR_FORMAT);
	cr_assert_eq(refusal(&c), -32700);
	cr_assert_eq(jsonrpc_feed(&c.rpc, (const uint8_t *)"]]]", 3), ERR_NONE);
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_FORMAT);
	cr_assert_eq(c.out.len, 0);
	core_close(&c);
}

/* "blah" closes its brackets and is no JSON: the end comes from the parser. */
Test(jsonrpc_hostile, keeps_nothing_after_the_last_error)
{
	static const char text[] = "{blah} {\"and\":\"more\"}";
	struct jsonrpc_call call;
	struct core c;

	core_open(&c, NULL, NULL);
	cr_assert_eq(jsonrpc_feed(&c.rpc, (const uint8_t *)text, strlen(text)),
		     ERR_NONE);
	cr_assert_eq(jsonrpc_unread(&c.rpc), strlen(text));
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_FORMAT);
	cr_assert_eq(jsonrpc_unread(&c.rpc), 0);
	cr_assert_eq(jsonrpc_feed(&c.rpc, (const uint8_t *)text, strlen(text)),
		     ERR_NONE);
	cr_assert_eq(jsonrpc_unread(&c.rpc), 0);
	core_close(&c);
}

/* A call whose params are a string, n bytes in all. */
static char *call_of(size_t n)
{
	static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				   "\"len\",\"params\":[\"";
	static const char tail[] = "\"]}";
	char *text = malloc(n + 1);

	cr_assert_not_null(text);
	memset(text, 'p', n);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + n + 1 - sizeof(tail), tail, sizeof(tail));
	return text;
}

static void serve_len(struct core *c, const struct jsonrpc_call *call)
{
	size_t n = json_string_length(json_array_get(call->params, 0));

	cr_assert_eq(
		jsonrpc_result(&c->rpc, json_integer((json_int_t)n), &c->out),
		ERR_NONE);
}

Test(jsonrpc_hostile, takes_1_MiB_and_not_a_byte_more)
{
	char *text = call_of(JSONRPC_TEXT_MAX);
	struct core c;

	core_open(&c, serve_len, NULL);
	cr_assert_eq(core_feed(&c, "\n\n", 1), ERR_SHORT);
	cr_assert_eq(core_feed(&c, text, 65536), ERR_SHORT);
	cr_assert_eq(c.calls, 1);
	free(text);
	core_out(&c);

	text = call_of(JSONRPC_TEXT_MAX + 1);
	cr_assert_eq(core_feed(&c, text, 65536), ERR_LIMIT);
	cr_assert_eq(refusal(&c), -32600);
	cr_assert_eq(c.calls, 1);
	free(text);
	core_close(&c);
}

Test(jsonrpc_hostile, refuses_a_million_values)
{
	char *text = malloc(JSONRPC_TEXT_MAX);
	struct core c;

	cr_assert_not_null(text);
	for (size_t i = 0; i < JSONRPC_TEXT_MAX - 1; i++)
		text[i] = "{},"[i % 3];
	text[0] = '[';
	text[1] = ' ';
	text[JSONRPC_TEXT_MAX - 1] = '\0';
	core_open(&c, NULL, NULL);
	text[2] = ' ';
	cr_assert_eq(core_feed(&c, text, 65536), ERR_LIMIT);
	cr_assert_eq(refusal(&c), -32700);
	free(text);
	core_close(&c);
}

Test(jsonrpc_hostile, keeps_method_names_to_their_length)
{
	static const char format[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%0*d\"}";
	char text[JSONRPC_METHOD_MAX + 100];
	struct core c;

	core_open(&c, NULL, NULL);
	snprintf(text, sizeof(text), format, JSONRPC_METHOD_MAX, 0);
	cr_assert_eq(core_feed(&c, text, 1000), ERR_SHORT);
	cr_assert_eq(c.calls, 1);
	snprintf(text, sizeof(text), format, JSONRPC_METHOD_MAX + 1, 0);
	cr_assert_eq(core_feed(&c, text, 1000), ERR_SHORT);
	cr_assert_eq(c.calls, 1);
	core_close(&c);
}

/* Each refusal is handed back before the next, so that whoever drives it can
 * look how full the output is. */
Test(jsonrpc_hostile, answers_a_flood_piece_by_piece)
{
	struct jsonrpc_call call;
	struct core c;

	core_open(&c, NULL, NULL);
	cr_assert_eq(jsonrpc_feed(&c.rpc, (const uint8_t *)"1 1 1 1 ", 8),
		     ERR_NONE);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_BUSY);
		cr_assert_eq(refusal(&c), -32600);
	}
	cr_assert_eq(jsonrpc_next(&c.rpc, &call, &c.out), ERR_SHORT);
	core_close(&c);
}
