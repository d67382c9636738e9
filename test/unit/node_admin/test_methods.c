/* SPDX-License-Identifier: Apache-2.0 */
/* Methods behind the JSON-RPC core: text in, text out. */
#include "node/admin/methods.h"

#include <stdlib.h>

#include "test/support/unit.h"
#include "test/unit/node_admin/core.h"
#include "test/unit/node_admin/fake_node.h"

struct desk {
	struct core core;
	struct fake_node node;
	unsigned watches, stops;
};

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

static bool watch(void *ctx, char id[METHODS_WATCH_ID])
{
	struct desk *d = ctx;

	if (d->watches == 2)
		return false;
	snprintf(id, METHODS_WATCH_ID, "0x%u", ++d->watches);
	return true;
}

static bool unwatch(void *ctx UNUSED, const char *id)
{
	return !strcmp(id, "0x2");
}

static void stop(void *ctx)
{
	struct desk *d = ctx;

	d->stops++;
}

static void serve(struct core *c, const struct jsonrpc_call *call)
{
	struct desk *d = c->ctx;
	const struct methods_caller caller = {
		.ctx = d,
		.watch = watch,
		.unwatch = unwatch,
		.stop = stop,
	};

	methods_call(&d->node.node, &caller, call->method, call->params,
		     admin_call_new(&call_events, c));
}

static void desk_open(struct desk *d)
{
	*d = (struct desk){ 0 };
	fake_node_init(&d->node);
	core_open(&d->core, serve, d);
}

static void desk_close(struct desk *d)
{
	core_close(&d->core);
}

/* The answer to a call: its result as text, or "-32602: the message". */
static const char *ask(struct desk *d, const char *method, const char *params)
{
	static char text[4096];
	json_t *answer, *error, *result;
	char *dump;

	snprintf(text, sizeof(text),
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%"
		 "s}",
		 method, params);
	cr_assert_eq(core_feed(&d->core, text, sizeof(text)), ERR_SHORT);
	answer = json_loads(core_out(&d->core), 0, NULL);
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
		struct desk d;

		desk_open(&d);
		cr_assert_eq(core_feed(&d.core, request, 1000), ERR_SHORT);
		cr_assert_eq(core_end(&d.core), ERR_CLOSED);
		/* Go writes '>' as \u003e. */
		if (!strstr(request, "xxxx"))
			cr_assert_str_eq(core_out(&d.core),
					 vectors_text(one, "answer"), "%s",
					 request);
		else
			cr_assert(strstr(core_out(&d.core),
					 "too long: 2049 > 2048"));
		desk_close(&d);
	}
	json_decref(v);
}

#define PUB                                                                \
	"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" \
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
#define URL "enode://" PUB "@127.0.0.1:30303"

Test(methods, add_and_remove_peers)
{
	static const struct {
		const char *method, *asked;
	} cases[] = {
		{ "admin_addPeer", "add " URL },
		{ "admin_removePeer", "remove " URL },
		{ "admin_addTrustedPeer", "trust " URL },
		{ "admin_removeTrustedPeer", "distrust " URL },
	};
	struct desk d;

	desk_open(&d);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		d.node.rc = ERR_NONE;
		cr_assert_str_eq(ask(&d, cases[i].method, "[\"" URL "\"]"),
				 "true");
		cr_assert_str_eq(d.node.asked, cases[i].asked);
		d.node.rc = ERR_UNSUPPORTED;
		d.node.why = "it has no address";
		cr_assert_str_eq(ask(&d, cases[i].method, "[\"" URL "\"]"),
				 "-32000: it has no address");
		d.node.why = NULL;
		d.node.rc = ERR_CLOSED;
		cr_assert_str_eq(ask(&d, cases[i].method, "[\"" URL "\"]"),
				 "-32000: closed");
		d.node.asked[0] = '\0';
		cr_assert_str_eq(ask(&d, cases[i].method, "[\"enode://ab\"]"),
				 "-32000: invalid enode: public key: 2 hex "
				 "digits where 128 are needed");
		cr_assert_str_eq(ask(&d, cases[i].method, "[7]"),
				 "-32602: invalid argument 0: a string is "
				 "needed");
		cr_assert_str_eq(d.node.asked, "");
	}
	desk_close(&d);
}

Test(methods, list_peers_by_id)
{
	struct admin_peer peers[3] = { 0 };
	struct desk d;
	json_t *list;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "admin_peers", "[]"), "[]");
	peers[0].enode.id.b[0] = 3;
	peers[1].enode.id.b[0] = 1;
	peers[2].enode.id.b[0] = 2;
	d.node.peers = peers;
	d.node.peer_count = 3;
	list = json_loads(ask(&d, "admin_peers", "[]"), 0, NULL);
	cr_assert_eq(json_array_size(list), 3);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(vectors_text(json_array_get(list, i), "id")[1],
			     (char)('1' + i));
	json_decref(list);
	desk_close(&d);
}

Test(methods, tell_of_the_node)
{
	struct desk d;

	desk_open(&d);
	cr_assert(strstr(ask(&d, "admin_nodeInfo", "[]"), "\"name\":\"fake\""));
	desk_close(&d);
}

Test(methods, watch_under_both_names)
{
	struct desk d;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "admin_subscribe", "[\"peerEvents\"]"),
			 "\"0x1\"");
	cr_assert_str_eq(ask(&d, "admin_peerEvents", "[]"), "\"0x2\"");
	cr_assert_str_eq(ask(&d, "admin_peerEvents", "[]"),
			 "-32000: too many subscriptions");
	cr_assert_str_eq(ask(&d, "admin_subscribe", "[\"peerEvents\",1]"),
			 "-32602: too many arguments, want at most 1");
	cr_assert_str_eq(ask(&d, "admin_unsubscribe", "[\"0x3\"]"),
			 "-32000: subscription not found");
	cr_assert_str_eq(ask(&d, "admin_unsubscribe", "[\"0x2\"]"), "true");
	desk_close(&d);
}

