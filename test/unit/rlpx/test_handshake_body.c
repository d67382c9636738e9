/* SPDX-License-Identifier: Apache-2.0 */
/* Handshake bodies, sealed as they should be: what is refused in them and what
 * must be tolerated. */
#include "p2p/rlpx/handshake.h"
#include "test/unit/rlpx/handshake_fixture.h"

/* Read auth and ack with one version item, given as raw RLP. */
static void assert_version(const struct fixture *f, const char *hex,
			   enum err want, uint64_t version)
{
	struct body auth_body = fixture_auth_body(f);
	struct body ack_body = fixture_ack_body(f);
	struct span raw = hex_bytes(hex);
	struct handshake_auth auth;
	struct handshake_ack ack;

	auth_body.version = raw;
	ack_body.version = raw;
	cr_assert_eq(fixture_read_auth(&auth, f, &auth_body), want, "%s", hex);
	cr_assert_eq(fixture_read_ack(&ack, f, &ack_body), want, "%s", hex);
	cr_assert_eq(auth.version, version);
	cr_assert_eq(ack.version, version);
	free((void *)raw.data);
}

Test(handshake, takes_any_version_that_is_an_integer)
{
	struct fixture f;

	fixture_open(&f);
	assert_version(&f, "80", ERR_NONE, 0);
	assert_version(&f, "01", ERR_NONE, 1);
	assert_version(&f, "05", ERR_NONE, 5);
	assert_version(&f, "81ff", ERR_NONE, 255);
	assert_version(&f, "88ffffffffffffffff", ERR_NONE, UINT64_MAX);
	fixture_close(&f);
}

Test(handshake, refuses_a_version_that_is_none)
{
	static const char *const rows[] = {
		"",			/* missing */
		"00",			/* leading zero */
		"820004",		/* leading zero */
		"8104",			/* not the shortest form */
		"89010000000000000000", /* nine bytes */
		"c0",			/* a list */
		"c104",
	};
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_version(&f, rows[i], ERR_FORMAT, 0);
	fixture_close(&f);
}

Test(handshake, refuses_fields_of_other_sizes)
{
	static const uint8_t more[70];
	struct handshake_auth auth;
	struct handshake_ack ack;
	struct fixture f;

	fixture_open(&f);
	for (int wrong = -1; wrong <= 1; wrong += 2) {
		struct body b = fixture_auth_body(&f);

		b.sig = span_of(more, (size_t)(65 + wrong));
		cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_FORMAT);
		b = fixture_auth_body(&f);
		b.pub = span_of(more, (size_t)(64 + wrong));
		cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_FORMAT);
		b = fixture_auth_body(&f);
		b.nonce = span_of(more, (size_t)(32 + wrong));
		cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_FORMAT);

		b = fixture_ack_body(&f);
		b.pub = span_of(more, (size_t)(64 + wrong));
		cr_assert_eq(fixture_read_ack(&ack, &f, &b), ERR_FORMAT);
		b = fixture_ack_body(&f);
		b.nonce = span_of(more, (size_t)(32 + wrong));
		cr_assert_eq(fixture_read_ack(&ack, &f, &b), ERR_FORMAT);
	}
	fixture_close(&f);
}

Test(handshake, refuses_bodies_that_are_no_such_list)
{
	static const char *const rows[] = {
		"c0",
		"80",
		"c3010203",
		"f8a7",
		"ff",
		"f90400",
		"c104",
		"b8a7",
		"bfffffffffffffffff",
		"ffffffffffffffffff",
	};
	struct handshake_auth auth;
	struct handshake_ack ack;
	struct sealed packet;
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span text = hex_bytes(rows[i]);

		sealed_make(&packet, text, &f.b.pub);
		cr_assert_eq(handshake_auth_read(&auth,
						 span_of(packet.b, packet.len),
						 HANDSHAKE_EIP8, &f.b),
			     ERR_FORMAT, "%s", rows[i]);
		sealed_make(&packet, text, &f.a.pub);
		cr_assert_eq(handshake_ack_read(&ack,
						span_of(packet.b, packet.len),
						HANDSHAKE_EIP8, &f.a),
			     ERR_FORMAT, "%s", rows[i]);
		free((void *)text.data);
	}
	fixture_close(&f);
}

