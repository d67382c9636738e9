/* SPDX-License-Identifier: Apache-2.0 */
/* talk.h - a plugin's protocols over TALK requests: the questions of strangers,
 * each answered in a fiber of the plugin's, and its own. Internal to
 * node/plugin; the node's side is in instance.h. */
#ifndef NODE_PLUGIN_TALK_H
#define NODE_PLUGIN_TALK_H

#include "node/plugin/inside.h"

/* One that a plugin answers; lives as long as its instance. */
struct talk {
	struct weft_host *host;
	struct weft_talk_protocol p; /* our copy, its name too */
	void *state;
	struct talk *next; /* of the host's */
};

/* talks_reclaim - forget what the plugin answers. Nothing of it runs any
 * more. */
void talks_reclaim(struct weft_host *h);

#endif
