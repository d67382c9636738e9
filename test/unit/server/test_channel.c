/* SPDX-License-Identifier: Apache-2.0 */
/* Several protocols over one connection. */
#include "test/unit/server/few.h"

Test(channel, belongs_to_one_shared_protocol)
{
	few_make(2);
	/* In any order; each has one the other has not. */
	node_speak(&a, "zeta");
	node_speak(&a, "alpha");
	node_speak(&b, "alpha");
	node_speak(&b, "beta");
	few_join();
	/* "Sorted by (name, version)", as Hello has them. */
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "alpha", "test", "zeta" };

		cr_assert_str_eq(a.server->offer->local[i].name, names[i]);
		cr_assert_str_eq(a.server->offer->protocols[i].capability.name,
				 names[i]);
	}
	cr_assert_eq(a.opened, (size_t)2);
	cr_assert_eq(b.opened, (size_t)2);
	cr_assert_eq(a.shared, (size_t)2);
	cr_assert_eq(channel_send(node_channel(&a, "test"), TEST_ALSO,
				  (struct span){ 0 }),
		     ERR_NONE);
	node_wait_messages(&b, 1);
	cr_assert_str_eq(b.last_protocol, "test");
	cr_assert_eq(b.last_code, (uint32_t)TEST_ALSO);
	cr_assert_eq(channel_send(node_channel(&b, "alpha"), TEST_DATA,
				  (struct span){ 0 }),
		     ERR_NONE);
	node_wait_messages(&a, 1);
	cr_assert_str_eq(a.last_protocol, "alpha");
	cr_assert_eq(a.last_code, (uint32_t)TEST_DATA);
	few_close();
}

Test(channel, is_not_opened_once_another_ended_the_session)
{
	few_make(2);
	node_speak(&a, "alpha");
	node_speak(&b, "alpha");
	b.end_in_opened = true;
	node_open(&a);
	node_open(&b);
	node_dial(&a, &b);
	node_wait_dropped(&a, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(a.reason, DISC_INCOMPATIBLE);
	cr_assert_eq(b.opened, (size_t)1);
	cr_assert_eq(b.closed, (size_t)1);
	few_close();
}

Test(channel, pauses_the_stream_for_all)
{
	few_make(2);
	node_speak(&a, "alpha");
	node_speak(&b, "alpha");
	few_join();
	channel_pause(node_channel(&b, "alpha"));
	channel_pause(node_channel(&b, "test"));
	node_send(&a, 100);
	channel_resume(node_channel(&b, "alpha"));
	scene_for(&scene, 20);
	cr_assert_eq(b.messages, (size_t)0);
	channel_resume(node_channel(&b, "test"));
	node_wait_messages(&b, 1);
	few_close();
}

/* Who got in when there was room again. Each fills it, and asks for more. */
static char turns[8];

static void fill(struct node *n UNUSED, struct channel *ch)
{
	size_t len = strlen(turns), size = 2 << 20;
	uint8_t *payload = malloc(size);

	cr_assert_not_null(payload);
	pattern_fill(payload, size);
	while (!channel_send(ch, TEST_DATA, span_of(payload, size)))
		if (len < sizeof(turns) - 1)
			turns[len++] = ch->protocol->capability.name[0];
	free(payload);
}

static bool had_six_turns(void *ctx UNUSED)
{
	return strlen(turns) >= 6;
}

Test(channel, takes_turns_when_there_is_room_again)
{
	few_make(2);
	node_speak(&a, "alpha");
	node_speak(&b, "alpha");
	few_join();
	a.on_writable = fill;
	memset(turns, 0, sizeof(turns));
	fill(&a, node_channel(&a, "test"));
	fill(&a, node_channel(&a, "alpha")); /* finds no room */
	scene_until(&scene, had_six_turns, NULL);
	for (size_t i = 1; i < 5; i++)
		cr_assert_neq(turns[i], turns[i + 1], "%s", turns);
	a.on_writable = NULL;
	few_close();
}
