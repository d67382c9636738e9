/* SPDX-License-Identifier: Apache-2.0 */
/* scene.h - a loop with a watchdog, and streams that record what they hear.
 *
 * Every event stops the loop, so a test reads straight down:
 * UNTIL(&sc, a.connected) turns until the condition holds. */
#ifndef TEST_UNIT_NET_SCENE_H
#define TEST_UNIT_NET_SCENE_H

#include "p2p/net/loop_internal.h"
#include "p2p/net/stream.h"
#include "test/support/unit.h"

struct scene {
	struct net_loop *loop;
	struct net_timer *watchdog; /* fails the test, ends a hang */
};

#define UNTIL(sc, cond)                           \
	do {                                      \
		while (!(cond))                   \
			net_loop_run((sc)->loop); \
	} while (0)

void scene_open(struct scene *sc);

/* scene_close - fails unless all has been closed. */
void scene_close(struct scene *sc);

/* scene_turns - let the loop turn n times. */
void scene_turns(struct scene *sc, unsigned n);

/* One end of a connection. `in` is called for bytes, `hook` for any event
 * after it was recorded; both may be NULL. */
struct end {
	struct scene *sc;
	struct net_stream *s;
	unsigned connected, drained, ended, closed;
	enum err connect_rc, end_rc; /* of the last */
	bool runs_on;		     /* its events do not stop the loop */
	struct why why;
	size_t bytes;
	void (*in)(struct end *e, const uint8_t *data, size_t len);
	void (*hook)(struct end *e, const char *event);
	void *test;
};

extern const struct net_stream_events end_events;

void end_dial(struct scene *sc, struct end *e, const struct addr *to);
void end_adopt(struct scene *sc, struct end *e, struct net_stream *s);

/* end_close - close it and wait for `closed`. */
void end_close(struct end *e);

void end_send_text(struct end *e, const char *text);

/* pair_open - a dials b over the loopback; both are open and do not read. */
void pair_open(struct scene *sc, struct end *a, struct end *b);

/* half_pair - b's peer is a plain non-blocking socket, which is returned. The
 * system keeps a good deal for b: several full reads are there at once. */
int half_pair(struct scene *sc, struct end *b);

/* A listener whose streams are counted, and kept up to a few. */
struct door {
	struct scene *sc;
	struct net_listener *l;
	unsigned count;
	struct net_stream *streams[8];
};

void door_open(struct scene *sc, struct door *d, struct addr at);

/* door_close - with the streams that are still in it. */
void door_close(struct door *d);

struct addr loopback4(uint16_t port);
struct addr loopback6(uint16_t port);

/* has_ipv6 - does this machine have it on its loopback? */
bool has_ipv6(void);

/* raw_connect - a plain socket, connected (it waits), then non-blocking. */
int raw_connect(const struct addr *to);

/* raw_reset - close with a TCP reset. */
void raw_reset(int fd);

/* raw_error - what the system has to say of the connection (SO_ERROR). */
int raw_error(int fd);

/* raw_send - as many of the bytes as fit now. */
size_t raw_send(int fd, const void *data, size_t len);

/* raw_recv - what is there; -1 with errno set when nothing is or it broke, 0
 * at the end. */
long raw_recv(int fd, void *out, size_t room);

/* The byte at a position of an endless pattern that does not repeat soon. */
uint8_t pattern_at(size_t pos);
void pattern_fill(uint8_t *out, size_t pos, size_t len);
bool pattern_matches(const uint8_t *data, size_t pos, size_t len);

/* end_send_pattern - append it; there has to be room. */
void end_send_pattern(struct end *e, size_t pos, size_t len);

/* end_in_pattern - an `in` that wants it from its beginning. */
void end_in_pattern(struct end *e, const uint8_t *data, size_t len);

#endif
