/* SPDX-License-Identifier: Apache-2.0 */
/* What a server offers may change while it runs. */
#include "test/unit/server/few.h"
#include "test/unit/server/raw.h"

static struct node other; /* no server: state of a protocol that replaces one */
static struct raw raw;

/* Two nodes that speak "test", and a third that never opens. */
static void make_two(void)
{
	few_make_quick(2);
	node_init(&other, &scene);
}

static void close_two(void)
{
	few_close();
	cr_assert_eq(other.opened, other.closed);
	cr_assert_eq(a.wrong + b.wrong + other.wrong, (size_t)0);
}

/* The first protocol of `other` under n's name for it. */
static void put_other_in_place(const struct node *n)
{
	other.protocols[0].capability = n->protocols[0].capability;
}

/* --- what changes what is shared ----------------------------------------- */

static bool have_met_again(void *ctx UNUSED)
{
	return a.added == 2 && b.added == 2;
}

/* a, which dialed, dials again by itself. */
static void expect_new_session(size_t shared)
{
	scene_until(&scene, have_met_again, NULL);
	cr_assert_eq(a.dropped, (size_t)1);
	cr_assert_eq(b.dropped, (size_t)1);
	cr_assert_eq(b.reason, DISC_REQUESTED);
	cr_assert_str_eq(b.cause, "requested (received)");
	cr_assert_str_eq(a.cause, "what we share changed (sent)");
	cr_assert_eq(a.shared, shared);
	cr_assert_eq(b.shared, shared);
	node_check_alive(&a, &b);
}

Test(offer, of_more_that_the_peer_has_makes_a_new_session)
{
	make_two();
	node_speak(&b, "alpha");
	few_join();
	cr_assert_eq(a.shared, (size_t)1);
	node_speak(&a, "alpha");
	node_offer(&a, a.protocols, 2);
	cr_assert_eq(a.server->all->state, PEER_UP, "not from inside the call");
	expect_new_session(2);
	close_two();
}

Test(offer, of_less_makes_a_new_session)
{
	make_two();
	node_speak(&a, "alpha");
	node_speak(&b, "alpha");
	few_join();
	node_offer(&a, a.protocols, 1);
	expect_new_session(1);
	close_two();
}

Test(offer, of_another_number_of_codes_makes_a_new_session)
{
	make_two();
	few_join();
	a.protocols[0].capability.codes++;
	node_offer(&a, a.protocols, 1);
	expect_new_session(1);
	close_two();
}

/* What comes in was checked against the old one until now. */
Test(offer, of_another_largest_message_makes_a_new_session)
{
	make_two();
	few_join();
	a.protocols[0].capability.max_message = 5000;
	node_offer(&a, a.protocols, 1);
	expect_new_session(1);
	close_two();
}

Test(offer, of_a_version_that_is_higher_makes_a_new_session)
{
	make_two();
	node_speak(&b, "test");
	b.protocols[1].capability.version = 2;
	few_join();
	node_speak(&a, "test");
	a.protocols[1].capability.version = 2;
	node_offer(&a, a.protocols, 2);
	expect_new_session(1);
	cr_assert_eq(a.channels[0]->protocol->capability.version, (uint64_t)2);
	close_two();
}

Test(offer, of_nothing_that_is_shared_ends_what_cannot_come_back)
{
	make_two();
	few_join();
	strcpy(a.protocols[0].capability.name, "alpha");
	node_offer(&a, a.protocols, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.reason, DISC_REQUESTED);
	node_wait_failed(&a, 1);
	cr_assert_eq(a.reason, DISC_USELESS);
	cr_assert_eq(a.added, (size_t)1);
	close_two();
}

/* Without protocols anyone is welcome; with one, only who shares it. */
Test(offer, of_the_first_protocol_ends_sessions_that_share_nothing)
{
	make_two();
	a.config.protocol_count = 0;
	b.config.protocol_count = 0;
	few_join();
	node_offer(&a, a.protocols, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.reason, DISC_USELESS);
	close_two();
}

/* --- what does not ------------------------------------------------------- */

/* A conversation: b calls, a says something, and b calls again, eight calls
 * under way at a time. In the midst of it, from inside a message, a changes its
 * offer. */
