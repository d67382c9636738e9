/* SPDX-License-Identifier: Apache-2.0 */
/* weft/server.h - a devp2p node inside a program of your own.
 *
 *     struct weft_server_config config = { .size = sizeof(config) };
 *     struct weft_server *server;
 *     char why[WEFT_WHY];
 *
 *     config.name = "my node";
 *     config.listen = ":30300";
 *     config.max_peers = 10;
 *     if (weft_server_open(&server, &config, why) ||
 *         weft_protocol_add(weft_server_host(server), &my_protocol, NULL) ||
 *         weft_server_run(server, why))
 *             fprintf(stderr, "%s\n", why);
 *     weft_server_close(server);
 *
 * Protocols are written as in <weft/plugin.h>; weft_server_host stands for the
 * program as for a plugin. Link with libweft (pkg-config weft).
 *
 * THREADS. Each server has a thread of its own, which blocks all signals and on
 * which everything of its protocols, timers and events runs. Open, run, start
 * and close are for the thread that owns the server; calls marked "any thread"
 * for any, also from callbacks, but not from signal handlers. Of what
 * <weft/plugin.h> has, the owner may call anything that does not suspend until
 * weft_server_run or weft_server_start, and only weft_post from then on. Many
 * servers may live in one process.
 *
 * MEMORY is malloc's. Programs whose messages have hundreds of KiB keep what is
 * freed, as `weft` does (mallopt: M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of 8
 * MiB): else each such message costs its page faults, about as much as itself.
 */
#ifndef WEFT_SERVER_H
#define WEFT_SERVER_H

#include <weft/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_WHY 512 /* bytes of an error text, terminator included */

struct weft_server;

/* What happens to a server. STARTED comes first; no event comes after
 * weft_server_run returned. */
#define WEFT_EVENT_STARTED 1
#define WEFT_EVENT_PEER_ADDED 2
#define WEFT_EVENT_PEER_DROPPED 3
#define WEFT_EVENT_DIAL_FAILED 4 /* one attempt; it is tried again */

/* Strings and facts are good for the call. */
struct weft_server_event {
	size_t size;
	uint32_t kind;
	uint32_t reason;   /* PEER_DROPPED: the Disconnect, sent or received */
	uint64_t peers;	   /* how many there are now */
	const char *enode; /* STARTED: ours; DIAL_FAILED: whom we dialed */
	const char *cause; /* PEER_DROPPED, DIAL_FAILED: a phrase */
	const struct weft_peer_facts *peer; /* PEER_ADDED, PEER_DROPPED */
};

/* Everything is copied. */
struct weft_server_config {
	size_t size;	    /* sizeof(struct weft_server_config) */
	const char *name;   /* in Hello; NULL: "weft/v<version>" */
	const char *listen; /* "IP:PORT", ":PORT"; NULL: do not listen; port 0:
			     * the system picks */
	const uint8_t *key; /* 32 bytes; NULL: a new one for this run */
	const char *key_file; /* instead: read, and made when it is missing */
	uint32_t max_peers;   /* 0: 50 */
	uint32_t max_pending; /* handshakes at once; 0: 50 */
	const char *const *static_nodes; /* to keep a session with: enode URLs
					  * or node records ("enr:...");
					  * NULL-terminated, or NULL */

	/* One log line as text, without newline, on the server's thread. NULL:
	 * to stderr, and then a fiber that computes too long is told of while
	 * it does, which the server's thread could not do. log_level: the least
	 * important one that is wanted, WEFT_LOG_WARN for 0. */
	void (*log)(void *ctx, int level, const char *line);
	uint32_t log_level;

	uint32_t reserved;

	/* On the server's thread, outside of any fiber: what suspends is
	 * WEFT_EINVAL in it. May be NULL. */
	void (*event)(void *ctx, const struct weft_server_event *event);
	void *ctx; /* given to log and event */

	uint64_t memory; /* bytes that all peers may hold; 0: 512 MiB */

	/* Whose first line opens a key_file that `weft key encrypt` sealed. */
	const char *passphrase_file;
};

/* weft_server_open - check the configuration and listen; who comes is not heard
 * before the start.
 *
 * WEFT_EINVAL: the configuration; WEFT_EFAIL: the system, or the key file. why
 * (WEFT_WHY bytes, or NULL) says what and where. *out is set on 0 only, to be
 * closed by weft_server_close. */
int weft_server_open_sized(struct weft_server **out,
			   const struct weft_server_config *config, size_t size,
			   const struct weft_api **table, char *why);
static inline int weft_server_open(struct weft_server **out,
				   const struct weft_server_config *config,
				   char *why)
{
	return weft_server_open_sized(out, config, config->size,
				      &weft_api_table, why);
}

/* weft_server_host - for weft_protocol_add (before run), weft_go, weft_every,
 * weft_log and the others. NULL for a NULL server. */
struct weft_host *weft_server_host(struct weft_server *server);

/* weft_server_start - serve; returns once it does, or failed to (Hello has no
 * room for so many protocols): errors as of open. Once per server. */
int weft_server_start(struct weft_server *server, char *why);

/* weft_server_run - the same, and serve until weft_server_stop. 0, or an error
 * of the start. */
int weft_server_run(struct weft_server *server, char *why);

/* weft_server_stop - any thread: Disconnect 0x08 to all peers, end every fiber,
 * and let weft_server_run return. Idempotent. */
void weft_server_stop(struct weft_server *server);

/* weft_server_close - stop if that has not been done, wait for its end, free.
 * Not from the server's own thread. NULL is ignored. A fiber that does not end
 * after its calls returned WEFT_ECLOSED is waited for, for half a minute. */
void weft_server_close(struct weft_server *server);

/* Any thread. Keep a session with this node, or no longer, ending the one there
 * is. They return before that is done; what came of it shows in the events.
 * WEFT_EINVAL: neither the enode URL nor the record of a node that can be
 * dialed; WEFT_ECLOSED: the server is stopping; WEFT_ELIMIT: 4,096 such wishes
 * wait to be heard. */
int weft_server_add_peer(struct weft_server *server, const char *enode);
int weft_server_remove_peer(struct weft_server *server, const char *enode);

/* weft_server_enode - any thread: our enode URL, good until close. */
const char *weft_server_enode(const struct weft_server *server);

/* weft_server_peers - any thread: how many peers there are. */
uint64_t weft_server_peers(const struct weft_server *server);

#ifdef __cplusplus
}
#endif
#endif
