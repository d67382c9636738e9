/* SPDX-License-Identifier: Apache-2.0 */
/* We dial a node while it dials us: see p2p/server/cross.h. In most of these
 * the other node is played by hand, one raw client at either end: `in` is what
 * it dialed, `out` is what we did. */
#include "test/unit/server/deaf.h"
#include "test/unit/server/raw.h"

static struct node a, b;
static struct raw in, out;

enum order {
	WE_ARE_SMALLER, /* what we dialed is preferred */
	WE_ARE_LARGER,
};

/* No second chance: the next dial would come after the test. */
enum {
	NEVER_MS = 3600 * 1000
};

static struct ecc_keypair new_key(void)
{
	struct ecc_keypair key;

	rng_key(&key.key);
	ecc_pub_of(&key.pub, &key.key);
	return key;
}

static bool is_smaller(const struct ecc_keypair *key,
		       const struct ecc_keypair *than)
{
	struct node_id id = node_id_of(&key->pub), other;

	other = node_id_of(&than->pub);
	return memcmp(id.b, other.b, sizeof(id.b)) < 0;
}

/* --- two nodes --------------------------------------------------------------
 */

static bool have_only_a_session(void *ctx UNUSED)
{
	const struct peer *of_a = a.server->all, *of_b = b.server->all;

	return of_a && !of_a->next && of_a->state == PEER_UP && of_b &&
	       !of_b->next && of_b->state == PEER_UP;
}

/* Once, b dialing some turns of the loop after a. */
static void dial_each_other(unsigned turns)
{
	scene_open(&scene);
	node_init(&a, &scene);
	node_init(&b, &scene);
	a.limits.dial.first_ms = NEVER_MS;
	b.limits.dial.first_ms = NEVER_MS;
	node_open(&a);
	node_open(&b);
	node_dial(&a, &b);
	for (unsigned i = 0; i < turns; i++) {
		net_loop_stop(scene.loop); /* one turn */
		net_loop_run(scene.loop);
	}
	node_dial(&b, &a);
	scene_until(&scene, have_only_a_session, NULL);
	node_check_alive(&a, &b);
	cr_assert_eq(a.added, (size_t)1);
	cr_assert_eq(b.added, (size_t)1);
	cr_assert_eq(a.dropped + b.dropped, (size_t)0);
	cr_assert_eq(a.dial_failed + b.dial_failed, (size_t)0);
	node_close(&a);
	node_close(&b);
	scene_close(&scene);
}

Test(server_cross, ends_with_one_session_when_both_dial_in_one_turn)
{
	size_t smaller = 0, rounds = 0;

	/* Keys are new in each round; both orders, several times. */
	while (rounds < 12 || smaller < 4 || rounds - smaller < 4) {
		dial_each_other(0);
		smaller += is_smaller(&a.key, &b.key);
		rounds++;
	}
}

Test(server_cross, ends_with_one_session_whenever_the_second_dials)
{
	for (unsigned turns = 1; turns <= 16; turns++)
		for (size_t i = 0; i < 3; i++)
			dial_each_other(turns);
}

/* --- by hand ----------------------------------------------------------------
 */

static void open_hand(enum order order)
{
	struct ecc_keypair key;

	scene_open(&scene);
	node_init(&a, &scene);
	a.limits.dial.first_ms = NEVER_MS;
	node_open(&a);
	do
		key = new_key();
	while (is_smaller(&a.key, &key) != (order == WE_ARE_SMALLER));
	raw_listen(&out, &scene, &key);
}

static void close_hand(void)
{
	raw_close(&in);
	raw_close(&out);
	node_close(&a);
	scene_close(&scene);
}

static void dial_out(void)
{
	cr_assert_eq(server_dial(a.server, &out.self, NULL), ERR_NONE);
	server_dial_due(a.server);
	raw_wait_dial(&out);
}

/* Our auth is there, so our dial is beyond TCP. */
static bool has_bytes(void *ctx)
{
	const struct raw *r = ctx;

	return r->bytes_in > 0;
}

static void dial_in(void)
{
	raw_open_as(&in, &a, &out.key);
	raw_handshake(&in, &a);
}

static bool has_hello(void *ctx)
{
	const struct raw *r = ctx;

	return r->hellos > 0;
}

static void wait_hello(struct raw *r)
{
	scene_until(&scene, has_hello, r);
}

