/* SPDX-License-Identifier: Apache-2.0 */
/* finder_json.h - what a finder counted and whom it knows, as JSON. Each
 * returns a new reference. */
#ifndef NODE_FINDER_FINDER_JSON_H
#define NODE_FINDER_FINDER_JSON_H

#include <jansson.h>

#include "node/finder/finder.h"

/* finder_counters_json - {"seq", "candidates", "unanswerable", "udp": {...},
 * "v4": {"known", "live", "received": {"ping", ...}, "sent": {...}, bytes,
 * "dropped": {cause, ...}}, "v5": {...}}, without a version that is off and
 * without causes that there were none of. */
json_t *finder_counters_json(const struct finder *f);

/* finder_buckets_json - a table as go-ethereum's discv4_buckets has it: a list
 * of {"node", "addedToTable", "addedToBucket", "checks", "live"} for each
 * bucket. NULL: that version is off. */
json_t *finder_buckets_json(const struct finder *f,
			    enum discover_version version);

#endif
