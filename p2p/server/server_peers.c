/* SPDX-License-Identifier: Apache-2.0 */
/* server_peers.c - the set of peers: who may enter it, coming and going. */
#include <assert.h>
#include <stdlib.h>

#include "p2p/server/checkpoint.h"
#include "p2p/server/inside.h"

struct peer *server_find(const struct server *s, const struct node_id *id)
{
	struct peer *p;

	HASH_FIND(hh, s->by_id, id, sizeof(*id), p);
	return p;
}

int server_check(const struct server *s, const struct peer *p)
{
	const struct checkpoint c = {
		.max_peers = s->config.max_peers,
		.max_inbound = checkpoint_max_inbound(s->config.max_peers,
						      s->config.dial_ratio),
		.trusted = server_trusts(s, &p->facts.id),
		.peers = HASH_COUNT(s->by_id),
		.inbound_peers = s->inbound_peers,
		.max_dialed = checkpoint_max_dialed(s->config.max_peers,
						    s->config.dial_ratio),
		.inbound = p->inbound,
		.candidate = p->candidate && !dial_find(&s->dial, &p->facts.id),
		.is_peer = server_find(s, &p->facts.id) != NULL,
		.is_self = node_id_equal(&p->facts.id, &s->id),
	};

	return checkpoint_peer(&c);
}

int server_check_hello(const struct server *s, const struct peer *p)
{
	const struct capability_match *matches;
	size_t shared = rlpx_matches(p->rlpx, &matches);
	int reason = checkpoint_shared(s->offer->count, shared);

	/* Our Hello may have been said before the offer changed. */
	if (p->offer != s->offer && !server_still_agrees(p, s->offer))
		return DISC_REQUESTED;
	return reason == CHECKPOINT_PASS ? server_check(s, p) : reason;
}

static void emit(const struct server *s, const struct server_event *ev)
{
	if (s->config.event)
		s->config.event(s->config.ctx, ev);
}

const struct peer_facts *server_facts(struct peer *p)
{
	const struct server *s = p->server;

	p->facts.trusted = server_trusts(s, &p->facts.id);
	p->facts.is_static = dial_find(&s->dial, &p->facts.id) != NULL;
	return &p->facts;
}

/* --- coming -------------------------------------------------------------- */

static void end_candidate_dial(struct server *s, struct peer *p)
{
	if (p->is_candidate_dial)
		candidates_end(&s->candidates);
	p->is_candidate_dial = false;
}

/* A dial that became a session is over; an inbound session with a node that we
 * would dial is as good. */
static void tell_dialer_up(struct server *s, struct peer *p)
{
	struct mono now = net_loop_now(s->loop);
	struct dial_node *n = dial_find(&s->dial, &p->facts.id);

	if (n)
		dial_up(&s->dial, n, now);
	if (p->dialed)
		dial_done(&s->dial, p->dialed, now);
	p->dialed = NULL;
	end_candidate_dial(s, p);
}

static void log_added(const struct server *s, const struct peer *p)
{
	char id[NODE_ID_SHORT], remote[ADDR_TEXT_MAX];

	log_event(s->config.log, LOG_INFO, "peer", "added",
		  LOG_TEXT("id", node_id_short(id, &p->facts.id)),
		  LOG_TEXT("remote", addr_text(remote, &p->facts.remote)),
		  LOG_TEXT("direction", p->inbound ? "in" : "out"),
		  LOG_TEXT("source", p->facts.source),
		  LOG_TEXT("name", p->facts.name),
		  LOG_U64("peers", HASH_COUNT(s->by_id)));
}

void server_welcome(struct server *s, struct peer *p)
{
	const struct capability *shared[CAPABILITIES_MAX];
	const struct capability_match *matches;
	size_t count = rlpx_matches(p->rlpx, &matches);

	for (size_t i = 0; i < count; i++)
		shared[i] = &p->offer->local[matches[i].index];
	HASH_ADD(hh, s->by_id, facts.id, sizeof(p->facts.id), p);
	p->in_set = true;
	s->inbound_peers += p->inbound;
	s->counters.sessions++;
	admit_release(&s->admit, &p->slot);
	server_end_rivals(p);
	tell_dialer_up(s, p);
	server_wake(s);
	log_added(s, p);
	emit(s, &(struct server_event){
			.kind = SERVER_PEER_ADDED,
			.peer = server_facts(p),
			.hello = rlpx_peer_hello(p->rlpx),
			.shared = shared,
			.shared_count = count,
			.peers = HASH_COUNT(s->by_id),
		});
}

/* --- going --------------------------------------------------------------- */

static void leave_set(struct server *s, struct peer *p)
{
	struct dial_node *n = dial_find(&s->dial, &p->facts.id);

	HASH_DEL(s->by_id, p);
	p->in_set = false;
	s->inbound_peers -= p->inbound;
	if (n)
		dial_down(&s->dial, n, net_loop_now(s->loop));
}

static void log_gone(const struct server *s, const struct peer *p,
		     bool was_peer)
{
	char id[NODE_ID_SHORT], remote[ADDR_TEXT_MAX];

	log_event(s->config.log, was_peer ? LOG_INFO : LOG_DEBUG, "peer",
		  was_peer ? "dropped" : "failed",
		  LOG_TEXT("id", node_id_short(id, &p->facts.id)),
		  LOG_TEXT("remote", addr_text(remote, &p->facts.remote)),
		  LOG_TEXT("cause", p->cause), LOG_U64("reason", p->reason),
		  LOG_U64("peers", HASH_COUNT(s->by_id)));
}

/* A dial failed when a node that is still to be dialed got no session by it,
 * and by no other connection. */
static bool has_failed_dial(const struct server *s, const struct peer *p)
{
	return p->dialed && !s->closing && !server_has_other(p) &&
	       dial_find(&s->dial, &p->facts.id) == p->dialed;
}

void server_leave(struct server *s, struct peer *p)
{
	bool was_peer = p->in_set, failed_dial = has_failed_dial(s, p);
	struct enode dialed;

	if (was_peer)
		leave_set(s, p);
	if (p->dialed) {
		dialed = p->dialed->node;
		dial_done(&s->dial, p->dialed, net_loop_now(s->loop));
		p->dialed = NULL;
	}
	s->counters.candidates_failed += p->is_candidate_dial;
	end_candidate_dial(s, p);
	server_wake_rivals(p);
	server_wake(s);
	log_gone(s, p, was_peer);

	if (was_peer)
		emit(s, &(struct server_event){
				.kind = SERVER_PEER_DROPPED,
				.peer = server_facts(p),
				.cause = p->cause,
				.reason = p->reason,
				.peers = HASH_COUNT(s->by_id),
			});
	else if (failed_dial)
		emit(s, &(struct server_event){
				.kind = SERVER_DIAL_FAILED,
				.dialed = &dialed,
				.cause = p->cause,
				.reason = p->reason,
			});
}

/* An inbound connection that was refused holds its slot until here, or
 * strangers could have any number of them drain. */
void server_farewell(struct server *s, struct peer *p)
{
	assert(p->held == 0);
	admit_release(&s->admit, &p->slot);
	if (p->prev)
		p->prev->next = p->next;
	else
		s->all = p->next;
	if (p->next)
		p->next->prev = p->prev;
	rlpx_free(p->rlpx);
	offer_put(p->offer);
	channels_free(p);
	free(p->candidate);
	free(p);
	server_wake(s);
}
