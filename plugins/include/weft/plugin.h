/* SPDX-License-Identifier: Apache-2.0 */
/* weft/plugin.h - write a devp2p sub-protocol as a shared object.
 *
 * A plugin exports one data symbol, made by WEFT_PLUGIN. The host checks it
 * before it calls anything, then runs `start` once per node; start registers
 * protocols, services, timers and admin methods.
 *
 *     static int echo_run(struct weft_peer *peer, struct weft_channel *ch,
 *                         void *state)
 *     {
 *             struct weft_msg msg;
 *             int rc;
 *
 *             while ((rc = weft_read(ch, &msg)) == 0) {
 *                     rc = weft_write(ch, msg.code, msg.payload, msg.size);
 *                     if (rc)
 *                             break;
 *             }
 *             return rc;
 *     }
 *
 * THREADS AND FIBERS. Everything a plugin runs, runs on its node's loop thread,
 * in a fiber: a function with a stack of its own. A call marked "suspends"
 * parks that fiber and lets everything else go on; nothing else ever
 * interrupts plugin code, so plugins need no locks. Only weft_post may be
 * called from other threads. Never hold a mutex or trust errno across a call
 * that suspends; never longjmp out of a fiber; a C++ exception must not leave
 * it, and must not be in flight (inside catch) across a call that suspends.
 *
 * No call runs plugin code before it returns.
 *
 * RESULTS are 0 or a negative WEFT_E number; a call's comment says what it
 * means by them. Beside that, arguments that make no sense are WEFT_EINVAL, and
 * so is a call that suspends outside of a fiber or in a callback that must not
 * wait. Calls that give back a handle ignore NULL. When the owner of a fiber
 * (its channel, its plugin, the node) closes, every suspending call in it
 * returns WEFT_ECLOSED at once, and so does every later one, without
 * suspending: return it and you are done.
 *
 * MEMORY. Each side frees what it made. Pointers given to the host are
 * borrowed for the call, strings are copied. The host hands out no pointer into
 * its own memory but message payloads. A handle (channel, timer, event, ...)
 * stays valid until the plugin gives it back, also after what it stands for has
 * ended: calls on it then return WEFT_ECLOSED.
 *
 * GROWTH. Structs begin with, or travel with, their size; new members go at the
 * end. WEFT_ABI 0 means that the interface may still change: a plugin carries
 * the hash of this header and is refused by a host with another.
 *
 * Compiles as C11 and C++17. The contract in prose: docs/plugin-guide.md. */
#ifndef WEFT_PLUGIN_H
#define WEFT_PLUGIN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/abi.h" /* WEFT_ABI_HASH, made by the build from this file */

#ifdef __cplusplus
#include <initializer_list>
/* Some calls are named as the struct they fill: not a constructor. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#endif

#define WEFT_ABI 0

/* --- results ---------------------------------------------------------------
 */

#define WEFT_OK 0
#define WEFT_ECLOSED (-1)   /* the channel, plugin or node is closing or gone */
#define WEFT_ETIMEDOUT (-2) /* the deadline passed */
#define WEFT_EAGAIN (-3)    /* over budget now; from calls that never wait */
#define WEFT_EMSG \
	(-4) /* a payload does not decode, or a code is out of range */
#define WEFT_ELIMIT (-5) /* too large, too many, too deep */
#define WEFT_EINVAL (-6) /* a wrong argument, or a call not allowed here */
#define WEFT_EEXIST (-7) /* there already */
#define WEFT_ENOENT (-8) /* no such service, option or thing */
#define WEFT_EFAIL (-9)	 /* the plugin's own failure; the log says what */

/* Return this from run, a handler or opened to end the session with Disconnect
 * reason r (0x00..0xff). */
#define WEFT_DISC(r) (0x100 | (r))
#define WEFT_DISC_REQUESTED WEFT_DISC(0x00)
#define WEFT_DISC_PROTOCOL WEFT_DISC(0x02)
#define WEFT_DISC_USELESS WEFT_DISC(0x03)
#define WEFT_DISC_TOO_MANY_PEERS WEFT_DISC(0x04)
#define WEFT_DISC_QUITTING WEFT_DISC(0x08)
#define WEFT_DISC_SUBPROTOCOL WEFT_DISC(0x10)

/* weft_error_text - "closed", "timed out" and so on; never NULL. */
static inline const char *weft_error_text(int rc);

/* --- handles ------------------------------------------------------------- */

struct weft_host;    /* one plugin on one node */
struct weft_peer;    /* the session a fiber belongs to; valid while it lives */
struct weft_channel; /* one protocol's messages with one peer */
struct weft_shared;  /* a message made once for many peers */
struct weft_timer;
struct weft_event;
struct weft_text;	 /* growing bytes that the host owns */
struct weft_service_use; /* another plugin's service, held */

/* Nanoseconds on the host's monotonic clock. */
typedef int64_t weft_time;
#define WEFT_FOREVER INT64_MAX
#define WEFT_MS(n) ((weft_time)(n)*1000000)
#define WEFT_SECONDS(n) ((weft_time)(n)*1000000000)

/* One message as read. The host reads no member behind `held` in what it is
 * given back. The payload is the host's: good until the next read (run
 * style) or the handler's return (message style), also when the channel closes
 * meanwhile. To unpack a part of it, copy the struct and point payload and size
 * at that part. */
struct weft_msg {
	uint32_t code; /* from 0, below the protocol's `codes` */
	uint32_t reserved;
	const uint8_t *payload;
	size_t size;
	weft_time received;
	struct weft_shared *held; /* the host's: what copies of text hang on */
};

