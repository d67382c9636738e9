/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of trust: Keccak-256 differs from SHA3-256 in one padding byte, 01
 * for 06. XOR 07 into the state where padding begins, and keccak_digest gives
 * SHA3-256, which OpenSSL has: so absorption, permutation, last bit and output
 * order are checked against a stranger's code at every length. Published
 * Keccak-256 digests then pin the padding byte. */
#include "p2p/crypto/keccak.h"

#include <openssl/evp.h>

#include "p2p/crypto/keccak_permute.h"
#include "p2p/crypto/rng.h"
#include "test/support/unit.h"

enum {
	LONG = 2000,
};

static void sha3_digest(const struct keccak *k, uint8_t out[32])
{
	struct keccak copy = *k;

	copy.lane[copy.fill / 8] ^= (uint64_t)(0x01 ^ 0x06)
				    << (8 * (copy.fill % 8));
	keccak_digest(&copy, out);
}

static void sha3_openssl(uint8_t out[32], const uint8_t *data, size_t len)
{
	unsigned out_len;

	cr_assert(EVP_Digest(data, len, out, &out_len, EVP_sha3_256(), NULL));
	cr_assert_eq(out_len, 32);
}

/* Absorb in pieces of random length, at most `most` each. */
static void absorb_split(struct keccak *k, const uint8_t *data, size_t len,
			 uint32_t most)
{
	while (len) {
		size_t n = rng_below(most + 1);

		n = n < len ? n : len;
		keccak_absorb(k, data, n);
		cr_assert_lt(k->fill, KECCAK_RATE);
		data += n;
		len -= n;
	}
}

