/* SPDX-License-Identifier: Apache-2.0 */
/* keeper.h - which mappings a router should hold for us, and when it is to be
 * asked for what (specs: discovery.md, "Behaviour of the mapping loop"). A pure
 * core, of fixed size.
 *
 *     keeper_tick           the time; gives the next deadline
 *     keeper_next_request   one at a time: it gives no second one before
 *     keeper_answer         the first was answered
 *     keeper_next_event     what the owner publishes or logs
 *     keeper_close          remove what stands; then KEEPER_CLOSED comes
 *
 * The external address is asked for at once and every two minutes. TCP and UDP
 * are mapped separately for ten minutes, anew after eight; what fails is tried
 * again after five. The port that was granted is asked for again. A refresh
 * that failed more than five times deletes the mapping and begins without a
 * preference. What was published stays so meanwhile. All is mapped at once when
 * the address is another one, when the router answers again after it did not,
 * and when it says that it was started since. */
#ifndef P2P_NAT_KEEPER_H
#define P2P_NAT_KEEPER_H

#include <stddef.h>

#include "p2p/base/mono.h"
#include "p2p/nat/request.h"

enum {
	KEEPER_ADDRESS_MS = 2 * 60 * 1000,
	KEEPER_LIFETIME_S = 10 * 60,
	KEEPER_REFRESH_MS = 8 * 60 * 1000,
	KEEPER_RETRY_MS = 5 * 60 * 1000,
	KEEPER_FAILURES_MAX = 5,
	/* However short a time is granted, no sooner than that. */
	KEEPER_REFRESH_MIN_MS = 30 * 1000,
	KEEPER_EVENTS_MAX = 8,
};

struct keeper_config {
	uint16_t ports[NAT_PROTOCOLS]; /* where we listen; 0: do not map */
};

enum keeper_event_type {
	KEEPER_FOUND,	 /* the external address is `ip`: publish it */
	KEEPER_INNER,	 /* it is `ip`, which others cannot reach: the router
			    is behind another one. To be published it is not */
	KEEPER_NONSENSE, /* `ip` is no address of a host. Told once, until it
			    says something better */
	KEEPER_SILENT,	 /* the address was not told. Once, likewise */
	KEEPER_MAPPED,	 /* `protocol` is mapped from `port`, for the first time
			    or from another one: publish it */
	KEEPER_REFUSED,	 /* `protocol` was not mapped. Once, likewise */
	KEEPER_ANEW,	 /* `protocol` failed too often and begins anew */
	KEEPER_RESTARTED, /* the router was: all is mapped anew */
	KEEPER_REMOVED,	  /* `protocol` is not mapped any more, unless `err`
			     says that the router could not be told */
	KEEPER_CLOSED,	  /* nothing is left at the router that we could
			     remove. The last */
};

struct keeper_event {
	enum keeper_event_type type;
	struct ip ip;
	enum nat_protocol protocol;
	uint16_t port;
	enum err err; /* of KEEPER_SILENT, KEEPER_REFUSED, KEEPER_REMOVED */
};

struct keeper_mapping {
	uint16_t internal; /* 0: none is wanted */
	uint16_t external; /* published; 0: none yet */
	uint16_t wish;	   /* asked for; 0: no preference */
	struct mono at;	   /* when it is next asked for */
	unsigned failures; /* in a row */
	bool stands;	   /* the router may hold it */
	bool stood;	   /* and did before it was asked again */
	bool remove;	   /* delete it, before anything else */
	bool told;	   /* KEEPER_REFUSED was, since it last worked */
};

struct keeper {
	struct mono now;
	struct mono address_at;
	struct ip ip;	 /* the last that was told; IP_NONE before */
	struct ip wrong; /* of KEEPER_NONSENSE or KEEPER_INNER */
	bool silent;	 /* the last time it was not told */
	bool has_uptime;
	uint32_t uptime_s;
	struct mono uptime_at;
	struct keeper_mapping maps[NAT_PROTOCOLS];
	bool asked; /* request waits for its answer */
	struct nat_request request;
	bool closing, closed;
	size_t event_count;
	struct keeper_event events[KEEPER_EVENTS_MAX];
};

void keeper_init(struct keeper *k, const struct keeper_config *config,
		 struct mono now);

/* keeper_tick - returns when it is to be called next; MONO_NEVER while an
 * answer is awaited. */
struct mono keeper_tick(struct keeper *k, struct mono now);

/* keeper_next_request - what to ask now; false: nothing, or an answer is
 * awaited. */
bool keeper_next_request(struct keeper *k, struct nat_request *out);

/* keeper_answer - to the request that was taken; the address and port in it are
 * a router's word. */
void keeper_answer(struct keeper *k, const struct nat_answer *answer,
		   struct mono now);

/* keeper_next_event - take them all after each call of the others: there is
 * room for those of one. */
bool keeper_next_event(struct keeper *k, struct keeper_event *out);

/* keeper_close - from now on there are only requests to remove what stands, one
 * for each mapping. Idempotent. */
void keeper_close(struct keeper *k);

#endif