/* --- protocols --------------------------------------------------------------
 */

/* A sub-protocol. Exactly one of `run` and `message` is set. Both sides must
 * give a (name, version) the same number of codes, since devp2p does not
 * negotiate it.
 *
 * What run and the handlers return, and what the peer hears (the end of any
 * protocol ends the connection, and the first cause stands):
 *
 *     0 from run                  0x08 client quitting
 *     0 from opened or message    nothing: the session goes on
 *     WEFT_DISC(r)                r
 *     WEFT_EMSG                   0x02 breach of protocol
 *     WEFT_ECLOSED                nothing new: it is ending anyway
 *     any other negative          0x10 subprotocol error */
struct weft_protocol {
	size_t size;	  /* sizeof(struct weft_protocol) */
	const char *name; /* the capability's name, at most 63 bytes */
	uint32_t version;
	uint32_t codes;	      /* message codes used, 1 or more */
	uint32_t max_message; /* bytes of payload; 0: 16 MiB - 1 */
	uint32_t
		stack_kib; /* of its fibers; 0: 256. Only touched pages cost. */

	/* run style: the whole conversation with one peer. */
	int (*run)(struct weft_peer *peer, struct weft_channel *ch,
		   void *state);

	/* message style: one call per message, each in a fiber; the next comes
	 * when the last returned. *user is the plugin's, per channel, NULL at
	 * first. `opened` and `closed` may be NULL. closed is the last call and
	 * comes once for each channel whose opened was called, whatever that
	 * returned; the channel's facts can still be read in it. */
	int (*opened)(struct weft_channel *ch, void *state, void **user);
	int (*message)(struct weft_channel *ch, void *user,
		       const struct weft_msg *msg);
	void (*closed)(struct weft_channel *ch, void *user);

	/* JSON for admin_nodeInfo and admin_peers; may be NULL. Must not wait.
	 * user is NULL in run style. */
	void (*node_info)(void *state, struct weft_text *json);
	void (*peer_info)(struct weft_channel *ch, void *user,
			  struct weft_text *json);
};

/* --- services ---------------------------------------------------------------
 */

/* One call that a service answers. The request is borrowed as a message is in a
 * handler, its code the call's number; the reply is what fn adds to `reply`
 * (weft_text_add, 16 MiB - 1 at most). Below 0: an error instead of a reply,
 * handed to the caller as it is.
 *
 * Each call runs in a fiber of its own, of the plugin that answers, and may
 * suspend. When its caller is gone, or either plugin closes, every suspending
 * call in it returns WEFT_ECLOSED. */
struct weft_service_call {
	size_t size;	  /* sizeof(struct weft_service_call) */
	const char *name; /* for the log; [a-z0-9_]+ */
	int (*fn)(void *state, const struct weft_msg *request,
		  struct weft_text *reply);
};

/* What a plugin does for other plugins of its node: a table of calls from bytes
 * to bytes. A call's number is its place in the table, so new ones go at its
 * end. Nothing but bytes crosses, so neither side may put pointers or handles
 * into them: another version of weft may run the two in different processes. */
struct weft_service {
	size_t size;	  /* sizeof(struct weft_service) */
	const char *name; /* [a-z0-9_]+, at most 63 bytes */
	uint32_t version;
	uint32_t stack_kib; /* of the fibers of its calls; 0: 256 */
	const struct weft_service_call *const *calls; /* NULL-terminated */
};

/* --- talk -------------------------------------------------------------------
 */

#define WEFT_TALK_MAX 1177 /* bytes of a reply */

/* Who asks. It need not be a peer, nor known to discovery; its id is proven. */
struct weft_talk_facts {
	uint8_t id[32];
	char remote[64];  /* where it asks from: "192.0.2.1:30303" */
	char record[408]; /* "enr:...", or "" when none is known */
};

/* A protocol over the TALK requests of Discovery v5: one packet asks, one
 * answers, either may get lost, and no session is needed. Each request is
 * answered in a fiber of its own, which may suspend; the reply is what fn adds
 * to `reply`, WEFT_TALK_MAX bytes at most. An error, or more than that, is
 * answered with nothing, which is also what nodes without the protocol say.
 * After a second nobody waits any more. */
struct weft_talk_protocol {
	size_t size;	    /* sizeof(struct weft_talk_protocol) */
	const char *name;   /* as requests name it; 1 to 63 bytes */
	uint32_t stack_kib; /* of its fibers; 0: 256 */
	uint32_t reserved;
	int (*fn)(void *state, const struct weft_talk_facts *who,
		  const struct weft_msg *request, struct weft_text *reply);
};

/* --- options -------------------------------------------------------------- */

#define WEFT_OPTION_TEXT 1
#define WEFT_OPTION_INT 2
#define WEFT_OPTION_BOOL 3
#define WEFT_OPTION_DURATION 4 /* "250ms", "15s", "2m"; read as weft_time */

/* A setting, from --plugin NAME,key=value, WEFT_PLUGIN_NAME_KEY or the
 * configuration file. Values are checked before the plugin starts. */
struct weft_option {
	size_t size;
	const char *name; /* [a-z0-9_]+ */
	uint32_t type;
	uint32_t reserved;
	const char *fallback; /* as text; NULL: "" / 0 / false */
	const char *help;     /* one line */
	int64_t min, max;     /* INT and DURATION; both 0: no bounds */
};

/* --- the descriptor ------------------------------------------------------- */