/* The other one, if given, hears that it lost. */
static void expect_session(const struct raw *winner, struct raw *loser)
{
	node_wait_peers(&a, 1);
	cr_assert_eq(a.added, (size_t)1);
	cr_assert_eq(a.facts.inbound, winner == &in);
	if (loser && !loser->ended) {
		raw_wait_reason(loser);
		cr_assert_eq(loser->reason, DISC_ALREADY_CONNECTED);
	}
	scene_for(&scene, 20);
	cr_assert_eq(a.added, (size_t)1);
	cr_assert_eq(a.dropped, (size_t)0);
	cr_assert_eq(a.dial_failed, (size_t)0);
}

static void refuse(struct raw *r)
{
	static const uint8_t refusal[] = { 0x01, 0xc1, 0x05 };

	raw_frame(r, refusal, sizeof(refusal));
}

Test(server_cross, keeps_its_hello_from_the_other_connection)
{
	open_hand(WE_ARE_SMALLER);
	dial_out();
	scene_until(&scene, has_bytes, &out);
	dial_in();
	raw_hello(&in);
	scene_for(&scene, 30);
	cr_assert_eq(in.hellos, (size_t)0);
	cr_assert_eq(a.server->all->hold, PEER_HOLD_HELLO);
	raw_answer(&out);
	raw_hello(&out);
	expect_session(&out, &in);
	cr_assert_eq(in.hellos, (size_t)0);
	cr_assert_eq(out.hellos, (size_t)1);
	close_hand();
}

Test(server_cross, uses_the_other_connection_when_the_first_breaks)
{
	open_hand(WE_ARE_SMALLER);
	dial_out();
	scene_until(&scene, has_bytes, &out);
	dial_in();
	raw_hello(&in);
	raw_close(&out);
	expect_session(&in, NULL);
	cr_assert_eq(in.hellos, (size_t)1);
	close_hand();
}

/* As a node does that has no room for inbound peers, and dials us. */
Test(server_cross, uses_the_other_connection_when_the_first_is_refused)
{
	static const uint8_t too_many[] = { 0x01, 0xc1, 0x04 };

	open_hand(WE_ARE_SMALLER);
	dial_out();
	scene_until(&scene, has_bytes, &out);
	dial_in();
	raw_answer(&out);
	raw_frame(&out, too_many, sizeof(too_many));
	wait_hello(&in);
	raw_hello(&in);
	expect_session(&in, NULL);
	close_hand();
}

static struct peer *peer_on(const struct raw *r)
{
	struct peer *p = a.server->all;

	while (p->inbound != (r == &in))
		p = p->next;
	return p;
}

Test(server_cross, uses_the_other_connection_when_the_first_takes_too_long)
{
	open_hand(WE_ARE_SMALLER);
	dial_out();
	scene_until(&scene, has_bytes, &out);
	dial_in();
	raw_hello(&in);
	scene_for(&scene, 20);
	scene_make_late(&scene, peer_on(&in));
	expect_session(&in, &out);
	cr_assert_eq(node_counters(&a).timeouts_handshake, (uint64_t)0);
	close_hand();
}

static bool has_ended(void *ctx)
{
	const struct raw *r = ctx;

	return r->ended;
}

/* It had its chance, and did not so much as say Hello. */
Test(server_cross, does_not_wait_for_ever)
{
	open_hand(WE_ARE_SMALLER);
	dial_out();
	scene_until(&scene, has_bytes, &out);
	dial_in();
	scene_make_late(&scene, peer_on(&in));
	scene_until(&scene, has_ended, &in);
	scene_until(&scene, has_ended, &out);
	cr_assert_eq(a.added, (size_t)0);
	cr_assert_eq(node_counters(&a).timeouts_handshake, (uint64_t)1);
	close_hand();
}

Test(server_cross, asks_again_whether_there_is_room)
{
	open_hand(WE_ARE_SMALLER);
	a.config.max_peers = 1;
	node_init(&b, &scene);
	node_open(&b);
	dial_out();
	scene_until(&scene, has_bytes, &out);
	/* The only place goes to another while this one waits. */
	a.server->config.max_peers = 2;
	a.server->config.dial_ratio = 2;
	dial_in();
	scene_for(&scene, 20);
	cr_assert_eq(in.hellos, (size_t)0);
	node_join(&b, &a);
	raw_close(&out);
	raw_wait_reason(&in);
	cr_assert_eq(in.reason, DISC_TOO_MANY_PEERS);
	node_close(&b);
	close_hand();
}

