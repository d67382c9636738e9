/* SPDX-License-Identifier: Apache-2.0 */
/* Methods behind the JSON-RPC core: text in, text out. */
#include "node/admin/methods.h"

#include <stdlib.h>

#include "test/support/unit.h"
#include "test/unit/node_admin/core.h"
#include "test/unit/node_admin/fake_node.h"

/* A caller, who may watch twice, and the node behind the methods. */
static struct {
	struct core core;
	struct fake_node node;
	unsigned watches, stops;
} desk;

#define DESK .init = desk_open, .fini = desk_close

static void on_result(void *ctx, json_t *result)
{
	struct core *c = ctx;

	cr_assert_eq(jsonrpc_result(&c->rpc, result, &c->out), ERR_NONE);
}

static void on_error(void *ctx, enum jsonrpc_code code, const char *message)
{
	struct core *c = ctx;

	cr_assert_eq(jsonrpc_error(&c->rpc, code, message, &c->out), ERR_NONE);
}

static const struct admin_call_events call_events = {
	.result = on_result,
	.error = on_error,
};

static bool watch(void *ctx UNUSED, char id[METHODS_WATCH_ID])
{
	if (desk.watches == 2)
		return false;
	snprintf(id, METHODS_WATCH_ID, "0x%u", ++desk.watches);
	return true;
}

static bool unwatch(void *ctx UNUSED, const char *id)
{
	return !strcmp(id, "0x2");
}

static void stop(void *ctx UNUSED)
{
	desk.stops++;
}

static void serve(struct core *c, const struct jsonrpc_call *call)
{
	const struct methods_caller caller = {
		.watch = watch,
		.unwatch = unwatch,
		.stop = stop,
	};

	methods_call(&desk.node.node, &caller, call->method, call->params,
		     admin_call_new(&call_events, c));
}

static void desk_open(void)
{
	memset(&desk, 0, sizeof(desk));
	fake_node_init(&desk.node);
	core_open(&desk.core, serve, NULL);
}

static void desk_close(void)
{
	core_close(&desk.core);
}

/* The answer to a call: its result as text, or "-32602: the message". */
static const char *ask(const char *method, const char *params)
{
	static char text[4096];
	json_t *answer, *error, *result;
	char *dump;

	snprintf(text, sizeof(text),
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%"
		 "s}",
		 method, params);
	cr_assert_eq(core_feed(&desk.core, text, sizeof(text)), ERR_SHORT);
	answer = json_loads(core_out(&desk.core), 0, NULL);
	error = json_object_get(answer, "error");
	result = json_object_get(answer, "result");
	if (error) {
		snprintf(
			text, sizeof(text), "%d: %s",
			(int)json_integer_value(json_object_get(error, "code")),
			json_string_value(json_object_get(error, "message")));
	} else {
		dump = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);
		snprintf(text, sizeof(text), "%s", dump ? dump : "nothing");
		free(dump);
	}
	json_decref(answer);
	return text;
}

static void answers(const char *method, const char *params, const char *wanted)
{
	cr_assert_str_eq(ask(method, params), wanted, "%s %s", method, params);
}

/* The answers are those of an rpc.Server of go-ethereum with methods of the
 * same names. */
Test(methods, answer_as_go_ethereum_does)
{
	json_t *v = vectors_load("admin.json");
	json_t *cases = vectors_at(v, "exchanges");
	size_t i;
	json_t *one;

	cr_assert_eq(json_array_size(cases), 45);
	json_array_foreach(cases, i, one)
	{
		const char *request = vectors_text(one, "request");

		desk_open();
		cr_assert_eq(core_feed(&desk.core, request, 1000), ERR_SHORT);
		cr_assert_eq(core_end(&desk.core), ERR_CLOSED);
		/* Go writes '>' as \u003e. */
		if (!strstr(request, "xxxx"))
			cr_assert_str_eq(core_out(&desk.core),
					 vectors_text(one, "answer"), "%s",
					 request);
		else
			cr_assert(strstr(core_out(&desk.core),
					 "too long: 2049 > 2048"));
		desk_close();
	}
	json_decref(v);
}

#define PUB                                                                \
	"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" \
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
#define URL "enode://" PUB "@127.0.0.1:30303"