struct weft_plugin {
	uint32_t abi;
	uint32_t size; /* sizeof(struct weft_plugin) */
	uint64_t abi_hash;
	const struct weft_api **api; /* the host puts its table here */
	/* [a-z0-9_-]+, at most 63 bytes; not admin, node, plugin or rpc, alone
	 * or before a '_', which are the name spaces of the node's own. */
	const char *name;
	const char *version;
	const char *summary;			  /* one line */
	const struct weft_option *const *options; /* NULL-terminated, or NULL */

	/* Once per node, in a fiber. *state is given to every callback. 0, or
	 * an error, which fails the load (log why). */
	int (*start)(struct weft_host *host, void **state);

	/* Asks the plugin to end, in a fiber: wake what waits, join threads.
	 * When it has returned, and after 5 s in any case, all that the plugin
	 * has is closed: its fibers get WEFT_ECLOSED, its sessions end. May be
	 * NULL. Not called when start failed. */
	void (*stop)(struct weft_host *host, void *state);

	/* The last call, when the last fiber has ended: free state here, and
	 * give handles back; those left over end with it. It cannot wait. Also
	 * called when start failed and had set *state. May be NULL. */
	void (*freed)(void *state);
};

/* --- facts -------------------------------------------------------------- */

struct weft_peer_facts {
	uint8_t id[32]; /* keccak256(public key) */
	uint8_t pubkey[64];
	char name[128];	 /* from its Hello; raw bytes, cut, NUL-terminated */
	char remote[64]; /* "192.0.2.1:30303" */
	char local[64];
	uint32_t inbound; /* 1: it dialed us */

	/* As of the call: both may change while the session goes on. */
	uint32_t trusted;   /* 1: no limit on peers keeps it out */
	uint32_t is_static; /* 1: we keep dialing it */
	uint32_t reserved;
};

struct weft_node_facts {
	uint8_t id[32];
	char enode[512];
	char name[128];
};

/* One value for the calls over arrays; see weft_pack. */
struct weft_item {
	uint64_t number;
	const void *data;
	size_t size;
};

/* --- the table ------------------------------------------------------------
 * The ABI: every call below is an inline wrapper over one of these. Members are
 * never moved or removed; new ones go at the end, WEFT_HAS tells whether this
 * host has one. */
struct weft_api {
	size_t size;
	const char *(*error_text)(int rc);

	/* host */
	int (*protocol_add)(struct weft_host *, const struct weft_protocol *,
			    size_t size, void *state);
	weft_time (*now)(struct weft_host *);
	int (*node_facts)(struct weft_host *, struct weft_node_facts *,
			  size_t size);
	int (*option_text)(struct weft_host *, const char *name, char *out,
			   size_t room);
	int (*option_int)(struct weft_host *, const char *name, int64_t *out);
	void (*log)(struct weft_host *, int level, const char *message,
		    const char *const *pairs);
	int (*count)(struct weft_host *, const char *metric, int64_t add);

	/* channel and peer */
	int (*read)(struct weft_channel *, struct weft_msg *, size_t size,
		    weft_time deadline);
	int (*write)(struct weft_channel *, uint32_t code, const void *,
		     size_t);
	int (*try_write)(struct weft_channel *, uint32_t code, const void *,
			 size_t);
	int (*msg_keep)(struct weft_channel *, const struct weft_msg *,
			struct weft_shared **out);
	struct weft_shared *(*msg_new)(struct weft_host *, uint32_t code,
				       const void *, size_t);
	int (*post_msg)(struct weft_channel *, struct weft_shared *);
	int (*msg_view)(struct weft_shared *, struct weft_msg *, size_t size);
	void (*msg_free)(struct weft_shared *);
	int (*channel_facts)(struct weft_channel *, struct weft_peer_facts *,
			     size_t size);
	int (*peer_facts)(struct weft_peer *, struct weft_peer_facts *,
			  size_t size);
	int (*disconnect)(struct weft_channel *, uint32_t reason);
	struct weft_channel *(*channel_ref)(struct weft_channel *);
	void (*channel_unref)(struct weft_channel *);
	int (*channel_each)(struct weft_host *, const char *protocol,
			    int (*visit)(struct weft_channel *, void *user,
					 void *arg),
			    void *arg);
	int (*is_open)(struct weft_channel *);

	/* fibers, time, events */
	int (*go)(struct weft_host *, int (*fn)(void *), void *arg);
	int (*channel_go)(struct weft_channel *, int (*fn)(void *), void *arg);
	int (*sleep_until)(struct weft_host *, weft_time);
	struct weft_event *(*event_new)(struct weft_host *);
	int (*event_wait)(struct weft_event *, weft_time deadline);
	void (*event_wake)(struct weft_event *);
	void (*event_free)(struct weft_event *);
	struct weft_timer *(*timer)(struct weft_host *, weft_time first,
				    weft_time every, void (*fn)(void *),
				    void *arg);
	void (*timer_free)(struct weft_timer *);
	int (*work)(struct weft_host *, void (*fn)(void *), void *arg);
	int (*post)(struct weft_host *, void (*fn)(void *), void *arg);

	/* admin and services */
	int (*rpc_add)(struct weft_host *, const char *method,
		       int (*fn)(void *state, const char *params, size_t size,
				 struct weft_text *result),
		       void *state);
	int (*text_add)(struct weft_text *, const char *bytes, size_t size);
	int (*service_add)(struct weft_host *, const struct weft_service *,
			   size_t size, void *state);
	int (*service_get)(struct weft_host *, const char *name,
			   uint32_t version, struct weft_service_use **out);
	int (*service_call)(struct weft_service_use *, uint32_t call,
			    const void *request, size_t size,
			    weft_time deadline, struct weft_shared **reply);
	void (*service_put)(struct weft_service_use *);

