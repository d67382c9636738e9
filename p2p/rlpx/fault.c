/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - the one place where what a peer did wrong becomes what it hears,
 * what is counted and what is returned. */
#include "p2p/rlpx/job.h"

static const struct {
	const char *name;
	uint8_t reason; /* DISC_NETWORK: nothing is said */
	enum err err;
} faults[RLPX_FAULT_COUNT] = {
	[RLPX_FAULT_NONE] = { "none", DISC_NETWORK, ERR_NONE },
	[RLPX_FAULT_AUTH_SIZE] = { "handshake-size", DISC_NETWORK, ERR_LIMIT },
	[RLPX_FAULT_AUTH_POINT] = { "handshake-point", DISC_NETWORK,
				    ERR_FORMAT },
	[RLPX_FAULT_AUTH] = { "handshake-auth", DISC_NETWORK, ERR_AUTH },
	[RLPX_FAULT_MAC] = { "bad-mac", DISC_NETWORK, ERR_AUTH },
	[RLPX_FAULT_FRAME_SIZE] = { "frame-size", DISC_NETWORK, ERR_LIMIT },
	[RLPX_FAULT_CODE] = { "bad-code", DISC_NETWORK, ERR_FORMAT },
	[RLPX_FAULT_SNAPPY] = { "bad-snappy", DISC_NETWORK, ERR_FORMAT },
	[RLPX_FAULT_BOMB] = { "snappy-bomb", DISC_NETWORK, ERR_LIMIT },
	[RLPX_FAULT_FIRST] = { "no-hello", DISC_NETWORK, ERR_FORMAT },
	[RLPX_FAULT_HELLO] = { "bad-hello", DISC_NETWORK, ERR_FORMAT },
	[RLPX_FAULT_IDENTITY] = { "wrong-identity", DISC_UNEXPECTED_IDENTITY,
				  ERR_AUTH },
	[RLPX_FAULT_RANGE] = { "code-out-of-range", DISC_PROTOCOL, ERR_FORMAT },
	[RLPX_FAULT_MESSAGE_MAX] = { "message-too-large", DISC_PROTOCOL,
				     ERR_LIMIT },
};

const char *rlpx_fault_name(enum rlpx_fault f)
{
	return faults[f].name;
}

uint8_t rlpx_fault_reason(enum rlpx_fault f)
{
	return faults[f].reason;
}

enum err rlpx_fault_err(enum rlpx_fault f)
{
	return faults[f].err;
}
