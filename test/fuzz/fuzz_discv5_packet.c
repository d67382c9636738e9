/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery v5: a packet whose header is masked for us. What opens shows its
 * header as it was, and decrypts with no key of ours. */

#include "p2p/crypto/rng.h"
#include "p2p/discover/v5_packet.h"
#include "test/fuzz/fuzz.h"

static const struct node_id self = { { 7 } };

static void check(const struct v5_packet *p, const uint8_t *data, size_t size)
{
	uint8_t plaintext[V5_PACKET_MAX], key[V5_KEY] = { 7 };
	struct ecc_pub pub;
	size_t len;

	MUST(p->head_len + p->sealed.len == size);
	MUST(!memcmp(p->head, data, p->head_len));
	if (p->flag == V5_WHOAREYOU) {
		MUST(size == V5_CHALLENGE);
		return;
	}
	MUST(v5_decrypt(plaintext, &len, p, key));
	if (p->flag != V5_HANDSHAKE)
		return;
	MUST(p->handshake.record.len == p->head_len - 170);
	if (!ecc_pub_expand(&pub, p->handshake.ephemeral))
		MUST(ecc_pub_valid(&pub));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct v5_packet p;
	uint8_t *packet;
	size_t header;

	if (!ready) {
		crypto_init();
		ready = true;
	}
	if (size > 2 * V5_PACKET_MAX)
		return 0;
	/* As long as the packet, so that overreads show. */
	packet = malloc(size + 1);
	MUST(packet);
	if (size)
		memcpy(packet, data, size);
	if (size > V5_IV + 23) {
		header = 23 + 256u * data[V5_IV + 21] + data[V5_IV + 22];
		if (header > size - V5_IV)
			header = size - V5_IV;
		v5_mask(packet + V5_IV, data + V5_IV, header, data, &self);
	}
	if (!v5_open(&p, span_of(packet, size), &self))
		check(&p, data, size);
	free(packet);
	return 0;
}
