/* SPDX-License-Identifier: Apache-2.0 */
/* keccak_avx512.c - the permutation with two lanes of a column in one vector
 * register, in 128 bits of it. A round takes 85 instructions, for which 64-bit
 * registers take about 180, and the state 15 of 32 registers, so that it needs
 * no memory from one block of what is absorbed to the next. In the other 128
 * bits there is room for a second state, which costs no more than moving it
 * there and back. */
#include "p2p/crypto/keccak_permute.h"

#include <stdlib.h>

#ifdef __x86_64__

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl")))
#define INLINED static inline __attribute__((always_inline)) TARGET

/* a ^ b, a ^ b ^ c, and a ^ (~b & c): the latter two as truth tables. */
#define XOR(a, b) _mm256_xor_si256(a, b)
#define XOR3(a, b, c) _mm256_ternarylogic_epi64(a, b, c, 0x96)
#define CHI(a, b, c) _mm256_ternarylogic_epi64(a, b, c, 0xd2)
/* Both lanes by as many bits, and each by its own. */
#define ROL(a, n) _mm256_rol_epi64(a, n)
#define ROL2(a, n, m) _mm256_rolv_epi64(a, _mm256_set_epi64x(m, n, m, n))
/* The lower, and the upper lanes of two. */
#define LOWER(a, b) _mm256_unpacklo_epi64(a, b)
#define UPPER(a, b) _mm256_unpackhi_epi64(a, b)

/* Of column x the rows 0 and 1 are in a[x], 2 and 3 in b[x], the earlier one
 * in the lower lane, and row 4 twice in c[x]. There are no loops over them
 * below: an index that is no constant would put the state into memory. */
struct rows {
	__m256i a[5], b[5], c[5];
};

#define COLUMNS(DO) \
	DO(0);      \
	DO(1);      \
	DO(2);      \
	DO(3);      \
	DO(4)

/* theta: the parity of a column, in both lanes. */
INLINED __m256i parity(__m256i a, __m256i b, __m256i c)
{
	const __m256i ab = XOR(a, b);

	return XOR3(ab, _mm256_shuffle_epi32(ab, 0x4e), c);
}

/* theta: each lane with the parities of the columns beside its own. */
INLINED void spread(struct rows *s, unsigned x, __m256i left, __m256i right)
{
	const __m256i both = XOR(left, ROL(right, 1));

	s->a[x] = XOR(s->a[x], both);
	s->b[x] = XOR(s->b[x], both);
	s->c[x] = XOR(s->c[x], both);
}

/* rho */
INLINED void rotate(struct rows *s)
{
	s->a[0] = ROL2(s->a[0], 0, 36);
	s->a[1] = ROL2(s->a[1], 1, 44);
	s->a[2] = ROL2(s->a[2], 62, 6);
	s->a[3] = ROL2(s->a[3], 28, 55);
	s->a[4] = ROL2(s->a[4], 27, 20);
	s->b[0] = ROL2(s->b[0], 3, 41);
	s->b[1] = ROL2(s->b[1], 10, 45);
	s->b[2] = ROL2(s->b[2], 43, 15);
	s->b[3] = ROL2(s->b[3], 25, 21);
	s->b[4] = ROL2(s->b[4], 39, 8);
	s->c[0] = ROL(s->c[0], 18);
	s->c[1] = ROL(s->c[1], 2);
	s->c[2] = ROL(s->c[2], 61);
	s->c[3] = ROL(s->c[3], 56);
	s->c[4] = ROL(s->c[4], 14);
}

/* chi, on the rows that these registers have of each column */
INLINED void row(__m256i *to, __m256i x0, __m256i x1, __m256i x2, __m256i x3,
		 __m256i x4)
{
	to[0] = CHI(x0, x1, x2);
	to[1] = CHI(x1, x2, x3);
	to[2] = CHI(x2, x3, x4);
	to[3] = CHI(x3, x4, x0);
	to[4] = CHI(x4, x0, x1);
}

/* pi makes a row into a column: what it leaves in rows y of column x comes from
 * row x, so from the same lane of registers of the same kind. And then chi. */
INLINED void turn(struct rows *s)
{
	const struct rows r = *s;

	row(s->a, LOWER(r.a[0], r.a[3]), UPPER(r.a[1], r.a[4]),
	    LOWER(r.b[2], r.b[0]), UPPER(r.b[3], r.b[1]),
	    LOWER(r.c[4], r.c[2]));
	row(s->b, LOWER(r.a[1], r.a[4]), UPPER(r.a[2], r.a[0]),
	    LOWER(r.b[3], r.b[1]), UPPER(r.b[4], r.b[2]),
	    LOWER(r.c[0], r.c[3]));
	row(s->c, LOWER(r.a[2], r.a[2]), UPPER(r.a[3], r.a[3]),
	    LOWER(r.b[4], r.b[4]), UPPER(r.b[0], r.b[0]), r.c[1]);
}

