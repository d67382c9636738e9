/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/server/cross.h"

#include <string.h>

bool cross_prefers(const struct node_id *us, const struct node_id *them,
		   bool inbound)
{
	bool we_are_smaller = memcmp(us->b, them->b, sizeof(us->b)) < 0;

	return we_are_smaller != inbound;
}

bool cross_may_greet(const struct cross *c)
{
	return c->preferred || !c->rival;
}

bool cross_may_welcome(const struct cross *c)
{
	return !c->rival || (c->preferred && !c->rival_hello);
}
