/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin/server_wire.h"

#include <stdio.h>

#include "node/plugin/inside.h"

/* --- what the channel asks of the session --------------------------------- */

static enum err wire_send(void *ctx, uint32_t code, struct span payload)
{
	return channel_send(ctx, code, payload);
}

static enum err wire_send_packed(void *ctx, uint32_t code,
				 struct packed *payload)
{
	return channel_send_packed(ctx, code, payload);
}

static void wire_pause(void *ctx)
{
	channel_pause(ctx);
}

static void wire_resume(void *ctx)
{
	channel_resume(ctx);
}

static void wire_keep(void *ctx, size_t bytes)
{
	channel_keep(ctx, bytes);
}

static void wire_facts(void *ctx, struct peer_facts *out)
{
	channel_facts(ctx, out);
}

static void wire_disconnect(void *ctx, uint8_t reason)
{
	channel_disconnect(ctx, reason);
}

static const struct wire_ops server_wire = {
	.send = wire_send,
	.send_packed = wire_send_packed,
	.pause = wire_pause,
	.resume = wire_resume,
	.keep = wire_keep,
	.facts = wire_facts,
	.disconnect = wire_disconnect,
};

/* --- what the session tells the channel -------------------------------------
 * Results do not travel this way: they come later, from a fiber, and go through
 * the wire's disconnect. */

static int opened(struct channel *ch, void *state, void **user)
{
	const struct wire wire = { &server_wire, ch };

	*user = plugin_channel_open(state, wire);
	return *user ? PROTOCOL_GO_ON : PROTOCOL_END(DISC_QUITTING);
}

static int message(struct channel *ch, void *user, struct msg *msg)
{
	(void)ch;
	plugin_channel_message(user, msg);
	return PROTOCOL_GO_ON;
}

static int writable(struct channel *ch, void *user)
{
	(void)ch;
	plugin_channel_writable(user);
	return PROTOCOL_GO_ON;
}

static struct msg *unread(struct channel *ch, void *user)
{
	(void)ch;
	return user ? plugin_channel_unread(user) : NULL;
}

static void closed(struct channel *ch, void *user)
{
	(void)ch;
	if (user)
		plugin_channel_closed(user);
}

void server_wire_protocol(struct protocol *out,
			  const struct instance_protocol *protocol)
{
	const struct weft_protocol *p = &protocol->p;

	*out = (struct protocol){
		.capability = {
			.version = p->version,
			.codes = p->codes,
			.max_message = p->max_message,
		},
		/* The server hands it back as it is. */
		.state = (void *)protocol,
		.opened = opened,
		.message = message,
		.unread = unread,
		.closed = closed,
		.writable = writable,
	};
	snprintf(out->capability.name, sizeof(out->capability.name), "%s",
		 p->name);
}
