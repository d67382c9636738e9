/* SPDX-License-Identifier: Apache-2.0 */
/* entropy.h - the one place where a handshake's randomness is drawn: the core
 * gets it as an argument. */
#ifndef P2P_SERVER_ENTROPY_H
#define P2P_SERVER_ENTROPY_H

#include "p2p/rlpx/handshake.h"

/* entropy_draw - for one side of one connection. Wipe it after use. */
void entropy_draw(struct handshake_entropy *out);

#endif
