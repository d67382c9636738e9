/* SPDX-License-Identifier: Apache-2.0 */
/* msg.h - one message, counted, so that it may wait in several queues.
 *
 * Header and payload are one allocation of exactly the needed size. Whoever
 * gets a `struct msg *` from a function that says "owned" puts it back once.
 *
 * Thread: the count is not atomic; a message stays on the loop thread. */
#ifndef P2P_BASE_MSG_H
#define P2P_BASE_MSG_H

#include <stddef.h>
#include <stdint.h>

struct msg {
	uint32_t refs;
	uint32_t code;	   /* as the protocol numbers it, from 0 */
	size_t size;	   /* bytes of payload */
	uint8_t payload[]; /* uncompressed */
};

/* msg_new - a message with one reference and `size` bytes to be filled in.
 * The caller has checked size against its limit. */
struct msg *msg_new(uint32_t code, size_t size);

struct msg *msg_get(struct msg *m);

/* msg_put - give one reference back; NULL is ignored. */
void msg_put(struct msg *m);

#endif