Test(keccak, agrees_with_published_digests)
{
	static const struct {
		const char *text, *digest;
	} cases[] = {
		{ "", "c5d2460186f7233c927e7db2dcc703c0"
		      "e500b653ca82273b7bfad8045d85a470" },
		{ "abc", "4e03657aea45a94fc7d47ba826c8d667"
			 "c0d1e6e33a64a036ec44f58fa12d6c45" },
		{ "testing", "5f16f4c7f149ac4f9510d9cf8cf38403"
			     "8ad348b3bcdc01915f95de12df9d1b02" },
		{ "The quick brown fox jumps over the lazy dog",
		  "4d741b6f1eb29cb2a9b9911c82f56fa8"
		  "d73b04959d3d9d222895df6c0b28aa15" },
		{ "The quick brown fox jumps over the lazy dog.",
		  "578951e24efd62a3d63a86f7cd19aaa5"
		  "3c898fe287d2552133220370240b572d" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t got[32], want[32];

		hex_copy(want, sizeof(want), cases[i].digest);
		keccak256(got, cases[i].text, strlen(cases[i].text));
		cr_assert_arr_eq(got, want, sizeof(want), "%s", cases[i].text);
	}
}

Test(keccak, agrees_with_openssl_sha3_at_every_length)
{
	uint8_t data[LONG], want[32], got[32];
	struct keccak k;

	rng_bytes(data, sizeof(data));
	for (size_t len = 0; len <= 300; len++) {
		sha3_openssl(want, data, len);

		keccak_init(&k);
		keccak_absorb(&k, data, len);
		sha3_digest(&k, got);
		cr_assert_arr_eq(got, want, sizeof(want), "length %zu", len);

		for (int round = 0; round < 20; round++) {
			keccak_init(&k);
			absorb_split(&k, data, len, 1 + rng_below(150));
			sha3_digest(&k, got);
			cr_assert_arr_eq(got, want, sizeof(want),
					 "length %zu, in pieces", len);
		}
	}
}

/* As above for long input: whole blocks from every fill and every alignment. */
Test(keccak, absorbs_whole_blocks_at_any_fill_and_alignment)
{
	uint8_t data[LONG], want[32], got[32];
	struct keccak k;

	rng_bytes(data, sizeof(data));
	sha3_openssl(want, data, sizeof(data));
	for (size_t head = 0; head <= 2 * KECCAK_RATE; head++) {
		keccak_init(&k);
		keccak_absorb(&k, data, head);
		keccak_absorb(&k, data + head, sizeof(data) - head);
		sha3_digest(&k, got);
		cr_assert_arr_eq(got, want, sizeof(want), "after %zu", head);
	}
}

/* RLPx, "H: the running Keccak state of the direction, digest(H) finalises a
 * copy": 16 and 32 bytes at a time, with a digest after each. */
Test(keccak, goes_on_after_a_digest)
{
	uint8_t data[600], want[32], got[32];
	struct keccak k, before;

	rng_bytes(data, sizeof(data));
	for (size_t start = 0; start < 16; start++) {
		size_t at = start;

		keccak_init(&k);
		keccak_absorb(&k, data, at);
		for (unsigned i = 0; at + 32 <= sizeof(data); i++) {
			size_t n = i % 3 ? 16 : 32;

			keccak_absorb(&k, data + at, n);
			at += n;
			before = k;
			sha3_digest(&k, got);
			sha3_openssl(want, data, at);
			cr_assert_arr_eq(got, want, sizeof(want));
			keccak_digest(&k, got);
			keccak256(want, data, at);
			cr_assert_arr_eq(got, want, sizeof(want));
			cr_assert_arr_eq(&k, &before, sizeof(k));
		}
	}
}

/* From every fill, to both sides of the ends of two blocks: the same bytes as
 * one step after the other. */
Test(keccak, digests_beside_others_are_those_made_one_by_one)
{
	uint8_t data[3 * KECCAK_RATE], want[2][32], got[2][32];

	rng_bytes(data, sizeof(data));
	for (size_t fill = 0; fill < KECCAK_RATE; fill++) {
		for (size_t len = 0; len <= 2 * KECCAK_RATE + 1; len++) {
			const uint8_t *more = data + fill;
			struct keccak one, beside, around;

			keccak_init(&one);
			keccak_absorb(&one, data, fill);
			around = beside = one;
			keccak_digest(&one, want[0]);
			keccak_absorb(&one, more, len);
			keccak_digest(&one, want[1]);

			keccak_digest_absorb(&beside, got[0], more, len);
			cr_assert_arr_eq(got[0], want[0], 32, "%zu behind %zu",
					 len, fill);
			cr_assert_arr_eq(&beside, &one, sizeof(one),
					 "%zu behind %zu", len, fill);
			keccak_digest_around(&around, got[0], got[1], more,
					     len);
			cr_assert_arr_eq(got, want, sizeof(want),
					 "%zu behind %zu", len, fill);
			cr_assert_arr_eq(&around, &one, sizeof(one),
					 "%zu behind %zu", len, fill);
		}
	}
}

Test(keccak, absorbing_nothing_changes_nothing)
{
	struct keccak k, before;
	uint8_t want[32], got[32];

	keccak_init(&k);
	keccak_absorb(&k, "abc", 3);
	before = k;
	keccak_absorb(&k, NULL, 0);
	cr_assert_arr_eq(&k, &before, sizeof(k));
	keccak_digest(&k, want);
	keccak_digest_absorb(&k, got, NULL, 0);
	cr_assert_arr_eq(got, want, sizeof(want));
	cr_assert_arr_eq(&k, &before, sizeof(k));
}

/* The first lanes of Keccak-f[1600] of zeros, as the Keccak team's test vectors
 * (KeccakF-1600-IntermediateValues.txt) print them. */
static void check_permutation(void (*permute)(uint64_t[25]))
{
	uint64_t lane[25] = { 0 };

	permute(lane);
	cr_assert_eq(lane[0], 0xf1258f7940e1dde7);
	cr_assert_eq(lane[1], 0x84d5ccf933c0478a);
	cr_assert_eq(lane[24], 0xeaf1ff7b5ceca249);
	permute(lane);
	cr_assert_eq(lane[0], 0x2d5c954df96ecb3c);
}

Test(keccak, each_build_of_the_permutation_is_keccak_f)
{
	check_permutation(keccak_permute);
	check_permutation(keccak_permute_portable);
	if (keccak_has_bmi2())
		check_permutation(keccak_permute_bmi2);
	if (keccak_has_avx512())
		check_permutation(keccak_permute_avx512);
}

/* Where the processor lacks an instruction, that build is left out. */
Test(keccak, all_builds_of_the_permutation_agree)
{
	uint64_t in[25], a[25], b[25];

	for (int i = 0; i < 1000; i++) {
		rng_bytes(in, sizeof(in));
		memcpy(b, in, sizeof(in));
		keccak_permute_portable(b);
		memcpy(a, in, sizeof(in));
		keccak_permute(a);
		cr_assert_arr_eq(a, b, sizeof(a));
		memcpy(a, in, sizeof(in));
		if (keccak_has_bmi2())
			keccak_permute_bmi2(a);
		else
			keccak_permute(a);
		cr_assert_arr_eq(a, b, sizeof(a));
	}
}

static void two_by_portable(uint64_t a[25], uint64_t b[25])
{
	keccak_permute_portable(a);
	keccak_permute_portable(b);
}

static void check_two(void (*permute2)(uint64_t[25], uint64_t[25]))
{
	uint64_t a[25], b[25], want_a[25], want_b[25];

	for (int i = 0; i < 1000; i++) {
		rng_bytes(a, sizeof(a));
		rng_bytes(b, sizeof(b));
		memcpy(want_a, a, sizeof(a));
		memcpy(want_b, b, sizeof(b));
		two_by_portable(want_a, want_b);
		permute2(a, b);
		cr_assert_arr_eq(a, want_a, sizeof(a));
		cr_assert_arr_eq(b, want_b, sizeof(b));
	}
}

Test(keccak, two_states_side_by_side_are_each_permuted_by_itself)
{
	check_two(keccak_permute2);
	if (keccak_has_avx())
		check_two(keccak_permute2_avx);
	if (keccak_has_avx512())
		check_two(keccak_permute2_avx512);
}

Test(keccak, node_ids_are_of_the_64_byte_public_key)
{
	json_t *root = vectors_load("rlpx.json");
	static const char *const names[][2] = {
		{ "keys.static_pub_A", "keys.node_id_A" },
		{ "keys.static_pub_B", "keys.node_id_B" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint8_t pub[64], want[32], got[32];

		hex_copy(pub, sizeof(pub), vectors_text(root, names[i][0]));
		hex_copy(want, sizeof(want), vectors_text(root, names[i][1]));
		keccak256(got, pub, sizeof(pub));
		cr_assert_arr_eq(got, want, sizeof(want));
	}
	json_decref(root);
}

/* keccak256(a || b) */
static void hash_pair(uint8_t out[32], const uint8_t a[32], const uint8_t b[32])
{
	struct keccak k;

	keccak_init(&k);
	keccak_absorb(&k, a, 32);
	keccak_absorb(&k, b, 32);
	keccak_digest(&k, out);
}

static void vector32(uint8_t out[32], json_t *root, const char *path)
{
	hex_copy(out, 32, vectors_text(root, path));
}

static void expect32(json_t *root, const char *path, const uint8_t got[32])
{
	uint8_t want[32];

	vector32(want, root, path);
	cr_assert_arr_eq(got, want, sizeof(want), "%s", path);
}

/* specs: devp2p "Secrets", with Auth 2 and Ack 2 of EIP-8. */
Test(keccak, derives_the_session_secrets_of_eip_8)
{
	uint8_t shared[32], mac[32], ephemeral[32];
	uint8_t nonce_a[32], nonce_b[32], h[32];
	json_t *root = vectors_load("rlpx.json");
	struct span packet = vectors_hex(root, "auth.cases.1.packet");
	struct keccak k;

	vector32(ephemeral, root, "derived.ephemeral_shared_secret");
	vector32(nonce_a, root, "keys.nonce_A");
	vector32(nonce_b, root, "keys.nonce_B");
	hash_pair(h, nonce_b, nonce_a);
	hash_pair(shared, ephemeral, h);
	expect32(root, "derived.shared_secret", shared);
	hash_pair(h, ephemeral, shared);
	expect32(root, "derived.aes_secret", h);
	hash_pair(mac, ephemeral, h);
	expect32(root, "derived.mac_secret", mac);

	for (size_t i = 0; i < 32; i++)
		h[i] = mac[i] ^ nonce_b[i];
	keccak_init(&k);
	keccak_absorb(&k, h, 32);
	keccak_absorb(&k, packet.data, packet.len);
	keccak_digest(&k, h);
	expect32(root, "derived.mac_a_to_b_initial_digest", h);
	keccak_absorb(&k, "foo", 3);
	keccak_digest(&k, h);
	expect32(root, "derived.recipient_ingress_mac_foo", h);
	free((void *)packet.data);
	json_decref(root);
}

static void check_blocks(void (*absorb)(uint64_t[25], const uint8_t *, size_t))
{
	uint64_t lane[25], want[25];
	uint8_t data[1 + 5 * KECCAK_RATE];

	rng_bytes(data, sizeof(data));
	for (size_t blocks = 0; blocks <= 5; blocks++) {
		const uint8_t *p = data + blocks % 2;

		rng_bytes(lane, sizeof(lane));
		memcpy(want, lane, sizeof(lane));
		for (size_t i = 0; i < blocks; i++) {
			keccak_xor(want, p + i * KECCAK_RATE, KECCAK_RATE / 8);
			keccak_permute_portable(want);
		}
		absorb(lane, p, blocks);
		cr_assert_arr_eq(lane, want, sizeof(want), "%zu blocks",
				 blocks);
	}
}

Test(keccak, blocks_are_absorbed_one_behind_the_other)
{
	check_blocks(keccak_absorb_blocks);
	if (keccak_has_avx512())
		check_blocks(keccak_absorb_blocks_avx512);
}
