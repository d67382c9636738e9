/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_frames.c - the stream after a fixed handshake. The first byte chooses:
 * bit 0, the input is sealed into frames with right MACs (each with two bytes
 * of length before it), so that all behind the MAC is reached; else it is fed
 * raw. Bit 1, a valid Hello comes first. Bits 2..4, how the stream is split.
 * Whatever comes, events follow their order and memory its bounds. */

#include "p2p/base/reader.h"
#include "test/fuzz/fuzz.h"
#include "test/support/raw_peer.h"

static const struct capability offered[] = {
	{ .name = "bar", .version = 2, .codes = 2, .max_message = 1000 },
	{ .name = "foo", .version = 1, .codes = 3 },
};

static void seal_all(struct raw_peer *peer, struct buf *wire,
		     struct reader input)
{
	while (input.left >= 2) {
		size_t len = rd_be16(&input);
		struct span data;

		if (len > input.left)
			len = input.left;
		data = rd_take(&input, len);
		raw_peer_seal(peer, wire, data.data, data.len);
	}
}

static void pull(struct rlpx *x, struct buf *out, bool *open, bool *ended)
{
	struct rlpx_event ev;
	enum err rc;

	while (!(rc = rlpx_next(x, &ev))) {
		MUST(!*ended);
		switch (ev.kind) {
		case RLPX_JOB:
		case RLPX_SECURED:
			abort(); /* the handshake is over */
		case RLPX_HELLO:
			MUST(!*open);
			*open = true;
			break;
		case RLPX_MESSAGE:
			MUST(*open && ev.match < 2);
			MUST(ev.match || ev.msg->size <= 1000);
			MUST(ev.msg->code < offered[ev.match].codes);
			msg_put(ev.msg);
			break;
		case RLPX_PING:
			MUST(*open);
			MUST(!rlpx_pong(x, out));
			break;
		case RLPX_PONG:
			MUST(*open);
			break;
		case RLPX_DISCONNECT:
			*ended = true;
			break;
		}
		buf_truncate(out, 0);
	}
	if (rc != ERR_SHORT)
		*ended = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader input = reader_of(data, size);
	struct rlpx_config config = {
		.side = HANDSHAKE_RECIPIENT,
		.us = fixed_key(1),
		.entropy = fixed_entropy(1),
		.version = BASE_VERSION,
		.name = "victim",
		.local = offered,
		.local_count = 2,
	};
	uint8_t how = rd_u8(&input);
	size_t chunk = (size_t)1 << (2 * (how >> 2 & 7));
	struct raw_peer peer;
	bool open = false;
	bool ended = false;
	struct buf wire, out;
	struct rlpx *x;

	buf_init(&wire, 64 << 20);
	buf_init(&out, 1 << 20);
	MUST(!rlpx_new(&x, &config));
	raw_peer_join(&peer, x);
	MUST(!rlpx_hello(x, &out));
	if (how & 2)
		raw_peer_hello(&peer, &wire, BASE_VERSION, offered, 2);
	if (how & 1)
		seal_all(&peer, &wire, input);
	else
		MUST(!buf_append(&wire, input.at, input.left));
	while (wire.len) {
		size_t n = wire.len < chunk ? wire.len : chunk;

		MUST(!rlpx_feed(x, wire.data, n));
		buf_drop(&wire, n);
		pull(x, &out, &open, &ended);
	}
	MUST(rlpx_memory(x) < 3 * size + 65536);
	rlpx_free(x);
	raw_peer_clear(&peer);
	buf_clear(&wire);
	buf_clear(&out);
	return 0;
}
