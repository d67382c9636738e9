/* SPDX-License-Identifier: Apache-2.0 */
/* Packets the handshake refuses before, or because, they do not decrypt. */
#include "p2p/base/writer.h"
#include "p2p/crypto/hash.h"
#include "p2p/rlpx/handshake.h"
#include "test/unit/rlpx/handshake_fixture.h"

/* Read one packet of the "must reject" list by its place in it, checking the
 * name so that a list in another order is noticed. */
static void assert_rejects(size_t at, const char *name, enum err want)
{
	struct handshake_auth auth;
	struct span packet;
	struct fixture f;
	json_t *cases;
	json_t *c;

	fixture_open(&f);
	cases = vectors_at(f.root, "ecies.must_reject_auth_packets");
	cr_assert_eq(json_array_size(cases), 8);
	c = json_array_get(cases, at);
	cr_assert_str_eq(vectors_text(c, "name"), name);
	packet = vectors_hex(c, "packet");
	memset(&auth, 0xee, sizeof(auth));
	cr_assert_eq(handshake_auth_read(&auth, packet, HANDSHAKE_EIP8, &f.b),
		     want);
	cr_assert(all_zero(&auth, sizeof(auth)));
	free((void *)packet.data);
	fixture_close(&f);
}

Test(handshake, cve_2026_26315_refuses_the_all_zero_ecies_point)
{
	assert_rejects(0, "ephemeral point all zero", ERR_FORMAT);
}

Test(handshake, refuses_a_compressed_ecies_point)
{
	assert_rejects(1, "ephemeral prefix byte 02", ERR_FORMAT);
}

Test(handshake, cve_2026_26314_and_cve_2025_24883_refuse_x_above_the_prime)
{
	assert_rejects(2,
		       "ephemeral x = p+1 (non-canonical coordinate, tag valid "
		       "for the reduced point)",
		       ERR_FORMAT);
}

Test(handshake, refuses_a_wrong_tag)
{
	assert_rejects(3, "tag bit flipped", ERR_AUTH);
}

Test(handshake, refuses_a_tag_that_does_not_cover_the_prefix)
{
	assert_rejects(4, "tag computed without the size prefix as shared info",
		       ERR_AUTH);
}

Test(handshake, cve_2026_22862_refuses_ciphertext_shorter_than_the_iv)
{
	assert_rejects(5,
		       "5-byte ciphertext region with valid tag (shorter than "
		       "the IV)",
		       ERR_FORMAT);
}

Test(handshake, refuses_an_empty_body)
{
	assert_rejects(6, "IV only, empty plaintext, valid tag", ERR_FORMAT);
}

Test(handshake, refuses_a_size_prefix_above_2048_without_the_rest)
{
	assert_rejects(7, "size field 2049", ERR_LIMIT);
}

/* 04 || R || region || HMAC(kM, region || size): a tag that is right whatever
 * is between the point and it. */
static struct span tagged_region(uint8_t *out, size_t region,
				 const struct ecc_keypair *eph,
				 const struct ecc_pub *to)
{
	struct writer w = writer_of(out, HANDSHAKE_MAX);
	size_t size = ECIES_POINT + region + ECIES_TAG;
	static const uint8_t zeros[ECIES_IV];
	struct secret32 z;
	struct secret32 mac_key;
	uint8_t keys[32];
	uint8_t tag[32];
	struct span pieces[2];

	cr_assert_eq(ecc_ecdh_x(&z, &eph->key, to), ERR_NONE);
	kdf_concat(keys, sizeof(keys), span_of(z.b, sizeof(z.b)));
	sha256(mac_key.b, span_of(keys + 16, 16));
	wr_be16(&w, (uint16_t)size);
	wr_u8(&w, 4);
	wr_bytes(&w, eph->pub.b, sizeof(eph->pub.b));
	pieces[0] = span_of(zeros, region);
	pieces[1] = span_of(out, HANDSHAKE_SIZE_PREFIX);
	hmac_sha256(tag, &mac_key, pieces, 2);
	wr_bytes(&w, zeros, region);
	wr_bytes(&w, tag, sizeof(tag));
	return span_of(out, HANDSHAKE_SIZE_PREFIX + size);
}

