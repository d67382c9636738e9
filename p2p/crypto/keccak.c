/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/crypto/keccak.h"

#include <endian.h>
#include <string.h>

#include "p2p/crypto/keccak_permute.h"
#include "p2p/crypto/secret.h"

enum {
	LANE = 8, /* bytes; little-endian, FIPS 202 B.1 */
	RATE_LANES = KECCAK_RATE / LANE,
};

static inline uint64_t load(const uint8_t *from)
{
	uint64_t v;

	memcpy(&v, from, sizeof(v));
	return le64toh(v);
}

static inline void store(uint8_t *to, uint64_t v)
{
	v = htole64(v);
	memcpy(to, &v, sizeof(v));
}

static inline void xor_lanes(uint64_t *lane, const uint8_t *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		lane[i] ^= load(p + LANE * i);
}

static void advance(struct keccak *k, size_t n)
{
	k->fill += (uint32_t)n;
	if (k->fill == KECCAK_RATE) {
		keccak_permute(k->lane);
		k->fill = 0;
	}
}

/* n bytes that begin and end within one lane. */
static void absorb_in_lane(struct keccak *k, const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	k->lane[k->fill / LANE] ^= v << (8 * (k->fill % LANE));
	advance(k, n);
}

/* n bytes, a multiple of LANE, from the start of a lane to at most the end of
 * the block. */
static void absorb_lanes(struct keccak *k, const uint8_t *p, size_t n)
{
	xor_lanes(k->lane + k->fill / LANE, p, n / LANE);
	advance(k, n);
}

void keccak_init(struct keccak *k)
{
	memset(k, 0, sizeof(*k));
}

/* To the next lane boundary byte by byte, then whole lanes, then the rest. In
 * RLPx the handshake's random padding leaves the state at any fill, so bytes
 * that straddle lanes are the usual case and must not cost a slow path. */
void keccak_absorb(struct keccak *k, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t n = -k->fill % LANE; /* unsigned: up to the boundary */

	n = n < len ? n : len;
	if (n) {
		absorb_in_lane(k, p, n);
		p += n;
		len -= n;
	}
	if (k->fill && len >= LANE) {
		n = KECCAK_RATE - k->fill;
		n = n < len ? n : len - len % LANE;
		absorb_lanes(k, p, n);
		p += n;
		len -= n;
	}
	for (; len >= KECCAK_RATE; p += KECCAK_RATE, len -= KECCAK_RATE) {
		xor_lanes(k->lane, p, RATE_LANES);
		keccak_permute(k->lane);
	}
	if (len >= LANE) {
		n = len - len % LANE;
		absorb_lanes(k, p, n);
		p += n;
		len -= n;
	}
	if (len)
		absorb_in_lane(k, p, len);
}

void keccak_digest(const struct keccak *k, uint8_t out[32])
{
	struct keccak last = *k;

	/* pad10*1 behind no domain bits: 01 00 ... 00 80, or 81 */
	last.lane[last.fill / LANE] ^= (uint64_t)1 << (8 * (last.fill % LANE));
	last.lane[RATE_LANES - 1] ^= (uint64_t)1 << 63;
	keccak_permute(last.lane);
	for (size_t i = 0; i < 32 / LANE; i++)
		store(out + LANE * i, last.lane[i]);
	secret_wipe(&last, sizeof(last));
}

void keccak256(uint8_t out[32], const void *data, size_t len)
{
	struct keccak k;

	keccak_init(&k);
	keccak_absorb(&k, data, len);
	keccak_digest(&k, out);
	secret_wipe(&k, sizeof(k));
}
