/* SPDX-License-Identifier: Apache-2.0 */
/* keccak_avx.c - the permutation of two states at once, the same lane of both
 * in one vector register. These have no rotation, so it takes half as long
 * again as BMI2 takes for one state, but not twice as long. */
#include "p2p/crypto/keccak_permute.h"

#include <stdlib.h>

#ifdef __x86_64__

typedef uint64_t lane_t __attribute__((vector_size(16)));

#include "p2p/crypto/keccak_rounds.h"

__attribute__((target("avx"))) void keccak_permute2_avx(uint64_t a[25],
							uint64_t b[25])
{
	lane_t lane[25];

	for (size_t i = 0; i < 25; i++)
		lane[i] = (lane_t){ a[i], b[i] };
	permute(lane);
	for (size_t i = 0; i < 25; i++) {
		a[i] = lane[i][0];
		b[i] = lane[i][1];
	}
}

bool keccak_has_avx(void)
{
	return __builtin_cpu_supports("avx");
}

#else

void keccak_permute2_avx(uint64_t a[25], uint64_t b[25])
{
	(void)a;
	(void)b;
	abort();
}

bool keccak_has_avx(void)
{
	return false;
}

#endif
