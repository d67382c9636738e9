/* SPDX-License-Identifier: Apache-2.0 */
/* channel.h - one protocol with one peer as a plugin sees it: a queue of
 * messages in, a way out, and the tasks that serve it.
 *
 * Inbound, a channel holds 256 KiB plus one message; over that it pauses its
 * wire until half is read. Outbound, a write that meets a full budget waits for
 * the wire's word that there is room; writers go in the order they came.
 *
 * What run or a handler returns ends the session or not (the table is in
 * weft/plugin.h at struct weft_protocol), through the wire's disconnect.
 *
 * Thread: the loop's. Nothing here runs plugin code before it returns. */
#ifndef NODE_PLUGIN_CHANNEL_H
#define NODE_PLUGIN_CHANNEL_H

#include "node/plugin/instance.h"
#include "node/plugin/wire.h"

enum {
	CHANNEL_IN_MAX = 256 * 1024, /* bytes, plus one message */

	/* What a message weighs beside its payload: an empty one must not be
	 * free. */
	CHANNEL_MESSAGE_COST = 128,
};

/* A protocol that a plugin registered; lives as long as its instance. */
struct instance_protocol;

/* plugin_channel_open - the session is up: starts run, or opened. NULL: the
 * plugin is stopping, and the session ends with 0x08. Else the caller owes
 * plugin_channel_closed. When there is no fiber for it, the wire has been told
 * to disconnect. */
struct weft_channel *plugin_channel_open(
	const struct instance_protocol *protocol, struct wire wire);

/* A message came, its code below the protocol's; the channel takes a
 * reference. */
void plugin_channel_message(struct weft_channel *ch, struct msg *msg);

/* Before plugin_channel_closed: the oldest message that nobody has read, now
 * the caller's and not the channel's any more; NULL when there is none. */
struct msg *plugin_channel_unread(struct weft_channel *ch);

/* There is room to write again. */
void plugin_channel_writable(struct weft_channel *ch);

/* The session is over: the wire is not used any more, and ch is not the
 * caller's any more. Every task gets WEFT_ECLOSED; the struct lives until the
 * last reference and task are gone. */
void plugin_channel_closed(struct weft_channel *ch);

#endif
