/* SPDX-License-Identifier: Apache-2.0 */
/* keccak_avx512.c - the permutation with each lane in a vector register of its
 * own. A lane leaves half of the smallest register empty; what is gained is
 * that there are 32 of these, so the state needs no memory, and that they have
 * instructions of three operands: 90 of them do a round, for which 64-bit
 * registers take about twice as many. In the empty half there is room for a
 * second state, which costs no more than moving it there and back. */
#include "p2p/crypto/keccak_permute.h"

#include <stdlib.h>

#ifdef __x86_64__

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl")))
#define INLINED static inline __attribute__((always_inline)) TARGET

/* a ^ b ^ c, and a ^ (~b & c), as truth tables. */
#define XOR3(a, b, c) _mm_ternarylogic_epi64(a, b, c, 0x96)
#define CHI(a, b, c) _mm_ternarylogic_epi64(a, b, c, 0xd2)
#define ROL(a, n) _mm_rol_epi64(a, n)

/* There are no loops over lanes below: an index that is no constant would put
 * the state into memory. */
#define FIVE(DO, i)  \
	DO(i);       \
	DO((i) + 1); \
	DO((i) + 2); \
	DO((i) + 3); \
	DO((i) + 4)
#define LANES(DO)     \
	FIVE(DO, 0);  \
	FIVE(DO, 5);  \
	FIVE(DO, 10); \
	FIVE(DO, 15); \
	FIVE(DO, 20)

INLINED __m128i column(const __m128i *a)
{
	return XOR3(XOR3(a[20], a[10], a[15]), a[0], a[5]);
}

/* theta: each lane with the parities of the columns beside its own. */
INLINED void spread(__m128i *a, __m128i left, __m128i right)
{
	__m128i r = ROL(right, 1);

	a[0] = XOR3(a[0], left, r);
	a[5] = XOR3(a[5], left, r);
	a[10] = XOR3(a[10], left, r);
	a[15] = XOR3(a[15], left, r);
	a[20] = XOR3(a[20], left, r);
}

INLINED void row(__m128i *e, __m128i b0, __m128i b1, __m128i b2, __m128i b3,
		 __m128i b4)
{
	e[0] = CHI(b0, b1, b2);
	e[1] = CHI(b1, b2, b3);
	e[2] = CHI(b2, b3, b4);
	e[3] = CHI(b3, b4, b0);
	e[4] = CHI(b4, b0, b1);
}

/* As round_of in keccak_rounds.h, from a to e; a is spoiled. */
INLINED void round_of(__m128i *e, __m128i *a, uint64_t rc)
{
	const __m128i c0 = column(a), c4 = column(a + 4), c3 = column(a + 3),
		      c2 = column(a + 2), c1 = column(a + 1);

	/* There are never more than 32 values at a time, whatever the order;
	 * in this one, found by trying, they take the fewest moves. */
	spread(a + 1, c0, c2);
	spread(a + 2, c1, c3);
	spread(a, c4, c1);
	spread(a + 3, c2, c4);
	spread(a + 4, c3, c0);

	row(e + 10, ROL(a[1], 1), ROL(a[7], 6), ROL(a[13], 25), ROL(a[19], 8),
	    ROL(a[20], 18));
	row(e + 15, ROL(a[4], 27), ROL(a[5], 36), ROL(a[11], 10),
	    ROL(a[17], 15), ROL(a[23], 56));
	row(e, a[0], ROL(a[6], 44), ROL(a[12], 43), ROL(a[18], 21),
	    ROL(a[24], 14));
	row(e + 5, ROL(a[3], 28), ROL(a[9], 20), ROL(a[10], 3), ROL(a[16], 45),
	    ROL(a[22], 61));
	row(e + 20, ROL(a[2], 62), ROL(a[8], 55), ROL(a[14], 39),
	    ROL(a[15], 41), ROL(a[21], 2));
	e[0] = _mm_xor_si128(e[0], _mm_set1_epi64x((long long)rc));
}

INLINED void permute(__m128i *a)
{
	__m128i e[25];

	for (unsigned i = 0; i < 24; i += 2) {
		round_of(e, a, keccak_round_constant[i]);
		round_of(a, e, keccak_round_constant[i + 1]);
	}
}

#define LOAD(i) a[i] = _mm_loadl_epi64((const __m128i *)(lane + (i)))
#define STORE(i) _mm_storel_epi64((__m128i *)(lane + (i)), a[i])

TARGET void keccak_permute_avx512(uint64_t lane[25])
{
	__m128i a[25];

	LANES(LOAD);
	permute(a);
	LANES(STORE);
}

#define LOAD2(i) a[i] = _mm_set_epi64x((long long)two[i], (long long)one[i])
#define STORE2(i)                                               \
	do {                                                    \
		__m128i high = _mm_unpackhi_epi64(a[i], a[i]);  \
		_mm_storel_epi64((__m128i *)(one + (i)), a[i]); \
		_mm_storel_epi64((__m128i *)(two + (i)), high); \
	} while (0)

TARGET void keccak_permute2_avx512(uint64_t one[25], uint64_t two[25])
{
	__m128i a[25];

	LANES(LOAD2);
	permute(a);
	LANES(STORE2);
}

bool keccak_has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512vl");
}

#else

void keccak_permute_avx512(uint64_t lane[25])
{
	(void)lane;
	abort();
}

void keccak_permute2_avx512(uint64_t one[25], uint64_t two[25])
{
	(void)one;
	(void)two;
	abort();
}

bool keccak_has_avx512(void)
{
	return false;
}

#endif
