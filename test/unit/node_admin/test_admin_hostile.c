/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "test/unit/node_admin/scene.h"

#define EMPTY "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}"

static int code_of(const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	int code = (int)json_integer_value(
		json_object_get(json_object_get(o, "error"), "code"));

	json_decref(o);
	return code;
}

/* Whatever else was done to it, it serves. */
static void expect_service(struct scene *sc)
{
	struct client c;

	client_open(&c, sc);
	cr_assert_str_eq(client_ask(&c, "admin_peers"), EMPTY);
	client_close(&c);
}

Test(admin_hostile, serves_16_clients_and_tells_the_17th)
{
	struct client clients[16], more;
	struct scene sc;

	scene_open(&sc);
	scene_admin(&sc);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		client_open(&clients[i], &sc);
		cr_assert_str_eq(client_ask(&clients[i], "admin_peers"), EMPTY);
	}
	client_open(&more, &sc);
	cr_assert_str_eq(client_line(&more),
			 "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":"
			 "-32000,\"message\":\"16 clients are connected "
			 "already\"}}");
	cr_assert_str_eq(client_line(&more), "");
	client_close(&more);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		cr_assert_str_eq(client_ask(&clients[i], "admin_peers"), EMPTY);
	client_close(&clients[3]);
	for (int i = 0; i < 3; i++)
		scene_turn(&sc);
	expect_service(&sc);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		if (i != 3)
			client_close(&clients[i]);
	scene_close(&sc);
}

Test(admin_hostile, survives_a_crowd_of_clients)
{
	struct client crowd[60];
	struct scene sc;
	size_t served = 0, told = 0;

	scene_open(&sc);
	scene_admin(&sc);
	for (size_t i = 0; i < ARRAY_LEN(crowd); i++)
		client_open(&crowd[i], &sc);
	for (int i = 0; i < 10; i++)
		scene_turn(&sc);
	for (size_t i = 0; i < ARRAY_LEN(crowd); i++) {
		served += !client_is_over(&crowd[i]) && !crowd[i].len;
		told += crowd[i].len > 0;
		client_close(&crowd[i]);
	}
	/* All came in one turn: for those beyond the second 16 there is not
	 * even a word. */
	cr_assert_eq(served, 16);
	cr_assert_eq(told, 16);
	for (int i = 0; i < 10; i++)
		scene_turn(&sc);
	expect_service(&sc);
	scene_close(&sc);
}

static enum err uid_foreign(uid_t *out, const struct net_stream *s UNUSED)
{
	*out = geteuid() + 12345;
	return ERR_NONE;
}

static enum err uid_root(uid_t *out, const struct net_stream *s UNUSED)
{
	*out = 0;
	return ERR_NONE;
}

static enum err uid_unknown(uid_t *out, const struct net_stream *s UNUSED)
{
	*out = 0;
	return ERR_SYSTEM;
}

Test(admin_hostile, does_not_serve_other_users)
{
	static enum err (*const cases[])(uid_t *, const struct net_stream *) = {
		uid_foreign, uid_unknown
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scene sc;
		struct client c;

		scene_open(&sc);
		sc.uid_of = cases[i];
		scene_admin(&sc);
		client_open(&c, &sc);
		client_send(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				"\"admin_nodeInfo\"}");
		cr_assert_str_eq(client_line(&c), "");
		client_close(&c);
		scene_close(&sc);
	}
}

Test(admin_hostile, serves_root)
{
	bool are_root = geteuid() == 0;
	struct scene sc;

	if (are_root) /* then root is not us */
		cr_assert_eq(seteuid(65534), 0);
	scene_open(&sc);
	sc.uid_of = uid_root;
	scene_admin(&sc);
	expect_service(&sc);
	scene_close(&sc);
	if (are_root) {
		/* The leak checker looks at the process as at another's. */
		cr_assert_eq(seteuid(0), 0);
		cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0);
	}
}

Test(admin_hostile, refuses_what_is_malformed_and_closes)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", -32700 },
		{ "]", -32700 },
		{ "{\"a\" 1}", -32700 },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		  "[[[[[[[[",
		  -32700 },
		{ "\x16\x03\x01\x02 ", -32700 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scene sc;
		struct client c;

		scene_open(&sc);
		scene_admin(&sc);
		client_open(&c, &sc);
		client_send(&c, cases[i].text);
		cr_assert_eq(code_of(client_line(&c)), cases[i].code, "%s",
			     cases[i].text);
		cr_assert_str_eq(client_line(&c), "");
		client_close(&c);
		expect_service(&sc);
		scene_close(&sc);
	}
}

