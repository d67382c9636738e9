/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/contact.h"

bool contact_of_node(struct contact *out, const struct enode *node)
{
	if (ip_is_unspecified(&node->ip) || !node->udp)
		return false;
	*out = (struct contact){
		.pub = node->pub,
		.id = node->id,
		.udp = { .ip = node->ip, .port = node->udp },
		.tcp = node->tcp,
	};
	return true;
}

bool contact_of_record(struct contact *out, const struct enr *record,
		       const struct reach *reach)
{
	struct enode node;

	enr_node(&node, record, reach);
	if (!contact_of_node(out, &node))
		return false;
	out->record = *record;
	return true;
}

void contact_node(struct enode *out, const struct contact *c)
{
	*out = (struct enode){
		.pub = c->pub,
		.id = c->id,
		.ip = c->udp.ip,
		.tcp = c->tcp,
		.udp = c->udp.port,
	};
}

unsigned logdist(const struct node_id *a, const struct node_id *b)
{
	for (unsigned i = 0; i < NODE_ID_LEN; i++) {
		unsigned x = a->b[i] ^ b->b[i];

		if (x)
			return 8 * (NODE_ID_LEN - i) -
			       ((unsigned)__builtin_clz(x) - 24);
	}
	return 0;
}

bool is_closer(const struct node_id *target, const struct node_id *a,
	       const struct node_id *b)
{
	for (size_t i = 0; i < NODE_ID_LEN; i++) {
		uint8_t x = a->b[i] ^ target->b[i], y = b->b[i] ^ target->b[i];

		if (x != y)
			return x < y;
	}
	return false;
}
