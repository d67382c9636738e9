/* SPDX-License-Identifier: Apache-2.0 */
/* shapes.h - what the admin interface tells, in the JSON that go-ethereum has
 * for it, member for member and in its order. Pure. All return a new
 * reference, never NULL. */
#ifndef NODE_ADMIN_SHAPES_H
#define NODE_ADMIN_SHAPES_H

#include "node/admin/node.h"

/* p2p.NodeInfo. Without a record "enr" is "". */
json_t *shape_self(const struct admin_self *self);

/* p2p.PeerInfo. */
json_t *shape_peer(const struct admin_peer *peer);

/* p2p.PeerEvent. */
json_t *shape_event(const struct admin_event *event);

/* Ours: {name, version, summary, path, state, protocols, counters}. */
json_t *shape_plugin(const struct admin_plugin *plugin);

/* shape_set - put a member at the end; takes the value, which is not NULL. */
void shape_set(json_t *object, const char *key, json_t *value);

#endif
