/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/ecies.h"

#include "p2p/crypto/hash.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

enum {
	PREFIX = 2,	  /* the size field, the shared info of EIP-8 */
	ROOM = 2048,	  /* more than any packet here */
	UNTOUCHED = 0xee, /* what out holds before a call */
};

static struct secret32 vector_key(json_t *root, const char *path)
{
	struct secret32 key;

	hex_copy(key.b, sizeof(key.b), vectors_text(root, path));
	return key;
}

/* Open size prefix || sealed, as EIP-8 has it. */
static enum err open_packet(uint8_t out[ROOM], struct span packet,
			    const struct secret32 *key)
{
	cr_assert_geq(packet.len, PREFIX);
	cr_assert_leq(packet.len, ROOM);
	memset(out, UNTOUCHED, ROOM);
	return ecies_open(out,
			  span_of(packet.data + PREFIX, packet.len - PREFIX),
			  key, span_of(packet.data, PREFIX));
}

static bool untouched(const uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (out[i] != UNTOUCHED)
			return false;
	return true;
}

/* Each step of the published packets: specs "ECIES", the table. */
static void check_trace(json_t *trace, const struct secret32 *key)
{
	struct span want = vectors_hex(trace, "z");
	uint8_t k[32], r[ECIES_POINT], mac[32];
	struct secret32 z;
	struct ecc_pub pub;

	hex_copy(r, sizeof(r), vectors_text(trace, "R"));
	memcpy(pub.b, r + 1, sizeof(pub.b));
	cr_assert_eq(ecc_ecdh_x(&z, key, &pub), ERR_NONE);
	cr_assert_arr_eq(z.b, want.data, sizeof(z.b));
	free((void *)want.data);

	want = vectors_hex(trace, "kdf_output");
	kdf_concat(k, sizeof(k), span_of(z.b, sizeof(z.b)));
	cr_assert_eq(want.len, sizeof(k));
	cr_assert_arr_eq(k, want.data, sizeof(k));
	free((void *)want.data);

	want = vectors_hex(trace, "mac_key");
	sha256(mac, span_of(k + 16, 16));
	cr_assert_arr_eq(mac, want.data, sizeof(mac));
	free((void *)want.data);
}

/* Before EIP-8: no size prefix, no shared info. */
static void check_plain(json_t *c, const struct secret32 *key)
{
	struct span packet = vectors_hex(c, "packet");
	struct span want = vectors_hex(c, "decrypted");
	uint8_t out[ROOM];

	cr_assert_eq(packet.len, want.len + ECIES_OVERHEAD);
	cr_assert_eq(ecies_open(out, packet, key, span_of(NULL, 0)), ERR_NONE);
	cr_assert_arr_eq(out, want.data, want.len);
	free((void *)want.data);
	free((void *)packet.data);
}

/* The random padding behind the RLP is not in the vectors. */
static void check_eip8(json_t *c, const struct secret32 *key)
{
	struct span packet = vectors_hex(c, "packet");
	struct span want = vectors_hex(c, "rlp_body");
	uint8_t out[ROOM];

	cr_assert_eq(open_packet(out, packet, key), ERR_NONE);
	cr_assert_arr_eq(out, want.data, want.len);
	cr_assert(untouched(out + packet.len - PREFIX - ECIES_OVERHEAD, 16));
	check_trace(vectors_at(c, "ecies_trace_computed"), key);
	free((void *)want.data);
	free((void *)packet.data);
}

static void check_published(const char *cases_path, const char *key_path)
{
	json_t *root = vectors_load("rlpx.json");
	struct secret32 key = vector_key(root, key_path);
	json_t *cases = vectors_at(root, cases_path);

	cr_assert_eq(json_array_size(cases), 3);
	check_plain(json_array_get(cases, 0), &key);
	check_eip8(json_array_get(cases, 1), &key);
	check_eip8(json_array_get(cases, 2), &key);
	json_decref(root);
}

Test(ecies, opens_the_auth_packets_of_eip_8, .init = crypto_init)
{
	check_published("auth.cases", "keys.static_B");
}

Test(ecies, opens_the_ack_packets_of_eip_8, .init = crypto_init)
{
	check_published("ack.cases", "keys.static_A");
}

