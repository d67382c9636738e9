/* SPDX-License-Identifier: Apache-2.0 */
/* lists.h - DNS node lists as a source of nodes: p2p/dnsdisc/client.h with its
 * lookups and its clock. Lists that turn out to be of no use are told of in the
 * log, and tried again.
 *
 * Thread: the loop's. No callback comes from inside of a call here. */
#ifndef NODE_FINDER_LISTS_H
#define NODE_FINDER_LISTS_H

#include "p2p/base/addr.h"
#include "p2p/base/log.h"
#include "p2p/dnsdisc/client.h"
#include "p2p/net/loop.h"

struct lists;

/* What is pointed to is borrowed until lists_open has returned, but for the
 * loop and the log. */
struct lists_config {
	struct net_loop *loop;
	const struct dns_link *lists; /* the first DNS_LISTS_MAX different ones
					 are read */
	size_t count;
	const struct addr *server; /* of DNS; NULL or IP_NONE: the system's */
	const struct log *log;	   /* may be NULL */

	/* The highest seq that was remembered of a list, by its URL; 0: none.
	 * And a higher one to remember. */
	uint64_t (*seq_of)(void *ctx, const char *url);
	void (*remember)(void *ctx, const char *url, uint64_t seq);

	/* A record, verified. They come again and again. */
	void (*found)(void *ctx, const struct enr *record);
	void *ctx;
};

struct lists *lists_open(const struct lists_config *config);

/* lists_close - free it; nothing is called any more. NULL is ignored. */
void lists_close(struct lists *l);

/* lists_want - go on until there were so many records more; 0: rest. */
void lists_want(struct lists *l, size_t records);

void lists_counts(const struct lists *l, struct dns_client_counts *out);

#endif
