/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h - an instance and what hangs off it, as the files behind the plugin
 * interface see it. Internal to node/plugin.
 *
 * The owners of its tasks, one below the other:
 *
 *     life        stop, `closed` handlers
 *      work       start, fibers, timers, posts, admin calls
 *       channel   each: run, handlers, fibers of the channel
 *       call      each: of one of its services, by another plugin
 *      late       posts that wait when work is closed
 *
 * At its end an instance closes work, with all channels; when that is empty and
 * every wire has let go, life; when that is empty it is gone. */
#ifndef NODE_PLUGIN_INSIDE_H
#define NODE_PLUGIN_INSIDE_H

#include "node/plugin/channel.h"
#include "node/plugin/post.h"
#include "p2p/base/buf.h"
#include "p2p/rlp/rlp_format.h"

enum {
	INSTANCE_PROTOCOLS_MAX = 16,
	INSTANCE_COUNTERS_MAX = 64,
	INSTANCE_RPCS_MAX = 64,
	INSTANCE_SERVICES_MAX = 16,
	INSTANCE_CALLS_MAX = 64, /* of one service */
	INSTANCE_TALKS_MAX = 16,
	INSTANCE_TALKS_RUNNING = 64, /* answers under way */
	INSTANCE_ENTRIES_MAX = 16,   /* of the record */
	INSTANCE_TIMERS_MAX = 256,
	INSTANCE_POSTS_RUNNING = 256, /* fibers of posts at once */
	INSTANCE_NAME_MAX = 64,	      /* of counters and the like; terminator */
	INSTANCE_STOP_MS = 5000,      /* for `stop` to return in */
	INSTANCE_RETRY_MS = 100,      /* when there was no fiber to be had */
	TEXT_MAX = 1024 * 1024,	      /* of a text; replies may be longer */
	TIMER_PERIOD_MIN = 1000000    /* ns */
};

/* --- what a plugin holds ---------------------------------------------------
 */

struct weft_peer {
	struct weft_channel *channel;
};

/* A counted message: one that was read, or one for many peers. */
struct weft_shared {
	struct weft_host *host;
	struct weft_shared *prev, *next; /* all of the host's */
	struct weft_shared *behind;	 /* in an inbox */
	size_t refs;
	struct msg *msg;
	struct packed packed;	/* its payload, for those who get it */
	struct rlp_texts texts; /* what unpacking it has copied */
	weft_time received;
};

struct weft_event {
	struct weft_host *host;
	struct weft_event *prev, *next;
	struct task_waiters waiters;
	size_t waiting;
	bool happened; /* and nobody waited */
	bool freed;    /* goes with the last that waits */
};

struct weft_timer {
	struct weft_host *host;
	struct weft_timer *prev, *next;
	weft_time at;	 /* WEFT_FOREVER: not due any more */
	weft_time every; /* 0: once */
	void (*fn)(void *arg);
	void *arg;
	bool running; /* a task of it has not ended */
	bool freed;   /* goes with that task */
};

struct weft_text {
	struct buf buf;
	bool failed; /* something did not fit */
};

/* --- a channel ------------------------------------------------------------
 */

struct instance_protocol {
	struct weft_host *host;
	struct weft_protocol p; /* our copy, its name too */
	void *state;
	struct instance_protocol *next;
};

/* A task that waits in a write, on that task's stack. */
struct channel_writer {
	struct channel_writer *next;
	struct task_waiters wake;
};

struct weft_channel {
	struct weft_host *host;
	struct weft_channel *prev, *next; /* all of the host's */
	const struct instance_protocol *protocol;
	struct wire wire;
	struct peer_facts facts;
	struct weft_peer peer;
	struct task_owner owner;
	void *user;

	/* The plugin's, and one until it is over and the wire has let go. */
	size_t refs;

	bool opening; /* the first handler has not returned */
	bool told;    /* `opened` was called: `closed` is owed */
	bool closed;  /* it is ending: the handle is dead */
	bool over;    /* nothing of the plugin's runs for it any more */
	bool patient; /* a test's end: read out before it closes */
	int heard;    /* on a pipe, what the other end said last; or -1 */

	/* In. */
	struct weft_shared *first, *last;
	size_t cost;		     /* of those */
	struct weft_shared *current; /* what was read last */
	bool paused;
	bool busy;    /* a handler runs */
	bool reading; /* somebody waits in weft_read */
	struct task_waiters readers;

	/* Out. Only the first tries; the next ones wait for it. */
	struct channel_writer *writers;
};

/* --- an instance ----------------------------------------------------------
 */

enum instance_stage {
	INSTANCE_STARTING,
	INSTANCE_RUNNING,
	INSTANCE_FAILED, /* start did: work is closed */
};

struct rpc_call;

