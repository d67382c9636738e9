/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bootnode.h"

bool bootnode_contact(struct contact *out, const struct bootnode *b)
{
	if (b->record.len)
		return contact_of_record(out, &b->record);
	return contact_of_node(out, &b->node);
}
