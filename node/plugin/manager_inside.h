/* SPDX-License-Identifier: Apache-2.0 */
/* manager_inside.h - what the files behind manager.h share. Internal.
 *
 *     manager.c        what may be asked for, and the whole
 *     manager_slot.c   one plugin's way from its start to its end
 *     manager_offer.c  what the plugins offer, to peers and to each other
 *     manager_record.c what they put into the node's record */
#ifndef NODE_PLUGIN_MANAGER_INSIDE_H
#define NODE_PLUGIN_MANAGER_INSIDE_H

#include "node/plugin/manager.h"

/* One plugin. It lives from its load until its instance is gone; one that is
 * left behind lives for ever, since the instance refers to it. */
struct slot {
	struct slot *prev, *next;
	struct manager *m;
	struct instance_node node; /* ctx is this slot */
	struct wanted wanted;
	struct loader_image *image;
	struct weft_host *host;
	enum manager_stage stage;
	struct slot *old; /* STARTING: whose place it is to take */
	bool claimed;	  /* RUNNING: an unload or reload is under way */
	struct net_timer *timer;
	/* The last thing its node did not give it, and the result it got. */
	int refused_with;
	struct why refused;

	/* Whoever waits for the load, unload or reload. */
	manager_done *done;
	void *ctx;
	enum err rc; /* what they will be told at its end */
	struct why why;
};

struct manager {
	struct manager_config config;
	struct slot *slots; /* the last loaded last */
	struct net_timer *timer;
	bool closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static inline const char *slot_name(const struct slot *s)
{
	return loader_plugin(s->image)->name;
}

/* --- manager_slot.c ---------------------------------------------------------
 */

/* slot_open - start it; `old`, which may be NULL, is whose place it is to take.
 * Takes the image and the options. */
void slot_open(struct manager *m, const struct wanted *w,
	       struct loader_image *image, struct options *options,
	       struct slot *old, manager_done *done, void *ctx);

/* slot_check_unused - ERR_BUSY while another plugin uses a service of it, which
 * why names; `what` is what it cannot be: "unloaded". */
enum err slot_check_unused(const struct slot *s, const char *what,
			   struct why *why);

/* slot_unload - begin to end one that runs, later; `done` will be told. */
void slot_unload(struct slot *s, manager_done *done, void *ctx);

/* slot_close - the manager is being closed. */
void slot_close(struct slot *s);

/* --- manager_offer.c --------------------------------------------------------
 */

/* slot_tell_change - tell the node that `gone` has made room for `come`; either
 * may be NULL. */
enum err slot_tell_change(const struct manager *m, const struct slot *come,
			  const struct slot *gone, struct why *why);

/* slot_node_init - what the slot's instance asks of its node. */
void slot_node_init(struct slot *s);

/* --- manager_record.c -------------------------------------------------------
 */

/* slot_entry - `entry` of the slot's instance (instance.h). */
enum err slot_entry(void *slot, const char *key);

/* --- manager.c --------------------------------------------------------------
 */

/* manager_check_closed - the last one may be gone: `closed` comes from the
 * timer. */
void manager_check_closed(struct manager *m);

#endif
