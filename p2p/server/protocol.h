/* SPDX-License-Identifier: Apache-2.0 */
/* protocol.h - a sub-protocol as the server sees it, and its channel to one
 * peer. This is the seam between the server and whatever speaks the protocol.
 *
 * All callbacks run on the loop thread and may call anything here; no call
 * here runs a callback before it returns. A callback's result is what
 * ends the session: PROTOCOL_GO_ON, or PROTOCOL_END(reason). Anything that is
 * neither ends it with 0x10. */
#ifndef P2P_SERVER_PROTOCOL_H
#define P2P_SERVER_PROTOCOL_H

#include "p2p/base/msg.h"
#include "p2p/enode/enode.h"
#include "p2p/rlpx/hello.h"
#include "p2p/rlpx/packed.h"

struct channel;

enum {
	PROTOCOL_GO_ON = -1
};
#define PROTOCOL_END(reason) ((int)(reason)) /* an enum disconnect_reason */

struct protocol {
	struct capability capability;
	void *state; /* given to opened */

	/* The session is up. *user is this channel's own. May be NULL. */
	int (*opened)(struct channel *ch, void *state, void **user);

	/* A message, code below capability.codes. Borrowed: msg_get to keep. */
	int (*message)(struct channel *ch, void *user, struct msg *msg);

	/* Before closed, when another protocol takes the place of this one in
	 * a session that stays (server_offer): the oldest message that came
	 * and was not handled; NULL when there is none (any more). The caller
	 * owns the reference, and the successor gets the message. May be
	 * NULL. */
	struct msg *(*unread)(struct channel *ch, void *user);

	/* The last call for this channel; it may no longer send. May be NULL.
	 */
	void (*closed)(struct channel *ch, void *user);

	/* After channel_send said ERR_BUSY: half of the budget is free again.
	 * Channels that wait share it by bytes. The result is as for message.
	 * May be NULL. */
	int (*writable)(struct channel *ch, void *user);
};

enum {
	PEER_SOURCE_MAX = 32 /* with terminator */
};

/* What a protocol may know of its peer. A copy is valid for ever, but trusted
 * and is_static are as of when it was asked for. */
struct peer_facts {
	struct node_id id;
	struct ecc_pub pub;
	struct addr local;
	struct addr remote;
	bool inbound;
	bool trusted;	/* server_trust */
	bool is_static; /* server_dial, whoever dialed this time */
	char source[PEER_SOURCE_MAX]; /* who told us of it, as of
				       * server_candidate; "" when we did not
				       * dial a candidate */
	char name[HELLO_NAME_MAX];    /* as in Hello, cut, raw bytes */
};

/* channel_send - queue a message.
 *
 * ERR_BUSY    the peer's outbound budget (1 MiB plus one message) is full, or
 *             more than half, and others wait; nothing was queued
 * ERR_FORMAT  code is out of the protocol's range
 * ERR_LIMIT   larger than a frame can carry
 * ERR_CLOSED  the session is ending */
MUST_USE enum err channel_send(struct channel *ch, uint32_t code,
			       struct span payload);

/* channel_send_packed - the same for a payload that goes to other peers too: it
 * is compressed once. */
MUST_USE enum err channel_send_packed(struct channel *ch, uint32_t code,
				      struct packed *payload);

/* channel_pause - no further message of this peer until channel_resume, for
 * whoever queues them and has enough. All protocols of a peer share one stream,
 * so this stops them all; Pings still go out. A pause of more than 15 s
 * ends the session with 0x10, and the protocol is named as the cause. Calling
 * either twice does nothing. */
void channel_pause(struct channel *ch);
void channel_resume(struct channel *ch);

/* channel_keep - so many bytes of this channel's messages are kept by the
 * protocol now. They count with all else that peers hold of the server's
 * memory; too much of that ends the peer that holds most, maybe this one. */
void channel_keep(struct channel *ch, size_t bytes);

/* channel_capability - which one it is for; borrowed until `closed`. */
const struct capability *channel_capability(const struct channel *ch);

void channel_facts(const struct channel *ch, struct peer_facts *out);

/* channel_disconnect - end the whole session with this reason, soon. */
void channel_disconnect(struct channel *ch, uint8_t reason);

#endif
