/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node_record.h"

#include <stdlib.h>

#include "p2p/discover/table.h"

void node_record_tell(struct finder *finder, const struct manager *plugins)
{
	struct discovery *d = finder ? finder_discovery(finder) : NULL;
	struct enr_draft entries;

	if (!d)
		return;
	manager_entries(plugins, &entries);
	if (local_set_entries(discovery_local(d), &entries))
		abort(); /* who set them was told that they fit */
	finder_wake(finder);
}

static const struct enr *newer(const struct enr *r, const struct table *t,
			       const struct node_id *id)
{
	const struct contact *c = table_find(t, id);

	return c && c->record.len && (!r || r->seq < c->record.seq) ? &c->record
								    : r;
}

const struct enr *node_record_newest(const struct finder *finder,
				     const struct enr *r,
				     const struct node_id *id)
{
	const struct discovery *d = finder ? finder_discovery(finder) : NULL;

	if (d && discovery_v4(d))
		r = newer(r, v4_table(discovery_v4(d)), id);
	if (d && discovery_v5(d))
		r = newer(r, v5_table(discovery_v5(d)), id);
	return r;
}

struct search {
	const struct node_id *id;
	const struct enr *found;
};

static void look_at(void *ctx, const struct server_peer *p)
{
	struct search *s = ctx;

	if (node_id_equal(&p->facts->id, s->id))
		s->found = p->record;
}

enum err node_record_find(struct enr *out, const struct finder *finder,
			  const struct server *server, const struct node_id *id)
{
	struct search s = { .id = id };
	const struct enr *r;

	if (server)
		server_each_peer(server, look_at, &s);
	r = node_record_newest(finder, s.found, id);
	if (!r)
		return ERR_NOT_FOUND;
	*out = *r;
	return ERR_NONE;
}
