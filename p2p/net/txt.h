/* SPDX-License-Identifier: Apache-2.0 */
/* txt.h - the TXT records of DNS names, asked for on the loop. Together with
 * its own files the only user of c-ares.
 *
 * Servers are asked by UDP, and by TCP where the answer does not fit. Nothing
 * an answer says is to be trusted: whoever is on the way can forge it. What it
 * costs is bounded: NET_TXT_BYTES_MAX for each query, NET_TXT_QUERIES_MAX of
 * them. */
#ifndef P2P_NET_TXT_H
#define P2P_NET_TXT_H

#include "p2p/base/addr.h"
#include "p2p/base/span.h"
#include "p2p/net/loop.h"

enum {
	NET_TXT_VALUES_MAX = 256,  /* records of one name */
	NET_TXT_BYTES_MAX = 65535, /* in all of them: no message holds more */
	NET_TXT_QUERIES_MAX = 64,  /* at one time */
	NET_TXT_PORT = 53,
};

/* Where names are asked for. */
struct net_txt;

/* net_txt_open - server: whom to ask, at NET_TXT_PORT if it has no port. NULL,
 * or no address: the system's (/etc/resolv.conf), looked up anew whenever
 * nothing was under way. */
struct net_txt *net_txt_open(struct net_loop *loop, const struct addr *server);

/* net_txt_close - queries that are not closed yet are freed with it, silently;
 * also from inside of `answered`. NULL is ignored. */
void net_txt_close(struct net_txt *t);

/* A query under way, or answered. */
struct net_txt_query;

/* net_txt_ask - `answered` is called once, later:
 *
 * ERR_NONE         with count >= 1 values, each one TXT record, its strings put
 *                  together; borrowed for the call
 * ERR_NOT_FOUND    no such name, or it has no TXT record
 * ERR_TIMEOUT      timeout_ms passed, or all servers were silent
 * ERR_FORMAT       the name is none, or the answer is malformed
 * ERR_LIMIT        more than NET_TXT_VALUES_MAX values
 * ERR_BUSY         NET_TXT_QUERIES_MAX are under way
 * ERR_DENIED       the server refused
 * ERR_SYSTEM       it failed, or could not be reached
 *
 * The name is complete: no search list is tried. why does not repeat it.
 * Close frees the query, before or after. */
struct net_txt_query *net_txt_ask(
	struct net_txt *t, const char *name, uint64_t timeout_ms,
	void (*answered)(void *ctx, enum err rc, const struct span *values,
			 size_t count, const struct why *why),
	void *ctx);
void net_txt_query_close(struct net_txt_query *q);

#endif