Test(methods, load_plugins_with_options)
{
	struct desk d;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "plugin_load", "[\"foobar\"]"), "true");
	cr_assert_str_eq(d.node.asked, "load foobar -");
	cr_assert_str_eq(ask(&d, "plugin_load", "[\"./x.so\",null]"), "true");
	cr_assert_str_eq(d.node.asked, "load ./x.so -");
	cr_assert_str_eq(ask(&d, "plugin_load",
			     "[\"x\",{\"a\":\"b\",\"n\":1,\"t\":true}]"),
			 "true");
	cr_assert_str_eq(d.node.asked,
			 "load x {\"a\":\"b\",\"n\":1,\"t\":true}");
	d.node.asked[0] = '\0';
	cr_assert_str_eq(ask(&d, "plugin_load", "[\"x\",{\"a\":[]}]"),
			 "-32602: invalid argument 1: an option is a string, a "
			 "number, true or false");
	cr_assert_str_eq(ask(&d, "plugin_load", "[\"x\",\"a=b\"]"),
			 "-32602: invalid argument 1: an object is needed");
	cr_assert_str_eq(ask(&d, "plugin_load", "[]"),
			 "-32602: missing value for required argument 0");
	cr_assert_str_eq(ask(&d, "plugin_load", "[\"x\",null,1]"),
			 "-32602: too many arguments, want at most 2");
	cr_assert_str_eq(d.node.asked, "");
	desk_close(&d);
}

Test(methods, hand_on_what_the_node_says_of_a_plugin)
{
	struct desk d;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "plugin_reload", "[\"x\"]"),
			 "-32000: x is not loaded");
	cr_assert_str_eq(d.node.asked, "reload x");
	cr_assert(strstr(ask(&d, "plugin_list", "[]"),
			 "{\"name\":\"new\",\"version\":\"0\",\"summary\":\"\","
			 "\"path\":\"/tmp/new.so\",\"state\":\"starting\","
			 "\"protocols\":[],\"counters\":{}}"));
	desk_close(&d);
}

Test(methods, call_those_of_plugins)
{
	struct desk d;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "foobar_stats", "[1,{\"a\":2}]"),
			 "{\"foos\":3}");
	cr_assert_str_eq(d.node.asked, "foobar_stats [1,{\"a\":2}]");
	cr_assert_str_eq(ask(&d, "foobar_stats", "{\"a\":2}"), "{\"foos\":3}");
	cr_assert_str_eq(d.node.asked, "foobar_stats {\"a\":2}");
	cr_assert_str_eq(ask(&d, "foobar_stats", "null"), "{\"foos\":3}");
	cr_assert_str_eq(d.node.asked, "foobar_stats []");
	cr_assert_str_eq(ask(&d, "foobar_stats", "7"),
			 "-32602: non-array args");
	cr_assert(!strncmp(ask(&d, "foobar_broken", "[]"),
			   "-32603: the method's answer: invalid JSON", 40));
	cr_assert_str_eq(ask(&d, "gossip_x", "[]"),
			 "-32601: the method gossip_x does not exist/is not "
			 "available");
	desk_close(&d);
}

Test(methods, name_the_modules)
{
	struct desk d;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "rpc_modules", "[]"),
			 "{\"admin\":\"1.0\",\"discovery\":\"1.0\","
			 "\"discv4\":\"1.0\",\"discv5\":\"1.0\","
			 "\"node\":\"1.0\","
			 "\"plugin\":\"1.0\",\"rpc\":\"1.0\","
			 "\"foobar\":\"1.0\",\"gossip\":\"1.0\"}");
	desk_close(&d);
}

Test(methods, tell_what_the_node_counted)
{
	struct desk d;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "node_counters", "[]"),
			 "{\"peers\":2,\"sessions\":5}");
	cr_assert_str_eq(ask(&d, "node_counters", "[1]"),
			 "-32602: too many arguments, want at most 0");
	desk_close(&d);
}

Test(methods, tell_what_discovery_counted_and_whom_it_knows)
{
	struct desk d;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "discovery_counters", "[]"),
			 "{\"v4\":{\"known\":7}}");
	cr_assert_str_eq(ask(&d, "discv4_buckets", "[]"),
			 "[[],[{\"node\":\"enr:\"}]]");
	cr_assert_str_eq(ask(&d, "discv5_buckets", "[]"),
			 "-32000: discovery v5 is off");
	desk_close(&d);
}

Test(methods, of_discovery_are_not_there_without_it)
{
	static const char *const names[] = { "discovery_counters",
					     "discv4_buckets",
					     "discv5_buckets" };
	struct desk d;

	desk_open(&d);
	d.node.node.discovery_counters = NULL;
	d.node.node.discovery_buckets = NULL;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		cr_assert_not_null(strstr(ask(&d, names[i], "[]"),
					  "does not exist/is not available"));
	cr_assert_null(strstr(ask(&d, "rpc_modules", "[]"), "disc"));
	desk_close(&d);
}

Test(methods, answer_before_the_node_stops)
{
	struct desk d;

	desk_open(&d);
	cr_assert_str_eq(ask(&d, "node_stop", "[]"), "true");
	cr_assert_eq(d.stops, 1);
	cr_assert_eq(d.node.stops, 0); /* left to the caller */
	desk_close(&d);
}
