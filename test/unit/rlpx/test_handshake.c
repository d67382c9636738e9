/* SPDX-License-Identifier: Apache-2.0 */
/* What the handshake makes and understands: the vectors of EIP-8, and our own
 * packets read back. */
#include "p2p/rlpx/handshake.h"
#include "test/unit/rlpx/handshake_fixture.h"

static struct span packet_span(const struct handshake_packet *p)
{
	return span_of(p->b, p->len);
}

/* The entropy with which the vectors' keys and nonces come out. */
static struct handshake_entropy entropy_of(const struct ecc_keypair *ephemeral,
					   const uint8_t *nonce,
					   uint8_t padding)
{
	struct handshake_entropy e = {
		.ephemeral = ephemeral->key,
		.ecies = { .b = { 1, 2, 3 } },
		.iv = { 4, 5, 6 },
		.padding = padding,
	};

	memcpy(e.nonce, nonce, sizeof(e.nonce));
	return e;
}

static void assert_hex(const void *data, size_t len, json_t *root,
		       const char *path)
{
	struct span want = vectors_hex(root, path);

	cr_assert_eq(len, want.len, "%s", path);
	cr_assert_arr_eq(data, want.data, len, "%s", path);
	free((void *)want.data);
}

static enum handshake_form form_of(json_t *c)
{
	return strcmp(vectors_text(c, "format"), "EIP-8") ? HANDSHAKE_PLAIN
							  : HANDSHAKE_EIP8;
}

static void assert_tail(json_t *c, const struct handshake_tail *tail)
{
	json_t *items = vectors_at(c, "extra_elements");
	struct buf want;

	buf_init(&want, sizeof(tail->b));
	for (size_t i = 0; i < json_array_size(items); i++) {
		struct span item =
			hex_bytes(json_string_value(json_array_get(items, i)));

		cr_assert_eq(buf_append(&want, item.data, item.len), ERR_NONE);
		free((void *)item.data);
	}
	cr_assert_eq(tail->len, want.len);
	if (want.len)
		cr_assert_arr_eq(tail->b, want.data, want.len);
	buf_clear(&want);
}

static void assert_version(json_t *c, uint64_t version)
{
	json_t *want = vectors_at(c, "version");

	cr_assert_eq(version, json_is_null(want)
				      ? (uint64_t)HANDSHAKE_VERSION
				      : (uint64_t)json_integer_value(want));
}

Test(handshake, keys_of_the_vectors_belong_together)
{
	static const struct {
		size_t at;
		const char *path;
	} rows[] = {
		{ offsetof(struct fixture, a), "keys.static_pub_A" },
		{ offsetof(struct fixture, b), "keys.static_pub_B" },
		{ offsetof(struct fixture, ephemeral_a),
		  "keys.ephemeral_pub_A" },
		{ offsetof(struct fixture, ephemeral_b),
		  "keys.ephemeral_pub_B" },
	};
	struct fixture f;
	uint8_t id[32];

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct ecc_keypair *pair =
			(const void *)((const uint8_t *)&f + rows[i].at);

		assert_hex(pair->pub.b, sizeof(pair->pub.b), f.root,
			   rows[i].path);
	}
	keccak256(id, f.a.pub.b, sizeof(f.a.pub.b));
	assert_hex(id, sizeof(id), f.root, "keys.node_id_A");
	keccak256(id, f.b.pub.b, sizeof(f.b.pub.b));
	assert_hex(id, sizeof(id), f.root, "keys.node_id_B");
	fixture_close(&f);
}

