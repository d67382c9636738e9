/* SPDX-License-Identifier: Apache-2.0 */
/* node_told.h - the plugins of a node that tell of others to dial, each a
 * source of its own. Thread: the loop's. */
#ifndef NODE_NODE_TOLD_H
#define NODE_NODE_TOLD_H

#include "node/finder/sources.h"
#include "node/plugin/loader.h"

/* All 0 but for sources, to begin with; nothing to free. */
struct node_told {
	struct sources *sources; /* borrowed */
	size_t count;
	struct node_teller {
		char plugin[LOADER_NAME_MAX];
		unsigned source;
	} tellers[MIX_SOURCES];
};

/* node_told_of - what an instance calls `candidate` for (instance.h). The
 * source is "plugin:foobar", cut. */
MUST_USE enum err node_told_of(struct node_told *t, const char *plugin,
			       const struct enode *node,
			       const struct enr *record);

/* node_told_forget - the plugin's nodes that wait, and give its place back. It
 * need not have told of any. */
void node_told_forget(struct node_told *t, const char *plugin);

#endif
