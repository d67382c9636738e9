/* SPDX-License-Identifier: Apache-2.0 */
/* datagram.h - UDP packets on their way out of a core, in order. Pure; bounded.
 */
#ifndef P2P_DISCOVER_DATAGRAM_H
#define P2P_DISCOVER_DATAGRAM_H

#include <stddef.h>

#include "p2p/base/addr.h"
#include "p2p/base/attr.h"

enum {
	DATAGRAM_MAX = 1280, /* bytes, of either version */
	OUTBOX_MAX = 512,    /* datagrams */
};

struct datagram {
	struct addr to;
	size_t len;
	uint8_t bytes[DATAGRAM_MAX];
};

struct outbox_entry;

/* Zero: empty. Not to be copied. */
struct outbox {
	struct outbox_entry *first;
	size_t count;
};

/* outbox_put - at most DATAGRAM_MAX bytes, copied. False: it is full. */
MUST_USE bool outbox_put(struct outbox *o, const struct addr *to,
			 const uint8_t *bytes, size_t len);

/* outbox_take - false: it is empty. */
bool outbox_take(struct outbox *o, struct datagram *out);
void outbox_clear(struct outbox *o);

#endif
