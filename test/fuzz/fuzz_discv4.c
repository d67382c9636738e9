/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery v4: a type and data, in a packet whose hash is right. What decodes
 * is signed anew by a key of ours and decodes to the same. */

#include "p2p/crypto/keccak.h"
#include "p2p/crypto/rng.h"
#include "p2p/discover/v4_wire.h"
#include "test/fuzz/fuzz.h"

enum {
	TYPE_AT = 97,
	ROOM = 2 * V4_PACKET_MAX,
};

static struct secret32 key;

static void sign_anew(struct v4_packet *p)
{
	uint8_t first[V4_PACKET_MAX], second[V4_PACKET_MAX];
	struct v4_packet again;
	struct ecc_pub pub, ours;
	size_t len;

	if (p->type == V4_NEIGHBORS && p->neighbors.count > V4_NEIGHBORS_SENT)
		return;
	len = v4_encode(first, p, &key);
	MUST(!v4_decode(&again, span_of(first, len)));
	MUST(again.type == p->type);
	MUST(!memcmp(again.hash, p->hash, V4_HASH));
	MUST(!v4_recover(&pub, span_of(first, len)));
	ecc_pub_of(&ours, &key);
	MUST(!memcmp(pub.b, ours.b, sizeof(pub.b)));
	MUST(v4_encode(second, &again, &key) == len);
	MUST(!memcmp(first, second, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct v4_packet p;
	struct ecc_pub pub;
	uint8_t *packet;
	enum err rc;

	if (!key.b[0]) {
		crypto_init();
		memset(key.b, 7, sizeof(key.b));
	}
	if (size > ROOM)
		return 0;
	/* As long as the packet, so that overreads show. */
	packet = calloc(1, TYPE_AT + size);
	MUST(packet);
	if (size)
		memcpy(packet + TYPE_AT, data, size);
	keccak256(packet, packet + V4_HASH, TYPE_AT + size - V4_HASH);
	rc = v4_decode(&p, span_of(packet, TYPE_AT + size));
	MUST(rc != ERR_AUTH);
	if (!rc && !v4_recover(&pub, span_of(packet, TYPE_AT + size)))
		MUST(ecc_pub_valid(&pub));
	if (!rc)
		sign_anew(&p);
	free(packet);
	return 0;
}
