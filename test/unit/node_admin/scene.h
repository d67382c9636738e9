/* SPDX-License-Identifier: Apache-2.0 */
/* scene.h - an admin interface in a folder of its own on a loop with a
 * watchdog, and clients that are plain sockets, to misbehave with. */
#ifndef TEST_UNIT_NODE_ADMIN_SCENE_H
#define TEST_UNIT_NODE_ADMIN_SCENE_H

#include "node/admin/admin.h"
#include "test/support/unit.h"
#include "test/unit/node/scratch.h"
#include "test/unit/node_admin/fake_node.h"

struct scene {
	struct net_loop *loop;
	struct net_timer *watchdog; /* fails the test, ends a hang */
	struct scratch scratch;
	struct fake_node node;
	struct admin_limits limits; /* change them before scene_admin */
	enum err (*uid_of)(uid_t *out, const struct net_stream *s);
	struct admin *admin;   /* NULL: not open, or closed */
	char folder[PATH_MAX]; /* the scratch folder; likewise */
	char path[PATH_MAX];   /* of the socket */
};

#define UNTIL(sc, cond)                 \
	do {                            \
		while (!(cond))         \
			scene_turn(sc); \
	} while (0)

void scene_open(struct scene *sc);

/* scene_dig - let the folder be one below, of a path too long for an address.
 */
void scene_dig(struct scene *sc);

/* scene_admin - open the interface. */
void scene_admin(struct scene *sc);

/* scene_close - the interface first, if it still is open. */
void scene_close(struct scene *sc);

/* scene_turn - one turn of the loop, without waiting. */
void scene_turn(struct scene *sc);

struct client {
	struct scene *sc;
	int fd;
	char *text; /* what came and was not asked for yet */
	size_t len;
	bool over; /* the other end closed */
};

void client_open(struct client *c, struct scene *sc);
void client_close(struct client *c);

/* client_send - all of it, while the loop turns; false when the other end is
 * gone before it took all. */
bool client_send(struct client *c, const char *text);
bool client_send_n(struct client *c, const char *bytes, size_t n);

/* client_line - the next line without its end, waiting for it; "" when the
 * other end closed instead. Good until the next call. */
const char *client_line(struct client *c);

/* client_ask - the line that answers to a method without params. */
const char *client_ask(struct client *c, const char *method);

/* client_is_over - has the other end closed, all being read? Does not wait. */
bool client_is_over(struct client *c);

/* client_is_dropped - the same without reading what is still there. */
bool client_is_dropped(const struct client *c);

/* client_wait_over - wait until it has; what comes before is dropped. */
void client_wait_over(struct client *c);

#endif