Test(handshake, reads_the_auth_vectors)
{
	struct handshake_auth auth;
	struct fixture f;
	json_t *cases;
	json_t *c;
	size_t i;

	fixture_open(&f);
	cases = vectors_at(f.root, "auth.cases");
	cr_assert_eq(json_array_size(cases), 3);
	json_array_foreach(cases, i, c)
	{
		struct span packet = vectors_hex(c, "packet");

		cr_assert_eq(
			handshake_auth_read(&auth, packet, form_of(c), &f.b),
			ERR_NONE, "%s", vectors_text(c, "name"));
		cr_assert_eq(auth.form, form_of(c));
		cr_assert_arr_eq(&auth.initiator, &f.a.pub, sizeof(f.a.pub));
		cr_assert_arr_eq(&auth.initiator_ephemeral, &f.ephemeral_a.pub,
				 sizeof(f.ephemeral_a.pub));
		cr_assert_arr_eq(auth.nonce, f.nonce_a, sizeof(f.nonce_a));
		assert_version(c, auth.version);
		assert_tail(c, &auth.tail);
		free((void *)packet.data);
	}
	fixture_close(&f);
}

Test(handshake, reads_the_ack_vectors)
{
	struct handshake_ack ack;
	struct fixture f;
	json_t *cases;
	json_t *c;
	size_t i;

	fixture_open(&f);
	cases = vectors_at(f.root, "ack.cases");
	cr_assert_eq(json_array_size(cases), 3);
	json_array_foreach(cases, i, c)
	{
		struct span packet = vectors_hex(c, "packet");

		cr_assert_eq(handshake_ack_read(&ack, packet, form_of(c), &f.a),
			     ERR_NONE, "%s", vectors_text(c, "name"));
		cr_assert_arr_eq(&ack.recipient_ephemeral, &f.ephemeral_b.pub,
				 sizeof(f.ephemeral_b.pub));
		cr_assert_arr_eq(ack.nonce, f.nonce_b, sizeof(f.nonce_b));
		assert_version(c, ack.version);
		assert_tail(c, &ack.tail);
		free((void *)packet.data);
	}
	fixture_close(&f);
}

Test(handshake, accepts_an_unusual_but_valid_ecies_point)
{
	struct handshake_auth auth;
	struct fixture f;
	json_t *cases;
	json_t *c;
	size_t i;

	fixture_open(&f);
	cases = vectors_at(f.root, "ecies.must_accept_auth_packets");
	cr_assert_eq(json_array_size(cases), 1);
	json_array_foreach(cases, i, c)
	{
		struct span packet = vectors_hex(c, "packet");

		cr_assert_eq(handshake_auth_read(&auth, packet, HANDSHAKE_EIP8,
						 &f.b),
			     ERR_NONE, "%s", vectors_text(c, "name"));
		cr_assert_arr_eq(&auth.initiator_ephemeral, &f.ephemeral_a.pub,
				 sizeof(f.ephemeral_a.pub));
		free((void *)packet.data);
	}
	fixture_close(&f);
}

/* What RFC 6979 gives for ephemeral A over the signed digest, computed apart
 * from this code. The published signature has another nonce, so ours differs
 * from it and is as good. */
static const char deterministic_signature[] =
	"5ccc53a99558f46162122995719d4f3cfd840926800f8e2dce54b729327c1cbe"
	"548ed0a385998a7bc6e2c91d1ba38dd9e8013f57bc0d6efd3c566f90cfeaadcf"
	"00";

/* Open one of our packets; behind the list must be zeros. */
static struct span open_ours(const struct handshake_packet *p,
			     const struct secret32 *key, size_t padding)
{
	struct span sealed = span_of(p->b + HANDSHAKE_SIZE_PREFIX,
				     p->len - HANDSHAKE_SIZE_PREFIX);
	size_t len = sealed.len - ECIES_OVERHEAD;
	uint8_t *body = malloc(len);

	cr_assert_eq(p->b[0] << 8 | p->b[1], p->len - HANDSHAKE_SIZE_PREFIX);
	cr_assert_eq(ecies_open(body, sealed, key, span_of(p->b, 2)), ERR_NONE);
	cr_assert(all_zero(body + len - padding, padding));
	return span_of(body, len - padding);
}

