/* SPDX-License-Identifier: Apache-2.0 */
/* contact.h - a node as discovery knows it, and how far nodes are from each
 * other (specs: discovery.md, "Identity"). Pure; a value, to be copied. */
#ifndef P2P_DISCOVER_CONTACT_H
#define P2P_DISCOVER_CONTACT_H

#include "p2p/enode/enr.h"

struct contact {
	struct ecc_pub pub;
	struct node_id id;
	struct addr udp;   /* where it is asked */
	uint16_t tcp;	   /* 0: it is not dialed */
	struct enr record; /* verified; len 0: none is known */
};

/* contact_of_record - at the endpoint of enr_endpoint. False, with out
 * untouched: there is none for UDP. */
bool contact_of_record(struct contact *out, const struct enr *record,
		       const struct reach *reach);

/* contact_of_node - the same of an enode URL. A host that is a name is none. */
bool contact_of_node(struct contact *out, const struct enode *node);

/* contact_node - and as a node to dial. */
void contact_node(struct enode *out, const struct contact *c);

/* contact_seq - of the record; 0 without one. */
static inline uint64_t contact_seq(const struct contact *c)
{
	return c->record.len ? c->record.seq : 0;
}

/* logdist - the bit length of a XOR b: 0 for the same, else 1..256. */
unsigned logdist(const struct node_id *a, const struct node_id *b);

/* is_closer - is a closer to the target than b? */
bool is_closer(const struct node_id *target, const struct node_id *a,
	       const struct node_id *b);

#endif