Test(handshake, cve_2026_22862_every_region_below_the_iv_with_a_valid_tag)
{
	struct handshake_auth auth;
	struct handshake_ack ack;
	uint8_t packet[HANDSHAKE_MAX];
	struct fixture f;
	struct span c;

	fixture_open(&f);
	c = vectors_hex(f.root, "ecies.must_reject_auth_packets.5.packet");
	cr_assert(span_equal(tagged_region(packet, 5, &f.ephemeral_a, &f.b.pub),
			     c));
	free((void *)c.data);

	for (size_t region = 0; region <= ECIES_IV; region++) {
		cr_assert_eq(handshake_auth_read(&auth,
						 tagged_region(packet, region,
							       &f.ephemeral_a,
							       &f.b.pub),
						 HANDSHAKE_EIP8, &f.b),
			     ERR_FORMAT, "%zu", region);
		cr_assert_eq(handshake_ack_read(&ack,
						tagged_region(packet, region,
							      &f.ephemeral_a,
							      &f.a.pub),
						HANDSHAKE_EIP8, &f.a),
			     ERR_FORMAT, "%zu", region);
	}
	fixture_close(&f);
}

static enum err read_auth(const struct fixture *f, const uint8_t *b, size_t len)
{
	struct handshake_auth auth;
	/* Exactly as large as the input, so that overreads show. */
	uint8_t *copy = malloc(len + !len);
	enum err rc;

	memcpy(copy, b, len);
	rc = handshake_auth_read(&auth, span_of(copy, len), HANDSHAKE_EIP8,
				 &f->b);
	free(copy);
	return rc;
}

static enum err read_ack(const struct fixture *f, const uint8_t *b, size_t len)
{
	struct handshake_ack ack;
	uint8_t *copy = malloc(len + !len);
	enum err rc;

	memcpy(copy, b, len);
	rc = handshake_ack_read(&ack, span_of(copy, len), HANDSHAKE_EIP8,
				&f->a);
	free(copy);
	return rc;
}

struct packet_case {
	const char *path;
	enum err (*read)(const struct fixture *f, const uint8_t *b, size_t len);
};

static const struct packet_case packets[] = {
	{ "auth.cases.1.packet", read_auth },
	{ "ack.cases.2.packet", read_ack },
};

Test(handshake, refuses_every_proper_prefix_of_a_packet)
{
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
		struct span p = vectors_hex(f.root, packets[i].path);

		cr_assert_eq(packets[i].read(&f, p.data, p.len), ERR_NONE);
		for (size_t len = 0; len < p.len; len++)
			cr_assert_eq(packets[i].read(&f, p.data, len),
				     ERR_FORMAT, "%zu", len);
		free((void *)p.data);
	}
	fixture_close(&f);
}

Test(handshake, refuses_a_prefix_whose_size_was_made_to_fit)
{
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
		struct span p = vectors_hex(f.root, packets[i].path);
		uint8_t *b = malloc(p.len);

		memcpy(b, p.data, p.len);
		for (size_t len = 2; len < p.len; len++) {
			struct writer w = writer_of(b, 2);

			wr_be16(&w, (uint16_t)(len - 2));
			cr_assert_eq(packets[i].read(&f, b, len),
				     len < 2 + ECIES_OVERHEAD ? ERR_FORMAT
							      : ERR_AUTH,
				     "%zu", len);
		}
		free(b);
		free((void *)p.data);
	}
	fixture_close(&f);
}

Test(handshake, refuses_bytes_behind_the_packet)
{
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
		struct span p = vectors_hex(f.root, packets[i].path);
		uint8_t *b = calloc(1, p.len + 1);

		memcpy(b, p.data, p.len);
		cr_assert_eq(packets[i].read(&f, b, p.len + 1), ERR_FORMAT);
		free(b);
		free((void *)p.data);
	}
	fixture_close(&f);
}

Test(handshake, refuses_every_flipped_bit)
{
	struct fixture f;

	fixture_open(&f);
	for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
		struct span p = vectors_hex(f.root, packets[i].path);
		uint8_t *b = malloc(p.len);

		memcpy(b, p.data, p.len);
		for (size_t bit = 0; bit < p.len * 8; bit++) {
			/* All bits of the prefix, the 04 and the tag; one bit
			 * of every other byte. */
			if (bit >= 24 && bit < (p.len - ECIES_TAG) * 8 &&
			    bit % 8 != bit / 8 % 8)
				continue;
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			cr_assert_neq(packets[i].read(&f, b, p.len), ERR_NONE,
				      "%zu", bit);
			b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		cr_assert_eq(packets[i].read(&f, b, p.len), ERR_NONE);
		free(b);
		free((void *)p.data);
	}
	fixture_close(&f);
}

