/* SPDX-License-Identifier: Apache-2.0 */
/* counters.h - what a node counted, as JSON: the same members in the admin
 * interface and in the last line of `weft run --json`. */
#ifndef NODE_COUNTERS_H
#define NODE_COUNTERS_H

#include <jansson.h>

#include "p2p/server/server.h"

/* counters_add - put them at the end of an object: a number each, and "faults",
 * an object of those handshakes and frames that failed, by their kind. */
void counters_add(json_t *object, const struct server_counters *sums);

#endif