struct weft_host {
	const struct instance_node *node;
	const struct weft_plugin *plugin;
	struct options *options;
	void *state;
	enum instance_stage stage;
	unsigned unwaitable; /* inside a callback that must not wait */

	/* The end, in this order but for `overdue`. */
	bool stop_asked;
	bool stop_called;
	bool stop_returned; /* or is not to be called */
	bool work_closed;
	bool work_empty;
	bool life_closed;
	bool overdue; /* stop was given its time */
	struct mono stop_by;

	struct task_owner life, work;
	struct net_timer *timer;
	struct mono retry; /* something waits for a fiber; or MONO_NEVER */

	void (*started)(void *ctx, int rc);
	void *started_ctx;
	int start_rc; /* when there was not even a task for start */
	void (*stopped)(void *ctx);
	void *stopped_ctx;

	struct instance_protocol *own; /* a list */
	struct protocol protocols[INSTANCE_PROTOCOLS_MAX];
	size_t protocol_count;
	struct instance_rpc rpcs[INSTANCE_RPCS_MAX];
	size_t rpc_count;
	struct rpc_call *calls;	  /* that run */
	struct rpc_call *refused; /* whose `done` is still owed */
	struct instance_counter counters[INSTANCE_COUNTERS_MAX];
	size_t counter_count;

	struct weft_channel *channels;
	size_t channels_open; /* those that are not over or have a wire */
	struct weft_shared *messages;
	struct weft_event *events;
	struct weft_timer *timers;
	size_t timer_count;
	struct service *services;      /* published */
	struct weft_service_use *uses; /* held */
	struct talk *talks;
	size_t talks_running;
	struct enr_draft entries; /* of the node's record */
	struct posts posts;
	size_t posts_running;
	struct task_owner late; /* of posts that came before the end */
	bool late_runs;
};

/* Is a member of the descriptor there? It may be from an older header. */
#define PLUGIN_HAS(plugin, member)                                \
	((plugin)->size >= offsetof(struct weft_plugin, member) + \
				   sizeof((plugin)->member) &&    \
	 (plugin)->member)

/* instance_settle - something has ended; go on with the host's end, if that is
 * what it is. The host is not freed in it. */
void instance_settle(struct weft_host *h);

/* instance_arm - set the host's timer to what is due next. */
void instance_arm(struct weft_host *h);

/* instance_retry - there was no fiber for something: look at it again soon. */
void instance_retry(struct weft_host *h, uint64_t ms);

/* --- rpc.c ------------------------------------------------------------------
 */

/* rpcs_close - the host's work is being closed: whoever waits for an answer
 * gets WEFT_ECLOSED, later, unless the method returns before that. */
void rpcs_close(struct weft_host *h);

/* rpc_refuse_due - call `done` of those that are refused an answer. Runs no
 * plugin code. */
void rpc_refuse_due(struct weft_host *h);

/* --- channel.c -------------------------------------------------------------
 */

/* channel_look - bring ch->facts up to date; what was so at the end stays. */
void channel_look(struct weft_channel *ch);

/* channel_quit - end the session with this reason; first cause stands. */
void channel_quit(struct weft_channel *ch, uint8_t reason);

/* channel_obey - what run (or a fiber of the channel) returned. */
enum channel_word {
	CHANNEL_RUN,	 /* 0 is the end of the conversation */
	CHANNEL_HANDLER, /* 0 goes on */
};
void channel_obey(struct weft_channel *ch, int rc, enum channel_word word);

/* channel_take - the next message, as `current`; NULL when there is none.
 * channel_drop lets go of the current one. */
struct weft_shared *channel_take(struct weft_channel *ch);
void channel_drop(struct weft_channel *ch);

void channel_ref(struct weft_channel *ch);
void channel_unref(struct weft_channel *ch);

/* channel_reclaim - the host ends: free it whoever still refers to it. */
void channel_reclaim(struct weft_channel *ch);

static inline bool channel_is_message_style(const struct weft_channel *ch)
{
	return ch->protocol->p.message;
}

/* --- the handles ------------------------------------------------------------
 */

/* shared_new - takes msg. */
struct weft_shared *shared_new(struct weft_host *h, struct msg *msg);
void shared_put(struct weft_shared *m);
void shared_reclaim(struct weft_shared *m);

/* shared_view - what weft_read and the handlers show of it. */
struct weft_msg shared_view(struct weft_shared *m);

void event_reclaim(struct weft_event *e);

/* timers_due - start what is due; the time of the next. */
struct mono timers_due(struct weft_host *h);
void timer_reclaim(struct weft_timer *t);

void text_init(struct weft_text *text, size_t most);

/* text_take - the text, NUL-terminated, to be freed by the caller; NULL when
 * something had not fitted. The text is empty again. */
char *text_take(struct weft_text *text);

#endif