	/* RLP */
	int (*send_va)(struct weft_channel *, uint32_t code, const char *format,
		       va_list ap);
	int (*send_items)(struct weft_channel *, uint32_t code,
			  const char *format, const struct weft_item *items,
			  size_t count);
	int (*unpack_va)(const struct weft_msg *, const char *format,
			 va_list ap);
	int (*unpack_items)(const struct weft_msg *, const char *format,
			    struct weft_item *items, size_t room,
			    size_t *count);
	int (*pack_va)(void *out, size_t room, size_t *size, const char *format,
		       va_list ap);
	int (*pack_items)(void *out, size_t room, size_t *size,
			  const char *format, const struct weft_item *items,
			  size_t count);
	int (*list_enter)(struct weft_msg *);
	int (*list_next)(struct weft_msg *rest, struct weft_msg *item,
			 size_t size);

	/* talk */
	int (*talk_add)(struct weft_host *, const struct weft_talk_protocol *,
			size_t size, void *state);
	int (*talk)(struct weft_host *, const char *node, const char *protocol,
		    const void *request, size_t size,
		    struct weft_shared **reply);

	/* peers to be */
	int (*candidate)(struct weft_host *, const char *node);

	/* records */
	int (*record_set)(struct weft_host *, const char *key,
			  const void *value, size_t size);
	int (*record_get)(struct weft_host *, const char *node, const char *key,
			  void *out, size_t room, size_t *size);
};

/* Where the calls below go. Every plugin, and every program that embeds a node,
 * has its own: weak, so that many files may include this header, and hidden, so
 * that no other module's is taken for it. The host sets a plugin's before it
 * calls start; weft_server_open and weft_test_run set a program's. */
#if defined(__cplusplus)
extern "C" const struct weft_api *weft_api_table;
#endif
__attribute__((weak, visibility("hidden")))
const struct weft_api *weft_api_table;

/* WEFT_HAS - does this host have the call? For calls newer than the plugin
 * must run with. */
#define WEFT_HAS(call)                                                   \
	(weft_api_table->size >= offsetof(struct weft_api, call) +       \
					 sizeof(weft_api_table->call) && \
	 weft_api_table->call)

#define WEFT_EXPORT __attribute__((visibility("default")))

/* WEFT_PLUGIN(.name = "echo", .version = "1.0.0", .start = echo_start, ...)
 * defines the descriptor; once per plugin, at file scope. C++17 has no
 * designated initialisers: write the members in their order from name on. */
#ifdef __cplusplus
#define WEFT_PLUGIN(...)                                             \
	extern "C" {                                                 \
	WEFT_EXPORT extern const struct weft_plugin weft_plugin;     \
	const struct weft_plugin weft_plugin = {                     \
		WEFT_ABI, sizeof(struct weft_plugin), WEFT_ABI_HASH, \
		&weft_api_table, __VA_ARGS__                         \
	};                                                           \
	}                                                            \
	static_assert(true, "")
#else
#define WEFT_PLUGIN(...)                                                      \
	WEFT_EXPORT extern const struct weft_plugin weft_plugin;              \
	const struct weft_plugin weft_plugin = { .abi = WEFT_ABI,             \
						 .size = sizeof(              \
							 struct weft_plugin), \
						 .abi_hash = WEFT_ABI_HASH,   \
						 .api = &weft_api_table,      \
						 __VA_ARGS__ }
#endif

static inline const char *weft_error_text(int rc)
{
	return weft_api_table->error_text(rc);
}

/* --- starting: call these from start ----------------------------------------
 */

/* weft_protocol_add - offer a protocol, to peers that connect once start has
 * returned. The struct and its strings are copied; state is given to its
 * callbacks.
 *
 * WEFT_EEXIST  a plugin of this node offers that name and version already
 * WEFT_EINVAL  no name, no codes, both styles or neither, a stack_kib that is
 *              neither 0 nor 64 to 8192, or not in start
 * WEFT_ELIMIT  over 16 protocols */
static inline int weft_protocol_add(struct weft_host *host,
				    const struct weft_protocol *protocol,
				    void *state)
{
	return weft_api_table->protocol_add(host, protocol, protocol->size,
					    state);
}

/* weft_option_text - the value as text into out, cut to room and terminated;
 * of every type. weft_option_int - as a number: booleans too (1 or 0), and
 * durations (as weft_time); WEFT_EINVAL for a text. At any time; the values do
 * not change. WEFT_ENOENT: not declared, and out is untouched. */
static inline int weft_option_text(struct weft_host *host, const char *name,
				   char *out, size_t room)
{
	return weft_api_table->option_text(host, name, out, room);
}
static inline int weft_option_int(struct weft_host *host, const char *name,
				  int64_t *out)
{
	return weft_api_table->option_int(host, name, out);
}

/* weft_rpc_add - an admin method, whose name (at most 63 bytes, copied) must
 * begin with the plugin's and '_'. Each call runs fn in a fiber of the
 * plugin's, with the params as JSON text ("[]" when there are none),
 * NUL-terminated and good until it returns; it writes one JSON value to result,
 * and may suspend. What it returns below 0 is the call's error, and so is
 * nothing written. WEFT_EEXIST: that method is there. WEFT_ELIMIT: over 64 of
 * them. */
static inline int weft_rpc_add(struct weft_host *host, const char *method,
			       int (*fn)(void *state, const char *params,
					 size_t size, struct weft_text *result),
			       void *state)
{
	return weft_api_table->rpc_add(host, method, fn, state);
}