Test(handshake, makes_the_body_of_the_auth_vector)
{
	struct handshake_entropy e;
	struct handshake_packet p;
	struct fixture f;
	struct span want;
	struct span body;

	fixture_open(&f);
	e = entropy_of(&f.ephemeral_a, f.nonce_a, 153);
	cr_assert_eq(
		handshake_auth_make(&p, &f.a, &f.b.pub, &e, (struct span){ 0 }),
		ERR_NONE);
	cr_assert_eq(p.len, 437);
	body = open_ours(&p, &f.b.key, 153);
	want = vectors_hex(f.root, "auth.cases.1.rlp_body");
	hex_copy((uint8_t *)want.data + 4, 65, deterministic_signature);
	cr_assert(span_equal(body, want));
	free((void *)want.data);
	free((void *)body.data);
	fixture_close(&f);
}

Test(handshake, makes_the_body_of_the_ack_vector)
{
	struct handshake_auth auth;
	struct handshake_entropy e;
	struct handshake_packet p;
	struct span packet;
	struct fixture f;
	struct span body;

	fixture_open(&f);
	packet = vectors_hex(f.root, "auth.cases.1.packet");
	cr_assert_eq(handshake_auth_read(&auth, packet, HANDSHAKE_EIP8, &f.b),
		     ERR_NONE);
	e = entropy_of(&f.ephemeral_b, f.nonce_b, 199);
	cr_assert_eq(handshake_ack_make(&p, &auth, &e, (struct span){ 0 }),
		     ERR_NONE);
	cr_assert_eq(p.len, 416);
	body = open_ours(&p, &f.a.key, 199);
	assert_hex(body.data, body.len, f.root, "ack.cases.1.rlp_body");
	free((void *)body.data);
	free((void *)packet.data);
	fixture_close(&f);
}

Test(handshake, answers_a_plain_auth_in_the_plain_form)
{
	uint8_t body[HANDSHAKE_PLAIN_ACK - ECIES_OVERHEAD];
	struct handshake_auth auth;
	struct handshake_entropy e;
	struct handshake_packet p;
	struct handshake_ack ack;
	struct span packet;
	struct fixture f;

	fixture_open(&f);
	packet = vectors_hex(f.root, "auth.cases.0.packet");
	cr_assert_eq(handshake_auth_read(&auth, packet, HANDSHAKE_PLAIN, &f.b),
		     ERR_NONE);
	e = entropy_of(&f.ephemeral_b, f.nonce_b, HANDSHAKE_PADDING_MAX);
	cr_assert_eq(handshake_ack_make(&p, &auth, &e, span_of("\x01", 1)),
		     ERR_NONE);
	cr_assert_eq(p.len, HANDSHAKE_PLAIN_ACK);
	cr_assert_eq(
		ecies_open(body, packet_span(&p), &f.a.key, (struct span){ 0 }),
		ERR_NONE);
	assert_hex(body, sizeof(body), f.root, "ack.cases.0.decrypted");

	cr_assert_eq(handshake_ack_read(&ack, packet_span(&p), HANDSHAKE_PLAIN,
					&f.a),
		     ERR_NONE);
	cr_assert_arr_eq(&ack.recipient_ephemeral, &f.ephemeral_b.pub,
			 sizeof(f.ephemeral_b.pub));
	cr_assert_arr_eq(ack.nonce, f.nonce_b, sizeof(f.nonce_b));
	free((void *)packet.data);
	fixture_close(&f);
}