INLINED void round_of(struct rows *s, uint64_t rc)
{
#define PARITY(x) const __m256i c##x = parity(s->a[x], s->b[x], s->c[x])
	COLUMNS(PARITY);

	spread(s, 0, c4, c1);
	spread(s, 1, c0, c2);
	spread(s, 2, c1, c3);
	spread(s, 3, c2, c4);
	spread(s, 4, c3, c0);
	rotate(s);
	turn(s);
	/* iota */
	s->a[0] = XOR(s->a[0], _mm256_maskz_set1_epi64(5, (long long)rc));
}

INLINED void permute(struct rows *s)
{
	for (unsigned i = 0; i < 24; i += 2) {
		round_of(s, keccak_round_constant[i]);
		round_of(s, keccak_round_constant[i + 1]);
	}
}

/* --- to registers and back ------------------------------------------------ */

/* Two lanes for the state in the lower half, and none for the other. */
INLINED __m256i one(uint64_t lower, uint64_t upper)
{
	return _mm256_zextsi128_si256(
		_mm_set_epi64x((long long)upper, (long long)lower));
}

INLINED __m256i two(const uint64_t *k, const uint64_t *l, unsigned lower,
		    unsigned upper)
{
	return _mm256_set_epi64x((long long)l[upper], (long long)l[lower],
				 (long long)k[upper], (long long)k[lower]);
}

INLINED struct rows load(const uint64_t *lane)
{
	struct rows s;

#define LOAD(x)                                       \
	s.a[x] = one(lane[x], lane[5 + (x)]);         \
	s.b[x] = one(lane[10 + (x)], lane[15 + (x)]); \
	s.c[x] = one(lane[20 + (x)], lane[20 + (x)])
	COLUMNS(LOAD);
	return s;
}

INLINED void store_two(uint64_t *lower, uint64_t *upper, __m128i v)
{
	_mm_storel_epi64((__m128i *)lower, v);
	_mm_storel_epi64((__m128i *)upper, _mm_unpackhi_epi64(v, v));
}

INLINED void store(uint64_t *lane, struct rows s)
{
#define FIRST(v) _mm256_castsi256_si128(v)
#define STORE(x)                                                    \
	store_two(lane + (x), lane + 5 + (x), FIRST(s.a[x]));       \
	store_two(lane + 10 + (x), lane + 15 + (x), FIRST(s.b[x])); \
	_mm_storel_epi64((__m128i *)(lane + 20 + (x)), FIRST(s.c[x]))
	COLUMNS(STORE);
}

/* The state in the upper half, moved to the lower. */
INLINED struct rows second_of(struct rows s)
{
#define SECOND(v) _mm256_zextsi128_si256(_mm256_extracti128_si256(v, 1))
#define MOVE(x)                  \
	s.a[x] = SECOND(s.a[x]); \
	s.b[x] = SECOND(s.b[x]); \
	s.c[x] = SECOND(s.c[x])
	COLUMNS(MOVE);
	return s;
}

/* --- what is called ------------------------------------------------------- */

TARGET void keccak_permute_avx512(uint64_t lane[25])
{
	struct rows s = load(lane);

	permute(&s);
	store(lane, s);
}

TARGET void keccak_permute2_avx512(uint64_t k[25], uint64_t l[25])
{
	struct rows s;

#define LOAD_TWO(x)                             \
	s.a[x] = two(k, l, x, 5 + (x));         \
	s.b[x] = two(k, l, 10 + (x), 15 + (x)); \
	s.c[x] = two(k, l, 20 + (x), 20 + (x))
	COLUMNS(LOAD_TWO);
	permute(&s);
	store(k, s);
	store(l, second_of(s));
}

/* What is absorbed into a lane of the first four rows: none behind the rate. */
INLINED uint64_t next(const uint8_t *block, unsigned i)
{
	return i < KECCAK_RATE / 8 ? keccak_lane(block, i) : 0;
}

TARGET void keccak_absorb_blocks_avx512(uint64_t lane[25], const uint8_t *data,
					size_t blocks)
{
	struct rows s = load(lane);

	for (; blocks; blocks--, data += KECCAK_RATE) {
#define ABSORB(x)                                                      \
	s.a[x] = XOR(s.a[x], one(next(data, x), next(data, 5 + (x)))); \
	s.b[x] = XOR(s.b[x], one(next(data, 10 + (x)), next(data, 15 + (x))))
		COLUMNS(ABSORB);
		permute(&s);
	}
	store(lane, s);
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

void keccak_permute2_avx512(uint64_t k[25], uint64_t l[25])
{
	(void)k;
	(void)l;
	abort();
}

void keccak_absorb_blocks_avx512(uint64_t lane[25], const uint8_t *data,
				 size_t blocks)
{
	(void)lane;
	(void)data;
	(void)blocks;
	abort();
}

bool keccak_has_avx512(void)
{
	return false;
}

#endif
