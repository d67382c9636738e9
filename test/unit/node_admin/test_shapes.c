/* SPDX-License-Identifier: Apache-2.0 */
/* What go-ethereum's own structs give for the same facts is in
 * test/vectors/admin.json, as text: members and their order are compared. */
#include "node/admin/shapes.h"

#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

static void addr(struct addr *out, const char *text)
{
	cr_assert_eq(addr_parse(out, text), ERR_NONE, "%s", text);
}

/* Both printed anew, since Go escapes other characters than jansson does. */
static void expect(json_t *shape, const char *expected)
{
	json_t *theirs = json_loads(expected, JSON_REJECT_DUPLICATES, NULL);
	char *a = json_dumps(shape, JSON_COMPACT | JSON_ENSURE_ASCII);
	char *b = json_dumps(theirs, JSON_COMPACT | JSON_ENSURE_ASCII);

	cr_assert_not_null(a);
	cr_assert_not_null(b);
	cr_assert_str_eq(a, b, "\n%s\n%s", a, b);
	free(a);
	free(b);
	json_decref(theirs);
	json_decref(shape);
}

static void enode(struct enode *out, json_t *vectors, const char *path)
{
	struct why why = WHY_NONE;

	crypto_init(); /* the URL holds a point of the curve */
	cr_assert_eq(enode_parse(out, vectors_text(vectors, path), &why),
		     ERR_NONE, "%s", why.text);
}

Test(shapes, tells_of_the_node_as_go_ethereum_does)
{
	static const struct admin_protocol protocols[] = {
		{ .name = "gossip" },
		{ .name = "foobar",
		  .info = "{\"bars\": [\"a\", \"b\"], \"foos\": 3}" },
		{ .name = "foobar", .info = "\"an older version\"" },
	};
	json_t *v = vectors_load("admin.json");
	struct admin_self self = {
		.name = "weft/v0.1.0/linux-amd64",
		.enr = "enr:-IS4QExample",
		.is_listening = true,
		.protocols = protocols,
		.protocol_count = ARRAY_LEN(protocols),
	};

	enode(&self.enode, v, "self.enode");
	self.asked = self.enode.udp;
	addr(&self.listen, "[::]:30303");
	expect(shape_self(&self), vectors_text(v, "self.json"));
	addr(&self.listen, ":30303");
	expect(shape_self(&self), vectors_text(v, "self.json"));
	json_decref(v);
}

Test(shapes, tells_of_a_node_that_nobody_reaches)
{
	struct admin_self self = { .name = "quiet" };
	json_t *v = vectors_load("admin.json");

	enode(&self.enode, v, "nobody.enode");
	expect(shape_self(&self), vectors_text(v, "nobody.json"));
	json_decref(v);
}

Test(shapes, tells_of_peers_as_go_ethereum_does)
{
	static const struct admin_protocol first[] = {
		{ .name = "foobar", .info = "{\"foos\":2,\"version\":1}" },
		{ .name = "eth", .is_shaking = true },
	};
	static const struct admin_protocol second[] = {
		{ .name = "foobar" },
	};
	const struct span first_caps[] = {
		span_text("eth/68"),
		span_text("eth/69"),
		span_text("foobar/1"),
		span_text("snap/1"),
	};
	const struct span second_caps[] = { span_text("foobar/1") };
	const struct span third_caps[] = { span_text("a/1") };
	json_t *v = vectors_load("admin.json");
	struct admin_peer peers[] = {
		{ .enr = "enr:-IS4QOther",
		  .name = span_text("Geth/v1.17.10-stable/linux-amd64/go1.25"),
		  .caps = first_caps,
		  .cap_count = ARRAY_LEN(first_caps),
		  .is_static = true,
		  .protocols = first,
		  .protocol_count = ARRAY_LEN(first) },
		{ .name = span_text("bad \xff\xfe\xc0\x80 utf8 \x1b[31m "
				    "\xe2\x80\xa8 \xed\xa0\x80 caf\xc3\xa9 "
				    "\xf0\x9f\x98\x80 \xf0\x9f\x98"),
		  .caps = second_caps,
		  .cap_count = ARRAY_LEN(second_caps),
		  .is_inbound = true,
		  .is_trusted = true,
		  .protocols = second,
		  .protocol_count = ARRAY_LEN(second) },
		{ .caps = third_caps, .cap_count = ARRAY_LEN(third_caps) },
	};
	json_t *expected = json_loads(vectors_text(v, "peers.json"), 0, NULL);

	cr_assert_eq(json_array_size(expected), ARRAY_LEN(peers));
	enode(&peers[0].enode, v, "peers.enodes.0");
	enode(&peers[1].enode, v, "peers.enodes.1");
	enode(&peers[2].enode, v, "peers.enodes.2");
	addr(&peers[0].local, "10.0.0.5:41512");
	addr(&peers[0].remote, "192.0.2.1:30303");
	addr(&peers[1].local, "[2001:db8::2]:30303");
	addr(&peers[1].remote, "[2001:db8::1]:55555");
	addr(&peers[2].local, "127.0.0.1:1");
	addr(&peers[2].remote, "127.0.0.1:65535");
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		/* Theirs are in the order of ids: first, third, second. */
		static const size_t at[] = { 0, 2, 1 };
		char *text = json_dumps(json_array_get(expected, at[i]), 0);

		expect(shape_peer(&peers[i]), text);
		free(text);
	}
	json_decref(expected);
	json_decref(v);
}

