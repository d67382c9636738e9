/* SPDX-License-Identifier: Apache-2.0 */
/* upnp_inside.h - what the files behind upnp.h share. */
#ifndef P2P_NAT_UPNP_INSIDE_H
#define P2P_NAT_UPNP_INSIDE_H

#include "p2p/nat/upnp.h"

/* upnp_translates - is the service in use? ERR_UNSUPPORTED: it is not, and so
 * none that maps ports. Others as of upnp_ask. */
MUST_USE enum err upnp_translates(struct upnp *u, const struct patience *p,
				  struct why *why);

#endif
