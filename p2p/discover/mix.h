/* SPDX-License-Identifier: Apache-2.0 */
/* mix.h - nodes to dial, fairly of all who tell of some: v4, v5, lists, plugins
 * (specs: discovery.md, "Random walk": "mixes its sources fairly (100 ms
 * patience per source)"). A pure core, of bounded size.
 *
 * Each source has a buffer. It is the turn of the one that was served longest
 * ago; while it has none, it is waited for, up to 100 ms, and then another one
 * is served and it is the last in turn. So all that have nodes get the same
 * share, whatever the others do. One that let us wait in vain is waited for
 * half as long the next time; once it delivers, as long as ever. */
#ifndef P2P_DISCOVER_MIX_H
#define P2P_DISCOVER_MIX_H

#include "p2p/base/mono.h"
#include "p2p/discover/contact.h"

enum {
	MIX_SOURCES = 16,
	MIX_BUFFER = 32, /* nodes of one source; the oldest makes room */
	MIX_PATIENCE_MS = 100,
	MIX_NAME_MAX = 32, /* of a source, with terminator */
};

struct mix;

struct mix *mix_new(void);
void mix_free(struct mix *m);

/* mix_open - a new source; its name is copied, and cut. ERR_LIMIT: there are
 * MIX_SOURCES. */
MUST_USE enum err mix_open(struct mix *m, unsigned *source, const char *name);

/* mix_close - forget it and its nodes. Another may get its number. */
void mix_close(struct mix *m, unsigned source);

/* mix_put - the source tells of a node. One that waits in its buffer already is
 * brought up to date, unless its record is the newer one. */
void mix_put(struct mix *m, unsigned source, const struct contact *node);

/* mix_room - how many nodes more the source may tell of before one is lost. */
size_t mix_room(const struct mix *m, unsigned source);

/* mix_take - the next node, and who told of it, if source is not NULL. False:
 * none now; see mix_due, which mix_put may bring forward. */
bool mix_take(struct mix *m, struct contact *out, char source[MIX_NAME_MAX],
	      struct mono now);

/* mix_due - when to ask mix_take: long ago when it has a node; when the source
 * that it waits for is passed over; MONO_NEVER when nobody has one. */
struct mono mix_due(const struct mix *m);

#endif
