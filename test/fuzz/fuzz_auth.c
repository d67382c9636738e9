/* SPDX-License-Identifier: Apache-2.0 */
/* The recipient's reader, on raw packets and on bodies sealed to it. */
#include "test/fuzz/fuzz.h"
#include "test/fuzz/fuzz_handshake.h"

/* static_B of the vectors, so that their packets open. */
static const uint8_t key[32] = {
	0xb7, 0x1c, 0x71, 0xa6, 0x7e, 0x11, 0x77, 0xad, 0x4e, 0x90, 0x16,
	0x95, 0xe1, 0xb4, 0xb9, 0xee, 0x17, 0xae, 0x16, 0xc6, 0x66, 0x8d,
	0x31, 0x3e, 0xac, 0x2f, 0x96, 0xdb, 0xcd, 0xa3, 0xf2, 0x91,
};

/* What was accepted can be answered, and gives keys. */
static void answer(const struct handshake_auth *auth, struct span packet)
{
	struct handshake_packet ack;
	struct handshake_secrets s;

	MUST(handshake_ack_make(&ack, auth, &fuzz_entropy,
				span_of("\xc0", 1)) == ERR_NONE);
	MUST(handshake_secrets_derive(&s, HANDSHAKE_RECIPIENT,
				      &fuzz_entropy.ephemeral,
				      &auth->initiator_ephemeral, auth->nonce,
				      fuzz_entropy.nonce, packet,
				      span_of(ack.b, ack.len)) == ERR_NONE);
}

static bool take(struct handshake_auth *auth, struct span packet,
		 enum handshake_form form, const struct ecc_keypair *us)
{
	memset(auth, 0xee, sizeof(*auth));
	if (handshake_auth_read(auth, packet, form, us)) {
		fuzz_all_zero(auth, sizeof(*auth));
		return false;
	}
	MUST(auth->form == form);
	answer(auth, packet);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ecc_keypair *us = fuzz_keypair(key);
	struct span in = span_of(data, size);
	struct handshake_packet packet;
	struct handshake_auth auth;

	take(&auth, in, HANDSHAKE_EIP8, us);
	take(&auth, in, HANDSHAKE_PLAIN, us);
	if (fuzz_seal(&packet, in, HANDSHAKE_PLAIN, &us->pub))
		take(&auth, span_of(packet.b, packet.len), HANDSHAKE_PLAIN, us);
	if (fuzz_seal(&packet, in, HANDSHAKE_EIP8, &us->pub) &&
	    take(&auth, span_of(packet.b, packet.len), HANDSHAKE_EIP8, us)) {
		/* The signature stands behind two headers: the list's, which
		 * has a length of one or two bytes, and its own. */
		size_t at = data[0] == 0xf8 ? 4 : 5;

		fuzz_same_list(in, span_of(data + at, 65), &auth.initiator,
			       auth.nonce, auth.version, &auth.tail);
	}
	return 0;
}