/* weft_service_add - publish a service; others find it once start has returned.
 * The struct, its calls and their names are copied; state is given to the
 * calls.
 *
 * WEFT_EEXIST  a plugin of this node has that name and version already
 * WEFT_EINVAL  no name or not one, no calls, a call without fn or name, a
 *              stack_kib out of range, or not in start
 * WEFT_ELIMIT  over 16 services, or over 64 calls in one */
static inline int weft_service_add(struct weft_host *host,
				   const struct weft_service *service,
				   void *state)
{
	return weft_api_table->service_add(host, service, service->size, state);
}

/* weft_talk_add - answer this protocol's TALK requests, once start has
 * returned. The struct and its name are copied. Without Discovery v5 nobody
 * asks.
 *
 * WEFT_EEXIST  a plugin of this node answers that protocol already
 * WEFT_EINVAL  no fn, no name or one that is too long, a stack_kib out of
 *              range, or not in start
 * WEFT_ELIMIT  over 16 of them */
static inline int weft_talk_add(struct weft_host *host,
				const struct weft_talk_protocol *protocol,
				void *state)
{
	return weft_api_table->talk_add(host, protocol, protocol->size, state);
}

/* --- using services -------------------------------------------------------
 */

/* weft_service_get - hold the service of that name and version which another
 * plugin of this node publishes; never suspends. Until weft_service_put that
 * plugin can be neither unloaded nor reloaded, and the refusal names who holds
 * it. Plugins start in the order in which they are given: the one that answers
 * stands before the one that asks.
 *
 * WEFT_ENOENT: nobody publishes it, or only this plugin itself. WEFT_EINVAL:
 * not a service's name. *out is set on 0 only. */
static inline int weft_service_get(struct weft_host *host, const char *name,
				   uint32_t version,
				   struct weft_service_use **out)
{
	return weft_api_table->service_get(host, name, version, out);
}

/* weft_service_call_until - make a call with bytes, which are copied, and
 * suspend until it is answered. *reply is a message of the caller's, to be read
 * with weft_msg_view and given back with weft_msg_free; set on 0 only. NULL:
 * the answer is not wanted, but still waited for.
 *
 * WEFT_EMSG       the service has no call of that number
 * WEFT_ELIMIT     over 16 MiB - 1 of request or reply; too many fibers
 * WEFT_ETIMEDOUT  no answer by the deadline; the call is being ended
 * WEFT_ECLOSED    the caller is closing, the plugin that answers is (with the
 *                 node, that is), or the service was put back meanwhile
 * and whatever below 0 the call itself returned. */
static inline int weft_service_call_until(struct weft_service_use *use,
					  uint32_t call, const void *request,
					  size_t size, weft_time deadline,
					  struct weft_shared **reply)
{
	return weft_api_table->service_call(use, call, request, size, deadline,
					    reply);
}

/* weft_service_call - the same without a deadline. */
static inline int weft_service_call(struct weft_service_use *use, uint32_t call,
				    const void *request, size_t size,
				    struct weft_shared **reply)
{
	return weft_api_table->service_call(use, call, request, size,
					    WEFT_FOREVER, reply);
}

/* weft_service_put - give it back, in stop or `freed` at the latest: what a
 * plugin leaves over is given back for it, and logged. Calls that still wait
 * return WEFT_ECLOSED. NULL is ignored. */
static inline void weft_service_put(struct weft_service_use *use)
{
	weft_api_table->service_put(use);
}

/* weft_talk - ask a node over Discovery v5, which need not be a peer, and
 * suspend until it has answered; for a few seconds at most. `node` is its
 * record ("enr:..."), or the 64 hex digits of its id if discovery knows it. The
 * request has WEFT_TALK_MAX bytes at most, less those of the protocol's name
 * and, with a node not talked to before, up to 400. *reply is a message as that
 * of weft_service_call_until, empty when the node does not know the protocol.
 *
 * WEFT_ETIMEDOUT  no answer
 * WEFT_ENOENT     discovery does not know that id; or it is off, or has not
 *                 begun, as in start
 * WEFT_EMSG       no record nor id, or a record that is invalid or names no
 *                 endpoint
 * WEFT_ELIMIT     too long for a packet, or too much is under way
 * WEFT_ECLOSED    the caller is closing, or the node is */
static inline int weft_talk(struct weft_host *host, const char *node,
			    const char *protocol, const void *request,
			    size_t size, struct weft_shared **reply)
{
	return weft_api_table->talk(host, node, protocol, request, size, reply);
}

/* weft_candidate - tell the node of another one, by enode URL or record, that
 * it may dial. Never suspends.
 *
 * It is dialed, once each time that it is told of, when a place of the dialed
 * share is free and it is this plugin's turn: all plugins that tell of nodes,
 * and discovery, have the same share. Each has the last 32 nodes that it told
 * of wait. What comes of one is told by a session with it, or not at all. In a
 * test nobody dials.
 *
 * WEFT_EMSG     neither a URL nor a record, or one without an address or a TCP
 *               port; a name is no address
 * WEFT_ELIMIT   too many plugins tell of nodes
 * WEFT_ECLOSED  the plugin is being unloaded */
static inline int weft_candidate(struct weft_host *host, const char *node)
{
	return weft_api_table->candidate(host, node);
}

/* --- records ----------------------------------------------------------------
 */

/* Bytes that the entries of all plugins have together, with their keys. */
#define WEFT_RECORD_MAX 121