Test(handshake, derives_the_published_secrets_on_both_sides)
{
	struct handshake_secrets a;
	struct handshake_secrets b;
	struct fixture f;
	uint8_t digest[32];

	fixture_open(&f);
	fixture_secrets(&a, &f, HANDSHAKE_INITIATOR);
	fixture_secrets(&b, &f, HANDSHAKE_RECIPIENT);
	assert_hex(a.aes.b, 32, f.root, "derived.aes_secret");
	assert_hex(b.aes.b, 32, f.root, "derived.aes_secret");
	assert_hex(a.mac.b, 32, f.root, "derived.mac_secret");
	assert_hex(b.mac.b, 32, f.root, "derived.mac_secret");

	keccak_digest(&a.egress, digest);
	assert_hex(digest, 32, f.root, "derived.mac_a_to_b_initial_digest");
	keccak_digest(&b.ingress, digest);
	assert_hex(digest, 32, f.root, "derived.mac_a_to_b_initial_digest");
	keccak_digest(&a.ingress, digest);
	assert_hex(digest, 32, f.root, "derived.mac_b_to_a_initial_digest");
	keccak_digest(&b.egress, digest);
	assert_hex(digest, 32, f.root, "derived.mac_b_to_a_initial_digest");

	keccak_absorb(&b.ingress, "foo", 3);
	keccak_digest(&b.ingress, digest);
	assert_hex(digest, 32, f.root, "derived.recipient_ingress_mac_foo");
	fixture_close(&f);
}

/* The values on the way to the secrets, from the primitives alone: they tell
 * where a wrong secret went wrong. */
Test(handshake, intermediate_values_are_those_of_the_vectors)
{
	struct secret32 shared;
	struct secret32 digest;
	struct ecc_pub signer;
	struct ecc_sig want;
	struct ecc_sig sig;
	struct fixture f;
	struct keccak k;
	uint8_t nonces[32];

	fixture_open(&f);
	cr_assert_eq(ecc_ecdh_x(&shared, &f.a.key, &f.b.pub), ERR_NONE);
	assert_hex(shared.b, 32, f.root, "derived.static_shared_secret");
	for (size_t i = 0; i < 32; i++)
		digest.b[i] = shared.b[i] ^ f.nonce_a[i];
	assert_hex(digest.b, 32, f.root, "derived.signed_digest");
	ecc_sign(&sig, &f.ephemeral_a.key, digest.b);
	hex_copy(want.b, sizeof(want.b), deterministic_signature);
	cr_assert_arr_eq(sig.b, want.b, sizeof(sig.b));
	cr_assert_eq(ecc_recover(&signer, &f.sig, digest.b), ERR_NONE);
	cr_assert_arr_eq(&signer, &f.ephemeral_a.pub, sizeof(signer));

	cr_assert_eq(
		ecc_ecdh_x(&shared, &f.ephemeral_b.key, &f.ephemeral_a.pub),
		ERR_NONE);
	assert_hex(shared.b, 32, f.root, "derived.ephemeral_shared_secret");
	keccak_init(&k);
	keccak_absorb(&k, f.nonce_b, 32);
	keccak_absorb(&k, f.nonce_a, 32);
	keccak_digest(&k, nonces);
	keccak_init(&k);
	keccak_absorb(&k, shared.b, 32);
	keccak_absorb(&k, nonces, 32);
	keccak_digest(&k, digest.b);
	assert_hex(digest.b, 32, f.root, "derived.shared_secret");
	fixture_close(&f);
}

static void assert_same_secrets(const struct handshake_secrets *i,
				const struct handshake_secrets *r)
{
	uint8_t ours[32];
	uint8_t theirs[32];
	uint8_t back[32];

	cr_assert_arr_eq(&i->aes, &r->aes, sizeof(i->aes));
	cr_assert_arr_eq(&i->mac, &r->mac, sizeof(i->mac));
	cr_assert(memcmp(&i->aes, &i->mac, sizeof(i->aes)));
	keccak_digest(&i->egress, ours);
	keccak_digest(&r->ingress, theirs);
	cr_assert_arr_eq(ours, theirs, sizeof(ours));
	keccak_digest(&i->ingress, back);
	keccak_digest(&r->egress, theirs);
	cr_assert_arr_eq(back, theirs, sizeof(back));
	cr_assert(memcmp(ours, back, sizeof(ours)));
}

