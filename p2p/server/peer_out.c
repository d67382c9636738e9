/* SPDX-License-Identifier: Apache-2.0 */
/* peer_out.c - what the server itself sends, and the one way a peer ends. */
#include <assert.h>
#include <stdio.h>

#include "p2p/crypto/rng.h"
#include "p2p/server/inside.h"

/* Base messages bypass the outbound budget. Where one does not fit, the write
 * deadline is about to end the peer anyway. */
void peer_say_hello(struct peer *p)
{
	if (rlpx_hello(p->rlpx, net_stream_out(p->stream)))
		peer_end(p, DISC_NETWORK, PEER_GONE, "Hello does not fit");
}

void peer_ping(struct peer *p)
{
	if (rlpx_ping(p->rlpx, net_stream_out(p->stream)))
		log_event(p->server->config.log, LOG_DEBUG, "peer",
			  "no room for a ping");
}

static void forget_sent_pongs(struct peer *p)
{
	uint64_t taken = net_stream_bytes_out(p->stream);
	size_t gone = 0;

	while (gone < p->pongs && p->pong_ends[gone] <= taken)
		gone++;
	p->pongs -= gone;
	memmove(p->pong_ends, p->pong_ends + gone,
		p->pongs * sizeof(*p->pong_ends));
}

/* "Bounded reply queue": a peer that sends Pings and reads nothing has at most
 * PEER_PONGS answers waiting. Then we do not read either, so that the write
 * deadline ends it like any peer that takes nothing. */
void peer_pong(struct peer *p)
{
	forget_sent_pongs(p);
	assert(p->pongs < PEER_PONGS); /* or it had not been read */
	if (rlpx_pong(p->rlpx, net_stream_out(p->stream)))
		return;
	p->pong_ends[p->pongs++] =
		net_stream_bytes_out(p->stream) + net_stream_queued(p->stream);
	if (p->pongs < PEER_PONGS)
		return;
	peer_pause(p, PACE_FOR_PONGS);
	net_stream_set_low(p->stream, SIZE_MAX); /* any step may free one */
}

void peer_drained(struct peer *p)
{
	if (p->pace.paused & PACE_FOR_PONGS) {
		forget_sent_pongs(p);
		if (p->pongs < PEER_PONGS) {
			peer_resume(p, PACE_FOR_PONGS);
			net_stream_set_low(p->stream, room_low(&p->room));
		}
	}
	if (net_stream_queued(p->stream) <= room_low(&p->room))
		channels_writable(p);
}

/* --- the end ------------------------------------------------------------- */

static void close_stream(struct peer *p)
{
	p->state = PEER_CLOSING;
	if (p->resolve)
		net_resolve_close(p->resolve);
	p->resolve = NULL;
	if (p->stream)
		net_stream_close(p->stream);
}

void peer_cut(struct peer *p)
{
	if (p->state == PEER_LINGERING)
		linger_release(&p->server->linger);
	else if (p->state == PEER_DRAINING)
		p->server->draining--;
	else
		return;
	p->state = PEER_CLOSING;
	net_stream_close(p->stream);
	peer_weigh(p);
}

static bool too_many_drain(const struct server *s)
{
	size_t most = HASH_COUNT(s->trusted) + s->config.max_pending;

	return !s->closing && s->draining >= most &&
	       s->draining - most >= s->config.max_peers;
}

/* Sessions that end make room for others at once, so without this a stranger
 * could have any number of them in this state. */
static void cut_oldest(struct server *s)
{
	struct peer *oldest = NULL;

	for (struct peer *p = s->all; p; p = p->next)
		if (p->state == PEER_DRAINING &&
		    (!oldest || !mono_before(oldest->deadline, p->deadline)))
			oldest = p;
	peer_cut(oldest);
}

/* "Write, shut down the sending side, drain for up to 2 s, close": closing at
 * once could take the Disconnect with it in a TCP reset. */
static bool say_goodbye(struct peer *p)
{
	struct server *s = p->server;

	if (p->state != PEER_HELLO && p->state != PEER_UP)
		return false;
	if (rlpx_disconnect(p->rlpx, net_stream_out(p->stream), p->reason))
		return false;
	s->counters.disconnects_sent++;
	if (too_many_drain(s))
		cut_oldest(s);
	p->state = PEER_DRAINING;
	s->draining++;
	p->deadline = mono_add_ms(net_loop_now(s->loop), s->limits->drain_ms);
	net_stream_shutdown(p->stream);
	net_stream_start(p->stream);
	return true;
}

/* "Every handshake error enters one function." */
static bool linger(struct peer *p)
{
	struct server *s = p->server;

	if (!p->inbound || p->state == PEER_UP ||
	    !linger_take(&s->linger, &p->deadline, net_loop_now(s->loop),
			 rng_below(UINT32_MAX)))
		return false;
	p->state = PEER_LINGERING;
	/* A job that is out keeps its slot, or jobs could pile up. */
	if (!p->work)
		admit_release(&s->admit, &p->slot);
	net_stream_start(p->stream);
	return true;
}

void peer_end(struct peer *p, uint8_t reason, enum peer_word word,
	      const char *cause)
{
	if (p->state >= PEER_DRAINING)
		return;
	p->reason = reason;
	snprintf(p->cause, sizeof(p->cause), "%s", cause);
	if (!(word == PEER_TELL && reason != DISC_NETWORK && say_goodbye(p)) &&
	    !(word == PEER_FAIL && linger(p)))
		close_stream(p);
	peer_weigh(p);
	/* Protocols are told from there. */
	net_timer_set(p->timer, net_loop_now(p->server->loop));
}