Test(handshake, refuses_every_proper_prefix_of_a_body)
{
	struct handshake_auth auth;
	struct sealed packet;
	struct fixture f;
	struct span body;

	fixture_open(&f);
	body = vectors_hex(f.root, "auth.cases.2.rlp_body");
	for (size_t len = 0; len <= body.len; len++) {
		sealed_make(&packet, span_of(body.data, len), &f.b.pub);
		cr_assert_eq(handshake_auth_read(&auth,
						 span_of(packet.b, packet.len),
						 HANDSHAKE_EIP8, &f.b),
			     len == body.len ? ERR_NONE : ERR_FORMAT, "%zu",
			     len);
	}
	free((void *)body.data);
	fixture_close(&f);
}

/* Points that are not on the curve, or not written canonically. */
static size_t bad_points(struct ecc_pub out[6], const struct fixture *f)
{
	struct span p =
		vectors_hex(f->root, "ecies.must_reject_auth_packets.2.packet");

	memset(out, 0, 6 * sizeof(*out));
	/* 0: all zero */
	memset(out[1].b, 0xff, sizeof(out[1].b));
	out[2] = f->a.pub; /* y of no point with this x */
	out[2].b[63] ^= 1;
	memcpy(out[3].b, p.data + 3, 64); /* x = p + 1 */
	out[4] = f->a.pub;		  /* y = 0 */
	memset(out[4].b + 32, 0, 32);
	out[5] = f->a.pub; /* x = 5 is on no point */
	memset(out[5].b, 0, 32);
	out[5].b[31] = 5;
	free((void *)p.data);
	return 6;
}

Test(handshake, cve_2026_26314_refuses_a_static_key_off_the_curve)
{
	struct handshake_auth auth;
	struct ecc_pub bad[6];
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < bad_points(bad, &f); i++) {
		struct body b = fixture_auth_body(&f);

		b.pub = span_of(bad[i].b, sizeof(bad[i].b));
		cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_FORMAT,
			     "%zu", i);
		cr_assert(all_zero(&auth, sizeof(auth)));
	}
	fixture_close(&f);
}

Test(handshake, cve_2025_24883_refuses_an_ephemeral_key_off_the_curve)
{
	struct handshake_secrets s;
	struct handshake_ack ack;
	struct ecc_pub bad[6];
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < bad_points(bad, &f); i++) {
		struct body b = fixture_ack_body(&f);

		b.pub = span_of(bad[i].b, sizeof(bad[i].b));
		cr_assert_eq(fixture_read_ack(&ack, &f, &b), ERR_FORMAT, "%zu",
			     i);
		cr_assert(all_zero(&ack, sizeof(ack)));

		memset(&s, 0xee, sizeof(s));
		cr_assert_eq(handshake_secrets_derive(
				     &s, HANDSHAKE_INITIATOR,
				     &f.ephemeral_a.key, &bad[i], f.nonce_a,
				     f.nonce_b, span_text("auth"),
				     span_text("ack")),
			     ERR_FORMAT);
		cr_assert(all_zero(&s, sizeof(s)));
	}
	fixture_close(&f);
}

Test(handshake, makes_nothing_for_a_key_off_the_curve)
{
	struct dice d = { .seed = 5 };
	struct handshake_entropy e;
	struct handshake_packet p;
	struct handshake_auth auth = { .form = HANDSHAKE_EIP8 };
	struct ecc_pub bad[6];
	struct fixture f;

	fixture_open(&f);
	dice_entropy(&d, &e, 100);
	for (size_t i = 0; i < bad_points(bad, &f); i++) {
		p.len = 1;
		cr_assert_eq(handshake_auth_make(&p, &f.a, &bad[i], &e,
						 (struct span){ 0 }),
			     ERR_FORMAT);
		cr_assert_eq(p.len, 0);
		p.len = 1;
		auth.initiator = bad[i];
		auth.form = i & 1 ? HANDSHAKE_PLAIN : HANDSHAKE_EIP8;
		cr_assert_eq(
			handshake_ack_make(&p, &auth, &e, (struct span){ 0 }),
			ERR_FORMAT);
		cr_assert_eq(p.len, 0);
	}
	fixture_close(&f);
}

