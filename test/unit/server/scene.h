/* SPDX-License-Identifier: Apache-2.0 */
/* scene.h - whole servers in one process, over loopback. A scene has a loop;
 * nodes are servers that speak the test protocol; raw clients (raw.h) are
 * strangers. Nothing sleeps: scene_until turns the loop until a condition
 * holds, and fails the test when it does not in time. */
#ifndef TEST_UNIT_SERVER_SCENE_H
#define TEST_UNIT_SERVER_SCENE_H

#include "p2p/crypto/rng.h"
#include "p2p/server/inside.h"
#include "test/support/unit.h"

enum {
	SCENE_PATIENCE_S = 60,
	NODE_CHANNELS = 16,
	NODE_PROTOCOLS = 3,
	TEST_CODES = 4,
};

/* Codes of the test protocol "test/1". A payload of 0 and 1 is the pattern of
 * its size. */
enum test_code {
	TEST_DATA = 0,
	TEST_ALSO = 1, /* the same, under another code */
	TEST_END = 2,  /* the receiver ends with payload[0] as reason */
	TEST_CALL = 3, /* the receiver calls node->on_call from inside */
};

struct scene {
	struct net_loop *loop;
	struct net_timer *poll;
	bool (*holds)(void *ctx);
	void *ctx;
	struct mono give_up;
	bool late;
};

/* The one of each test. */
extern struct scene scene;

void scene_open(struct scene *s);
void scene_close(struct scene *s);

/* scene_until - turn the loop until holds(ctx). */
void scene_until(struct scene *s, bool (*holds)(void *ctx), void *ctx);

/* scene_for - turn the loop for so many milliseconds, and so many times up to
 * twenty: to see that something does not happen, never to wait until something
 * has. */
void scene_for(struct scene *s, uint64_t ms);

/* scene_make_late - the time for the handshake with p is over. */
void scene_make_late(struct scene *s, struct peer *p);

struct node {
	struct scene *scene;
	struct server *server; /* NULL once SERVER_CLOSED came */
	struct ecc_keypair key;
	struct server_config config;
	struct server_limits limits;
	struct protocol protocols[NODE_PROTOCOLS]; /* [0]: "test" */
	struct enode self;

	struct channel *channels[NODE_CHANNELS]; /* open ones, in order */
	size_t channel_count;
	size_t opened, closed; /* calls so far */

	size_t messages;
	uint64_t bytes;
	size_t wrong; /* messages that did not hold their pattern */
	const char *last_protocol;
	uint32_t last_code;
	size_t last_size;
	size_t writable;
	bool odd_result; /* TEST_CALL returns nonsense */
	bool end_in_opened;
	void (*on_call)(struct node *n, struct channel *ch);
	void (*on_writable)(struct node *n, struct channel *ch);
	void (*on_event)(struct node *n, const struct server_event *ev);

	size_t added, dropped, dial_failed, server_closed;
	uint8_t reason;
	char cause[200];
	struct peer_facts facts; /* of the last event */
	size_t shared;
	char hello_name[64];
};

/* node_init - a key, default limits, the test protocol, a listener on a
 * loopback port. Change what the test is about, then node_open. */
void node_init(struct node *n, struct scene *s);

/* node_speak - offer one more protocol, like "test" but for its name. */
void node_speak(struct node *n, const char *name);
void node_open(struct node *n);
void node_close(struct node *n); /* and wait for SERVER_CLOSED */
void node_dial(struct node *n, const struct node *to);
void node_undial(struct node *n, const struct node *whom);
void node_trust(struct node *n, const struct node *whom);

/* node_offer - offer these from now on. */
void node_offer(struct node *n, const struct protocol *protocols, size_t count);

/* node_join - a dials b; wait until both have the peer. */
void node_join(struct node *a, struct node *b);

/* node_send - the pattern of so many bytes, over the first channel. */
void node_send(struct node *n, size_t size);
enum err node_try_send(struct node *n, uint32_t code, size_t size);

/* node_channel - the first open channel of that protocol. */
struct channel *node_channel(struct node *n, const char *protocol);

void node_wait_messages(struct node *n, size_t messages);
void node_wait_peers(struct node *n, size_t peers);
void node_wait_dropped(struct node *n, size_t dropped);
void node_wait_failed(struct node *n, size_t dials);
struct server_counters node_counters(const struct node *n);

/* node_check_alive - a and b, which are peers, still hear each other. */
void node_check_alive(struct node *a, struct node *b);

/* pattern_fill - what a payload of so many bytes holds. Does not compress. */
void pattern_fill(uint8_t *out, size_t size);

#endif
