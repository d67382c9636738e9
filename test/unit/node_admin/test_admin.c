/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/admin/socket.h"
#include "test/unit/node_admin/scene.h"

#define TRUE "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":true}"
#define EMPTY "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}"

static mode_t mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void expect_no_trace(struct scene *sc)
{
	cr_assert_eq(access(sc->path, F_OK), 0);
	admin_close(sc->admin);
	cr_assert_neq(access(sc->path, F_OK), 0);
	UNTIL(sc, !sc->admin);
}

Test(admin, answers_on_a_socket_of_its_owner_alone)
{
	struct scene sc;
	struct client c;

	umask(0);
	scene_open(&sc);
	scene_admin(&sc);
	cr_assert_eq(mode_of(sc.path), 0600);
	cr_assert_eq(umask(0), 0);
	client_open(&c, &sc);
	cr_assert_str_eq(client_ask(&c, "admin_peers"), EMPTY);
	cr_assert_str_eq(client_ask(&c, "admin_peers"), EMPTY);
	client_close(&c);
	expect_no_trace(&sc);
	scene_close(&sc);
}

Test(admin, takes_over_from_a_node_that_was_killed)
{
	struct scene sc;
	struct client c;
	char kept[PATH_MAX];

	scene_open(&sc);
	scene_admin(&sc);
	/* As if it were never removed. */
	cr_assert_eq(link(sc.path, scratch_file(kept, &sc.scratch, "kept")), 0);
	admin_close(sc.admin);
	UNTIL(&sc, !sc.admin);
	cr_assert_eq(rename(kept, sc.path), 0);
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert_str_eq(client_ask(&c, "admin_peers"), EMPTY);
	client_close(&c);
	scene_close(&sc);
}

Test(admin, does_not_open_where_a_link_lies)
{
	struct scene sc;
	struct admin_config config = { 0 };
	struct why why = WHY_NONE;
	char folder[PATH_MAX];
	struct admin *a;

	scene_open(&sc);
	scratch_file(folder, &sc.scratch, ADMIN_FOLDER);
	cr_assert_eq(mkdir(folder, 0700), 0);
	cr_assert_eq(symlink("/tmp/elsewhere", sc.path), 0);
	config.node = &sc.node.node;
	config.folder = sc.scratch.path;
	cr_assert_eq(admin_open(&a, sc.loop, &config, &why), ERR_EXISTS);
	cr_assert_null(a);
	cr_assert(why.text[0]);
	scene_close(&sc);
}

Test(admin, listens_in_a_folder_of_a_long_name)
{
	struct scene sc;

	scene_open(&sc);
	scene_dig(&sc);
	scene_admin(&sc);
	cr_assert_gt(strlen(sc.path), 108);
	cr_assert_eq(mode_of(sc.path), 0600);
	expect_no_trace(&sc);
	scene_close(&sc);
}

Test(admin, answers_later_and_in_order)
{
	struct scene sc;
	struct client c;

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(client_send(
		&c,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"foobar_wait\"}"
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"admin_peers\"}"));
	UNTIL(&sc, sc.node.waiting);
	for (int i = 0; i < 5; i++)
		scene_turn(&sc);
	cr_assert_not(client_is_over(&c));
	cr_assert_eq(c.len, 0);
	admin_call_text(sc.node.waiting, "{\"waited\": 1}");
	cr_assert_str_eq(client_line(&c), "{\"jsonrpc\":\"2.0\",\"id\":1,"
					  "\"result\":{\"waited\":1}}");
	cr_assert_str_eq(client_line(&c),
			 "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":[]}");
	client_close(&c);
	scene_close(&sc);
}

Test(admin, serves_others_while_one_waits)
{
	struct scene sc;
	struct client a, b;

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&a, &sc);
	client_open(&b, &sc);
	cr_assert(client_send(&a, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				  "\"plugin_unload\",\"params\":[\"x\"]}"));
	UNTIL(&sc, sc.node.waiting);
	cr_assert_str_eq(client_ask(&b, "admin_peers"), EMPTY);
	admin_call_result(sc.node.waiting, json_true());
	cr_assert_str_eq(client_line(&a), TRUE);
	client_close(&a);
	client_close(&b);
	scene_close(&sc);
}

