/* SPDX-License-Identifier: Apache-2.0 */
/* server_wire.h - a plugin's protocol as the server's: its sessions become
 * channels. */
#ifndef NODE_PLUGIN_SERVER_WIRE_H
#define NODE_PLUGIN_SERVER_WIRE_H

#include "node/plugin/channel.h"
#include "p2p/server/protocol.h"

/* server_wire_protocol - what the server is to offer; `protocol` is borrowed
 * for as long as it does. */
void server_wire_protocol(struct protocol *out,
			  const struct instance_protocol *protocol);

#endif
