/* SPDX-License-Identifier: Apache-2.0 */
/* keccak_rounds.h - the permutation over whatever has ^, &, ~ and shifts: one
 * lane in an integer, or the same lane of several states in a vector. Private
 * to the files that build it, which define lane_t before they include this. */
#ifndef P2P_CRYPTO_KECCAK_ROUNDS_H
#define P2P_CRYPTO_KECCAK_ROUNDS_H

#include "p2p/crypto/keccak_permute.h"

/* Everything below is inlined into each build, so that the compiler may use
 * that build's instructions throughout. */
#define INLINED static inline __attribute__((always_inline))

/* n is 1..63. */
INLINED lane_t rol(lane_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

INLINED lane_t column(const lane_t *a)
{
	return a[0] ^ a[5] ^ a[10] ^ a[15] ^ a[20];
}

/* chi on one row: A'[x] = A[x] ^ (~A[x + 1] & A[x + 2]) */
INLINED void chi(lane_t row[5], lane_t b0, lane_t b1, lane_t b2, lane_t b3,
		 lane_t b4)
{
	row[0] = b0 ^ (~b1 & b2);
	row[1] = b1 ^ (~b2 & b3);
	row[2] = b2 ^ (~b3 & b4);
	row[3] = b3 ^ (~b4 & b0);
	row[4] = b4 ^ (~b0 & b1);
}

/* One round from a to e. pi moves lane [x, y] to [y, 2x + 3y]: row Y of e is
 * made of the lanes x = X + 3Y (mod 5), y = X of a, for X = 0..4. */
INLINED void round_of(lane_t e[25], const lane_t a[25], uint64_t rc)
{
	/* theta: C[x], the parity of a column, and D[x] */
	const lane_t c0 = column(a), c1 = column(a + 1), c2 = column(a + 2),
		     c3 = column(a + 3), c4 = column(a + 4);
	const lane_t d0 = c4 ^ rol(c1, 1), d1 = c0 ^ rol(c2, 1),
		     d2 = c1 ^ rol(c3, 1), d3 = c2 ^ rol(c4, 1),
		     d4 = c3 ^ rol(c0, 1);

	/* theta, rho, pi and chi, a row at a time */
	chi(e, a[0] ^ d0, rol(a[6] ^ d1, 44), rol(a[12] ^ d2, 43),
	    rol(a[18] ^ d3, 21), rol(a[24] ^ d4, 14));
	chi(e + 5, rol(a[3] ^ d3, 28), rol(a[9] ^ d4, 20), rol(a[10] ^ d0, 3),
	    rol(a[16] ^ d1, 45), rol(a[22] ^ d2, 61));
	chi(e + 10, rol(a[1] ^ d1, 1), rol(a[7] ^ d2, 6), rol(a[13] ^ d3, 25),
	    rol(a[19] ^ d4, 8), rol(a[20] ^ d0, 18));
	chi(e + 15, rol(a[4] ^ d4, 27), rol(a[5] ^ d0, 36), rol(a[11] ^ d1, 10),
	    rol(a[17] ^ d2, 15), rol(a[23] ^ d3, 56));
	chi(e + 20, rol(a[2] ^ d2, 62), rol(a[8] ^ d3, 55), rol(a[14] ^ d4, 39),
	    rol(a[15] ^ d0, 41), rol(a[21] ^ d1, 2));
	e[0] ^= rc;
}

/* Two rounds a turn, there and back, so that no lane is moved. The state stays
 * in the caller's memory: 25 lanes fit no register file, and a copy of them on
 * the stack measured 6 % slower. */
INLINED void permute(lane_t lane[25])
{
	lane_t other[25];

	for (unsigned i = 0; i < 24; i += 2) {
		round_of(other, lane, keccak_round_constant[i]);
		round_of(lane, other, keccak_round_constant[i + 1]);
	}
}

#endif
