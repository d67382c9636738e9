/* SPDX-License-Identifier: Apache-2.0 */
/* stream_internal.h - one connection as its three files see it: stream.c
 * (its life), stream_in.c (reading), stream_out.c (writing). */
#ifndef P2P_NET_STREAM_INTERNAL_H
#define P2P_NET_STREAM_INTERNAL_H

#include "p2p/net/loop_internal.h"
#include "p2p/net/stream.h"

enum {
	NET_OUT_DEFAULT = 64 * 1024, /* limit of net_stream_out */
	NET_PIECE_MAX = 64 * 1024,   /* that libuv gets at once */
};

enum net_stream_state {
	STREAM_DIALING,
	STREAM_OPEN,
	STREAM_FAILED, /* to connect; only to be closed */
	STREAM_CLOSING,
};

enum net_stream_fin {
	FIN_NONE,
	FIN_WANTED, /* once all is out */
	FIN_SENT,
};

struct net_stream {
	struct net_loop *loop;
	struct net_stream_events events; /* all NULL until adopted */
	void *ctx;
	enum net_stream_state state;
	struct addr remote;
	uv_tcp_t tcp;
	uv_connect_t connect;

	/* In. */
	bool wants_data; /* the owner has called start, and not stop */
	bool reading;	 /* libuv reads */
	bool read_over;	 /* `ended` was called */
	struct net_task resume;
	uint64_t iteration; /* of the loop, that `share` counts for */
	size_t share;	    /* bytes read in it */
	uint64_t bytes_in;

	/* Out. Bytes go from `out` as a whole to `sending`, and from there to
	 * the kernel and, of what that does not take, in pieces to libuv. A
	 * piece's memory is libuv's until its callback; what is appended
	 * meanwhile goes together, after `sending`. */
	struct buf out;
	struct buf sending;
	size_t piece;	   /* bytes of `sending` that libuv has; 0: none */
	size_t ahead;	   /* bytes that left before this turn ended: they
			    * count as queued until then, or whoever writes as
			    * long as there is room would never stop */
	size_t look_at;	   /* bytes in `out` at which to look whether... */
	struct mono since; /* ...they have waited for long */
	size_t low;	   /* when so few wait, `drained` is called */
	bool write_broken; /* a write failed: nothing will go out any more */
	enum net_stream_fin fin;
	struct net_task flush;
	uv_write_t write;
	uint64_t bytes_given; /* to libuv; it may still hold some */
};

/* net_stream_take - a stream of a socket that is connected already, of any
 * family: libuv's TCP handle reads and writes whatever is a stream. Takes fd.
 * NULL, with the socket closed and *rc a libuv error, when that has no room. */
struct net_stream *net_stream_take(int *rc, struct net_loop *loop, int fd,
				   const struct addr *remote);

/* listener.c: a listener on a socket that listens already; takes fd. Returns
 * 0, or a libuv error with the socket closed. */
int net_listener_take(struct net_listener **out, struct net_loop *loop, int fd,
		      void (*accepted)(void *ctx, struct net_stream *s),
		      void *ctx);

/* stream_in.c */
void net_stream_in_init(struct net_stream *s);

/* net_stream_in_update - make libuv read if the owner wants data, the stream
 * is up to it, and its share of this turn is not used up; stop it if not. */
void net_stream_in_update(struct net_stream *s);

/* net_stream_in_end - the last of reading; calls upward. */
void net_stream_in_end(struct net_stream *s, enum err rc);

/* stream_out.c */
void net_stream_out_init(struct net_stream *s);

/* net_stream_out_give_up - nothing can be sent any more; does not call
 * upward. */
void net_stream_out_give_up(struct net_stream *s);

#endif
