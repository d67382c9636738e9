/* SPDX-License-Identifier: Apache-2.0 */
/* finder.h - a node's discovery with its socket, its clock and its memory: the
 * thin layer of I/O around p2p/discover/discovery.h, and the nodes to dial that
 * it finds.
 *
 *     finder_open    the socket, for its port
 *     finder_start   from the next turn on there are events
 *     finder_wake    after any call on its finder_discovery
 *     finder_close
 *     -> closed      once, the last; the finder is gone
 *
 * Thread: the loop's. No callback comes from inside of a call here. */
#ifndef NODE_FINDER_FINDER_H
#define NODE_FINDER_FINDER_H

#include "node/finder/sources.h"
#include "p2p/base/log.h"
#include "p2p/discover/discovery.h"
#include "p2p/dnsdisc/client.h"
#include "p2p/net/udp.h"

struct finder;

/* What is pointed to is borrowed until finder_start has returned, but for the
 * loop and the log. */
struct finder_config {
	struct net_loop *loop;
	unsigned versions;  /* DISCOVER_V4, DISCOVER_V5, both, or 0 */
	struct addr listen; /* UDP; port 0: the system picks */
	const struct netlist *restrict_to; /* NULL: everywhere */
	const struct contact *bootnodes;   /* at most DISCOVER_BOOTNODES */
	size_t bootnode_count;
	const struct dns_link *lists; /* DNS node lists */
	size_t list_count;
	struct addr dns_server; /* IP_NONE: the system's */
	const char *database;	/* its folder; NULL: in memory only */
	const struct log *log;	/* may be NULL */

	/* Who is told of the nodes that it meets, as of "v4", "v5" and "dns";
	 * borrowed until finder_close. NULL: nobody dials. */
	struct sources *sources;

	/* All that discovery tells, one by one; may be NULL. */
	void (*event)(void *ctx, const struct discover_event *ev);

	/* A datagram, before discovery looks at it; true: it was for somebody
	 * else. May be NULL. */
	bool (*foreign)(void *ctx, const struct addr *from, const uint8_t *data,
			size_t len);

	void (*closed)(void *ctx);
	void *ctx;
};

/* finder_reach - where a node can send to whose UDP socket is there, of what
 * restrict_to has (NULL: everywhere). Asks the system which ways there are. */
void finder_reach(struct reach *out, const struct addr *listen,
		  const struct netlist *restrict_to);

/* finder_open - *out is NULL on an error, and then nothing is called. Errors as
 * of net_udp_open. */
MUST_USE enum err finder_open(struct finder **out,
			      const struct finder_config *config,
			      struct why *why);

/* finder_start - once. tcp is the port at which we are dialed; 0: at none. The
 * key is copied, and so are other entries of our record, as local_set_entries
 * takes them; NULL: there are none. Waits for the disk, if there is a database
 * (memory.h). */
void finder_start(struct finder *f, const struct ecc_keypair *key, uint16_t tcp,
		  const struct enr_draft *entries);

/* finder_close - the port is free at once; what is known of other nodes is
 * written before `closed`. Idempotent. */
void finder_close(struct finder *f);

/* finder_addr - the UDP address that it got. */
struct addr finder_addr(const struct finder *f);

/* finder_self - put where we are asked into a node that says where we are
 * dialed, if anywhere. */
void finder_self(const struct finder *f, struct enode *self);

/* finder_discovery - for requests, and to look at; NULL before finder_start. */
struct discovery *finder_discovery(const struct finder *f);

/* finder_send - a datagram of somebody else, from our socket. */
void finder_send(struct finder *f, const struct addr *to, const uint8_t *data,
		 size_t len);

/* finder_wake - act, within this turn, on what was asked of the discovery. */
void finder_wake(struct finder *f);

/* finder_seek - nodes to dial are wanted from now on, or no longer; at first
 * they are not. While they are, and the sources have room, it looks for nodes
 * at random, and otherwise tells of those that it meets anyway. */
void finder_seek(struct finder *f, bool wanted);

struct finder_counts {
	struct net_udp_counts udp;
	uint64_t candidates; /* told of */
	struct dns_client_counts dns;
	size_t known; /* nodes that are remembered */
};

struct finder_counts finder_counts(const struct finder *f);

#endif
