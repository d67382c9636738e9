/* SPDX-License-Identifier: Apache-2.0 */
#include "node/admin/client.h"

#include <stdlib.h>
#include <unistd.h>

#include "test/unit/node_admin/scene.h"

struct ear {
	unsigned results, errors, notes, ended;
	json_int_t id;
	char text[WHY_MAX];
	struct admin_client *close_me;
};

static void on_replied(void *ctx, const struct reply *reply)
{
	struct ear *ear = ctx;

	ear->id = reply->id;
	switch (reply->kind) {
	case REPLY_RESULT:
		ear->results++;
		break;
	case REPLY_ERROR:
		ear->errors++;
		snprintf(ear->text, sizeof(ear->text), "%s", reply->message);
		break;
	case REPLY_NOTE:
		ear->notes++;
		break;
	}
	if (ear->close_me)
		admin_client_close(ear->close_me);
}

static void on_ended(void *ctx, const struct why *why)
{
	struct ear *ear = ctx;

	ear->ended++;
	snprintf(ear->text, sizeof(ear->text), "%s", why->text);
}

static const struct admin_client_events events = {
	.replied = on_replied,
	.ended = on_ended,
};

static struct admin_client *dial(struct scene *sc, struct ear *ear)
{
	struct why why = WHY_NONE;
	struct admin_client *c;

	cr_assert_eq(
		admin_client_open(&c, sc->loop, sc->path, &events, ear, &why),
		ERR_NONE, "%s", why.text);
	return c;
}

static void ask(struct admin_client *c, json_int_t id, const char *method)
{
	json_t *params = json_array();

	cr_assert_eq(admin_client_call(c, id, method, params), ERR_NONE);
	json_decref(params);
}

Test(admin_client, asks_and_is_answered)
{
	struct ear ear = { 0 };
	struct admin_client *c;
	struct scene sc;

	scene_open(&sc);
	scene_admin(&sc);
	c = dial(&sc, &ear);
	ask(c, 5, "admin_peers");
	UNTIL(&sc, ear.results);
	cr_assert_eq(ear.id, 5);
	ask(c, 6, "admin_nothing");
	UNTIL(&sc, ear.errors);
	cr_assert_eq(ear.id, 6);
	cr_assert_str_eq(ear.text, "the method admin_nothing does not exist/is "
				   "not available");
	admin_client_close(c);
	scene_close(&sc);
	cr_assert_eq(ear.ended, 0);
}

Test(admin_client, follows_events)
{
	struct admin_event e = { .kind = ADMIN_PEER_ADD };
	struct ear ear = { 0 };
	struct admin_client *c;
	struct scene sc;

	scene_open(&sc);
	scene_admin(&sc);
	c = dial(&sc, &ear);
	ask(c, 1, "admin_peerEvents");
	UNTIL(&sc, ear.results);
	admin_event(sc.admin, &e);
	admin_event(sc.admin, &e);
	UNTIL(&sc, ear.notes == 2);
	admin_close(sc.admin);
	UNTIL(&sc, ear.ended);
	cr_assert_str_eq(ear.text, "the node closed the connection");
	admin_client_close(c);
	scene_close(&sc);
}

Test(admin_client, may_be_closed_in_its_callback)
{
	struct ear ear = { 0 };
	struct scene sc;

	scene_open(&sc);
	scene_admin(&sc);
	ear.close_me = dial(&sc, &ear);
	ask(ear.close_me, 1, "admin_peers");
	ask(ear.close_me, 2, "admin_peers");
	UNTIL(&sc, ear.results);
	for (int i = 0; i < 5; i++)
		scene_turn(&sc);
	cr_assert_eq(ear.results, 1);
	scene_close(&sc);
}

Test(admin_client, says_that_no_node_is_there)
{
	struct admin_client *c;
	struct why why = WHY_NONE;
	struct ear ear = { 0 };
	struct scene sc;
	char kept[PATH_MAX];

	scene_open(&sc);
	cr_assert_eq(
		admin_client_open(&c, sc.loop, sc.path, &events, &ear, &why),
		ERR_NOT_FOUND);
	cr_assert_null(c);
	cr_assert(strstr(why.text, "no node is running there"), "%s", why.text);

	scene_admin(&sc);
	cr_assert_eq(link(sc.path, scratch_file(kept, &sc.scratch, "kept")), 0);
	admin_close(sc.admin);
	UNTIL(&sc, !sc.admin);
	cr_assert_eq(admin_client_open(&c, sc.loop, kept, &events, &ear, &why),
		     ERR_CLOSED);
	cr_assert(strstr(why.text, "nobody listens"), "%s", why.text);
	scene_close(&sc);
}

Test(admin_client, reaches_a_socket_of_a_long_name)
{
	struct ear ear = { 0 };
	struct admin_client *c;
	struct scene sc;

	scene_open(&sc);
	scene_dig(&sc);
	scene_admin(&sc);
	c = dial(&sc, &ear);
	ask(c, 1, "admin_peers");
	UNTIL(&sc, ear.results);
	admin_client_close(c);
	scene_close(&sc);
}

Test(admin_client, refuses_a_call_that_is_too_large)
{
	json_t *params = json_array();
	struct ear ear = { 0 };
	struct admin_client *c;
	struct scene sc;
	char *text;

	scene_open(&sc);
	scene_admin(&sc);
	c = dial(&sc, &ear);
	text = malloc(1024 * 1024);
	cr_assert_not_null(text);
	memset(text, 'x', 1024 * 1024);
	cr_assert_eq(
		json_array_append_new(params, json_stringn(text, 1024 * 1024)),
		0);
	cr_assert_eq(admin_client_call(c, 1, "x", params), ERR_LIMIT);
	free(text);
	json_decref(params);
	admin_client_close(c);
	scene_close(&sc);
}