/* The hostile packets, by their names in the vectors. What ECIES alone cannot
 * know to be wrong it opens: the handshake refuses it. */
static const char zero_point[] = "ephemeral point all zero";
static const char large_x[] = "ephemeral x = p+1 (non-canonical coordinate, "
			      "tag valid for the reduced point)";
static const char no_iv[] = "5-byte ciphertext region with valid tag (shorter "
			    "than the IV)";
static const char iv_only[] = "IV only, empty plaintext, valid tag";
static const struct {
	const char *name;
	enum err want;
} hostile[] = {
	{ zero_point, ERR_FORMAT },
	{ "ephemeral prefix byte 02", ERR_FORMAT },
	{ large_x, ERR_FORMAT },
	{ "tag bit flipped", ERR_AUTH },
	{ "tag computed without the size prefix as shared info", ERR_AUTH },
	{ no_iv, ERR_FORMAT },
	{ iv_only, ERR_NONE },
	/* Nothing behind the prefix, since nothing more is read. */
	{ "size field 2049", ERR_FORMAT },
};

static struct span hostile_packet(json_t *root, const char *name)
{
	json_t *cases = vectors_at(root, "ecies.must_reject_auth_packets");
	struct span packet = { 0 };

	cr_assert_eq(json_array_size(cases), ARRAY_LEN(hostile));
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *c = json_array_get(cases, i);

		if (!packet.data && !strcmp(vectors_text(c, "name"), name))
			packet = vectors_hex(c, "packet");
	}
	cr_assert_not_null(packet.data, "no case %s", name);
	return packet;
}

static void check_hostile(const char *name, enum err want)
{
	json_t *root = vectors_load("rlpx.json");
	struct secret32 key = vector_key(root, "keys.static_B");
	struct span packet = hostile_packet(root, name);
	uint8_t out[ROOM];

	cr_assert_eq(open_packet(out, packet, &key), want, "%s", name);
	cr_assert(untouched(out, sizeof(out)), "%s", name);
	free((void *)packet.data);
	json_decref(root);
}

Test(ecies, answers_every_hostile_packet_of_the_vectors, .init = crypto_init)
{
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
		check_hostile(hostile[i].name, hostile[i].want);
}

Test(ecies, cve_2026_26315_rlpx_oracle_poc_is_refused, .init = crypto_init)
{
	check_hostile(zero_point, ERR_FORMAT);
}

Test(ecies, cve_2026_26314_cve_2025_24883_coordinate_p_plus_1_is_refused,
     .init = crypto_init)
{
	check_hostile(large_x, ERR_FORMAT);
}

/* "ECIES length check forgot the IV": a body of 98..112 bytes whose tag is
 * valid must not crash. */
Test(ecies, a_message_shorter_than_its_iv_is_refused, .init = crypto_init)
{
	check_hostile(no_iv, ERR_FORMAT);
}

/* The same for each length up to the overhead, with a tag over what there is:
 * nothing but the length is wrong. */
Test(ecies, every_length_below_the_overhead_is_refused, .init = crypto_init)
{
	uint8_t sealed[ECIES_OVERHEAD], out[ROOM], k[32];
	struct secret32 key, ephemeral, z, mac;
	struct ecc_pub pub, r;

	rng_key(&key);
	rng_key(&ephemeral);
	ecc_pub_of(&pub, &key);
	ecc_pub_of(&r, &ephemeral);
	cr_assert_eq(ecc_ecdh_x(&z, &ephemeral, &pub), ERR_NONE);
	kdf_concat(k, sizeof(k), span_of(z.b, sizeof(z.b)));
	sha256(mac.b, span_of(k + 16, 16));
	memset(out, UNTOUCHED, sizeof(out));
	memset(sealed, 0, sizeof(sealed));
	sealed[0] = 0x04;
	memcpy(sealed + 1, r.b, sizeof(r.b));

	for (size_t len = 0; len < ECIES_IV; len++) {
		struct span tagged = span_of(sealed + ECIES_POINT, len);
		size_t whole = ECIES_POINT + len + ECIES_TAG;

		hmac_sha256(sealed + ECIES_POINT + len, &mac, &tagged, 1);
		cr_assert_eq(ecies_open(out, span_of(sealed, whole), &key,
					span_of(NULL, 0)),
			     ERR_FORMAT, "%zu", whole);
	}
	for (size_t len = 0; len < ECIES_OVERHEAD; len++)
		cr_assert_eq(ecies_open(out, span_of(sealed, len), &key,
					span_of(NULL, 0)),
			     ERR_FORMAT, "%zu", len);
	cr_assert(untouched(out, sizeof(out)));

	/* One byte more is the empty message. */
	memset(sealed + ECIES_POINT, 0, ECIES_IV);
	hmac_sha256(sealed + ECIES_POINT + ECIES_IV, &mac,
		    &(struct span){ sealed + ECIES_POINT, ECIES_IV }, 1);
	cr_assert_eq(ecies_open(NULL, span_of(sealed, sizeof(sealed)), &key,
				span_of(NULL, 0)),
		     ERR_NONE);
}

