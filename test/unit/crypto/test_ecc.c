/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/ecc.h"

#include <signal.h>

#include "p2p/crypto/hash.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

/* SEC 2: the field prime p, the group order n, and for x = 1 the even y. */
#define P "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"
#define P_PLUS_1 \
	"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30"
#define N_MINUS_1 \
	"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"
#define N "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define N_PLUS_1 \
	"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define Y_OF_1 \
	"4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee"
#define G_X "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
#define G_Y "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"

static struct secret32 key_of(const char *hex)
{
	struct secret32 key;

	hex_copy(key.b, sizeof(key.b), hex);
	return key;
}

static struct ecc_pub pub_hex(const char *hex)
{
	struct ecc_pub pub;

	hex_copy(pub.b, sizeof(pub.b), hex);
	return pub;
}

static void expect(json_t *root, const char *path, const void *got, size_t len)
{
	struct span want = vectors_hex(root, path);

	cr_assert_eq(want.len, len, "%s", path);
	cr_assert_arr_eq(got, want.data, len, "%s", path);
	free((void *)want.data);
}

Test(ecc, private_keys_are_1_to_n_minus_1, .init = crypto_init)
{
	static const struct {
		const char *hex;
		bool valid;
	} cases[] = {
		{ ZERO, false }, { ONE, true },	      { N_MINUS_1, true },
		{ N, false },	 { N_PLUS_1, false }, { ONES, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct secret32 key = key_of(cases[i].hex);

		cr_assert_eq(ecc_key_valid(&key), cases[i].valid, "%s",
			     cases[i].hex);
	}
}

Test(ecc, public_keys_come_from_private_keys, .init = crypto_init)
{
	static const char *const names[][2] = {
		{ "keys.static_A", "keys.static_pub_A" },
		{ "keys.static_B", "keys.static_pub_B" },
		{ "keys.ephemeral_A", "keys.ephemeral_pub_A" },
		{ "keys.ephemeral_B", "keys.ephemeral_pub_B" },
	};
	json_t *root = vectors_load("rlpx.json");
	struct secret32 key = key_of(ONE);
	struct ecc_pub pub, g = pub_hex(G_X G_Y);

	ecc_pub_of(&pub, &key);
	cr_assert_arr_eq(&pub, &g, sizeof(g));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		key = key_of(vectors_text(root, names[i][0]));
		ecc_pub_of(&pub, &key);
		expect(root, names[i][1], pub.b, sizeof(pub.b));
		cr_assert(ecc_pub_valid(&pub));
	}
	json_decref(root);
}

/* -G = (n - 1) * G has the same x and the other y. */
Test(ecc, the_largest_private_key_works, .init = crypto_init)
{
	struct secret32 key = key_of(N_MINUS_1), x, g_x = key_of(G_X);
	struct ecc_pub pub, g = pub_hex(G_X G_Y);

	ecc_pub_of(&pub, &key);
	cr_assert(ecc_pub_valid(&pub));
	cr_assert_arr_eq(pub.b, g.b, 32);
	cr_assert(memcmp(pub.b + 32, g.b + 32, 32));
	cr_assert_eq(ecc_ecdh_x(&x, &key, &g), ERR_NONE);
	cr_assert_arr_eq(&x, &g_x, sizeof(x));
}

/* The callers' mistake, which must not turn into a guessable key. */
Test(ecc, an_invalid_private_key_stops_ecdh, .init = crypto_init,
     .signal = SIGABRT)
{
	struct secret32 key = key_of(N), x;
	struct ecc_pub g = pub_hex(G_X G_Y);

	cr_assert_neq(ecc_ecdh_x(&x, &key, &g), ERR_NONE);
}

Test(ecc, an_invalid_private_key_stops_key_making, .init = crypto_init,
     .signal = SIGABRT)
{
	struct secret32 key = key_of(ZERO);
	struct ecc_pub pub;

	ecc_pub_of(&pub, &key);
}

Test(ecc, an_invalid_private_key_stops_signing, .init = crypto_init,
     .signal = SIGABRT)
{
	const uint8_t digest[32] = { 1 };
	struct secret32 key = key_of(N);
	struct ecc_sig sig;

	ecc_sign(&sig, &key, digest);
}

/* What is no point is refused, and ECDH gives nothing away about the key. */
static void check_not_a_point(const char *hex)
{
	struct ecc_pub pub = pub_hex(hex);
	const struct secret32 zero = { { 0 } };
	struct secret32 key, x;

	rng_key(&key);
	memset(&x, 0xee, sizeof(x));
	cr_assert(!ecc_pub_valid(&pub), "%s", hex);
	cr_assert_eq(ecc_ecdh_x(&x, &key, &pub), ERR_FORMAT, "%s", hex);
	cr_assert_arr_eq(&x, &zero, sizeof(x));
}