Test(handshake, refuses_a_packet_for_somebody_else)
{
	struct handshake_auth auth;
	struct handshake_ack ack;
	struct fixture f;
	struct span p;

	fixture_open(&f);
	p = vectors_hex(f.root, "auth.cases.1.packet");
	cr_assert_eq(handshake_auth_read(&auth, p, HANDSHAKE_EIP8, &f.a),
		     ERR_AUTH);
	/* Nor is an auth an ack. */
	cr_assert_eq(handshake_ack_read(&ack, p, HANDSHAKE_EIP8, &f.b),
		     ERR_FORMAT);
	free((void *)p.data);
	p = vectors_hex(f.root, "ack.cases.1.packet");
	cr_assert_eq(handshake_ack_read(&ack, p, HANDSHAKE_EIP8, &f.b),
		     ERR_AUTH);
	cr_assert_eq(handshake_auth_read(&auth, p, HANDSHAKE_EIP8, &f.a),
		     ERR_FORMAT);
	free((void *)p.data);
	fixture_close(&f);
}

Test(handshake, refuses_a_packet_of_the_other_form)
{
	struct handshake_auth auth;
	struct handshake_ack ack;
	struct fixture f;

	fixture_open(&f);
	for (unsigned i = 0; i < 3; i++) {
		enum handshake_form other =
			i == 0 ? HANDSHAKE_EIP8 : HANDSHAKE_PLAIN;
		struct span p = vectors_hex(vectors_at(f.root, "auth.cases"),
					    i == 0   ? "0.packet"
					    : i == 1 ? "1.packet"
						     : "2.packet");

		cr_assert_eq(handshake_auth_read(&auth, p, other, &f.b),
			     ERR_FORMAT);
		free((void *)p.data);
		p = vectors_hex(vectors_at(f.root, "ack.cases"),
				i == 0	 ? "0.packet"
				: i == 1 ? "1.packet"
					 : "2.packet");
		cr_assert_neq(handshake_ack_read(&ack, p, other, &f.a),
			      ERR_NONE);
		free((void *)p.data);
	}
	fixture_close(&f);
}

Test(handshake, refuses_flips_and_other_lengths_of_the_plain_form)
{
	struct handshake_auth auth;
	struct fixture f;
	uint8_t b[HANDSHAKE_PLAIN_AUTH + 1] = { 0 };
	struct span p;

	fixture_open(&f);
	p = vectors_hex(f.root, "auth.cases.0.packet");
	memcpy(b, p.data, p.len);
	for (size_t len = 0; len <= sizeof(b); len++)
		cr_assert_eq(handshake_auth_read(&auth, span_of(b, len),
						 HANDSHAKE_PLAIN, &f.b),
			     len == p.len ? ERR_NONE : ERR_FORMAT);
	for (size_t i = 0; i < p.len; i++) {
		b[i] ^= (uint8_t)(1 << i % 8);
		cr_assert_neq(handshake_auth_read(&auth, span_of(b, p.len),
						  HANDSHAKE_PLAIN, &f.b),
			      ERR_NONE);
		b[i] ^= (uint8_t)(1 << i % 8);
	}
	free((void *)p.data);
	fixture_close(&f);
}

Test(handshake, ignores_hash_and_flag_of_the_plain_auth)
{
	struct handshake_auth auth;
	struct sealed packet;
	struct fixture f;
	struct span p;
	uint8_t body[194];

	fixture_open(&f);
	p = vectors_hex(f.root, "auth.cases.0.decrypted");
	cr_assert_eq(p.len, sizeof(body));
	memcpy(body, p.data, sizeof(body));
	memset(body + 65, 0xab, 32);
	body[193] = 1;
	sealed_make_plain(&packet, span_of(body, sizeof(body)), &f.b.pub);
	cr_assert_eq(handshake_auth_read(&auth, span_of(packet.b, packet.len),
					 HANDSHAKE_PLAIN, &f.b),
		     ERR_NONE);
	cr_assert_arr_eq(&auth.initiator_ephemeral, &f.ephemeral_a.pub,
			 sizeof(f.ephemeral_a.pub));
	free((void *)p.data);
	fixture_close(&f);
}