Test(shapes, tells_who_told_of_a_peer)
{
	struct admin_peer peer = { .source = "v4" };
	json_t *o = shape_peer(&peer);
	const json_t *network = json_object_get(o, "network");

	cr_assert_str_eq(json_string_value(json_object_get(network, "source")),
			 "v4");
	json_decref(o);
	peer.source = "";
	o = shape_peer(&peer);
	network = json_object_get(o, "network");
	cr_assert_null(json_object_get(network, "source"));
	json_decref(o);
}

Test(shapes, tells_of_events_as_go_ethereum_does)
{
	struct admin_event events[] = {
		{ .kind = ADMIN_PEER_ADD },
		{ .kind = ADMIN_PEER_DROP, .error = "useless peer" },
		{ .kind = ADMIN_PEER_DROP, .error = "" },
		{ .kind = ADMIN_MSG_SEND,
		  .protocol = "foobar",
		  .code = 7,
		  .size = 1234 },
		{ .kind = ADMIN_MSG_RECV, .protocol = "foobar" },
	};
	json_t *v = vectors_load("admin.json");
	json_t *cases = vectors_at(v, "events");
	struct enode node;

	cr_assert_eq(json_array_size(cases), ARRAY_LEN(events));
	enode(&node, v, "peers.enodes.0");
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		events[i].peer = node.id;
		addr(&events[i].local, "10.0.0.5:41512");
		addr(&events[i].remote, "192.0.2.1:30303");
		expect(shape_event(&events[i]),
		       vectors_text(json_array_get(cases, i), "json"));
	}
	json_decref(v);
}

Test(shapes, shows_a_protocol_without_its_words_when_they_are_no_JSON)
{
	static const struct admin_protocol bad[] = {
		{ .name = "a", .info = "{" },
		{ .name = "b", .info = "", .is_shaking = true },
		{ .name = "c", .info = "[[[[" },
		{ .name = "d", .info = "null" },
	};
	struct admin_self self = {
		.protocols = bad,
		.protocol_count = ARRAY_LEN(bad),
	};
	json_t *shape = shape_self(&self);

	expect(json_incref(json_object_get(shape, "protocols")),
	       "{\"a\":\"unknown\",\"b\":\"handshake\",\"c\":\"unknown\","
	       "\"d\":null}");
	json_decref(shape);
}

Test(shapes, tells_of_plugins)
{
	static const char *const speaks[] = { "foobar/1" };
	static const struct admin_counter counters[] = { { "in", 7 },
							 { "out", -1 } };
	const struct admin_plugin plugin = {
		.name = "foobar",
		.version = "1.0",
		.path = "/\xff",
		.state = "running",
		.protocols = speaks,
		.protocol_count = 1,
		.counters = counters,
		.counter_count = 2,
	};

	expect(shape_plugin(&plugin),
	       "{\"name\":\"foobar\",\"version\":\"1.0\",\"summary\":\"\","
	       "\"path\":\"/\\ufffd\",\"state\":\"running\","
	       "\"protocols\":[\"foobar/1\"],"
	       "\"counters\":{\"in\":7,\"out\":-1}}");
}