enum {
	TALK = 400, /* messages each way */
	AHEAD = 8,
};

static struct {
	const struct protocol *offer;
	size_t offer_count;
	size_t calls, words; /* sent */
	int (*message)(struct channel *ch, void *user, struct msg *m);
} talk;

static void call(struct channel *ch)
{
	if (talk.calls == TALK)
		return;
	talk.calls++;
	cr_assert_eq(channel_send(ch, TEST_CALL, (struct span){ 0 }), ERR_NONE);
}

static void say(struct node *n UNUSED, struct channel *ch)
{
	static uint8_t payload[3000];
	size_t size = 1000 + 7 * talk.words % 2000;

	if (++talk.words == TALK / 2)
		node_offer(&a, talk.offer, talk.offer_count);
	pattern_fill(payload, size);
	cr_assert_eq(channel_send(ch, TEST_ALSO, span_of(payload, size)),
		     ERR_NONE);
}

static int hear_and_call(struct channel *ch, void *user, struct msg *m)
{
	int rc = talk.message(ch, user, m);

	call(ch);
	return rc;
}

static bool all_was_said(void *ctx UNUSED)
{
	return b.messages == TALK;
}

static void hold_talk(const struct protocol *offer, size_t count)
{
	talk.offer = offer;
	talk.offer_count = count;
	talk.calls = 0;
	talk.words = 0;
	talk.message = b.protocols[0].message;
	b.protocols[0].message = hear_and_call;
	a.on_call = say;
	other.on_call = say;
	few_join();
	for (size_t i = 0; i < AHEAD; i++)
		call(b.channels[0]);
	scene_until(&scene, all_was_said, NULL);
	scene_for(&scene, 5);
}

static void expect_same_session(void)
{
	cr_assert_eq(a.messages + other.messages, (size_t)TALK);
	cr_assert_eq(b.messages, (size_t)TALK);
	cr_assert_eq(a.added, (size_t)1);
	cr_assert_eq(a.dropped, (size_t)0);
	cr_assert_eq(b.opened, (size_t)1, "the peer notices nothing");
	cr_assert_eq(node_counters(&b).accepted, (uint64_t)1);
}

Test(offer, of_what_the_peer_has_not_changes_nothing)
{
	make_two();
	node_speak(&a, "zeta");
	a.config.protocol_count = 1;
	hold_talk(a.protocols, 2);
	expect_same_session();
	cr_assert_eq(a.opened, (size_t)1);
	cr_assert_eq(a.closed, (size_t)0);
	cr_assert_eq(a.messages, (size_t)TALK);
	close_two();
}

Test(offer, of_another_protocol_under_the_same_name_takes_over_the_session)
{
	make_two();
	put_other_in_place(&a);
	hold_talk(other.protocols, 1);
	expect_same_session();
	cr_assert_eq(a.closed, (size_t)1);
	cr_assert_eq(other.opened, (size_t)1);
	/* After the offer the old one got only what came in the same turn. */
	cr_assert_geq(a.messages, (size_t)TALK / 2);
	cr_assert_leq(a.messages, (size_t)TALK / 2 + AHEAD);
	close_two();
}

/* The protocols of an offer live as long as a channel speaks one. */
Test(offer, may_follow_another_at_once)
{
	make_two();
	put_other_in_place(&a);
	few_join();
	node_offer(&a, other.protocols, 1);
	scene_for(&scene, 5);
	cr_assert_eq(other.channel_count, (size_t)1);
	node_offer(&a, a.protocols, 1);
	node_offer(&a, other.protocols, 1);
	/* While no turn came to it: the second of these offers is gone. */
	cr_assert_str_eq(other.channels[0]->protocol->capability.name, "test");
	node_send(&other, 10);
	node_offer(&a, a.protocols, 1);
	scene_for(&scene, 5);
	cr_assert_eq(other.channel_count, (size_t)0);
	node_check_alive(&a, &b);
	close_two();
}

