/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.h - a session without a network: two channels, each the other's peer.
 *
 * Messages are delivered by the loop, never from inside a write, with the
 * budgets and limits of a session (p2p/server): 1 MiB plus one message out per
 * end, 256 KiB of one end in one turn, nothing while it is paused, 0x02 for a
 * code or size that the receiver does not allow. What was written before a
 * disconnect arrives before it. There are no clocks.
 *
 * A pipe is gone when both of its channels have been closed. */
#ifndef NODE_PLUGIN_PIPE_H
#define NODE_PLUGIN_PIPE_H

#include "node/plugin/channel.h"

enum {
	PIPE_OUT_MAX = 1024 * 1024, /* bytes, plus one message */
	PIPE_TURN_MAX = 256 * 1024, /* bytes to one end in one turn */
};

/* pipe_open - out[0] has dialed out[1]; NULL where the plugin is stopping.
 * `serial` makes the two peers of this
 * pipe differ from those of others. */
void pipe_open(struct weft_channel *out[2], struct net_loop *loop,
	       const struct instance_protocol *dialing,
	       const struct instance_protocol *dialed, uint32_t serial);

/* pipe_break - the connection is lost. `ch` is an end of a pipe. */
void pipe_break(struct weft_channel *ch);

#endif