/* weft_record_set - put an entry into the node's own signed record, which
 * discovery gives to others, for them to know before they dial what the node
 * is good for. `value` is one RLP item, as it stands in the record: weft_pack
 * makes one. NULL takes the entry out. Key and value are copied. In start and
 * at any time later; never suspends.
 *
 * What start sets is published once start has returned, and what is set later
 * in this turn of the loop: a new record with a higher sequence number, one for
 * all that has changed. The entries end with the plugin. When it is reloaded,
 * those that the new one's start has set stand in for the old one's. Without
 * discovery nobody asks for a record.
 *
 * WEFT_EEXIST   another plugin of this node has that entry
 * WEFT_EMSG     not exactly one RLP item
 * WEFT_ELIMIT   over 16 entries, or over WEFT_RECORD_MAX with those of other
 *               plugins: what a record has room for, whatever its endpoints
 * WEFT_ENOENT   there is none to be taken out
 * WEFT_EINVAL   no key, one over 63 bytes, or one of the record's own ("id",
 *               "secp256k1"; "ip", "tcp", "udp", "quic", also with a 6)
 * WEFT_ECLOSED  the plugin is being unloaded, its entries are out */
static inline int weft_record_set(struct weft_host *host, const char *key,
				  const void *value, size_t size)
{
	return weft_api_table->record_set(host, key, value, size);
}

/* weft_record_get - an entry of a node's record, to `out`: one RLP item, as it
 * stands there, and its size; for weft_unpack without 's', in a struct weft_msg
 * that has them as payload and size and is 0 otherwise. `node` is a record
 * ("enr:..."), which costs 40 us to verify; or the 64 hex digits of the id of a
 * peer, or of another node that discovery knows; or NULL, for what this plugin
 * has set. Never suspends. *size is set on 0 and WEFT_ELIMIT, out on 0 only.
 *
 * WEFT_ENOENT  it has no such entry, or no record of it is known
 * WEFT_EMSG    neither a record nor an id, or nobody has signed the record
 * WEFT_ELIMIT  more than room: it has *size bytes, never over 300 */
static inline int weft_record_get(struct weft_host *host, const char *node,
				  const char *key, void *out, size_t room,
				  size_t *size)
{
	return weft_api_table->record_get(host, node, key, out, room, size);
}

/* --- reading and writing ----------------------------------------------------
 */

/* weft_read - the next message; the one before is gone by that, its payload and
 * what was unpacked from it. Suspends until there is one or the channel ends.
 * Run style only, one fiber at a time (else WEFT_EINVAL). WEFT_ECLOSED: return
 * it. */
static inline int weft_read(struct weft_channel *ch, struct weft_msg *msg)
{
	return weft_api_table->read(ch, msg, sizeof(*msg), WEFT_FOREVER);
}

/* weft_read_until - the same, WEFT_ETIMEDOUT when nothing came before the
 * deadline (a point in time: weft_now(host) + WEFT_MS(500)). One that has
 * passed waits for nothing but the others' turn. */
static inline int weft_read_until(struct weft_channel *ch, struct weft_msg *msg,
				  weft_time deadline)
{
	return weft_api_table->read(ch, msg, sizeof(*msg), deadline);
}

/* weft_write - queue a message; suspends while the peer's outbound budget
 * (1 MiB plus one message) is full. Those who wait go in the order they came.
 * 0: the bytes are copied and queued, not yet delivered. WEFT_EMSG: the code is
 * out of range. WEFT_ELIMIT: over 16 MiB - 1. WEFT_ECLOSED: it was not sent. */
static inline int weft_write(struct weft_channel *ch, uint32_t code,
			     const void *payload, size_t size)
{
	return weft_api_table->write(ch, code, payload, size);
}

/* weft_try_write - the same without suspending: WEFT_EAGAIN when over budget,
 * or when others wait to write. */
static inline int weft_try_write(struct weft_channel *ch, uint32_t code,
				 const void *payload, size_t size)
{
	return weft_api_table->try_write(ch, code, payload, size);
}

/* A message for many peers: compressed once, encrypted for each. None of these
 * suspends. weft_msg_new copies the payload; the message is the plugin's until
 * weft_msg_free, and can be freed as soon as it was posted. NULL: no message
 * holds so much (16 MiB - 1). weft_post_msg: results as of weft_try_write;
 * WEFT_EAGAIN: that peer is over budget, and misses it. */
static inline struct weft_shared *weft_msg_new(struct weft_host *host,
					       uint32_t code,
					       const void *payload, size_t size)
{
	return weft_api_table->msg_new(host, code, payload, size);
}
static inline int weft_post_msg(struct weft_channel *ch,
				struct weft_shared *msg)
{
	return weft_api_table->post_msg(ch, msg);
}
static inline void weft_msg_free(struct weft_shared *msg)
{
	weft_api_table->msg_free(msg);
}

/* weft_msg_keep - the message just read, or just handled, as one the plugin
 * owns, until weft_msg_free. Never suspends, and copies nothing. WEFT_EINVAL:
 * it is not the last that was read. */
static inline int weft_msg_keep(struct weft_channel *ch,
				const struct weft_msg *msg,
				struct weft_shared **out)
{
	return weft_api_table->msg_keep(ch, msg, out);
}

/* weft_msg_view - an owned message as if just read: payload, and what
 * weft_unpack makes of it, are good until msg_free. */
static inline int weft_msg_view(struct weft_shared *msg, struct weft_msg *out)
{
	return weft_api_table->msg_view(msg, out, sizeof(*out));
}