Test(ecc, cve_2026_26315_points_off_the_curve_are_refused, .init = crypto_init)
{
	check_not_a_point(ZERO ZERO); /* rlpx_oracle_poc */
	check_not_a_point(ONE ONE);
	check_not_a_point(ZERO ONE);
	check_not_a_point(ONE ZERO);
	check_not_a_point(G_X G_X);
	check_not_a_point(G_Y G_X);
}

Test(ecc, cve_2026_26315_every_bit_of_a_point_counts, .init = crypto_init)
{
	struct ecc_pub pub = pub_hex(G_X G_Y);

	/* A flip of x or y leaves the curve, but for chance that is none. */
	for (size_t i = 0; i < 8 * sizeof(pub.b); i++) {
		pub.b[i / 8] ^= (uint8_t)(1 << i % 8);
		cr_assert(!ecc_pub_valid(&pub), "bit %zu", i);
		pub.b[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	cr_assert(ecc_pub_valid(&pub));
}

Test(ecc, cve_2026_26314_cve_2025_24883_coordinates_are_below_p,
     .init = crypto_init)
{
	struct ecc_pub one = pub_hex(ONE Y_OF_1);

	/* (1, y) is a point; p + 1 is another way to write 1. */
	cr_assert(ecc_pub_valid(&one));
	check_not_a_point(P_PLUS_1 Y_OF_1);
	check_not_a_point(P Y_OF_1);
	check_not_a_point(ONES ONES);
	check_not_a_point(ONE ONES);
	check_not_a_point(P P);
	check_not_a_point(ONE P);
}

Test(ecc, ecdh_gives_the_bare_x_coordinate, .init = crypto_init)
{
	json_t *root = vectors_load("rlpx.json");
	json_t *cases = vectors_at(root, "ecies.ecdh_x");

	cr_assert_eq(json_array_size(cases), 2);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		json_t *c = json_array_get(cases, i);
		struct secret32 a = key_of(vectors_text(c, "prv1"));
		struct secret32 b = key_of(vectors_text(c, "prv2"));
		struct ecc_pub pub_a, pub_b;
		struct secret32 x;

		ecc_pub_of(&pub_a, &a);
		ecc_pub_of(&pub_b, &b);
		cr_assert_eq(ecc_ecdh_x(&x, &a, &pub_b), ERR_NONE);
		expect(c, "shared", x.b, sizeof(x.b));
		cr_assert_eq(ecc_ecdh_x(&x, &b, &pub_a), ERR_NONE);
		expect(c, "shared", x.b, sizeof(x.b));
	}
	json_decref(root);
}

static void check_agreement(json_t *root, const char *key, const char *pub,
			    const char *shared)
{
	struct secret32 k = key_of(vectors_text(root, key)), x;
	struct ecc_pub p = pub_hex(vectors_text(root, pub));

	cr_assert_eq(ecc_ecdh_x(&x, &k, &p), ERR_NONE);
	expect(root, shared, x.b, sizeof(x.b));
}

Test(ecc, ecdh_agrees_with_the_eip_8_handshake, .init = crypto_init)
{
	json_t *root = vectors_load("rlpx.json");

	check_agreement(root, "keys.static_A", "keys.static_pub_B",
			"derived.static_shared_secret");
	check_agreement(root, "keys.static_B", "keys.static_pub_A",
			"derived.static_shared_secret");
	check_agreement(root, "keys.ephemeral_A", "keys.ephemeral_pub_B",
			"derived.ephemeral_shared_secret");
	check_agreement(root, "keys.ephemeral_B", "keys.ephemeral_pub_A",
			"derived.ephemeral_shared_secret");
	json_decref(root);
}

/* Its maker drew the nonce in another way, so it is not made again here. */
Test(ecc, the_eip_8_signature_names_its_signer, .init = crypto_init)
{
	json_t *root = vectors_load("rlpx.json");
	uint8_t digest[32];
	struct ecc_sig sig;
	struct ecc_pub pub;

	hex_copy(digest, 32, vectors_text(root, "derived.signed_digest"));
	hex_copy(sig.b, 65, vectors_text(root, "keys.auth_signature"));
	cr_assert_eq(ecc_recover(&pub, &sig, digest), ERR_NONE);
	expect(root, "keys.ephemeral_pub_A", pub.b, sizeof(pub.b));
	json_decref(root);
}

/* The signature of SHA-256 of "Satoshi Nakamoto" by the key 1, long used as a
 * test vector of RFC 6979 on this curve. */
Test(ecc, nonces_are_those_of_rfc_6979, .init = crypto_init)
{
	struct secret32 key = key_of(ONE);
	uint8_t digest[32], want[64];
	struct ecc_sig sig;

	hex_copy(want, sizeof(want),
		 "934b1ea10a4b3c1757e2b0c017d0b614"
		 "3ce3c9a7e6a4a49860d7a6ab210ee3d8"
		 "2442ce9d2b916064108014783e923ec3"
		 "6b49743e2ffa1c4496f01a512aafd9e5");
	sha256(digest, span_text("Satoshi Nakamoto"));
	ecc_sign(&sig, &key, digest);
	cr_assert_arr_eq(sig.b, want, sizeof(want));
}

/* s = n - s */
static void negate(uint8_t s[32])
{
	struct secret32 n = key_of(N);
	int borrow = 0;

	for (size_t i = 32; i-- > 0;) {
		int d = n.b[i] - s[i] - borrow;

		borrow = d < 0;
		s[i] = (uint8_t)(d + 256 * borrow);
	}
}

Test(ecc, signatures_are_deterministic_low_s_and_recoverable,
     .init = crypto_init)
{
	struct ecc_pub pub, got;
	struct ecc_sig sig, again;
	struct secret32 key;
	uint8_t digest[32];

	for (int i = 0; i < 50; i++) {
		rng_key(&key);
		rng_bytes(digest, sizeof(digest));
		ecc_pub_of(&pub, &key);
		ecc_sign(&sig, &key, digest);
		ecc_sign(&again, &key, digest);
		cr_assert_arr_eq(&sig, &again, sizeof(sig));
		cr_assert_lt(sig.b[32], 0x80); /* s <= n / 2 */
		cr_assert_leq(sig.b[64], 3);
		cr_assert_eq(ecc_recover(&got, &sig, digest), ERR_NONE);
		cr_assert_arr_eq(&got, &pub, sizeof(pub));

		/* The same signature with the other s: accepted. */
		negate(sig.b + 32);
		sig.b[64] ^= 1;
		cr_assert_geq(sig.b[32], 0x7f);
		cr_assert_eq(ecc_recover(&got, &sig, digest), ERR_NONE);
		cr_assert_arr_eq(&got, &pub, sizeof(pub));

		/* Another digest: somebody else's key, or none. */
		digest[31] ^= 1;
		if (ecc_recover(&got, &sig, digest) == ERR_NONE)
			cr_assert(memcmp(&got, &pub, sizeof(pub)));
	}
}

static void check_no_signer(const char *r, const char *s, unsigned v)
{
	const uint8_t digest[32] = { 0x17 };
	struct ecc_pub pub, before;
	struct ecc_sig sig;

	memset(&pub, 0xee, sizeof(pub));
	before = pub;
	hex_copy(sig.b, 32, r);
	hex_copy(sig.b + 32, 32, s);
	sig.b[64] = (uint8_t)v;
	cr_assert_eq(ecc_recover(&pub, &sig, digest), ERR_AUTH, "v %u", v);
	cr_assert_arr_eq(&pub, &before, sizeof(pub));
}

Test(ecc, signatures_of_nobody_are_refused, .init = crypto_init)
{
	check_no_signer(ZERO, ONE, 0);
	check_no_signer(ONE, ZERO, 0);
	check_no_signer(N, ONE, 0);
	check_no_signer(ONE, N, 0);
	check_no_signer(ONES, ONES, 3);
	/* v bit 1 says x = r + n, which must be below p. */
	check_no_signer(N_MINUS_1, ONE, 2);
	/* x = 5 is on no point of the curve. */
	check_no_signer("00000000000000000000000000000000"
			"00000000000000000000000000000005",
			ONE, 0);
}

Test(ecc, a_recovery_id_above_3_is_refused_not_fatal, .init = crypto_init)
{
	const uint8_t digest[32] = { 0x17 };
	struct secret32 key = key_of(ONE);
	struct ecc_sig sig;
	struct ecc_pub pub;

	ecc_sign(&sig, &key, digest);
	cr_assert_eq(ecc_recover(&pub, &sig, digest), ERR_NONE);
	for (unsigned v = 4; v < 256; v++) {
		sig.b[64] = (uint8_t)v;
		cr_assert_eq(ecc_recover(&pub, &sig, digest), ERR_AUTH);
	}
}
