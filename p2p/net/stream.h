/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - TCP: listening, dialing, and one connection's bytes.
 *
 * Bytes to send are appended to net_stream_out; all that was appended in one
 * turn of the loop leaves in one write at its end, or in several if the turn
 * takes long. What the kernel does not take is kept, and counted by
 * net_stream_queued.
 *
 * A turn hands over at most NET_TURN_MAX bytes of one connection; the rest
 * waits for the next turn, so that one peer cannot hold up the others. */
#ifndef P2P_NET_STREAM_H
#define P2P_NET_STREAM_H

#include "p2p/base/addr.h"
#include "p2p/base/buf.h"
#include "p2p/net/loop.h"

enum {
	NET_TURN_MAX = 256 * 1024, /* bytes of one stream in one turn */
	NET_BACKLOG = 1024,
};

struct net_stream;

struct net_stream_events {
	/* A dialed stream is connected, or failed to (then nothing but
	 * `closed` follows, after net_stream_close). */
	void (*connected)(void *ctx, enum err rc, const struct why *why);

	/* Bytes arrived; borrowed for the call. */
	void (*data)(void *ctx, const uint8_t *data, size_t len);

	/* Bytes have gone to the kernel, and no more than the low-water mark
	 * (net_stream_set_low) still wait. May be NULL. */
	void (*drained)(void *ctx);

	/* No more bytes will come: ERR_CLOSED at the peer's orderly end,
	 * ERR_SYSTEM on an error. Sending may still work after the former; if
	 * it then fails, ERR_SYSTEM comes too. What the peer sent before a
	 * write of ours failed is still handed over first, while reading. */
	void (*ended)(void *ctx, enum err rc);

	/* The last callback; ctx may be freed here. The stream is freed after
	 * it. */
	void (*closed)(void *ctx);
};

/* net_stream_dial - connect to an IP address. On ERR_NONE `connected` is always
 * called later, unless closed before. The dial has no timeout of its own.
 *
 *   out     NULL on an error, and then nothing is called
 *   events  copied
 *
 * ERR_FORMAT: no address or no port. ERR_SYSTEM and what else net_listener_open
 * has: refused by the system at once (no route, out of descriptors). */
MUST_USE enum err net_stream_dial(struct net_stream **out,
				  struct net_loop *loop, const struct addr *to,
				  const struct net_stream_events *events,
				  void *ctx, struct why *why);

/* net_stream_start - begin to read. Data before this waits in the kernel.
 * Reading may be stopped and started again at any time. */
void net_stream_start(struct net_stream *s);
void net_stream_stop(struct net_stream *s);

/* net_stream_out - where to append bytes; good for the current callback. What
 * stands in it at the end of the turn is sent. */
struct buf *net_stream_out(struct net_stream *s);

/* net_stream_set_limit - most bytes that may wait in net_stream_out
 * (default 64 KiB). As much again may be on its way to the kernel. */
void net_stream_set_limit(struct net_stream *s, size_t limit);

/* net_stream_set_low - the low-water mark of `drained`. 0, the default: all is
 * out. SIZE_MAX: each time the kernel takes something. */
void net_stream_set_low(struct net_stream *s, size_t low);

/* net_stream_queued - bytes appended and, as of the last turn's end, not yet
 * taken by the kernel. */
size_t net_stream_queued(const struct net_stream *s);

/* net_stream_memory - what the bytes that wait take, with the room around
 * them. */
size_t net_stream_memory(const struct net_stream *s);

/* net_stream_shutdown - once all queued bytes are out, say that no more will
 * come; reading goes on. What is appended after that is dropped. */
void net_stream_shutdown(struct net_stream *s);

/* net_stream_close - at once; what is queued is dropped. `closed` follows. */
void net_stream_close(struct net_stream *s);

/* net_stream_reset - the same, with a TCP reset instead of an orderly end. */
void net_stream_reset(struct net_stream *s);

struct addr net_stream_local(const struct net_stream *s);
struct addr net_stream_remote(const struct net_stream *s);

/* Bytes since the stream was opened; out: taken by the kernel. */
uint64_t net_stream_bytes_in(const struct net_stream *s);
uint64_t net_stream_bytes_out(const struct net_stream *s);

/* A listening socket. */
struct net_listener;

/* net_listener_open - IP_NONE in `at` means all interfaces, IPv6 and IPv4
 * both; port 0 lets the system pick. `accepted` is called for each connection
 * with a stream to be given events by net_stream_adopt, or closed.
 *
 * ERR_BUSY: the address is in use. ERR_DENIED: not permitted (a port below
 * 1024). ERR_NOT_FOUND: no interface has that address. ERR_SYSTEM. */
MUST_USE enum err net_listener_open(
	struct net_listener **out, struct net_loop *loop, const struct addr *at,
	void (*accepted)(void *ctx, struct net_stream *s), void *ctx,
	struct why *why);

/* net_listener_pause - leave new connections in the kernel's backlog;
 * resume accepts them. Accept errors (out of descriptors) pause by
 * themselves for 200 ms. */
void net_listener_pause(struct net_listener *l);
void net_listener_resume(struct net_listener *l);

/* net_listener_addr - where it really listens, the picked port included. */
struct addr net_listener_addr(const struct net_listener *l);
void net_listener_close(struct net_listener *l);

/* net_stream_adopt - who hears of the stream from now on; events is copied. */
void net_stream_adopt(struct net_stream *s,
		      const struct net_stream_events *events, void *ctx);

#endif
