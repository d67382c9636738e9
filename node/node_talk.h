/* SPDX-License-Identifier: Apache-2.0 */
/* node_talk.h - TALK between a node's plugins and its discovery: requests of
 * others for the plugin that answers them, and those of plugins for others.
 *
 * Thread: the loop's. */
#ifndef NODE_NODE_TALK_H
#define NODE_NODE_TALK_H

#include "node/finder/finder.h"
#include "node/plugin/manager.h"

struct node_talk_ask;

/* Not to be moved while open. */
struct node_talk {
	struct finder *finder; /* NULL: none, or no v5, or closed */
	const struct manager *manager;
	struct node_talk_ask *asks; /* without an answer yet */
};

/* node_talk_open - of a finder that has started, or of none, which is asked for
 * nothing then. */
void node_talk_open(struct node_talk *t, struct finder *finder,
		    const struct manager *manager);

/* node_talk_close - before the finder is: whoever waits gets ERR_CLOSED. */
void node_talk_close(struct node_talk *t);

/* node_talk_heard - of every event of the finder. */
void node_talk_heard(struct node_talk *t, const struct discover_event *ev);

/* What the instances ask of their node; ctx is the struct node_talk
 * (instance.h). */
void node_talk_reply(struct node_talk *t, uint64_t token, struct span response);
enum err node_talk_ask(struct node_talk *t, const struct instance_talk *talk,
		       void (*done)(void *ctx, enum err rc,
				    struct span response),
		       void *done_ctx);

#endif
