/* SPDX-License-Identifier: Apache-2.0 */
/* keccak.h - Keccak-256 with the original padding (0x01), as Ethereum uses it;
 * not SHA3-256. Pure; thread: any.
 *
 * A digest does not end the state: RLPx keeps one running state per direction
 * and digests it within and after every frame. Builds of the permutation for
 * BMI2, AVX and AVX-512, and a plain one, are chosen at run time. About 200 ns
 * per 136 bytes. */
#ifndef P2P_CRYPTO_KECCAK_H
#define P2P_CRYPTO_KECCAK_H

#include <stddef.h>
#include <stdint.h>

enum {
	KECCAK_RATE = 136, /* bytes absorbed per permutation */
};

/* May be copied and compared with nothing. Absorbed input may be secret, so
 * wipe it where it was. */
struct keccak {
	uint64_t lane[25];
	uint32_t fill; /* bytes in the unfinished block, 0..135 */
};

void keccak_init(struct keccak *k);

void keccak_absorb(struct keccak *k, const void *data, size_t len);

/* keccak_digest - the hash of all that was absorbed; k stays as it was and
 * may absorb more. Costs one permutation. */
void keccak_digest(const struct keccak *k, uint8_t out[32]);

/* keccak_digest_absorb - keccak_digest, and then keccak_absorb. A digest's
 * permutation needs none of what is absorbed after it: where len fills the
 * block, it is done beside the next one, which makes it free with AVX-512 and
 * half as dear with AVX. */
void keccak_digest_absorb(struct keccak *k, uint8_t out[32], const void *data,
			  size_t len);

/* keccak_digest_around - keccak_digest into before, keccak_absorb, and
 * keccak_digest into after; two permutations are done side by side
 * whatever len is, being those of the digests where it does not fill the block.
 */
void keccak_digest_around(struct keccak *k, uint8_t before[32],
			  uint8_t after[32], const void *data, size_t len);

/* keccak256 - of one piece of data. */
void keccak256(uint8_t out[32], const void *data, size_t len);

#endif
