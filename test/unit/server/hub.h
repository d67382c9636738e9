/* SPDX-License-Identifier: Apache-2.0 */
/* hub.h - the cast of a hostile scene: a hub, its friend who is connected all
 * the while, and a stranger. One of each per test program. */
#ifndef TEST_UNIT_SERVER_HUB_H
#define TEST_UNIT_SERVER_HUB_H

#include "test/unit/server/raw.h"

extern struct node hub, friend;
extern struct raw raw; /* the stranger; opened by the test */

/* open_scene - both are made; change the hub's limits before open_hub. */
void open_scene(void);

/* open_hub - both are open and peers. */
void open_hub(void);

/* close_hub - after seeing that the friend still gets its messages, and that
 * no slot is held any more. */
void close_hub(void);

/* hub_peer - the hub's side of the connection with that key. */
struct peer *hub_peer(const struct ecc_pub *pub);

/* expect_silence - the hub closes the stranger's connection, having sent it
 * that many bytes, and no reason. */
void expect_silence(size_t bytes);

uint64_t faults(enum rlpx_fault fault);

#endif
