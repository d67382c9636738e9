/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - where a plugin's channel gets its messages from and puts them: a
 * session of the server (server_wire.h), or the other end of an in-memory pipe
 * (pipe.h). The errors are those of channel_send in p2p/server/protocol.h.
 *
 * No call here calls back before it returns. What the wire has to say it says
 * through plugin_channel_message, _writable and _closed. */
#ifndef NODE_PLUGIN_WIRE_H
#define NODE_PLUGIN_WIRE_H

#include "p2p/server/protocol.h"

struct wire {
	const struct wire_ops *ops; /* NULL: there is none any more */
	void *ctx;
};

struct wire_ops {
	enum err (*send)(void *ctx, uint32_t code, struct span payload);
	enum err (*send_packed)(void *ctx, uint32_t code,
				struct packed *payload);
	void (*pause)(void *ctx);
	void (*resume)(void *ctx);
	void (*keep)(void *ctx, size_t bytes); /* of messages, now */
	void (*facts)(void *ctx, struct peer_facts *out);

	/* End the session with this reason, soon: the first one stands. */
	void (*disconnect)(void *ctx, uint8_t reason);
};

#endif
