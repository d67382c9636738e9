/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/v5_session.h"

#include "p2p/crypto/rng.h"
#include "p2p/discover/v5_challenge.h"
#include "test/support/unit.h"

static struct drbg rng;
static struct v5_sessions here, there;
static struct v5_challenges asked;
static const struct node_id id_here = { { 1 } }, id_there = { { 2 } };
static struct v5_peer peer;
static struct mono now;

static struct addr at(uint8_t net, uint8_t host, uint16_t port)
{
	return (struct addr){ .ip = { .family = IP_V4,
				      .b = { 20, 1, net, host } },
			      .port = port };
}

static void open_sessions(void)
{
	struct secret32 seed = { { 1 } };
	struct addr a = at(1, 1, 30303);

	crypto_init();
	drbg_init(&rng, &seed);
	v5_sessions_init(&here, 4, 3);
	v5_sessions_init(&there, 4, UINT32_MAX);
	v5_challenges_init(&asked, 6, 2);
	peer = v5_peer_of(&id_there, &a);
	now = (struct mono){ 1000000000 };
}

static void close_sessions(void)
{
	v5_sessions_clear(&here);
	v5_sessions_clear(&there);
	v5_challenges_clear(&asked);
}

static struct v5_keys keys(uint8_t n)
{
	struct v5_keys k;

	memset(k.initiator, n, V5_KEY);
	memset(k.recipient, n + 100, V5_KEY);
	return k;
}

/* Both keep sessions under the same name, which is not what the test is of. */
static enum err pass(struct v5_sessions *from, const struct node_id *src,
		     struct v5_sessions *to, const struct node_id *dest)
{
	struct v5_cover cover = { .dest = *dest };
	uint8_t bytes[V5_PACKET_MAX], key[V5_KEY], plain[V5_PACKET_MAX];
	struct v5_packet packet;
	size_t len;

	if (!v5_sessions_seal(from, key, cover.nonce, &peer, &rng))
		return ERR_CLOSED;
	len = v5_make_message(bytes, &cover, src, key, span_text("message"));
	cr_assert_eq(v5_open(&packet, span_of(bytes, len), dest), ERR_NONE);
	return v5_sessions_open(to, plain, &len, &peer, &packet);
}

static enum err go(void)
{
	return pass(&here, &id_here, &there, &id_there);
}

static enum err come(void)
{
	return pass(&there, &id_there, &here, &id_here);
}

Test(v5_session, works_in_both_directions_whoever_began, .init = open_sessions,
     .fini = close_sessions)
{
	struct v5_keys k = keys(1);

	cr_assert_eq(go(), ERR_CLOSED);
	v5_sessions_put(&here, &peer, &k, V5_INITIATOR);
	cr_assert_eq(go(), ERR_NOT_FOUND);
	v5_sessions_put(&there, &peer, &k, V5_RECIPIENT);
	cr_assert_eq(go(), ERR_NONE);
	cr_assert_eq(come(), ERR_NONE);
	v5_sessions_put(&there, &peer, &k, V5_INITIATOR);
	cr_assert_eq(come(), ERR_AUTH);
}

Test(v5_session, keys_of_crossed_handshakes_all_decrypt, .init = open_sessions,
     .fini = close_sessions)
{
	struct v5_keys mine = keys(1), theirs = keys(2), third = keys(3);

	v5_sessions_put(&here, &peer, &mine, V5_INITIATOR);
	v5_sessions_put(&there, &peer, &theirs, V5_INITIATOR);
	v5_sessions_put(&here, &peer, &theirs, V5_RECIPIENT);
	v5_sessions_put(&there, &peer, &mine, V5_RECIPIENT);
	cr_assert_eq(go(), ERR_NONE);
	cr_assert_eq(come(), ERR_NONE);

	/* And no older ones. */
	v5_sessions_put(&there, &peer, &third, V5_RECIPIENT);
	cr_assert_eq(go(), ERR_AUTH);
}

Test(v5_session, a_failed_decryption_leaves_it, .init = open_sessions,
     .fini = close_sessions)
{
	struct v5_keys k = keys(1), other = keys(2);

	v5_sessions_put(&here, &peer, &other, V5_INITIATOR);
	v5_sessions_put(&there, &peer, &k, V5_RECIPIENT);
	cr_assert_eq(go(), ERR_AUTH);
	v5_sessions_put(&here, &peer, &k, V5_INITIATOR);
	cr_assert_eq(go(), ERR_NONE);
}

