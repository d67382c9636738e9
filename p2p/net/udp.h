/* SPDX-License-Identifier: Apache-2.0 */
/* udp.h - a UDP socket: datagrams in and out, to and from anybody.
 *
 * Nothing here is fatal and nothing blocks. What cannot be received or sent
 * is dropped and counted: a datagram may get lost anyway, and whoever needs
 * an answer has a deadline of its own.
 *
 * A turn hands over at most NET_UDP_TURN_MAX datagrams of one socket; the rest
 * waits in the kernel, which drops what finds no room there, so that a flood
 * holds up neither streams nor timers. */
#ifndef P2P_NET_UDP_H
#define P2P_NET_UDP_H

#include <stddef.h>
#include <stdint.h>

#include "p2p/base/reach.h"
#include "p2p/net/loop.h"

enum {
	/* Bytes of one datagram, either way: what every path of IPv6 carries
	 * and the most that discovery allows. */
	NET_UDP_MAX = 1280,
	NET_UDP_TURN_MAX = 32,	 /* datagrams in one turn */
	NET_UDP_QUEUE_MAX = 256, /* datagrams that wait for the kernel */
};

struct net_udp;

/* Since the socket was opened. */
struct net_udp_counts {
	uint64_t received, bytes_in; /* handed over */
	uint64_t empty, too_long;    /* received, not handed over */
	uint64_t receive_errors;     /* such as those ICMP reports */
	uint64_t sent, bytes_out;    /* taken by the kernel */
	uint64_t dropped;	     /* not sent: too many waited already */
	uint64_t send_errors;	     /* not sent: refused by the kernel */
};

/* net_udp_open - IP_NONE in `at` means all interfaces, IPv6 and IPv4 both;
 * port 0 lets the system pick.
 *
 *   out       NULL on an error, and then nothing is called
 *   received  for each datagram of 1 to NET_UDP_MAX bytes, from the next turn
 *             until net_udp_close; `from` and data are borrowed for the call.
 *             An IPv4 sender is IP_V4, whatever the socket. Senders are
 *             unproven, and may claim port 0.
 *
 * ERR_BUSY: the address is in use. ERR_DENIED: not permitted (a port below
 * 1024). ERR_NOT_FOUND: no interface has that address. ERR_SYSTEM. */
MUST_USE enum err net_udp_open(
	struct net_udp **out, struct net_loop *loop, const struct addr *at,
	void (*received)(void *ctx, const struct addr *from,
			 const uint8_t *data, size_t len),
	void *ctx, struct why *why);

/* net_udp_addr - where it really is, the picked port included. */
struct addr net_udp_addr(const struct net_udp *u);

/* net_udp_source - the address of this machine that datagrams to `to` come
 * from. False: there is no way there. Sends nothing. */
bool net_udp_source(struct ip *out, const struct addr *to);

/* net_udp_ways - has this machine a way to far nodes, by IPv4 and by IPv6? Sets
 * no_way4 and no_way6 alone, and one of them at most: a machine without any
 * may yet get one in either family. Sends nothing. */
void net_udp_ways(struct reach *reach);

/* net_udp_send - at once if the kernel takes it, or else behind those that
 * wait; data is copied then. At most NET_UDP_MAX bytes. The counts say what
 * became of it. */
void net_udp_send(struct net_udp *u, const struct addr *to, const uint8_t *data,
		  size_t len);

/* net_udp_queued - datagrams that wait for the kernel. */
size_t net_udp_queued(const struct net_udp *u);

struct net_udp_counts net_udp_counts(const struct net_udp *u);

/* net_udp_close - at once, also from inside `received`; what waits is dropped,
 * the port is free, and nothing is called any more. NULL is ignored. */
void net_udp_close(struct net_udp *u);

#endif
