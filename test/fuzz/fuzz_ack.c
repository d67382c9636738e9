/* SPDX-License-Identifier: Apache-2.0 */
/* The initiator's reader, on raw packets and on bodies sealed to it. */
#include "test/fuzz/fuzz.h"
#include "test/fuzz/fuzz_handshake.h"

/* static_A of the vectors, so that their packets open. */
static const uint8_t key[32] = {
	0x49, 0xa7, 0xb3, 0x7a, 0xa6, 0xf6, 0x64, 0x59, 0x17, 0xe7, 0xb8,
	0x07, 0xe9, 0xd1, 0xc0, 0x0d, 0x4f, 0xa7, 0x1f, 0x18, 0x34, 0x3b,
	0x0d, 0x41, 0x22, 0xa4, 0xd2, 0xdf, 0x64, 0xdd, 0x6f, 0xee,
};

static bool take(struct handshake_ack *ack, struct span packet,
		 enum handshake_form form, const struct ecc_keypair *us)
{
	struct handshake_secrets s;

	memset(ack, 0xee, sizeof(*ack));
	if (handshake_ack_read(ack, packet, form, us)) {
		fuzz_all_zero(ack, sizeof(*ack));
		return false;
	}
	/* What was accepted gives keys. */
	MUST(handshake_secrets_derive(
		     &s, HANDSHAKE_INITIATOR, &fuzz_entropy.ephemeral,
		     &ack->recipient_ephemeral, fuzz_entropy.nonce, ack->nonce,
		     span_text("auth"), packet) == ERR_NONE);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ecc_keypair *us = fuzz_keypair(key);
	struct span in = span_of(data, size);
	struct handshake_packet packet;
	struct handshake_ack ack;

	take(&ack, in, HANDSHAKE_EIP8, us);
	take(&ack, in, HANDSHAKE_PLAIN, us);
	if (fuzz_seal(&packet, in, HANDSHAKE_PLAIN, &us->pub))
		take(&ack, span_of(packet.b, packet.len), HANDSHAKE_PLAIN, us);
	if (fuzz_seal(&packet, in, HANDSHAKE_EIP8, &us->pub) &&
	    take(&ack, span_of(packet.b, packet.len), HANDSHAKE_EIP8, us))
		fuzz_same_list(in, (struct span){ 0 }, &ack.recipient_ephemeral,
			       ack.nonce, ack.version, &ack.tail);
	return 0;
}