/* A whole handshake between fresh keys. The tails are raw RLP items. */
static void shake(struct dice *d, uint8_t padding, struct span auth_tail,
		  struct span ack_tail)
{
	struct handshake_packet auth_packet;
	struct handshake_packet ack_packet;
	struct handshake_entropy ei;
	struct handshake_entropy er;
	struct handshake_secrets si;
	struct handshake_secrets sr;
	struct handshake_auth auth;
	struct handshake_ack ack;
	struct ecc_keypair i;
	struct ecc_keypair r;
	struct ecc_pub pub;
	size_t list; /* bytes by which a long tail lengthens the header */

	dice_keypair(d, &i);
	dice_keypair(d, &r);
	dice_entropy(d, &ei, padding);
	dice_entropy(d, &er, padding);

	cr_assert_eq(
		handshake_auth_make(&auth_packet, &i, &r.pub, &ei, auth_tail),
		ERR_NONE);
	list = 167 + auth_tail.len > 255;
	cr_assert_eq(auth_packet.len, 284 + padding + auth_tail.len + list);
	cr_assert_lt(auth_packet.len, 1024);
	cr_assert_eq(handshake_auth_read(&auth, packet_span(&auth_packet),
					 HANDSHAKE_EIP8, &r),
		     ERR_NONE);
	cr_assert_arr_eq(&auth.initiator, &i.pub, sizeof(i.pub));
	ecc_pub_of(&pub, &ei.ephemeral);
	cr_assert_arr_eq(&auth.initiator_ephemeral, &pub, sizeof(pub));
	cr_assert_arr_eq(auth.nonce, ei.nonce, sizeof(ei.nonce));
	cr_assert_eq(auth.version, HANDSHAKE_VERSION);
	cr_assert(span_equal(span_of(auth.tail.b, auth.tail.len), auth_tail));

	cr_assert_eq(handshake_ack_make(&ack_packet, &auth, &er, ack_tail),
		     ERR_NONE);
	list = 100 + ack_tail.len > 255;
	cr_assert_eq(ack_packet.len, 217 + padding + ack_tail.len + list);
	cr_assert_eq(handshake_ack_read(&ack, packet_span(&ack_packet),
					HANDSHAKE_EIP8, &i),
		     ERR_NONE);
	ecc_pub_of(&pub, &er.ephemeral);
	cr_assert_arr_eq(&ack.recipient_ephemeral, &pub, sizeof(pub));
	cr_assert_arr_eq(ack.nonce, er.nonce, sizeof(er.nonce));
	cr_assert_eq(ack.version, HANDSHAKE_VERSION);
	cr_assert(span_equal(span_of(ack.tail.b, ack.tail.len), ack_tail));

	cr_assert_eq(handshake_secrets_derive(
			     &si, HANDSHAKE_INITIATOR, &ei.ephemeral,
			     &ack.recipient_ephemeral, ei.nonce, ack.nonce,
			     packet_span(&auth_packet),
			     packet_span(&ack_packet)),
		     ERR_NONE);
	cr_assert_eq(handshake_secrets_derive(
			     &sr, HANDSHAKE_RECIPIENT, &er.ephemeral,
			     &auth.initiator_ephemeral, auth.nonce, er.nonce,
			     packet_span(&auth_packet),
			     packet_span(&ack_packet)),
		     ERR_NONE);
	assert_same_secrets(&si, &sr);
}

Test(handshake, both_sides_agree_with_every_padding)
{
	struct dice d = { .seed = 1 };
	struct fixture f;

	fixture_open(&f);
	for (unsigned p = HANDSHAKE_PADDING_MIN; p <= HANDSHAKE_PADDING_MAX;
	     p++)
		shake(&d, (uint8_t)p, (struct span){ 0 }, (struct span){ 0 });
	fixture_close(&f);
}