Test(admin_hostile, refuses_1_MiB_and_a_byte)
{
	size_t n = 1024 * 1024 + 1;
	char *text = malloc(n);
	struct scene sc;
	struct client c;

	cr_assert_not_null(text);
	memset(text, 'x', n);
	memcpy(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"", 34);
	memcpy(text + n - 2, "\"}", 2);
	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	client_send_n(&c, text, n);
	cr_assert_eq(code_of(client_line(&c)), -32600);
	cr_assert_str_eq(client_line(&c), "");
	client_close(&c);

	/* A byte less is a request, if one of a method nobody has. */
	memmove(text + n - 3, "\"}", 2);
	client_open(&c, &sc);
	cr_assert(client_send_n(&c, text, n - 1));
	cr_assert(strstr(client_line(&c), "method name too long"));
	cr_assert_str_eq(client_ask(&c, "admin_peers"), EMPTY);
	client_close(&c);
	free(text);
	scene_close(&sc);
}

/* No newline, no bracket, no end: nothing is kept beyond 1 MiB. */
Test(admin_hostile, does_not_read_the_endless)
{
	char piece[65536];
	struct scene sc;
	struct client c;
	size_t sent = 0;

	memset(piece, 'x', sizeof(piece));
	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(client_send(&c, "{\"jsonrpc\":\""));
	while (client_send_n(&c, piece, sizeof(piece))) {
		sent += sizeof(piece);
		cr_assert_lt(sent, 8 * 1024 * 1024);
	}
	cr_assert_eq(code_of(client_line(&c)), -32600);
	client_close(&c);
	expect_service(&sc);
	scene_close(&sc);
}

Test(admin_hostile, lets_blanks_go_by)
{
	char blanks[65536];
	struct scene sc;
	struct client c;

	memset(blanks, ' ', sizeof(blanks));
	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	for (int i = 0; i < 32; i++)
		cr_assert(client_send_n(&c, blanks, sizeof(blanks)));
	cr_assert_str_eq(client_ask(&c, "admin_peers"), EMPTY);
	client_close(&c);
	scene_close(&sc);
}

Test(admin_hostile, ends_with_a_request_that_does_not)
{
	struct scene sc;
	struct client c;

	scene_open(&sc);
	sc.limits.request_ms = 30;
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(client_send(&c, "{\"jsonrpc\""));
	cr_assert_eq(code_of(client_line(&c)), -32600);
	cr_assert_str_eq(client_line(&c), "");
	client_close(&c);
	expect_service(&sc);
	scene_close(&sc);
}

/* A byte now and then does not stop that clock. */
Test(admin_hostile, ends_with_a_request_that_drips)
{
	struct scene sc;
	struct client c;
	size_t sent = 0;

	scene_open(&sc);
	sc.limits.request_ms = 30;
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(client_send(&c, "[\""));
	while (!client_is_over(&c)) {
		client_send(&c, "x");
		scene_turn(&sc);
		cr_assert_lt(++sent, 1000 * 1000);
		if (c.len)
			break;
	}
	cr_assert_eq(code_of(client_line(&c)), -32600);
	client_close(&c);
	scene_close(&sc);
}

Test(admin_hostile, closes_a_silent_client)
{
	struct client silent, watcher, waiter, after;
	struct scene sc;

	scene_open(&sc);
	sc.limits.idle_ms = 1000; /* the others ask in time */
	scene_admin(&sc);
	client_open(&watcher, &sc);
	cr_assert(strstr(client_ask(&watcher, "admin_peerEvents"), "0x"));
	client_open(&waiter, &sc);
	cr_assert(client_send(&waiter, "{\"jsonrpc\":\"2.0\",\"id\":1,"
				       "\"method\":\"foobar_wait\"}"));
	UNTIL(&sc, sc.node.waiting);
	client_open(&silent, &sc);
	client_open(&after, &sc);
	cr_assert_str_eq(client_ask(&after, "admin_peers"), EMPTY);
	client_wait_over(&silent);
	client_wait_over(&after);
	/* These had as long, and do wait for something. */
	for (int i = 0; i < 5; i++)
		scene_turn(&sc);
	cr_assert_not(client_is_over(&watcher));
	cr_assert_not(client_is_over(&waiter));
	admin_call_text(sc.node.waiting, "1");
	cr_assert(strstr(client_line(&waiter), "\"result\":1"));
	client_close(&silent);
	client_close(&watcher);
	client_close(&waiter);
	client_close(&after);
	scene_close(&sc);
}