Test(methods, add_and_remove_peers, DESK)
{
	static const struct {
		const char *method, *asked;
	} cases[] = {
		{ "admin_addPeer", "add " URL },
		{ "admin_removePeer", "remove " URL },
		{ "admin_addTrustedPeer", "trust " URL },
		{ "admin_removeTrustedPeer", "distrust " URL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		desk.node.rc = ERR_NONE;
		answers(cases[i].method, "[\"" URL "\"]", "true");
		cr_assert_str_eq(desk.node.asked, cases[i].asked);
		desk.node.rc = ERR_UNSUPPORTED;
		desk.node.why = "it has no address";
		answers(cases[i].method, "[\"" URL "\"]",
			"-32000: it has no address");
		desk.node.why = NULL;
		desk.node.rc = ERR_CLOSED;
		answers(cases[i].method, "[\"" URL "\"]", "-32000: closed");
		desk.node.asked[0] = '\0';
		answers(cases[i].method, "[\"enode://ab\"]",
			"-32000: invalid enode: public key: 2 hex "
			"digits where 128 are needed");
		answers(cases[i].method, "[7]",
			"-32602: invalid argument 0: a string is "
			"needed");
		cr_assert_str_eq(desk.node.asked, "");
	}
}

Test(methods, list_peers_by_id, DESK)
{
	struct admin_peer peers[3] = { 0 };
	json_t *list;

	answers("admin_peers", "[]", "[]");
	peers[0].enode.id.b[0] = 3;
	peers[1].enode.id.b[0] = 1;
	peers[2].enode.id.b[0] = 2;
	desk.node.peers = peers;
	desk.node.peer_count = 3;
	list = json_loads(ask("admin_peers", "[]"), 0, NULL);
	cr_assert_eq(json_array_size(list), 3);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(vectors_text(json_array_get(list, i), "id")[1],
			     (char)('1' + i));
	json_decref(list);
}

Test(methods, tell_of_the_node, DESK)
{
	cr_assert(strstr(ask("admin_nodeInfo", "[]"), "\"name\":\"fake\""));
}

Test(methods, watch_under_both_names, DESK)
{
	answers("admin_subscribe", "[\"peerEvents\"]", "\"0x1\"");
	answers("admin_peerEvents", "[]", "\"0x2\"");
	answers("admin_peerEvents", "[]", "-32000: too many subscriptions");
	answers("admin_subscribe", "[\"peerEvents\",1]",
		"-32602: too many arguments, want at most 1");
	answers("admin_unsubscribe", "[\"0x3\"]",
		"-32000: subscription not found");
	answers("admin_unsubscribe", "[\"0x2\"]", "true");
}

Test(methods, load_plugins_with_options, DESK)
{
	answers("plugin_load", "[\"foobar\"]", "true");
	cr_assert_str_eq(desk.node.asked, "load foobar -");
	answers("plugin_load", "[\"./x.so\",null]", "true");
	cr_assert_str_eq(desk.node.asked, "load ./x.so -");
	answers("plugin_load", "[\"x\",{\"a\":\"b\",\"n\":1,\"t\":true}]",
		"true");
	cr_assert_str_eq(desk.node.asked,
			 "load x {\"a\":\"b\",\"n\":1,\"t\":true}");
	desk.node.asked[0] = '\0';
	answers("plugin_load", "[\"x\",{\"a\":[]}]",
		"-32602: invalid argument 1: an option is a string, a "
		"number, true or false");
	answers("plugin_load", "[\"x\",\"a=b\"]",
		"-32602: invalid argument 1: an object is needed");
	answers("plugin_load", "[]",
		"-32602: missing value for required argument 0");
	answers("plugin_load", "[\"x\",null,1]",
		"-32602: too many arguments, want at most 2");
	cr_assert_str_eq(desk.node.asked, "");
}

Test(methods, hand_on_what_the_node_says_of_a_plugin, DESK)
{
	answers("plugin_reload", "[\"x\"]", "-32000: x is not loaded");
	cr_assert_str_eq(desk.node.asked, "reload x");
	cr_assert(strstr(ask("plugin_list", "[]"),
			 "{\"name\":\"new\",\"version\":\"0\",\"summary\":\"\","
			 "\"path\":\"/tmp/new.so\",\"state\":\"starting\","
			 "\"protocols\":[],\"counters\":{}}"));
}

Test(methods, call_those_of_plugins, DESK)
{
	answers("foobar_stats", "[1,{\"a\":2}]", "{\"foos\":3}");
	cr_assert_str_eq(desk.node.asked, "foobar_stats [1,{\"a\":2}]");
	answers("foobar_stats", "{\"a\":2}", "{\"foos\":3}");
	cr_assert_str_eq(desk.node.asked, "foobar_stats {\"a\":2}");
	answers("foobar_stats", "null", "{\"foos\":3}");
	cr_assert_str_eq(desk.node.asked, "foobar_stats []");
	answers("foobar_stats", "7", "-32602: non-array args");
	cr_assert(!strncmp(ask("foobar_broken", "[]"),
			   "-32603: the method's answer: invalid JSON", 40));
	answers("gossip_x", "[]",
		"-32601: the method gossip_x does not exist/is not "
		"available");
}

Test(methods, name_the_modules, DESK)
{
	answers("rpc_modules", "[]",
		"{\"admin\":\"1.0\",\"discovery\":\"1.0\","
		"\"discv4\":\"1.0\",\"discv5\":\"1.0\","
		"\"node\":\"1.0\","
		"\"plugin\":\"1.0\",\"rpc\":\"1.0\","
		"\"foobar\":\"1.0\",\"gossip\":\"1.0\"}");
}

Test(methods, tell_what_the_node_counted, DESK)
{
	answers("node_counters", "[]", "{\"peers\":2,\"sessions\":5}");
	answers("node_counters", "[1]",
		"-32602: too many arguments, want at most 0");
}

Test(methods, tell_what_discovery_counted_and_whom_it_knows, DESK)
{
	answers("discovery_counters", "[]", "{\"v4\":{\"known\":7}}");
	answers("discv4_buckets", "[]", "[[],[{\"node\":\"enr:\"}]]");
	answers("discv5_buckets", "[]", "-32000: discovery v5 is off");
}

Test(methods, of_discovery_are_not_there_without_it, DESK)
{
	static const char *const names[] = { "discovery_counters",
					     "discv4_buckets",
					     "discv5_buckets" };

	desk.node.node.discovery_counters = NULL;
	desk.node.node.discovery_buckets = NULL;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		cr_assert_not_null(strstr(ask(names[i], "[]"),
					  "does not exist/is not available"));
	cr_assert_null(strstr(ask("rpc_modules", "[]"), "disc"));
}

Test(methods, answer_before_the_node_stops, DESK)
{
	answers("node_stop", "[]", "true");
	cr_assert_eq(desk.stops, 1);
	cr_assert_eq(desk.node.stops, 0); /* left to the caller */
}