Test(ecies, opens_an_ephemeral_point_with_leading_zeros, .init = crypto_init)
{
	static const char path[] = "ecies.must_accept_auth_packets";
	json_t *root = vectors_load("rlpx.json");
	struct secret32 key = vector_key(root, "keys.static_B");
	json_t *cases = vectors_at(root, path);
	struct span packet = vectors_hex(cases, "0.packet");
	struct span want = vectors_hex(root, "auth.cases.1.rlp_body");
	uint8_t out[ROOM];

	cr_assert_eq(json_array_size(cases), 1);
	cr_assert_eq(open_packet(out, packet, &key), ERR_NONE);
	cr_assert_arr_eq(out, want.data, want.len);
	free((void *)want.data);
	free((void *)packet.data);
	json_decref(root);
}

/* That packet was made with ephemeral_A and an IV of zeros. */
Test(ecies, seals_the_bytes_of_the_vectors, .init = crypto_init)
{
	json_t *root = vectors_load("rlpx.json");
	struct secret32 ephemeral = vector_key(root, "keys.ephemeral_A");
	struct span packet = hostile_packet(root, iv_only);
	const uint8_t iv[ECIES_IV] = { 0 };
	uint8_t sealed[ECIES_OVERHEAD];
	struct ecc_pub to;

	hex_copy(to.b, sizeof(to.b), vectors_text(root, "keys.static_pub_B"));
	cr_assert_eq(packet.len, PREFIX + sizeof(sealed));
	cr_assert_eq(ecies_seal(sealed, span_of(NULL, 0), &to, &ephemeral, iv,
				span_of(packet.data, PREFIX)),
		     ERR_NONE);
	cr_assert_arr_eq(sealed, packet.data + PREFIX, sizeof(sealed));
	free((void *)packet.data);
	json_decref(root);
}

/* One sealed message, with all that made it. */
struct sealed {
	struct secret32 key;
	struct ecc_pub pub;
	uint8_t text[20];
	uint8_t data[20 + ECIES_OVERHEAD];
};

static const struct span s2 = { (const uint8_t *)"s2", 2 };

static void seal(struct sealed *s)
{
	struct secret32 ephemeral;
	uint8_t iv[ECIES_IV];

	rng_key(&s->key);
	rng_key(&ephemeral);
	rng_bytes(iv, sizeof(iv));
	rng_bytes(s->text, sizeof(s->text));
	ecc_pub_of(&s->pub, &s->key);
	cr_assert_eq(ecies_seal(s->data, span_of(s->text, sizeof(s->text)),
				&s->pub, &ephemeral, iv, s2),
		     ERR_NONE);
	cr_assert_eq(s->data[0], 0x04);
	cr_assert_arr_eq(s->data + ECIES_POINT, iv, sizeof(iv));
}

/* Opens, or fails without a trace in out. */
static enum err unseal(const struct sealed *s, size_t len, struct span shared)
{
	uint8_t out[ROOM];
	enum err rc;

	memset(out, UNTOUCHED, sizeof(out));
	rc = ecies_open(out, span_of(s->data, len), &s->key, shared);
	if (rc == ERR_NONE)
		cr_assert_arr_eq(out, s->text, sizeof(s->text));
	else
		cr_assert(untouched(out, sizeof(out)));
	return rc;
}

