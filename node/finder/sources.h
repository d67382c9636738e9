/* SPDX-License-Identifier: Apache-2.0 */
/* sources.h - who tells of nodes to dial, and the one who dials them: the mix
 * of p2p/discover/mix.h with its clock.
 *
 *     sources_add    for each who tells
 *     sources_put    it tells of a node
 *     sources_next   the one who dials asks for a node
 *     -> ready       there is one, after sources_next gave none
 *
 * Thread: the loop's. No callback comes from inside of a call here. */
#ifndef NODE_FINDER_SOURCES_H
#define NODE_FINDER_SOURCES_H

#include "p2p/discover/mix.h"
#include "p2p/net/loop.h"

struct sources;

struct sources *sources_open(struct net_loop *loop, void (*ready)(void *ctx),
			     void *ctx);

/* sources_close - free it; `ready` is not called any more. */
void sources_close(struct sources *s);

/* As mix_open, mix_close, mix_put and mix_room. */
MUST_USE enum err sources_add(struct sources *s, unsigned *source,
			      const char *name);
void sources_remove(struct sources *s, unsigned source);
void sources_put(struct sources *s, unsigned source,
		 const struct contact *node);
size_t sources_room(const struct sources *s, unsigned source);

/* sources_next - as mix_take. After false `ready` comes, once. */
bool sources_next(struct sources *s, struct contact *out,
		  char source[MIX_NAME_MAX]);

#endif