Test(admin, lets_calls_outlive_their_client_and_itself)
{
	struct admin_call *first;
	struct scene sc;
	struct client c;

	scene_open(&sc);
	sc.limits.linger_ms = 1;
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(client_send(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				  "\"foobar_wait\"}"));
	UNTIL(&sc, sc.node.waiting);
	first = sc.node.waiting;
	sc.node.waiting = NULL;
	client_close(&c);

	client_open(&c, &sc);
	cr_assert(client_send(&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				  "\"foobar_wait\"}"));
	UNTIL(&sc, sc.node.waiting);
	admin_close(sc.admin);
	UNTIL(&sc, !sc.admin);
	admin_call_text(first, "1");
	admin_call_text(sc.node.waiting, "2");
	cr_assert_str_eq(client_line(&c), "");
	client_close(&c);
	scene_close(&sc);
}

Test(admin, answers_a_client_that_closed_its_half)
{
	struct scene sc;
	struct client c;

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(client_send(
		&c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"foobar_wait\"}"
		    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"admin_peers\"}"
		    "7"));
	cr_assert_eq(shutdown(c.fd, SHUT_WR), 0);
	UNTIL(&sc, sc.node.waiting);
	scene_turn(&sc);
	admin_call_text(sc.node.waiting, "1");
	cr_assert_str_eq(client_line(&c),
			 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}");
	cr_assert_str_eq(client_line(&c),
			 "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":[]}");
	cr_assert_str_eq(client_line(&c),
			 "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":"
			 "-32600,\"message\":\"invalid request\"}}");
	cr_assert_str_eq(client_line(&c), "");
	client_close(&c);
	scene_close(&sc);
}

static struct admin_event event_of(enum admin_event_kind kind, uint8_t id)
{
	struct admin_event e = { .kind = kind, .peer.b[0] = id };

	cr_assert_eq(addr_parse(&e.local, "127.0.0.1:1"), ERR_NONE);
	cr_assert_eq(addr_parse(&e.remote, "127.0.0.1:2"), ERR_NONE);
	return e;
}

/* The ID of an answer to a subscription; allocated. */
static char *watch_of(const char *answer)
{
	json_t *o = json_loads(answer, 0, NULL);
	char *id = strdup(vectors_text(o, "result"));

	cr_assert_eq(strlen(id), 34, "%s", id);
	cr_assert(!strncmp(id, "0x", 2));
	cr_assert_neq(id[2], '0');
	json_decref(o);
	return id;
}

static void expect_note(const char *line, const char *id, const char *type)
{
	json_t *o = json_loads(line, 0, NULL);

	cr_assert_not_null(o, "%s", line);
	cr_assert_str_eq(vectors_text(o, "method"), "admin_subscription");
	cr_assert_str_eq(vectors_text(o, "params.subscription"), id);
	cr_assert_str_eq(vectors_text(o, "params.result.type"), type);
	json_decref(o);
}

Test(admin, tells_of_events_to_those_who_watch)
{
	struct admin_event e = event_of(ADMIN_PEER_ADD, 1);
	struct client a, b;
	struct scene sc;
	char *first, *second;
	char text[200];

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&a, &sc);
	client_open(&b, &sc);
	cr_assert_str_eq(client_ask(&b, "admin_peers"), EMPTY);
	cr_assert_not(admin_is_watched(sc.admin));
	admin_event(sc.admin, &e);
	first = watch_of(client_ask(&a, "admin_peerEvents"));
	second = watch_of(client_ask(&a, "admin_peerEvents"));
	cr_assert_neq(strcmp(first, second), 0);
	cr_assert(admin_is_watched(sc.admin));
	admin_event(sc.admin, &e);
	expect_note(client_line(&a), first, "add");
	expect_note(client_line(&a), second, "add");
	snprintf(
		text, sizeof(text),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin_unsubscribe\""
		",\"params\":[\"%s\"]}",
		first);
	cr_assert(client_send(&a, text));
	cr_assert_str_eq(client_line(&a), TRUE);
	e.kind = ADMIN_PEER_DROP;
	admin_event(sc.admin, &e);
	expect_note(client_line(&a), second, "drop");
	cr_assert_str_eq(client_ask(&b, "admin_peers"), EMPTY);
	cr_assert_eq(b.len, 0);
	client_close(&a);
	UNTIL(&sc, !admin_is_watched(sc.admin));
	free(first);
	free(second);
	client_close(&b);
	scene_close(&sc);
}