Test(server_cross, prefers_the_connection_of_the_smaller_node)
{
	open_hand(WE_ARE_LARGER);
	dial_out();
	scene_until(&scene, has_bytes, &out);
	dial_in();
	wait_hello(&in);
	raw_hello(&in);
	node_wait_peers(&a, 1);
	scene_until(&scene, has_ended, &out); /* nothing to say without keys */
	expect_session(&in, &out);
	close_hand();
}

/* Our Hello goes out on both: theirs came when ours was underway. */
static void greet_both(void)
{
	open_hand(WE_ARE_LARGER);
	dial_out();
	raw_answer(&out);
	wait_hello(&out);
	dial_in();
	wait_hello(&in);
}

Test(server_cross, takes_the_inbound_one_if_the_dial_is_refused)
{
	greet_both();
	raw_hello(&in);
	scene_for(&scene, 20);
	cr_assert_eq(a.added, (size_t)0, "not before it is decided");
	refuse(&out);
	expect_session(&in, NULL);
	close_hand();
}

Test(server_cross, takes_the_dial_if_the_inbound_one_is_refused)
{
	greet_both();
	raw_hello(&in);
	raw_hello(&out);
	scene_for(&scene, 20);
	cr_assert_eq(a.added, (size_t)0, "not before it is decided");
	refuse(&in);
	expect_session(&out, NULL);
	close_hand();
}

static void send_empty_message(struct raw *r)
{
	raw_frame(r, "\x10\x00", 2);
}

Test(server_cross, takes_the_one_that_a_message_comes_on)
{
	greet_both();
	raw_hello(&in);
	raw_hello(&out);
	send_empty_message(&out);
	expect_session(&out, &in);
	cr_assert_eq(a.messages, (size_t)1);
	cr_assert_eq(a.wrong, (size_t)0);
	close_hand();
}

Test(server_cross, takes_the_inbound_one_if_a_message_comes_on_it)
{
	greet_both();
	raw_hello(&out);
	raw_hello(&in);
	send_empty_message(&in);
	expect_session(&in, &out);
	cr_assert_eq(a.messages, (size_t)1);
	close_hand();
}

Test(server_cross, asks_whether_there_is_room_for_the_chosen_one)
{
	greet_both();
	raw_hello(&in);
	raw_hello(&out);
	scene_for(&scene, 20);
	a.server->config.max_peers = 0;
	send_empty_message(&out);
	raw_wait_reason(&out);
	cr_assert_eq(out.reason, DISC_TOO_MANY_PEERS);
	cr_assert_eq(a.added + a.messages, (size_t)0);
	close_hand();
}

/* Who keeps both gets one all the same. */
Test(server_cross, decides_in_the_end_if_the_other_node_does_not)
{
	greet_both();
	raw_hello(&in);
	raw_hello(&out);
	scene_for(&scene, 20);
	scene_make_late(&scene, peer_on(&out));
	expect_session(&out, &in);
	close_hand();
}

/* --- dials that got no answer -----------------------------------------------
 */

static bool nothing_is_dialed(void *ctx UNUSED)
{
	return a.server->dial.dialing == 0 && !a.server->all->next;
}

Test(server_cross, gives_up_a_dial_to_a_node_that_came)
{
	struct deaf deaf;

	open_hand(WE_ARE_SMALLER);
	deaf_open(&deaf);
	out.self.tcp = deaf.at.port;
	cr_assert_eq(server_dial(a.server, &out.self, NULL), ERR_NONE);
	server_dial_due(a.server);
	scene_for(&scene, 20);
	cr_assert_eq(a.server->all->state, PEER_CONNECTING);
	dial_in();
	wait_hello(&in);
	/* Already now: or it could get there, and to our Hello. */
	scene_until(&scene, nothing_is_dialed, NULL);
	raw_hello(&in);
	expect_session(&in, NULL);
	deaf_close(&deaf);
	close_hand();
}

/* "A candidate is skipped: ... pending inbound." */
Test(server_cross, does_not_dial_a_node_that_is_coming)
{
	open_hand(WE_ARE_SMALLER);
	a.limits.dial.first_ms = 20;
	dial_in();
	wait_hello(&in);
	cr_assert_eq(server_dial(a.server, &out.self, NULL), ERR_NONE);
	scene_for(&scene, 60);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)0);
	/* It thinks better of it, so we dial. */
	refuse(&in);
	raw_wait_dial(&out);
	cr_assert_eq(node_counters(&a).dialed, (uint64_t)1);
	close_hand();
}
