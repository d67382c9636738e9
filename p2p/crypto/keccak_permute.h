/* SPDX-License-Identifier: Apache-2.0 */
/* keccak_permute.h - the permutation Keccak-f[1600] (FIPS 202, section 3).
 * Private to this folder and its tests. Pure; thread: any.
 *
 * lane[5 * y + x] is the standard's lane A[x, y], in host byte order. */
#ifndef P2P_CRYPTO_KECCAK_PERMUTE_H
#define P2P_CRYPTO_KECCAK_PERMUTE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "p2p/crypto/keccak.h"

extern const uint64_t keccak_round_constant[24];

/* keccak_permute - by the fastest of the builds that this processor has. */
void keccak_permute(uint64_t lane[25]);

/* keccak_permute2 - of two states, which must not overlap. Side by side where
 * the processor can: with AVX-512 in hardly more time than one of them takes.
 */
void keccak_permute2(uint64_t a[25], uint64_t b[25]);

/* keccak_lane - the i-th 8 bytes as a lane, little-endian (FIPS 202, B.1). */
static inline uint64_t keccak_lane(const uint8_t *from, size_t i)
{
	uint64_t v;

	memcpy(&v, from + 8 * i, sizeof(v));
	return le64toh(v);
}

/* keccak_xor - 8 bytes to each of the lanes. */
static inline void keccak_xor(uint64_t *lane, const uint8_t *from, size_t lanes)
{
	for (size_t i = 0; i < lanes; i++)
		lane[i] ^= keccak_lane(from, i);
}

/* keccak_absorb_blocks - that many times: XOR the next KECCAK_RATE bytes to the
 * first lanes, and permute. With AVX-512 cheaper than one by one. */
void keccak_absorb_blocks(uint64_t lane[25], const uint8_t *data,
			  size_t blocks);

void keccak_permute_portable(uint64_t lane[25]);

/* keccak_has_bmi2 - whether keccak_permute_bmi2 may be called. */
bool keccak_has_bmi2(void);
void keccak_permute_bmi2(uint64_t lane[25]);

/* keccak_has_avx - whether keccak_permute2_avx may be called. */
bool keccak_has_avx(void);
void keccak_permute2_avx(uint64_t a[25], uint64_t b[25]);

/* keccak_has_avx512 - whether those of AVX-512 may be called. */
bool keccak_has_avx512(void);
void keccak_permute_avx512(uint64_t lane[25]);
void keccak_permute2_avx512(uint64_t a[25], uint64_t b[25]);
void keccak_absorb_blocks_avx512(uint64_t lane[25], const uint8_t *data,
				 size_t blocks);

#endif