Test(admin_hostile, drops_a_client_that_takes_no_answer)
{
	struct scene sc;
	struct client c;

	scene_open(&sc);
	sc.limits.write_ms = 30;
	scene_admin(&sc);
	client_open(&c, &sc);
	for (int i = 0; i < 10; i++)
		cr_assert(client_send(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,"
					  "\"method\":\"foobar_large\"}"));
	/* Only some of ten times 300 kB is ever made. */
	UNTIL(&sc, client_is_dropped(&c));
	client_close(&c);
	expect_service(&sc);
	scene_close(&sc);
}

/* Answers are made as they are taken: no more of them lie here than one. */
Test(admin_hostile, makes_no_answers_for_a_client_that_does_not_read)
{
	enum {
		CALLS = 200
	};
	struct scene sc;
	struct client c;
	size_t made;

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	for (int i = 0; i < CALLS; i++)
		cr_assert(client_send(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,"
					  "\"method\":\"foobar_large\"}"));
	sc.node.asked[0] = '\0';
	made = 0;
	for (int i = 0; i < 50; i++) {
		scene_turn(&sc);
		made += sc.node.asked[0] != '\0';
		sc.node.asked[0] = '\0';
	}
	cr_assert_leq(made, 3);
	for (int i = 0; i < CALLS; i++)
		cr_assert_gt(strlen(client_line(&c)), 300000);
	client_close(&c);
	scene_close(&sc);
}

Test(admin_hostile, drops_a_watcher_that_does_not_read)
{
	struct admin_event e = { .kind = ADMIN_PEER_ADD };
	struct client deaf, good;
	struct scene sc;
	size_t told = 0;

	scene_open(&sc);
	sc.limits.notes_max = 100 * 1000;
	scene_admin(&sc);
	client_open(&deaf, &sc);
	client_open(&good, &sc);
	cr_assert(strstr(client_ask(&deaf, "admin_peerEvents"), "0x"));
	cr_assert(strstr(client_ask(&good, "admin_peerEvents"), "0x"));
	/* The kernel takes some hundred kilobytes of them by itself. */
	while (!client_is_dropped(&deaf)) {
		admin_event(sc.admin, &e);
		scene_turn(&sc);
		cr_assert(strstr(client_line(&good), "admin_subscription"));
		cr_assert_lt(++told, 20000);
	}
	cr_assert_gt(told, 500);
	cr_assert(admin_is_watched(sc.admin));
	client_close(&deaf);
	client_close(&good);
	scene_close(&sc);
}

/* Events that come all in one turn must not be the client's fault. */
Test(admin_hostile, keeps_a_watcher_through_a_burst)
{
	struct admin_event e = { .kind = ADMIN_PEER_ADD };
	struct scene sc;
	struct client c;

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(strstr(client_ask(&c, "admin_peerEvents"), "0x"));
	for (int i = 0; i < 3000; i++)
		admin_event(sc.admin, &e);
	for (int i = 0; i < 3000; i++)
		cr_assert(strstr(client_line(&c), "admin_subscription"));
	client_close(&c);
	scene_close(&sc);
}

Test(admin_hostile, gives_a_slot_back_whose_client_hung_up_amid_a_call)
{
	struct scene sc;
	struct client c;

	scene_open(&sc);
	sc.limits.clients = 1;
	sc.limits.linger_ms = 20;
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(client_send(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				  "\"foobar_wait\"}"));
	UNTIL(&sc, sc.node.waiting);
	client_close(&c);
	for (;;) {
		const char *line;

		client_open(&c, &sc);
		client_send(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				"\"admin_peers\"}");
		line = client_line(&c);
		client_close(&c);
		if (!strcmp(line, EMPTY))
			break;
		cr_assert_eq(code_of(line), -32000);
	}
	admin_call_text(sc.node.waiting, "1");
	scene_close(&sc);
}

Test(admin_hostile, closes_in_time_with_clients_that_do_not_read)
{
	struct scene sc;
	struct client c;
	struct mono before;

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	for (int i = 0; i < 3; i++)
		cr_assert(client_send(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,"
					  "\"method\":\"foobar_large\"}"));
	for (int i = 0; i < 10; i++)
		scene_turn(&sc);
	before = net_loop_now(sc.loop);
	admin_close(sc.admin);
	UNTIL(&sc, !sc.admin);
	cr_assert_lt(mono_since_ms(net_loop_now(sc.loop), before), 10000);
	client_close(&c);
	scene_close(&sc);
}
