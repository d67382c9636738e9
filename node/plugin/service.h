/* SPDX-License-Identifier: Apache-2.0 */
/* service.h - what the plugins of a node do for each other: calls from bytes to
 * bytes. Internal to node/plugin.
 *
 * A call has two sides, either of which may end first. Its fiber belongs to the
 * plugin that answers, below an owner of the call's own, so that it can be
 * ended when its caller has gone; the caller waits in a fiber of its own, and
 * is woken when the plugin that answers closes. The last side frees it. */
#ifndef NODE_PLUGIN_SERVICE_H
#define NODE_PLUGIN_SERVICE_H

#include "node/plugin/inside.h"

/* One that a plugin publishes; lives as long as its instance. */
struct service {
	struct weft_host *host;
	char name[INSTANCE_NAME_MAX];
	uint32_t version;
	uint32_t stack_kib;
	struct weft_service_call calls[INSTANCE_CALLS_MAX]; /* our copies */
	size_t call_count;
	void *state;
	struct weft_service_use *uses; /* all that hold it */
	struct service *next;	       /* of the host's */
};

/* services_close - the host's work is being closed: whoever holds a service of
 * it holds nothing any more, and whoever waits for an answer gets none. */
void services_close(struct weft_host *h);

/* services_reclaim - give back what the plugin holds, and say so; forget what
 * it published. Nothing of it runs any more. */
void services_reclaim(struct weft_host *h);

#endif
