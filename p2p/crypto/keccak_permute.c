/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/keccak_permute.h"

#include <stdlib.h>

typedef uint64_t lane_t;

#include "p2p/crypto/keccak_rounds.h"

/* iota: FIPS 202, section 3.2.5 */
const uint64_t keccak_round_constant[24] = {
	0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
	0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
	0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
	0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
	0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
	0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
	0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
	0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

void keccak_permute_portable(uint64_t lane[25])
{
	permute(lane);
}

#ifdef __x86_64__

/* and-not in one instruction, rotation without a copy: a sixth faster. */
__attribute__((target("bmi,bmi2"))) void keccak_permute_bmi2(uint64_t lane[25])
{
	permute(lane);
}

/* Reads what the compiler's runtime found out once, before main. */
bool keccak_has_bmi2(void)
{
	return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi");
}

#else

void keccak_permute_bmi2(uint64_t lane[25])
{
	(void)lane;
	abort();
}

bool keccak_has_bmi2(void)
{
	return false;
}

#endif

void keccak_permute(uint64_t lane[25])
{
	if (keccak_has_avx512())
		keccak_permute_avx512(lane);
	else if (keccak_has_bmi2())
		keccak_permute_bmi2(lane);
	else
		keccak_permute_portable(lane);
}

void keccak_permute2(uint64_t a[25], uint64_t b[25])
{
	if (keccak_has_avx512()) {
		keccak_permute2_avx512(a, b);
	} else if (keccak_has_avx()) {
		keccak_permute2_avx(a, b);
	} else {
		keccak_permute(a);
		keccak_permute(b);
	}
}

void keccak_absorb_blocks(uint64_t lane[25], const uint8_t *data, size_t blocks)
{
	if (keccak_has_avx512()) {
		keccak_absorb_blocks_avx512(lane, data, blocks);
		return;
	}
	for (; blocks; blocks--, data += KECCAK_RATE) {
		keccak_xor(lane, data, KECCAK_RATE / 8);
		keccak_permute(lane);
	}
}
