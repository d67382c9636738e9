/* SPDX-License-Identifier: Apache-2.0 */
#include "test/interop/programs/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "p2p/crypto/hash.h"
#include "p2p/rlp/rlp.h"
#include "p2p/rlpx/rlpx.h"
#include "protocols/foobar/foobar.h"

enum probe_code {
	PROBE_ECHO,
	PROBE_ECHOED,
	PROBE_MAKE,
	PROBE_MADE,
	PROBE_END,
};

const char *probe_label(char out[PROBE_LABEL_MAX], const struct capability *c)
{
	snprintf(out, PROBE_LABEL_MAX, "%s/%" PRIu64, c->name, c->version);
	return out;
}

void probe_say(json_t *object)
{
	if (!object)
		abort();
	json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	fflush(stdout);
	json_decref(object);
}

static void say_message(struct channel *ch, const struct protocol *p,
			const struct msg *msg)
{
	char label[PROBE_LABEL_MAX];
	char id[NODE_ID_HEX];
	char hex[NODE_ID_HEX];
	struct peer_facts facts;
	struct node_id hash; /* 32 bytes, printed like one */

	channel_facts(ch, &facts);
	sha256(hash.b, span_of(msg->payload, msg->size));
	probe_say(json_pack("{sssssssisIss}", "event", "message", "id",
			    node_id_text(id, &facts.id), "protocol",
			    probe_label(label, &p->capability), "code",
			    (int)msg->code, "size", (json_int_t)msg->size,
			    "sha256", node_id_text(hex, &hash)));
}

static int send(struct channel *ch, uint32_t code, struct span payload)
{
	return channel_send(ch, code, payload) ? PROTOCOL_END(DISC_SUBPROTOCOL)
					       : PROTOCOL_GO_ON;
}

static struct span payload_of(const struct msg *msg)
{
	return span_of(msg->payload, msg->size);
}

static int foobar_message(struct channel *ch, void *user, struct msg *msg)
{
	struct foobar conversation = { 0 };
	enum foobar_event event;
	struct buf reply;
	int end = PROTOCOL_GO_ON;

	say_message(ch, user, msg);
	buf_init(&reply, FOOBAR_MESSAGE_MAX);
	if (foobar_feed(&conversation, &reply, &event, payload_of(msg)))
		end = PROTOCOL_END(DISC_PROTOCOL);
	else if (event == FOOBAR_FOO)
		end = send(ch, FOOBAR_CODE, span_of(reply.data, reply.len));
	buf_clear(&reply);
	return end;
}

/* splitmix64 from n on: bytes that snappy cannot shrink and that the other
 * side can make too. */
static int send_made(struct channel *ch, uint64_t n)
{
	uint64_t state = n;
	uint8_t *made;
	int end;

	if (n > RLPX_MESSAGE_MAX)
		return PROTOCOL_END(DISC_PROTOCOL);
	made = malloc(n + 1);
	if (!made)
		abort();
	for (uint64_t i = 0, z = 0; i < n; i++, z >>= 8) {
		if (i % 8 == 0) {
			state += 0x9e3779b97f4a7c15;
			z = (state ^ state >> 30) * 0xbf58476d1ce4e5b9;
			z = (z ^ z >> 27) * 0x94d049bb133111eb;
			z ^= z >> 31;
		}
		made[i] = (uint8_t)z;
	}
	end = send(ch, PROBE_MADE, span_of(made, n));
	free(made);
	return end;
}

/* The one number in a list of one. */
static enum err read_number(uint64_t *out, const struct msg *msg)
{
	struct rlp r = rlp_of(msg->payload, msg->size);

	rlp_enter(&r);
	*out = rlp_u64(&r);
	rlp_leave(&r);
	return rlp_end(&r);
}

static int probe_message(struct channel *ch, void *user, struct msg *msg)
{
	uint64_t n;

	say_message(ch, user, msg);
	switch ((enum probe_code)msg->code) {
	case PROBE_ECHO:
		return send(ch, PROBE_ECHOED, payload_of(msg));
	case PROBE_MAKE:
		if (read_number(&n, msg))
			return PROTOCOL_END(DISC_PROTOCOL);
		return send_made(ch, n);
	case PROBE_END:
		if (read_number(&n, msg) || n > UINT8_MAX)
			return PROTOCOL_END(DISC_PROTOCOL);
		return PROTOCOL_END((uint8_t)n);
	case PROBE_ECHOED:
	case PROBE_MADE:
		return PROTOCOL_GO_ON;
	}
	return PROTOCOL_END(DISC_SUBPROTOCOL);
}

static int zeta_message(struct channel *ch, void *user, struct msg *msg)
{
	say_message(ch, user, msg);
	return send(ch, 0, payload_of(msg));
}

/* The channel's own is the protocol it speaks. */
static int opened(struct channel *ch UNUSED, void *state, void **user)
{
	*user = state;
	return PROTOCOL_GO_ON;
}

const struct protocol probe_protocols[PROBE_PROTOCOLS] = {
	{
		.capability = { FOOBAR_NAME, FOOBAR_VERSION, FOOBAR_CODES, 0 },
		.state = (void *)&probe_protocols[0],
		.opened = opened,
		.message = foobar_message,
	},
	{
		.capability = { "probe", 1, PROBE_ECHOED + 1, 0 },
		.state = (void *)&probe_protocols[1],
		.opened = opened,
		.message = probe_message,
	},
	{
		.capability = { "probe", 2, PROBE_END + 1, 0 },
		.state = (void *)&probe_protocols[2],
		.opened = opened,
		.message = probe_message,
	},
	{
		.capability = { "zeta", 1, 1, 0 },
		.state = (void *)&probe_protocols[3],
		.opened = opened,
		.message = zeta_message,
	},
};