Test(offer, wakes_a_channel_that_paused)
{
	make_two();
	put_other_in_place(&a);
	few_join();
	channel_pause(a.channels[0]);
	node_send(&b, 100);
	node_send(&b, 200);
	scene_for(&scene, 20);
	cr_assert_eq(a.messages, (size_t)0);
	node_offer(&a, other.protocols, 1);
	node_wait_messages(&other, 2);
	cr_assert_eq(a.messages, (size_t)0);
	node_send(&other, 300);
	node_wait_messages(&b, 1);
	close_two();
}

static void (*plain_closed)(struct channel *ch, void *user);

static void closed_and_paused(struct channel *ch, void *user)
{
	plain_closed(ch, user);
	channel_pause(ch);
}

/* "The last call for this channel": nothing that it does binds the next. */
Test(offer, is_not_held_up_by_what_closes)
{
	make_two();
	put_other_in_place(&a);
	plain_closed = a.protocols[0].closed;
	a.protocols[0].closed = closed_and_paused;
	few_join();
	node_offer(&a, other.protocols, 1);
	node_send(&b, 100);
	node_wait_messages(&other, 1);
	close_two();
}

Test(offer, is_refused_as_a_whole)
{
	static char name[1971];
	struct protocol twice[2];
	struct offer *before;
	struct why why = WHY_NONE;

	make_two();
	memset(name, 'x', sizeof(name) - 1);
	a.config.name = name;
	a.config.protocol_count = 0;
	node_open(&a);
	before = a.server->offer;
	/* The name and the identity leave no room in Hello. */
	cr_assert_eq(server_offer(a.server, a.protocols, 1, &why), ERR_LIMIT);
	cr_assert_neq(why.text[0], '\0');
	cr_assert_eq(a.server->offer, before);
	node_close(&a);

	a.config.name = "test/v1";
	a.config.protocol_count = 1;
	few_join();
	twice[0] = twice[1] = other.protocols[0];
	before = a.server->offer;
	cr_assert_eq(server_offer(a.server, twice, 2, &why), ERR_EXISTS);
	twice[1].capability.name[0] = '\0';
	cr_assert_eq(server_offer(a.server, twice, 2, &why), ERR_FORMAT);
	cr_assert_eq(a.server->offer, before);
	cr_assert_not(a.server->offer_is_new);
	scene_for(&scene, 5);
	node_check_alive(&a, &b);
	cr_assert_eq(a.closed, (size_t)0);
	close_two();
}

Test(offer, lets_the_new_protocol_end_the_session)
{
	make_two();
	put_other_in_place(&a);
	other.end_in_opened = true;
	few_join();
	node_offer(&a, other.protocols, 1);
	node_wait_dropped(&a, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.reason, DISC_INCOMPATIBLE);
	close_two();
}

/* Disconnect is on its way: nothing more begins on that session. */
static void closed_and_ended(struct channel *ch, void *user)
{
	plain_closed(ch, user);
	channel_disconnect(ch, DISC_QUITTING);
}

Test(offer, opens_nothing_on_a_session_that_the_old_protocol_ended)
{
	make_two();
	put_other_in_place(&a);
	plain_closed = a.protocols[0].closed;
	a.protocols[0].closed = closed_and_ended;
	few_join();
	node_offer(&a, other.protocols, 1);
	node_wait_dropped(&b, 1);
	cr_assert_eq(b.reason, DISC_QUITTING);
	cr_assert_eq(other.opened, (size_t)0);
	cr_assert_eq(a.closed, (size_t)1);
	close_two();
}

/* --- what was not read --------------------------------------------------- */

enum {
	KEPT_MAX = 4
};

static struct msg *kept[KEPT_MAX];
static size_t kept_count, given;

/* Handles nothing. */
static int keep_message(struct channel *ch UNUSED, void *user UNUSED,
			struct msg *m)
{
	cr_assert_lt(kept_count, KEPT_MAX);
	kept[kept_count++] = msg_get(m);
	return PROTOCOL_GO_ON;
}

static struct msg *give_unread(struct channel *ch UNUSED, void *user UNUSED)
{
	return given < kept_count ? kept[given++] : NULL;
}

static bool has_kept_all(void *ctx UNUSED)
{
	return kept_count == KEPT_MAX - 1;
}

