/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/drbg.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(struct secret32) == randombytes_SEEDBYTES,
	       "a seed is 32 bytes");

/* "Fast key erasure": the first bytes of each stream are the seed of the next
 * and are given to nobody. */
static void refill(struct drbg *d)
{
	uint8_t stream[sizeof(d->next) + DRBG_BLOCK];

	randombytes_buf_deterministic(stream, sizeof(stream), d->next.b);
	memcpy(d->next.b, stream, sizeof(d->next));
	memcpy(d->block, stream + sizeof(d->next), DRBG_BLOCK);
	d->used = 0;
	secret_wipe(stream, sizeof(stream));
}

void drbg_init(struct drbg *d, const struct secret32 *seed)
{
	d->next = *seed;
	refill(d);
}

void drbg_bytes(struct drbg *d, void *out, size_t n)
{
	uint8_t *to = out;

	while (n) {
		size_t some = DRBG_BLOCK - d->used;

		if (some == 0) {
			refill(d);
			continue;
		}
		if (some > n)
			some = n;
		memcpy(to, d->block + d->used, some);
		secret_wipe(d->block + d->used, some);
		d->used += (uint32_t)some;
		to += some;
		n -= some;
	}
}

uint32_t drbg_below(struct drbg *d, uint32_t bound)
{
	uint32_t least = (UINT32_MAX - bound + 1) % bound; /* 2^32 mod bound */
	uint32_t v;

	assert(bound);
	/* The first 2^32 mod bound values would make some results likelier. */
	do
		drbg_bytes(d, &v, sizeof(v));
	while (v < least);
	return v % bound;
}

void drbg_key(struct drbg *d, struct secret32 *out)
{
	do
		drbg_bytes(d, out->b, sizeof(out->b));
	while (!ecc_key_valid(out));
}