Test(v5_session, nonces_count_from_one_until_they_are_spent,
     .init = open_sessions, .fini = close_sessions)
{
	struct v5_keys k = keys(1);
	uint8_t key[V5_KEY], nonce[V5_NONCE];

	v5_sessions_put(&here, &peer, &k, V5_INITIATOR);
	for (uint8_t i = 1; i <= 3; i++) {
		cr_assert(v5_sessions_seal(&here, key, nonce, &peer, &rng));
		cr_assert(!memcmp(nonce, (uint8_t[]){ 0, 0, 0, i }, 4));
	}
	cr_assert(!v5_sessions_seal(&here, key, nonce, &peer, &rng));
	cr_assert(v5_sessions_has(&here, &peer));
	v5_sessions_put(&here, &peer, &k, V5_INITIATOR);
	cr_assert(v5_sessions_seal(&here, key, nonce, &peer, &rng));
}

Test(v5_session, is_of_one_node_at_one_endpoint, .init = open_sessions,
     .fini = close_sessions)
{
	struct v5_keys k = keys(1);
	struct addr home = at(1, 1, 30303), port = at(1, 1, 30304),
		    host = at(1, 2, 30303);
	struct v5_peer others[] = { v5_peer_of(&id_there, &port),
				    v5_peer_of(&id_there, &host),
				    v5_peer_of(&id_here, &home) };

	v5_sessions_put(&here, &peer, &k, V5_INITIATOR);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		cr_assert(!v5_sessions_has(&here, &others[i]), "%zu", i);
}

Test(v5_session, the_one_unused_for_longest_makes_room, .init = open_sessions,
     .fini = close_sessions)
{
	struct v5_keys k = keys(1);
	uint8_t key[V5_KEY], nonce[V5_NONCE];
	struct v5_peer p[5];

	for (uint16_t i = 0; i < 5; i++) {
		struct addr a = at(2, 1, i);

		p[i] = v5_peer_of(&id_there, &a);
	}
	for (size_t i = 0; i < 4; i++)
		v5_sessions_put(&here, &p[i], &k, V5_INITIATOR);
	cr_assert(v5_sessions_seal(&here, key, nonce, &p[0], &rng));
	v5_sessions_put(&here, &p[4], &k, V5_INITIATOR);
	cr_assert_eq(v5_sessions_count(&here), 4);
	cr_assert(v5_sessions_has(&here, &p[0]));
	cr_assert(!v5_sessions_has(&here, &p[1]));
}

/* --- challenges -------------------------------------------------------------
 */

static struct v5_challenge *ask(const struct addr *a)
{
	struct v5_peer p = v5_peer_of(&id_there, a);

	return v5_challenges_add(&asked, &p, &a->ip, now);
}

Test(v5_challenge, can_be_answered_for_a_second, .init = open_sessions,
     .fini = close_sessions)
{
	struct addr a = at(1, 1, 30303);

	cr_assert_not_null(ask(&a));
	now = mono_add_ms(now, V5_CHALLENGE_MS - 1);
	cr_assert_not_null(v5_challenges_find(&asked, &peer, now));
	now = mono_add_ms(now, 1);
	cr_assert_null(v5_challenges_find(&asked, &peer, now));
	cr_assert_eq(v5_challenges_count(&asked), 1);
	v5_challenges_expire(&asked, now);
	cr_assert_eq(v5_challenges_count(&asked), 0);
}

Test(v5_challenge, an_address_has_its_share, .init = open_sessions,
     .fini = close_sessions)
{
	struct addr a = at(1, 1, 1), b = at(1, 1, 2), c = at(1, 1, 3);
	struct addr other = at(1, 2, 1);
	struct v5_challenge *first = ask(&a);

	cr_assert_not_null(first);
	cr_assert_not_null(ask(&b));
	cr_assert_null(ask(&c));
	cr_assert_not_null(ask(&other));
	v5_challenges_remove(&asked, first);
	cr_assert_not_null(ask(&c));
	now = mono_add_ms(now, V5_CHALLENGE_MS);
	cr_assert_not_null(ask(&a));
}

Test(v5_challenge, local_addresses_are_exempt, .init = open_sessions,
     .fini = close_sessions)
{
	struct addr a = { .ip = { .family = IP_V4, .b = { 127, 0, 0, 1 } } };

	for (a.port = 1; a.port <= 6; a.port++)
		cr_assert_not_null(ask(&a));
	cr_assert_eq(v5_challenges_count(&asked), 6);
}

Test(v5_challenge, the_oldest_makes_room, .init = open_sessions,
     .fini = close_sessions)
{
	for (uint8_t i = 0; i < 7; i++) {
		struct addr a = at(3, i, 30303);

		cr_assert_not_null(ask(&a));
		cr_assert_leq(v5_challenges_count(&asked), 6);
	}
	for (uint8_t i = 0; i < 7; i++) {
		struct addr a = at(3, i, 30303);
		struct v5_peer p = v5_peer_of(&id_there, &a);

		cr_assert_eq(v5_challenges_find(&asked, &p, now) != NULL,
			     i > 0);
	}
}