/* --- RLP -------------------------------------------------------------------
 * Formats: '[' ']' list; 's' text; 'd' data and length; 'u' uint64_t; '?' a
 * boolean as int; 'r' one raw item and its length; '*' (reading) ignores the
 * rest of this list.
 *
 *     weft_send(ch, 0, "[su]", "hello", (uint64_t)7);
 *
 *     char *text; uint64_t n;
 *     rc = weft_unpack(&msg, "[su*]", &text, &n);
 *
 * 's' unpacks to a NUL-terminated copy that lives as long as the message; text
 * with a NUL inside is refused. 'd' and 'r' borrow from the message. Decoding
 * is strict and all or nothing; WEFT_EMSG otherwise, with the letter that
 * failed in the debug log. WEFT_EINVAL: a bad format. weft_send suspends and
 * returns as weft_write does; the others never suspend. */
static inline int weft_send(struct weft_channel *ch, uint32_t code,
			    const char *format, ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = weft_api_table->send_va(ch, code, format, ap);
	va_end(ap);
	return rc;
}
static inline int weft_unpack(const struct weft_msg *msg, const char *format,
			      ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = weft_api_table->unpack_va(msg, format, ap);
	va_end(ap);
	return rc;
}

/* The same over arrays, for languages without varargs: one item per letter. */
static inline int weft_send_items(struct weft_channel *ch, uint32_t code,
				  const char *format,
				  const struct weft_item *items, size_t count)
{
	return weft_api_table->send_items(ch, code, format, items, count);
}
static inline int weft_unpack_items(const struct weft_msg *msg,
				    const char *format, struct weft_item *items,
				    size_t room, size_t *count)
{
	return weft_api_table->unpack_items(msg, format, items, room, count);
}

/* weft_pack - the same bytes to out: for weft_msg_new, or as pieces of a list
 * ('r' takes any number of whole items, one behind the other). *size is what
 * they take. WEFT_ELIMIT: more than room, and nothing was written. */
static inline int weft_pack(void *out, size_t room, size_t *size,
			    const char *format, ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = weft_api_table->pack_va(out, room, size, format, ap);
	va_end(ap);
	return rc;
}
static inline int weft_pack_items(void *out, size_t room, size_t *size,
				  const char *format,
				  const struct weft_item *items, size_t count)
{
	return weft_api_table->pack_items(out, room, size, format, items,
					  count);
}

/* Lists of any length, item by item:
 *
 *     struct weft_msg rest = msg, item;
 *
 *     rc = weft_list(&rest);
 *     while (!rc && (rc = weft_next(&rest, &item)) == 0)
 *             rc = weft_unpack(&item, "u", &n);
 *     if (rc != WEFT_ENOENT)
 *             return rc;
 *
 * weft_list turns a message, or a part of one, that is a list and nothing else
 * into the run of its items. weft_next takes the first item off a run;
 * WEFT_ENOENT: there is none left. Both: WEFT_EMSG, and nothing has changed. */
static inline int weft_list(struct weft_msg *msg)
{
	return weft_api_table->list_enter(msg);
}
static inline int weft_next(struct weft_msg *rest, struct weft_msg *item)
{
	return weft_api_table->list_next(rest, item, sizeof(*item));
}

/* --- channels and peers ----------------------------------------------------
 */

/* weft_peer_facts / weft_channel_facts - who is at the other end; copied, and
 * to be had up to and in `closed`. WEFT_ECLOSED: the channel is gone. */
static inline int weft_peer_facts(struct weft_peer *peer,
				  struct weft_peer_facts *out)
{
	return weft_api_table->peer_facts(peer, out, sizeof(*out));
}
static inline int weft_channel_facts(struct weft_channel *ch,
				     struct weft_peer_facts *out)
{
	return weft_api_table->channel_facts(ch, out, sizeof(*out));
}

/* weft_disconnect - end the whole session with Disconnect `reason`
 * (0x00..0xff); never suspends. WEFT_ECLOSED: it is ending already, for the
 * cause that came first. */
static inline int weft_disconnect(struct weft_channel *ch, uint32_t reason)
{
	return weft_api_table->disconnect(ch, reason);
}

/* weft_is_open - 1 until the channel begins to close. */
static inline int weft_is_open(struct weft_channel *ch)
{
	return weft_api_table->is_open(ch);
}

/* weft_channel_ref - keep the handle beyond run or `closed`, until as many
 * weft_channel_unref. The channel itself may end meanwhile: calls on it then
 * return WEFT_ECLOSED. Returns ch. */
static inline struct weft_channel *weft_channel_ref(struct weft_channel *ch)
{
	return weft_api_table->channel_ref(ch);
}
static inline void weft_channel_unref(struct weft_channel *ch)
{
	weft_api_table->channel_unref(ch);
}

/* weft_channel_each - visit the open channels of one of this plugin's protocols
 * ("echo", every version). user is what `opened` set, NULL in run style; a
 * channel whose opened has not returned is left out. Calls that suspend are
 * WEFT_EINVAL in visit; a result of it other than 0 stops, and is returned. */
static inline int weft_channel_each(
	struct weft_host *host, const char *protocol,
	int (*visit)(struct weft_channel *ch, void *user, void *arg), void *arg)
{
	return weft_api_table->channel_each(host, protocol, visit, arg);
}

/* --- fibers, time, events
 * ----------------------------------------------------- */

/* weft_now - what deadlines are counted from: the node's clock, which only goes
 * forward, as it was when the loop's turn began. */
static inline weft_time weft_now(struct weft_host *host)
{
	return weft_api_table->now(host);
}

