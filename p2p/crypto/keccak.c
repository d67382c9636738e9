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

static inline void store(uint8_t *to, uint64_t v)
{
	v = htole64(v);
	memcpy(to, &v, sizeof(v));
}

/* n bytes that begin and end within one lane. */
static void add_in_lane(struct keccak *k, const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	k->lane[k->fill / LANE] ^= v << (8 * (k->fill % LANE));
	k->fill += (uint32_t)n;
}

/* n bytes for which the block has room: to the next lane boundary byte by byte,
 * then whole lanes, then the rest. In RLPx the handshake's random padding
 * leaves the state at any fill, so bytes that straddle lanes are the usual case
 * and must not cost a slow path. */
static void add(struct keccak *k, const uint8_t *p, size_t n)
{
	size_t head = -k->fill % LANE; /* unsigned: up to the boundary */
	size_t whole;

	head = head < n ? head : n;
	if (head)
		add_in_lane(k, p, head);
	p += head;
	n -= head;
	whole = n / LANE;
	keccak_xor(k->lane + k->fill / LANE, p, whole);
	k->fill += (uint32_t)(whole * LANE);
	if (n % LANE)
		add_in_lane(k, p + whole * LANE, n % LANE);
}

static size_t room(const struct keccak *k)
{
	return KECCAK_RATE - k->fill;
}

void keccak_init(struct keccak *k)
{
	memset(k, 0, sizeof(*k));
}

void keccak_absorb(struct keccak *k, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t n = room(k);

	if (k->fill && len >= n) {
		add(k, p, n);
		keccak_permute(k->lane);
		k->fill = 0;
		p += n;
		len -= n;
	}
	if (len >= KECCAK_RATE) {
		keccak_absorb_blocks(k->lane, p, len / KECCAK_RATE);
		p += len - len % KECCAK_RATE;
		len %= KECCAK_RATE;
	}
	if (len)
		add(k, p, len);
}

/* What is left of a digest when this was done is a permutation. */
static void pad(struct keccak *last)
{
	/* pad10*1 behind no domain bits: 01 00 ... 00 80, or 81 */
	last->lane[last->fill / LANE] ^= (uint64_t)1
					 << (8 * (last->fill % LANE));
	last->lane[RATE_LANES - 1] ^= (uint64_t)1 << 63;
}

static void squeeze(uint8_t out[32], struct keccak *last)
{
	for (size_t i = 0; i < 32 / LANE; i++)
		store(out + LANE * i, last->lane[i]);
	secret_wipe(last, sizeof(*last));
}

void keccak_digest(const struct keccak *k, uint8_t out[32])
{
	struct keccak last = *k;

	pad(&last);
	keccak_permute(last.lane);
	squeeze(out, &last);
}

void keccak_digest_absorb(struct keccak *k, uint8_t out[32], const void *data,
			  size_t len)
{
	const uint8_t *p = data;
	size_t n = room(k);
	struct keccak last;

	if (len < n) {
		keccak_digest(k, out);
		keccak_absorb(k, p, len);
		return;
	}
	last = *k;
	pad(&last);
	add(k, p, n);
	keccak_permute2(last.lane, k->lane);
	k->fill = 0;
	keccak_absorb(k, p + n, len - n);
	squeeze(out, &last);
}

void keccak_digest_around(struct keccak *k, uint8_t before[32],
			  uint8_t after[32], const void *data, size_t len)
{
	struct keccak last[2];

	if (len >= room(k)) {
		keccak_digest_absorb(k, before, data, len);
		keccak_digest(k, after);
		return;
	}
	last[0] = *k;
	keccak_absorb(k, data, len);
	last[1] = *k;
	pad(&last[0]);
	pad(&last[1]);
	keccak_permute2(last[0].lane, last[1].lane);
	squeeze(before, &last[0]);
	squeeze(after, &last[1]);
}

void keccak256(uint8_t out[32], const void *data, size_t len)
{
	struct keccak k;

	keccak_init(&k);
	keccak_absorb(&k, data, len);
	keccak_digest(&k, out);
	secret_wipe(&k, sizeof(k));
}