/* Three messages wait when the offer changes. */
static void leave_three(void)
{
	kept_count = given = 0;
	a.protocols[0].message = keep_message;
	a.protocols[0].unread = give_unread;
	few_join();
	for (size_t i = 0; i < KEPT_MAX - 1; i++)
		node_send(&b, 100 + i);
	scene_until(&scene, has_kept_all, NULL);
	node_offer(&a, other.protocols, 1);
}

static size_t sizes[KEPT_MAX];

static int note_message(struct channel *ch UNUSED, void *user UNUSED,
			struct msg *m)
{
	cr_assert_lt(other.messages, KEPT_MAX);
	sizes[other.messages++] = m->size;
	return PROTOCOL_GO_ON;
}

Test(offer, hands_over_what_the_old_protocol_did_not_read)
{
	make_two();
	put_other_in_place(&a);
	other.protocols[0].message = note_message;
	leave_three();
	node_send(&b, 200);
	node_wait_messages(&other, KEPT_MAX);
	cr_assert_eq(given, kept_count);
	for (size_t i = 0; i < KEPT_MAX - 1; i++)
		cr_assert_eq(sizes[i], 100 + i);
	cr_assert_eq(sizes[KEPT_MAX - 1], (size_t)200);
	close_two();
}

/* None of it leaks then, and nobody gets it. */
Test(offer, hands_nothing_over_to_a_protocol_that_ends_the_session)
{
	make_two();
	put_other_in_place(&a);
	other.end_in_opened = true;
	leave_three();
	node_wait_dropped(&b, 1);
	cr_assert_eq(given, kept_count);
	cr_assert_eq(other.messages, (size_t)0);
	close_two();
}

/* --- sessions that are not up yet ---------------------------------------- */

/* The stranger has our Hello with the old offer; its own is to come. */
static void come_half_way(void)
{
	make_two();
	put_other_in_place(&a);
	node_open(&a);
	raw_open(&raw, &a);
	raw_handshake(&raw, &a);
}

static void close_one(void)
{
	raw_close(&raw);
	node_close(&a);
	scene_close(&scene);
	cr_assert_eq(other.opened, other.closed);
}

static void expect_no_session(uint8_t reason)
{
	raw_hello(&raw);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, reason);
	cr_assert_eq(a.added, (size_t)0);
	close_one();
}

Test(offer, holds_for_a_session_that_is_not_up_yet)
{
	come_half_way();
	node_offer(&a, other.protocols, 1);
	raw_hello(&raw);
	node_wait_peers(&a, 1);
	cr_assert_eq(a.opened, (size_t)0);
	cr_assert_eq(other.opened, (size_t)1);
	node_send(&other, 100);
	/* And a later one finds it like any other. */
	node_offer(&a, a.protocols, 1);
	scene_for(&scene, 5);
	cr_assert_eq(other.closed, (size_t)1);
	cr_assert_eq(a.opened, (size_t)1);
	close_one();
}

Test(offer, refuses_a_session_that_was_negotiated_with_another)
{
	come_half_way();
	strcpy(a.protocols[0].capability.name, "alpha");
	node_offer(&a, a.protocols, 1);
	expect_no_session(DISC_REQUESTED);
}

/* There is nothing to share, but nothing was agreed upon either. */
Test(offer, refuses_whom_it_would_not_serve_any_more)
{
	make_two();
	a.config.protocol_count = 0;
	node_open(&a);
	raw_open(&raw, &a);
	raw_handshake(&raw, &a);
	strcpy(a.protocols[0].capability.name, "alpha");
	node_offer(&a, a.protocols, 1);
	expect_no_session(DISC_USELESS);
}

static void offer_other(struct node *n, const struct server_event *ev)
{
	if (ev->kind == SERVER_PEER_ADDED)
		node_offer(n, other.protocols, 1);
}

/* The session begins with what was agreed upon and goes over to the new. */
Test(offer, may_come_from_the_event_of_a_new_session)
{
	come_half_way();
	strcpy(other.protocols[0].capability.name, "alpha");
	a.on_event = offer_other;
	raw_hello(&raw);
	raw_wait_reason(&raw);
	cr_assert_eq(raw.reason, DISC_REQUESTED);
	cr_assert_eq(a.opened, (size_t)1);
	close_one();
}