/* weft_go - run fn(arg) in a fiber of the plugin's, soon; it ends with the
 * plugin. arg stays the plugin's, for fn to free; that of a fiber which is
 * parked for ever stays with it. weft_channel_go: one that ends with the
 * channel, whose result ends the session as run's does, but for 0, which only
 * ends the fiber. WEFT_ELIMIT: too many fibers. */
static inline int weft_go(struct weft_host *host, int (*fn)(void *arg),
			  void *arg)
{
	return weft_api_table->go(host, fn, arg);
}
static inline int weft_channel_go(struct weft_channel *ch, int (*fn)(void *arg),
				  void *arg)
{
	return weft_api_table->channel_go(ch, fn, arg);
}

/* weft_sleep_until - suspends until then; a time that has passed lets the
 * others have their turn. 0, or WEFT_ECLOSED. */
static inline int weft_sleep_until(struct weft_host *host, weft_time when)
{
	return weft_api_table->sleep_until(host, when);
}

/* An event: something happened. weft_wake wakes every fiber that waits, or lets
 * the next wait return at once; it never suspends. Waiting for two things is
 * one event woken by both. weft_wait suspends: 0 when woken, WEFT_ETIMEDOUT,
 * WEFT_ECLOSED, also when the event was given back meanwhile. An event is the
 * plugin's until weft_event_free. */
static inline struct weft_event *weft_event_new(struct weft_host *host)
{
	return weft_api_table->event_new(host);
}
static inline int weft_wait(struct weft_event *event, weft_time deadline)
{
	return weft_api_table->event_wait(event, deadline);
}
static inline void weft_wake(struct weft_event *event)
{
	weft_api_table->event_wake(event);
}
static inline void weft_event_free(struct weft_event *event)
{
	weft_api_table->event_free(event);
}

/* weft_after / weft_every - call fn(arg) in a fiber at a time, or again and
 * again; a call that still runs when the next is due makes that one wait. The
 * handle is the plugin's until weft_timer_free, also after it fired; once that
 * returned no further call begins. A period is 1 ms or more. NULL: the plugin
 * is stopping, has 256 timers already, or gave no fn. */
static inline struct weft_timer *weft_after(struct weft_host *host,
					    weft_time when,
					    void (*fn)(void *arg), void *arg)
{
	return weft_api_table->timer(host, when, 0, fn, arg);
}
static inline struct weft_timer *weft_every(struct weft_host *host,
					    weft_time period,
					    void (*fn)(void *arg), void *arg)
{
	return weft_api_table->timer(host, weft_now(host) + period, period, fn,
				     arg);
}
static inline void weft_timer_free(struct weft_timer *timer)
{
	weft_api_table->timer_free(timer);
}

/* weft_work - run fn(arg) on a thread of the pool and suspend until it is done.
 * fn calls nothing of weft's, weft_post aside. The one wait that a close does
 * not cut short: WEFT_ECLOSED comes when fn has returned, or, when it was
 * closed before, without a call of fn. */
static inline int weft_work(struct weft_host *host, void (*fn)(void *arg),
			    void *arg)
{
	return weft_api_table->work(host, fn, arg);
}

/* weft_post - from any thread: run fn(arg) in a fiber of the plugin's. After 0
 * it is called, in order, 256 of them at a time. WEFT_ECLOSED on a stopped
 * host, WEFT_ELIMIT when 65,536 posts wait: fn will not be called. The plugin
 * joins its threads in stop: the host is gone soon after. */
static inline int weft_post(struct weft_host *host, void (*fn)(void *arg),
			    void *arg)
{
	return weft_api_table->post(host, fn, arg);
}

/* --- saying things ---------------------------------------------------------
 */

#define WEFT_LOG_ERROR 0
#define WEFT_LOG_WARN 1
#define WEFT_LOG_INFO 2
#define WEFT_LOG_DEBUG 3

/* weft_log - one line: a fixed message, then key and value texts, ended by
 * NULL.
 *
 *     weft_log(host, WEFT_LOG_INFO, "joined", "room", name, NULL);
 *
 * Values are escaped by the host, so a peer's bytes may stand there. What is
 * beyond 16 pairs is cut. Never suspends. */
#ifdef __cplusplus
#define weft_log(host, level, message, ...) \
	weft_log_pairs(                     \
		host, level, message,       \
		std::initializer_list<const char *>{ __VA_ARGS__ }.begin())
#else
#define weft_log(host, level, message, ...)  \
	weft_log_pairs(host, level, message, \
		       (const char *const[]){ __VA_ARGS__ })
#endif
static inline void weft_log_pairs(struct weft_host *host, int level,
				  const char *message, const char *const *pairs)
{
	weft_api_table->log(host, level, message, pairs);
}

/* weft_count - add to one of this plugin's counters ([a-z0-9_]+), made on first
 * use; they show in plugin_list. Never suspends. WEFT_EINVAL: not such
 * a name; WEFT_ELIMIT: over 64 of them. */
static inline int weft_count(struct weft_host *host, const char *counter,
			     int64_t add)
{
	return weft_api_table->count(host, counter, add);
}

/* weft_text_add - append to what the host gave; never suspends. WEFT_ELIMIT:
 * over 1 MiB, or over 16 MiB - 1 in the reply of a service; then the whole is
 * given up, and the call that it answers fails with that. */
static inline int weft_text_add(struct weft_text *text, const char *bytes,
				size_t size)
{
	return weft_api_table->text_add(text, bytes, size);
}

/* weft_node_facts - who we are; copied. At any time. */
static inline int weft_node_facts(struct weft_host *host,
				  struct weft_node_facts *out)
{
	return weft_api_table->node_facts(host, out, sizeof(*out));
}

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif
#endif