Test(handshake, refuses_a_signature_that_recovers_to_nothing)
{
	static const uint8_t v[] = { 4, 27, 28, 128, 255 };
	struct handshake_auth auth;
	struct ecc_sig sig;
	struct fixture f;
	struct body b;

	fixture_open(&f);
	b = fixture_auth_body(&f);
	b.sig = span_of(sig.b, sizeof(sig.b));
	for (size_t i = 0; i < sizeof(v); i++) {
		sig = f.sig;
		sig.b[64] = v[i];
		cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_AUTH, "%u",
			     v[i]);
	}
	for (size_t i = 0; i < 4; i++) {
		/* r or s zero, or not below the group order */
		sig = f.sig;
		memset(sig.b + (i & 1 ? 32 : 0), i & 2 ? 0xff : 0, 32);
		cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_AUTH, "%zu",
			     i);
		cr_assert(all_zero(&auth, sizeof(auth)));
	}
	fixture_close(&f);
}

Test(handshake, takes_a_signature_with_high_s)
{
	static const char order[] = "fffffffffffffffffffffffffffffffe"
				    "baaedce6af48a03bbfd25e8cd0364141";
	struct handshake_auth auth;
	struct fixture f;
	struct ecc_sig sig;
	uint8_t n[32];
	struct body b;
	int borrow = 0;

	fixture_open(&f);
	hex_copy(n, sizeof(n), order);
	sig = f.sig;
	for (int i = 31; i >= 0; i--) {
		int v = n[i] - f.sig.b[32 + i] - borrow;

		borrow = v < 0;
		sig.b[32 + i] = (uint8_t)v;
	}
	sig.b[64] ^= 1;
	b = fixture_auth_body(&f);
	b.sig = span_of(sig.b, sizeof(sig.b));
	cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_NONE);
	cr_assert_arr_eq(&auth.initiator_ephemeral, &f.ephemeral_a.pub,
			 sizeof(f.ephemeral_a.pub));
	fixture_close(&f);
}

Test(handshake, another_signature_recovers_another_key)
{
	struct handshake_auth auth;
	struct fixture f;
	struct body b;

	/* Whoever lacks the static key cannot know the digest; the key that
	 * comes out is then one without a known private part. */
	fixture_open(&f);
	b = fixture_auth_body(&f);
	b.nonce = span_of(f.nonce_b, sizeof(f.nonce_b));
	cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_NONE);
	cr_assert(memcmp(&auth.initiator_ephemeral, &f.ephemeral_a.pub,
			 sizeof(f.ephemeral_a.pub)));
	fixture_close(&f);
}

static void assert_tail(const struct fixture *f, struct span tail,
			enum err want)
{
	struct body auth_body = fixture_auth_body(f);
	struct body ack_body = fixture_ack_body(f);
	struct handshake_auth auth;
	struct handshake_ack ack;

	auth_body.tail = tail;
	ack_body.tail = tail;
	cr_assert_eq(fixture_read_auth(&auth, f, &auth_body), want);
	cr_assert_eq(fixture_read_ack(&ack, f, &ack_body), want);
	if (want)
		return;
	cr_assert(span_equal(span_of(auth.tail.b, auth.tail.len), tail));
	cr_assert(span_equal(span_of(ack.tail.b, ack.tail.len), tail));
}

static void assert_tail_hex(const struct fixture *f, const char *hex,
			    enum err want)
{
	struct span tail = hex_bytes(hex);

	assert_tail(f, tail, want);
	free((void *)tail.data);
}

