/* SPDX-License-Identifier: Apache-2.0 */
/* stun.h - our endpoint as STUN servers see it (RFC 8489, binding requests). A
 * pure core, of fixed size, that is given the datagrams of the very socket
 * whose endpoint is wanted.
 *
 *     stun_set_servers      whom to ask, from now on and every two minutes
 *     stun_tick             the time; gives the next deadline
 *     stun_next_datagram    what to send, until it gives none
 *     stun_feed             a datagram came; false: it is none of ours
 *     stun_next_event       what was learned
 *
 * All servers are asked at once and each up to seven times. The address is that
 * of the first of them in order that answers, for IPv4 and IPv6 separately. A
 * port that several of them saw differently is of no use to anybody else: the
 * router makes one up for each destination. */
#ifndef P2P_NAT_STUN_H
#define P2P_NAT_STUN_H

#include <stddef.h>

#include "p2p/base/addr.h"
#include "p2p/base/mono.h"
#include "p2p/crypto/drbg.h"

enum {
	STUN_SERVERS_MAX = 3,
	STUN_ROUND_MS = 2 * 60 * 1000, /* from one round's end to the next */
	STUN_REQUEST_LEN = 20,
	STUN_ID_LEN = 12,
	STUN_RTO_MS = 500, /* RFC 8489, section 6.2.1: RTO, Rc and Rm */
	STUN_SENDS_MAX = 7,
	STUN_LAST_WAIT_MS = 16 * STUN_RTO_MS,
	STUN_OTHERS_MS = 3000, /* that the others have, once one answered */
	STUN_EVENTS_MAX = 4,
};

/* stun_request_write - a binding request without attributes. */
void stun_request_write(uint8_t out[STUN_REQUEST_LEN],
			const uint8_t id[STUN_ID_LEN]);

/* stun_response_read - where a response to the request of that id says that we
 * are: the first XOR-MAPPED-ADDRESS in it. Attributes that we do not know are
 * skipped. *out is set on ERR_NONE only.
 *
 * ERR_NOT_FOUND    no response to that request, or no STUN at all
 * ERR_DENIED       the server answered with an error
 * ERR_FORMAT       a response, malformed or without an address */
MUST_USE enum err stun_response_read(struct addr *out,
				     const uint8_t id[STUN_ID_LEN],
				     const uint8_t *data, size_t len);

enum stun_event_type {
	STUN_FOUND,    /* we are at `addr`; its port is 0 when others see
			  another one. Again when it changed */
	STUN_NONSENSE, /* `server` answered, but with no address of a host.
			  Once, until one answers better */
	STUN_SILENT,   /* none answered. Once, likewise */
};

struct stun_event {
	enum stun_event_type type;
	struct addr addr, server;
};

enum stun_state {
	STUN_IDLE,
	STUN_ASKING,
	STUN_ANSWERED,
	STUN_FAILED,
};

struct stun {
	struct drbg random;
	size_t count;
	struct stun_server {
		struct addr at, said;
		uint8_t id[STUN_ID_LEN];
		enum stun_state state;
		unsigned sent;
		struct mono due; /* the next send, or the end */
		bool ready;	 /* to be sent */
	} servers[STUN_SERVERS_MAX];
	bool asking;
	struct mono round_at; /* the next begins, or this one ends */
	struct addr v4, v6;   /* last told */
	bool told_nonsense, told_silent;
	size_t event_count;
	struct stun_event events[STUN_EVENTS_MAX];
};

void stun_init(struct stun *s, const struct secret32 *seed);

/* stun_set_servers - in place of those before; a round begins. At most
 * STUN_SERVERS_MAX; 0: none is asked any more. */
void stun_set_servers(struct stun *s, const struct addr *servers, size_t count,
		      struct mono now);

struct mono stun_tick(struct stun *s, struct mono now);
bool stun_next_datagram(struct stun *s, struct addr *to,
			uint8_t out[STUN_REQUEST_LEN]);

/* stun_feed - true: it came from a server that we asked, as an answer to that.
 */
bool stun_feed(struct stun *s, const struct addr *from, const uint8_t *data,
	       size_t len, struct mono now);
bool stun_next_event(struct stun *s, struct stun_event *out);

/* stun_clear - wipe what identifiers are made from. */
void stun_clear(struct stun *s);

#endif
