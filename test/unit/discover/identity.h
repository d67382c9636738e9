/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h - the nodes of the labs: keys of a number, and records of theirs.
 */
#ifndef TEST_UNIT_DISCOVER_IDENTITY_H
#define TEST_UNIT_DISCOVER_IDENTITY_H

#include "p2p/enode/enr.h"

struct ecc_keypair key_of_number(unsigned number);

/* Make a record of its key with that seq and, unless it is NULL, endpoint. */
struct enr record_of(const struct ecc_keypair *key, uint64_t seq,
		     const struct addr *at);

#endif
