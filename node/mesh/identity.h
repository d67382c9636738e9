/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h - the keys of a mesh's nodes, the same whenever the seed is. Pure;
 * after crypto_init.
 *
 * For tests alone: whoever knows the seed knows the keys, and a seed is a small
 * number that is printed. No node that others rely on may have such a key. */
#ifndef NODE_MESH_IDENTITY_H
#define NODE_MESH_IDENTITY_H

#include <stddef.h>

#include "p2p/crypto/ecc.h"

/* mesh_identity - of node `index`, from 0. Wipe it like any key. */
void mesh_identity(struct ecc_keypair *out, uint64_t seed, size_t index);

#endif
