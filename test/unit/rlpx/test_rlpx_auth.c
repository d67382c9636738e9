/* SPDX-License-Identifier: Apache-2.0 */
/* test_rlpx_auth.c - the first packet a recipient's core is sent. */
#include <stdlib.h>

#include "p2p/crypto/rng.h"
#include "test/support/raw_peer.h"
#include "test/unit/rlpx/end.h"

static void refuse_auth(struct span bytes, enum rlpx_plain plain,
			enum rlpx_fault expected)
{
	struct rlpx_config config = end_config(HANDSHAKE_RECIPIENT);
	struct end b;

	config.plain = plain;
	end_open_with(&b, &config);
	cr_assert_eq(rlpx_feed(b.x, bytes.data, bytes.len), ERR_NONE);
	end_drain(&b);
	cr_assert_eq(rlpx_fault(b.x), expected, "got %s, expected %s",
		     rlpx_fault_name(rlpx_fault(b.x)),
		     rlpx_fault_name(expected));
	cr_assert_eq(b.out.len, 0, "nothing is sent");
	cr_assert_eq(rlpx_disconnect(b.x, &b.out, DISC_PROTOCOL), ERR_CLOSED);
	end_close(&b);
}

Test(rlpx, handshake_sizes_are_refused_before_waiting_for_them)
{
	refuse_auth(span_of("\x00\x70", 2), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH_SIZE);
	refuse_auth(span_of("\x08\x01", 2), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH_SIZE);
	refuse_auth(span_of("\xff\xff", 2), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH_SIZE);
	refuse_auth(span_of("\x00\x71", 2), RLPX_PLAIN_REFUSE, RLPX_FAULT_NONE);
	refuse_auth(span_of("\x08\x00", 2), RLPX_PLAIN_REFUSE, RLPX_FAULT_NONE);
}

Test(rlpx, a_packet_to_somebody_else_is_refused)
{
	struct handshake_entropy entropy = fixed_entropy(0);
	struct handshake_packet auth;
	struct ecc_keypair other;

	crypto_init();
	rng_key(&other.key);
	ecc_pub_of(&other.pub, &other.key);
	cr_assert_eq(handshake_auth_make(&auth, fixed_key(0), &other.pub,
					 &entropy, (struct span){ 0 }),
		     ERR_NONE);
	refuse_auth(span_of(auth.b, auth.len), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH);
	auth.b[HANDSHAKE_SIZE_PREFIX + 1] ^= 1; /* the point's x */
	refuse_auth(span_of(auth.b, auth.len), RLPX_PLAIN_REFUSE,
		    RLPX_FAULT_AUTH_POINT);
}

Test(rlpx, plain_auth_is_answered_only_where_allowed)
{
	json_t *v = vectors_load("rlpx.json");
	struct span plain = vectors_hex(v, "auth.cases.0.packet");
	struct ecc_keypair us;
	struct rlpx_config config = end_config(HANDSHAKE_RECIPIENT);
	struct end b;

	crypto_init();
	hex_copy(us.key.b, 32, vectors_text(v, "keys.static_B"));
	ecc_pub_of(&us.pub, &us.key);
	cr_assert_eq(plain.len, HANDSHAKE_PLAIN_AUTH);
	config.us = &us;

	/* By default 04 xx is a size, and the rest of it never comes. */
	end_open_with(&b, &config);
	cr_assert_eq(rlpx_feed(b.x, plain.data, plain.len), ERR_NONE);
	end_drain(&b);
	cr_assert_eq(b.rc, ERR_SHORT);
	cr_assert_eq(b.out.len, 0);
	end_close(&b);

	config.plain = RLPX_PLAIN_ACCEPT;
	end_open_with(&b, &config);
	for (size_t i = 0; i < plain.len; i++) {
		cr_assert_eq(b.out.len, 0);
		cr_assert_eq(rlpx_feed(b.x, plain.data + i, 1), ERR_NONE);
		end_drain(&b);
	}
	cr_assert_gt(b.out.len, HANDSHAKE_PLAIN_ACK, "ack, then our Hello");
	cr_assert(strstr(b.diary, "secured") != NULL);
	end_close(&b);
	free((void *)plain.data);
	json_decref(v);
}

Test(rlpx, eip8_is_still_understood_where_plain_is_accepted)
{
	struct rlpx_config config = end_config(HANDSHAKE_RECIPIENT);
	struct end a, b;

	config.plain = RLPX_PLAIN_ACCEPT;
	end_open(&a, HANDSHAKE_INITIATOR);
	end_open_with(&b, &config);
	end_settle(&a, &b, 1);
	cr_assert_not_null(rlpx_peer_hello(a.x));
	cr_assert_not_null(rlpx_peer_hello(b.x));
	end_close(&a);
	end_close(&b);
}