Test(handshake, keeps_any_tail_raw)
{
	static const char *const rows[] = {
		"",	      "01", "80c0", "0102c20405", "c7c0c1c0c3c0c1c0",
		"8105",	      /* not the shortest form of 5 */
		"c28105",     /* the same, inside */
		"c3820004",   /* a leading zero, inside */
		"c2c8ff",     /* an item that does not fit its list, inside */
		"c3b80101",   /* a long form without need, inside */
		"c483666f6f", /* text */
	};
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_tail_hex(&f, rows[i], ERR_NONE);
	fixture_close(&f);
}

Test(handshake, refuses_tail_items_that_leave_the_list)
{
	static const char *const rows[] = {
		"c1",
		"81",
		"b8",
		"0183aabb",
		"f90400",
		"bfffffffffffffffff",
		"ffffffffffffffffff",
	};
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_tail_hex(&f, rows[i], ERR_FORMAT);
	fixture_close(&f);
}

Test(handshake, ignores_what_follows_the_list)
{
	struct handshake_auth auth;
	struct handshake_ack ack;
	uint8_t junk[300];
	struct dice d = { .seed = 6 };
	struct fixture f;

	fixture_open(&f);
	for (size_t len = 0; len < sizeof(junk); len += 37) {
		struct body b = fixture_auth_body(&f);

		dice_bytes(&d, junk, len);
		b.after = span_of(junk, len);
		cr_assert_eq(fixture_read_auth(&auth, &f, &b), ERR_NONE);
		cr_assert_eq(auth.tail.len, 0);
		b = fixture_ack_body(&f);
		b.after = span_of(junk, len);
		cr_assert_eq(fixture_read_ack(&ack, &f, &b), ERR_NONE);
		cr_assert_eq(ack.tail.len, 0);
	}
	fixture_close(&f);
}

Test(handshake, takes_2048_bytes_and_no_more)
{
	/* 2048 - 113 of ECIES - 3 of list header - the items. */
	enum {
		AUTH_ROOM = 2048 - 113 - 3 - 167,
		ACK_ROOM = AUTH_ROOM + 67
	};
	static uint8_t items[ACK_ROOM + 1];
	struct handshake_auth auth;
	struct handshake_ack ack;
	struct fixture f;
	struct body b;

	fixture_open(&f);
	memset(items, 0x55, sizeof(items));
	for (size_t over = 0; over <= 1; over++) {
		b = fixture_auth_body(&f);
		b.tail = span_of(items, AUTH_ROOM + over);
		cr_assert_eq(fixture_read_auth(&auth, &f, &b),
			     over ? ERR_LIMIT : ERR_NONE);
		cr_assert_eq(auth.tail.len, over ? 0 : AUTH_ROOM);
		b = fixture_ack_body(&f);
		b.tail = span_of(items, ACK_ROOM + over);
		cr_assert_eq(fixture_read_ack(&ack, &f, &b),
			     over ? ERR_LIMIT : ERR_NONE);
		cr_assert_eq(ack.tail.len, over ? 0 : ACK_ROOM);
	}
	fixture_close(&f);
}

Test(handshake, makes_no_tail_above_its_limit)
{
	static const uint8_t items[HANDSHAKE_TAIL_MAX + 1];
	struct dice d = { .seed = 7 };
	struct handshake_auth auth = { .form = HANDSHAKE_EIP8 };
	struct handshake_entropy e;
	struct handshake_packet p;
	struct fixture f;

	fixture_open(&f);
	dice_entropy(&d, &e, HANDSHAKE_PADDING_MAX);
	auth.initiator = f.a.pub;
	for (size_t over = 0; over <= 1; over++) {
		struct span tail = span_of(items, HANDSHAKE_TAIL_MAX + over);

		cr_assert_eq(handshake_auth_make(&p, &f.a, &f.b.pub, &e, tail),
			     over ? ERR_LIMIT : ERR_NONE);
		cr_assert_eq(p.len == 0, over);
		cr_assert_eq(handshake_ack_make(&p, &auth, &e, tail),
			     over ? ERR_LIMIT : ERR_NONE);
		cr_assert_eq(p.len == 0, over);
	}
	fixture_close(&f);
}
