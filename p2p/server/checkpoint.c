/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/checkpoint.h"

#include "p2p/rlpx/hello.h"

enum {
	DIAL_RATIO = 3
};

size_t checkpoint_max_dialed(size_t max_peers, size_t ratio)
{
	if (ratio == 0)
		ratio = DIAL_RATIO;
	if (max_peers == 0)
		return 0;
	return max_peers < ratio ? 1 : max_peers / ratio;
}

size_t checkpoint_max_inbound(size_t max_peers, size_t ratio)
{
	return max_peers - checkpoint_max_dialed(max_peers, ratio);
}

int checkpoint_peer(const struct checkpoint *c)
{
	if (!c->trusted && c->peers >= c->max_peers)
		return DISC_TOO_MANY_PEERS;
	if (!c->trusted && c->inbound && c->inbound_peers >= c->max_inbound)
		return DISC_TOO_MANY_PEERS;
	if (!c->trusted && c->candidate &&
	    c->peers - c->inbound_peers >= c->max_dialed)
		return DISC_TOO_MANY_PEERS;
	if (c->is_peer)
		return DISC_ALREADY_CONNECTED;
	if (c->is_self)
		return DISC_SELF;
	return CHECKPOINT_PASS;
}

int checkpoint_shared(size_t offered, size_t shared)
{
	return offered > 0 && shared == 0 ? DISC_USELESS : CHECKPOINT_PASS;
}
