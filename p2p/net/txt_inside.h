/* SPDX-License-Identifier: Apache-2.0 */
/* txt_inside.h - what the files behind txt.h share: a channel of c-ares, whose
 * sockets the loop watches. */
#ifndef P2P_NET_TXT_INSIDE_H
#define P2P_NET_TXT_INSIDE_H

#include <ares.h>

#include "p2p/net/loop_internal.h"
#include "p2p/net/txt.h"

struct net_txt {
	struct net_loop *loop;
	struct addr server;	 /* IP_NONE: the system's */
	struct net_timer *timer; /* c-ares's, and the deadlines of queries */
	struct link queries;	 /* all that are not freed */
	struct link ready;	 /* those whose end is to be told */
	struct net_task tell;	 /* tells them */
	bool telling, closed;	 /* closed while telling: freed after it */

	ares_channel channel; /* NULL: nothing is under way */
	size_t held;	      /* queries that c-ares has */
	struct link sockets;
};

/* txt_channel_open - make the channel. ERR_SYSTEM. */
MUST_USE enum err txt_channel_open(struct net_txt *t, struct why *why);

/* txt_channel_close - every query c-ares has is called back with
 * ARES_EDESTRUCTION first. Never from inside of such a callback. */
void txt_channel_close(struct net_txt *t);

/* txt_channel_timeout - c-ares wants to be looked after then. */
struct mono txt_channel_timeout(const struct net_txt *t);

/* txt_channel_tick - look after it. */
void txt_channel_tick(struct net_txt *t);

/* txt_schedule - set the timer, after anything that c-ares did. */
void txt_schedule(struct net_txt *t);

#endif
