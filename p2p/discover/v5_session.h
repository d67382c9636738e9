/* SPDX-License-Identifier: Apache-2.0 */
/* v5_session.h - the keys shared with other nodes (specs: discovery.md,
 * "Handshake", Sessions). A pure core.
 *
 * A session belongs to a node at one endpoint and does not work from another.
 * The one that was not used for longest makes room. When both sides begin at
 * once there are two sets of keys, and each side may hold the other as the
 * newer: so the keys before the last still decrypt. */
#ifndef P2P_DISCOVER_V5_SESSION_H
#define P2P_DISCOVER_V5_SESSION_H

#include "p2p/crypto/drbg.h"
#include "p2p/discover/v5_packet.h"

enum {
	V5_SESSIONS = 1024,
	V5_PEER_KEY = NODE_ID_LEN + 1 + 16 + 2,
};

/* Node ID and endpoint, as bytes: no padding is hashed. */
struct v5_peer {
	uint8_t b[V5_PEER_KEY];
};

struct v5_peer v5_peer_of(const struct node_id *id, const struct addr *at);

struct v5_session;

/* A hash table inside: not to be copied. */
struct v5_sessions {
	size_t max;
	uint32_t messages;	/* encrypted with one key, at most */
	struct v5_session *all; /* unused for longest first */
};

/* messages: UINT32_MAX, but for tests. */
void v5_sessions_init(struct v5_sessions *s, size_t max, uint32_t messages);

/* v5_sessions_clear - wipes the keys. */
void v5_sessions_clear(struct v5_sessions *s);

/* Which side of a handshake we are. */
enum v5_role {
	V5_INITIATOR, /* A: sent the handshake packet */
	V5_RECIPIENT, /* B: sent the WHOAREYOU */
};

/* v5_sessions_put - new keys, copied. What was there still decrypts. */
void v5_sessions_put(struct v5_sessions *s, const struct v5_peer *peer,
		     const struct v5_keys *keys, enum v5_role role);

/* v5_sessions_remember - the record with which the peer came, of a session that
 * there is. v5_sessions_record - NULL: it did not come, or there is no session.
 * Borrowed until the next call of any but v5_sessions_has. */
void v5_sessions_remember(struct v5_sessions *s, const struct v5_peer *peer,
			  const struct enr *record);
const struct enr *v5_sessions_record(const struct v5_sessions *s,
				     const struct v5_peer *peer);

size_t v5_sessions_count(const struct v5_sessions *s);
bool v5_sessions_has(const struct v5_sessions *s, const struct v5_peer *peer);

/* v5_sessions_seal - what the next message to the peer is encrypted with; the
 * caller wipes the key. No nonce is given out twice. False: there is no
 * session, or its counter is spent: then it takes a new handshake. */
bool v5_sessions_seal(struct v5_sessions *s, uint8_t key[V5_KEY],
		      uint8_t nonce[V5_NONCE], const struct v5_peer *peer,
		      struct drbg *rng);

/* v5_sessions_open - as v5_decrypt, with the keys there are. ERR_NOT_FOUND: no
 * session. A failure leaves the session as it was: anybody can send what does
 * not decrypt. */
MUST_USE enum err v5_sessions_open(struct v5_sessions *s, uint8_t *out,
				   size_t *len, const struct v5_peer *peer,
				   const struct v5_packet *packet);

#endif
