/* SPDX-License-Identifier: Apache-2.0 */
/* hello.h - the payloads of the base protocol: Hello and Disconnect (specs:
 * devp2p "Base protocol"). Pure. */
#ifndef P2P_RLPX_HELLO_H
#define P2P_RLPX_HELLO_H

#include "p2p/base/buf.h"
#include "p2p/crypto/ecc.h"
#include "p2p/rlpx/capability.h"

enum base_code {
	BASE_HELLO = 0x00,
	BASE_DISCONNECT = 0x01,
	BASE_PING = 0x02,
	BASE_PONG = 0x03,
};

enum {
	HELLO_MAX = 2048, /* bytes of payload, and of any first message */
	HELLO_NAME_MAX = 256,
	BASE_VERSION = 5,	/* ours: snappy after Hello */
	BASE_VERSION_PLAIN = 4, /* no compression */
};

/* A peer's Hello. Owns its bytes: copy freely, nothing to free. Claims are
 * spans into `payload`, so use hello_claims on the copy at hand. */
struct hello {
	uint64_t version;
	struct ecc_pub id; /* not all zero; not checked to be a point */
	uint64_t listen_port;
	uint16_t len;
	uint16_t name_at, name_len; /* in payload */
	uint16_t caps_at, caps_len; /* the items of the capability list */
	uint16_t caps_count;
	uint16_t tail_at, tail_len; /* raw items behind id */
	uint8_t payload[HELLO_MAX];
};

struct span hello_name(const struct hello *h);
struct span hello_tail(const struct hello *h);

/* hello_claims - the capabilities, borrowed from h; `out` has room for
 * h->caps_count (at most CAPABILITIES_PEER_MAX). Returns the count. */
size_t hello_claims(const struct hello *h, struct capability_claim *out);

/* hello_read - ERR_LIMIT: over HELLO_MAX. ERR_FORMAT: an item is missing or of
 * the wrong type, a capability entry has other than two items, id is not 64
 * bytes or all zero. Items after id are kept as tail; bytes after the list
 * are ignored. out is unspecified on an error. */
MUST_USE enum err hello_read(struct hello *out, struct span payload);

/* hello_make - append ours: [version, name, caps, 0, id, ...tail]. `local` is
 * sorted already. ERR_LIMIT: would pass HELLO_MAX. */
MUST_USE enum err hello_make(struct buf *out, uint64_t version,
			     const char *name, const struct capability *local,
			     size_t count, const struct ecc_pub *id,
			     struct span tail);

/* Why a session ends (specs: "Disconnect"). Numbers are the wire's. */
enum disconnect_reason {
	DISC_REQUESTED = 0x00,
	DISC_NETWORK = 0x01, /* never sent */
	DISC_PROTOCOL = 0x02,
	DISC_USELESS = 0x03,
	DISC_TOO_MANY_PEERS = 0x04,
	DISC_ALREADY_CONNECTED = 0x05,
	DISC_INCOMPATIBLE = 0x06,
	DISC_NULL_IDENTITY = 0x07,
	DISC_QUITTING = 0x08,
	DISC_UNEXPECTED_IDENTITY = 0x09,
	DISC_SELF = 0x0a,
	DISC_TIMEOUT = 0x0b,
	DISC_SUBPROTOCOL = 0x10,
	DISC_INVALID = 0xff, /* an undecodable reason; never sent */
};

/* disconnect_read - every encoding that peers are known to send: the list
 * [reason, ...], the bare integer, 00 and c100 for 0, c0 for 0. Anything else,
 * nothing at all or more than 100 bytes is DISC_INVALID. Reasons are the
 * peer's word: any number up to 254 comes out as it is, larger ones as
 * DISC_INVALID. */
uint8_t disconnect_read(struct span payload);

enum {
	DISCONNECT_MAX = 3
};

/* disconnect_make - the list form, into out; returns its length. */
size_t disconnect_make(uint8_t out[DISCONNECT_MAX], uint8_t reason);

/* disconnect_name - "too many peers"; for a number without a name,
 * "unknown reason". Never indexes by it (CVE-2022-29177). */
const char *disconnect_name(uint8_t reason);

#endif