Test(handshake, our_tails_arrive_as_they_were_sent)
{
	static const struct {
		const char *auth;
		const char *ack;
	} rows[] = {
		{ "01", "" },
		{ "", "c0" },
		{ "c3c20102", "8477656674" },
		{ "80c0c1c080", "01020304" },
	};
	uint8_t longest[HANDSHAKE_TAIL_MAX];
	struct dice d = { .seed = 2 };
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span auth = hex_bytes(rows[i].auth);
		struct span ack = hex_bytes(rows[i].ack);

		shake(&d, 100, auth, ack);
		free((void *)auth.data);
		free((void *)ack.data);
	}
	/* Every length, through the list header's one and two byte forms. */
	memset(longest, 0x7f, sizeof(longest));
	for (size_t len = 0; len <= sizeof(longest); len += 8)
		shake(&d, HANDSHAKE_PADDING_MAX, span_of(longest, len),
		      span_of(longest, len));
	fixture_close(&f);
}

Test(handshake, every_packet_is_fresh)
{
	struct handshake_entropy e;
	struct handshake_packet p;
	struct handshake_packet q;
	struct dice d = { .seed = 3 };
	struct fixture f;

	fixture_open(&f);
	dice_entropy(&d, &e, 100);
	cr_assert_eq(
		handshake_auth_make(&p, &f.a, &f.b.pub, &e, (struct span){ 0 }),
		ERR_NONE);
	cr_assert_eq(
		handshake_auth_make(&q, &f.a, &f.b.pub, &e, (struct span){ 0 }),
		ERR_NONE);
	/* All randomness is an argument... */
	cr_assert_eq(p.len, q.len);
	cr_assert_arr_eq(p.b, q.b, p.len);
	/* ...and the iv alone changes all that is encrypted. */
	e.iv[0] ^= 1;
	cr_assert_eq(
		handshake_auth_make(&q, &f.a, &f.b.pub, &e, (struct span){ 0 }),
		ERR_NONE);
	cr_assert_arr_eq(p.b, q.b, 2 + ECIES_POINT);
	for (size_t at = 2 + ECIES_POINT; at + 16 <= p.len; at += 16)
		cr_assert(memcmp(p.b + at, q.b + at, 16));
	fixture_close(&f);
}

Test(handshake, secrets_depend_on_every_input)
{
	struct handshake_secrets base;
	struct handshake_secrets s;
	uint8_t auth[300] = { 1 };
	uint8_t ack[200] = { 2 };
	struct fixture f;

	fixture_open(&f);
	for (unsigned change = 0; change <= 5; change++) {
		uint8_t nonce_i[32] = { 3 };
		uint8_t nonce_r[32] = { 4 };
		uint8_t was[32];
		uint8_t is[32];

		nonce_i[31] ^= change == 1;
		nonce_r[31] ^= change == 2;
		auth[299] ^= change == 3;
		ack[199] ^= change == 4;
		cr_assert_eq(
			handshake_secrets_derive(
				&s, HANDSHAKE_INITIATOR,
				change == 5 ? &f.a.key : &f.ephemeral_a.key,
				&f.ephemeral_b.pub, nonce_i, nonce_r,
				span_of(auth, sizeof(auth)),
				span_of(ack, sizeof(ack))),
			ERR_NONE);
		if (change == 0)
			base = s;
		auth[299] ^= change == 3;
		ack[199] ^= change == 4;

		/* The packets enter the MAC states alone, each one state. */
		cr_assert_eq(!memcmp(&s.aes, &base.aes, 32),
			     change == 0 || change == 3 || change == 4);
		keccak_digest(&base.egress, was);
		keccak_digest(&s.egress, is);
		cr_assert_eq(!memcmp(was, is, 32), change == 0 || change == 4);
		keccak_digest(&base.ingress, was);
		keccak_digest(&s.ingress, is);
		cr_assert_eq(!memcmp(was, is, 32), change == 0 || change == 3);
	}
	fixture_close(&f);
}
