/* SPDX-License-Identifier: Apache-2.0 */
/* netlist.h - a list of networks in CIDR form, as in
 * "10.0.0.0/8,2001:db8::/32": where a node may connect to and be reached from.
 * Pure; no allocation. */
#ifndef P2P_BASE_NETLIST_H
#define P2P_BASE_NETLIST_H

#include <stddef.h>

#include "p2p/base/addr.h"

enum {
	NETLIST_MAX = 64
};

struct netlist {
	size_t count;
	struct {
		struct ip ip; /* bits behind the prefix are zero */
		uint8_t bits;
	} nets[NETLIST_MAX];
};

/* netlist_parse - networks separated by commas; blanks around them are allowed,
 * bits behind the prefix are cleared. ERR_FORMAT, with the part that is wrong;
 * ERR_LIMIT over NETLIST_MAX. *out is set on success only. */
MUST_USE enum err netlist_parse(struct netlist *out, const char *text,
				struct why *why);

/* netlist_add - put all of `more` behind what is there. ERR_LIMIT over
 * NETLIST_MAX; nothing is changed then. */
MUST_USE enum err netlist_add(struct netlist *list, const struct netlist *more,
			      struct why *why);

/* netlist_has - is ip in one of them? An empty list has every address. */
bool netlist_has(const struct netlist *list, const struct ip *ip);

#endif