/* The answer that names the subscription is still held back. */
Test(admin, tells_of_no_event_before_the_answer_of_its_batch)
{
	struct admin_event e = event_of(ADMIN_PEER_ADD, 1);
	struct scene sc;
	struct client c;
	json_t *answers;
	char *id;

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	cr_assert(client_send(
		&c,
		"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin_"
		"peerEvents\"}"
		",{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"foobar_wait\"}]"));
	UNTIL(&sc, sc.node.waiting);
	cr_assert(admin_is_watched(sc.admin));
	admin_event(sc.admin, &e);
	scene_turn(&sc);
	admin_call_text(sc.node.waiting, "1");
	e.kind = ADMIN_PEER_DROP;
	admin_event(sc.admin, &e);
	answers = json_loads(client_line(&c), 0, NULL);
	cr_assert_eq(json_array_size(answers), 2);
	id = strdup(vectors_text(answers, "0.result"));
	json_decref(answers);
	expect_note(client_line(&c), id, "add");
	expect_note(client_line(&c), id, "drop");
	free(id);
	client_close(&c);
	scene_close(&sc);
}

Test(admin, bounds_the_watches_of_a_client)
{
	struct scene sc;
	struct client c;

	scene_open(&sc);
	sc.limits.watches = 2;
	scene_admin(&sc);
	client_open(&c, &sc);
	for (int i = 0; i < 2; i++)
		cr_assert(strstr(client_ask(&c, "admin_peerEvents"), "0x"));
	cr_assert(strstr(client_ask(&c, "admin_peerEvents"),
			 "too many subscriptions"));
	client_close(&c);
	scene_close(&sc);
}

static void close_admin(void *ctx)
{
	struct scene *sc = ctx;

	admin_close(sc->admin);
	admin_close(sc->admin);
}

Test(admin, answers_before_the_node_stops_and_closes_it)
{
	struct scene sc;
	struct client c;

	scene_open(&sc);
	scene_admin(&sc);
	sc.node.on_stop = close_admin;
	sc.node.ctx = &sc;
	client_open(&c, &sc);
	cr_assert_str_eq(client_ask(&c, "node_stop"), TRUE);
	UNTIL(&sc, !sc.admin);
	cr_assert_eq(sc.node.stops, 1);
	cr_assert_str_eq(client_line(&c), "");
	client_close(&c);
	scene_close(&sc);
}

Test(admin, sends_large_answers_whole)
{
	struct scene sc;
	struct client c;
	const char *line;

	scene_open(&sc);
	scene_admin(&sc);
	client_open(&c, &sc);
	for (int i = 0; i < 3; i++) {
		line = client_ask(&c, "foobar_large");
		cr_assert_gt(strlen(line), 300000);
		cr_assert_eq(line[strlen(line) - 1], '}');
	}
	client_close(&c);
	scene_close(&sc);
}

/* The same bytes in one piece and in many. */
Test(admin, answers_the_same_in_any_pieces)
{
	static const char request[] =
		" {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin_peers\"}\n";

	for (size_t n = 1; n < sizeof(request); n += 7) {
		struct scene sc;
		struct client c;

		scene_open(&sc);
		scene_admin(&sc);
		client_open(&c, &sc);
		for (size_t at = 0; at < sizeof(request) - 1; at += n) {
			size_t left = sizeof(request) - 1 - at;

			cr_assert(client_send_n(&c, request + at,
						left < n ? left : n));
			scene_turn(&sc);
		}
		cr_assert_str_eq(client_line(&c), EMPTY);
		client_close(&c);
		scene_close(&sc);
	}
}