Test(ecies, what_is_sealed_opens_with_key_and_shared_info, .init = crypto_init)
{
	struct sealed s;

	seal(&s);
	cr_assert_eq(unseal(&s, sizeof(s.data), s2), ERR_NONE);
	cr_assert_eq(unseal(&s, sizeof(s.data), span_text("s3")), ERR_AUTH);
	cr_assert_eq(unseal(&s, sizeof(s.data), span_text("s")), ERR_AUTH);
	cr_assert_eq(unseal(&s, sizeof(s.data), span_of(NULL, 0)), ERR_AUTH);
	rng_key(&s.key);
	cr_assert_eq(unseal(&s, sizeof(s.data), s2), ERR_AUTH);
}

Test(ecies, every_flipped_bit_is_refused, .init = crypto_init)
{
	struct sealed s;

	seal(&s);
	for (size_t i = 0; i < 8 * sizeof(s.data); i++) {
		enum err want = i / 8 < ECIES_POINT ? ERR_FORMAT : ERR_AUTH;

		s.data[i / 8] ^= (uint8_t)(1 << i % 8);
		cr_assert_eq(unseal(&s, sizeof(s.data), s2), want, "bit %zu",
			     i);
		s.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	cr_assert_eq(unseal(&s, sizeof(s.data), s2), ERR_NONE);
}

Test(ecies, every_proper_prefix_is_refused, .init = crypto_init)
{
	struct sealed s;

	seal(&s);
	for (size_t len = 0; len < sizeof(s.data); len++)
		cr_assert_eq(unseal(&s, len, s2),
			     len < ECIES_OVERHEAD ? ERR_FORMAT : ERR_AUTH,
			     "%zu bytes", len);
}

/* Compressed and hybrid forms of the right point: only 04 is spoken. */
Test(ecies, the_point_begins_with_04, .init = crypto_init)
{
	struct ecc_pub point;
	struct sealed s;

	seal(&s);
	for (unsigned b = 0; b < 256; b++) {
		enum err want = b == 0x04 ? ERR_NONE : ERR_FORMAT;
		struct span all = span_of(s.data, sizeof(s.data));

		s.data[0] = (uint8_t)b;
		cr_assert_eq(unseal(&s, sizeof(s.data), s2), want, "%u", b);
		cr_assert_eq(ecies_point(NULL, all), want, "%u", b);
	}
	s.data[0] = 0x04;
	cr_assert_eq(ecies_point(&point, span_of(s.data, sizeof(s.data))),
		     ERR_NONE);
	cr_assert_arr_eq(&point, s.data + 1, sizeof(point));
	cr_assert_eq(ecies_point(&point, span_of(s.data, ECIES_OVERHEAD - 1)),
		     ERR_FORMAT);
}

/* The check before any curve work sees by itself what ecies_open refuses. */
Test(ecies, ecies_point_alone_refuses_what_is_no_point, .init = crypto_init)
{
	json_t *root = vectors_load("rlpx.json");

	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		struct span packet = hostile_packet(root, hostile[i].name);
		struct span sealed =
			span_of(packet.data + PREFIX, packet.len - PREFIX);
		struct ecc_pub point, before;

		memset(&point, UNTOUCHED, sizeof(point));
		before = point;
		if (hostile[i].want == ERR_FORMAT) {
			cr_assert_eq(ecies_point(&point, sealed), ERR_FORMAT,
				     "%s", hostile[i].name);
			cr_assert_arr_eq(&point, &before, sizeof(point));
		} else {
			cr_assert_eq(ecies_point(&point, sealed), ERR_NONE,
				     "%s", hostile[i].name);
			cr_assert_arr_eq(&point, sealed.data + 1,
					 sizeof(point));
		}
		free((void *)packet.data);
	}
	json_decref(root);
}

Test(ecies, seals_to_no_invalid_point, .init = crypto_init)
{
	const struct ecc_pub nowhere = { { 0 } };
	const uint8_t iv[ECIES_IV] = { 0 };
	uint8_t out[ECIES_OVERHEAD];
	struct secret32 ephemeral;

	rng_key(&ephemeral);
	cr_assert_eq(ecies_seal(out, span_of(NULL, 0), &nowhere, &ephemeral, iv,
				span_of(NULL, 0)),
		     ERR_FORMAT);
}
