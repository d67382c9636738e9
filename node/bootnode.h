/* SPDX-License-Identifier: Apache-2.0 */
/* bootnode.h - where discovery begins. */
#ifndef NODE_BOOTNODE_H
#define NODE_BOOTNODE_H

#include "p2p/discover/contact.h"

/* A node as it was configured: by URL, or by a record. */
struct bootnode {
	struct enode node;
	struct enr record; /* verified; len 0: it was a URL */
};

/* bootnode_contact - false: it has no address, but a name. */
bool bootnode_contact(struct contact *out, const struct bootnode *b);

#endif
