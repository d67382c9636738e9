/* SPDX-License-Identifier: Apache-2.0 */
/* manager.h - the plugins of one node: loaded, started, exchanged and unloaded
 * while it runs.
 *
 * What they offer changes with them. The manager says so through `changed`, and
 * the node hands manager_protocols to its server, which reconnects the peers
 * that gain or lose something by it.
 *
 *     load    image, options, start; then its protocols are offered
 *     unload  its protocols are offered no more; then stop, and when nothing of
 *             it is left, the image goes. What is left for too long is told,
 *             stays loaded, and goes when it ends.
 *     reload  the new image is loaded, and a new instance started beside the
 *             old one. When that is fine it takes the old one's place, whose
 *             end is an unload; when not, nothing has changed. A plugin that
 *             holds what there is only one of (a port, a file) cannot start
 *             twice: unload it and load it again.
 *
 * A plugin whose service another one uses can be neither unloaded nor reloaded;
 * when the manager closes all end at once.
 *
 * Thread: the loop's. Loading blocks on the file system (loader.h). */
#ifndef NODE_PLUGIN_MANAGER_H
#define NODE_PLUGIN_MANAGER_H

#include "node/plugin/instance.h"
#include "node/plugin/loader.h"
#include "node/plugin/wanted.h"

enum {
	/* After `changed`, for the server to let go of channels before the
	 * instance ends the sessions that still have one. */
	MANAGER_GRACE_MS = 100,
	/* For an end: stop has 5 s, and tasks are parked 30 s later. */
	MANAGER_END_MS = 40000,
};

struct manager;

/* What is offered now and was not, and the reverse. Both are empty when an
 * instance was exchanged for one that offers the same. */
struct manager_change {
	const struct capability *gained;
	size_t gained_count;
	const struct capability *lost;
	size_t lost_count;
};

struct manager_config {
	struct loader *loader; /* borrowed; nodes may share one */

	/* What every instance gets, but for is_taken, which is asked for what
	 * the node offers besides plugins, and may be NULL, and for services,
	 * which only plugins have. Borrowed, and lives as long as what it
	 * points to: past manager_close when something was left behind. */
	const struct instance_node *node;

	uint64_t grace_ms, end_ms; /* 0: as above */

	/* manager_protocols is another now; hand it to the server. An error,
	 * with why, undoes a load or reload; nothing else can fail. May be
	 * NULL, and must not call the manager but to look at it. */
	enum err (*changed)(void *ctx, const struct manager_change *change,
			    struct why *why);

	/* The plugin of that name is being ended, for good or until it is
	 * loaded anew: not when it is exchanged, nor when the manager closes.
	 * May be NULL, and must not call the manager. */
	void (*ending)(void *ctx, const char *name);
	void *ctx;
};

struct manager *manager_open(const struct manager_config *config);

/* manager_close - stop every plugin, the last loaded first, then call `closed`,
 * later; the manager is gone then. What has not ended after end_ms is left
 * behind for ever, loaded, and a log line says what. The server is closed
 * before, so that no sessions are left, and nothing is told by `changed`.
 * Calls that wait get ERR_CLOSED. */
void manager_close(struct manager *m, void (*closed)(void *ctx), void *ctx);

/* How load, unload and reload end: called once, later, unless the call itself
 * returned an error. why is one line that begins "plugin <name>", and has a
 * text unless rc is ERR_NONE. It may call the manager. */
typedef void manager_done(void *ctx, enum err rc, const struct why *why);

/* manager_load - load and start a plugin. `w` is copied.
 *
 * Errors of loader_get and wanted_options; ERR_EXISTS: it is loaded already;
 * ERR_CLOSED: the manager is closing. Through `done` (which may be NULL)
 * ERR_DENIED: its start failed, or what it offers cannot be offered. */
MUST_USE enum err manager_load(struct manager *m, const struct wanted *w,
			       manager_done *done, void *ctx, struct why *why);

/* manager_unload - ERR_NOT_FOUND: no such plugin. ERR_BUSY: it is starting or
 * ending, being reloaded, or another plugin uses a service of it, and why says
 * which; through `done`: it has come to be used, or has not ended in time, and
 * why says what is left. */
MUST_USE enum err manager_unload(struct manager *m, const char *name,
				 manager_done *done, void *ctx,
				 struct why *why);

/* manager_reload - exchange it for what its file holds now, with the options it
 * was loaded with. `done` comes when the new one runs. Errors as of
 * manager_load, but for ERR_EXISTS, and ERR_NOT_FOUND and ERR_BUSY as of
 * manager_unload; ERR_FORMAT too when the file is another plugin now. */
MUST_USE enum err manager_reload(struct manager *m, const char *name,
				 manager_done *done, void *ctx,
				 struct why *why);

/* manager_protocols_new - what is to be offered, those loaded first first; the
 * caller frees the array, NULL when there is nothing. The protocols are
 * borrowed until the next `changed`. */
struct protocol *manager_protocols_new(const struct manager *m, size_t *count);

/* manager_talk_asked - instance_talk_asked of the plugin that answers this
 * protocol. ERR_NOT_FOUND: none does. */
MUST_USE enum err manager_talk_asked(const struct manager *m, uint64_t token,
				     const struct weft_talk_facts *who,
				     struct span protocol, struct span request);

/* manager_entries - what the plugins put into the node's record, as
 * local_set_entries takes it. It changes with manager_protocols, of which
 * `changed` tells, and when the node's `entry` is called. */
void manager_entries(const struct manager *m, struct enr_draft *out);

enum manager_stage {
	MANAGER_STARTING, /* offers nothing yet */
	MANAGER_RUNNING,
	MANAGER_RETIRING, /* offers nothing any more; in its grace */
	MANAGER_STOPPING,
	MANAGER_LEFT, /* still stopping, after end_ms */
};

/* manager_stage_name - "starting", "running", "stopping", "left behind". */
const char *manager_stage_name(enum manager_stage stage);

/* One plugin of the node. */
struct manager_plugin {
	const struct weft_plugin *plugin;
	const char *path;
	struct weft_host *host;
	enum manager_stage stage;
};

/* manager_each - visit them in the order of loading, an exchanged one and its
 * successor both, until `visit` returns false. */
void manager_each(const struct manager *m,
		  bool (*visit)(void *ctx, const struct manager_plugin *p),
		  void *ctx);

#endif
