/* SPDX-License-Identifier: Apache-2.0 */
/* house.h - a node with a plugin manager, the shared objects of test/plugins to
 * load into it, and what it was told of them. */
#ifndef TEST_UNIT_NODE_PLUGIN_HOUSE_H
#define TEST_UNIT_NODE_PLUGIN_HOUSE_H

#include "node/plugin/manager.h"
#include "test/unit/node_plugin/modules.h"
#include "test/unit/node_plugin/rig.h"

enum {
	/* For the end of what does not end: long beside the few turns of the
	 * loop that any other end takes, also on a machine that stalls. */
	HOUSE_END_MS = 1000
};

/* A node with plugins: what it was told of them, as text: "+echo/1 -other/1".
 */
struct house {
	struct rig rig;
	struct modules modules;
	struct manager *manager;
	bool is_closed;

	char changes[256];
	size_t offered;		  /* protocols at the last change */
	bool refuses;		  /* to offer anything new */
	char ending[256];	  /* "good failing", in that order */
	struct enr_draft entries; /* of the record, at the last change */

	/* How the last load, unload or reload ended. */
	bool done;
	enum err rc;
	struct why why;
	char listed[256]; /* what there was then */
};

/* house_open_limited - limits may be NULL; end_ms 0 is the manager's own. */
void house_open(struct house *h);
void house_open_limited(struct house *h, const struct task_limits *limits,
			uint64_t end_ms);
void house_close(struct house *h);

/* house_load - load it with "key=value,...", and wait. house_unload and
 * house_reload likewise. What the call itself or its end said; h->why has the
 * words. */
enum err house_load(struct house *h, const char *what, const char *options);
enum err house_unload(struct house *h, const char *name);
enum err house_reload(struct house *h, const char *name);

/* house_lists - these are the plugins, "good/1.0.0 running, ...". */
void house_lists(const struct house *h, const char *expected);

/* house_list_one - for manager_each: adds to that text, which has 256 bytes. */
bool house_list_one(void *text, const struct manager_plugin *p);

/* What a manager calls when a load, unload or reload is over, and when it is
 * closed; ctx is the house. And conditions for rig_until. */
void house_done(void *ctx, enum err rc, const struct why *why);
void house_closed(void *ctx);
bool house_is_done(void *ctx);
bool house_is_closed(void *ctx);
bool house_has_one(void *ctx); /* plugin, or none */

#endif
