/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/relay.h"
#include "p2p/discover/v5_inside.h"

enum {
	RECORD_BYTES = 1000, /* of one message */
	TRIES = 32,	     /* signatures looked at for one answer */
};

/* --- answering --------------------------------------------------------------
 */

struct results {
	size_t count;
	struct span records[V5_RESULTS];
};

static void add(struct results *r, const struct enr *record)
{
	if (record->len && r->count < V5_RESULTS)
		r->records[r->count++] = enr_raw(record);
}

/* "0 yields our own record; 1..256 yield table nodes at that logdist. Only
 * nodes verified live, passing the relay check for the requester." */
static void collect(struct v5 *v, struct results *r, const struct ip *to,
		    const struct v5_message *find)
{
	const struct contact *at[TABLE_BUCKET];

	for (size_t i = 0; i < find->findnode.count && r->count < V5_RESULTS;
	     i++) {
		unsigned distance = find->findnode.distances[i];
		size_t n;

		if (!distance) {
			add(r, &v->record);
			continue;
		}
		n = table_at(v->seeker.table, at, distance);
		for (size_t k = 0; k < n; k++)
			if (relay_is_fine(to, &at[k]->udp.ip))
				add(r, &at[k]->record);
	}
}

/* How many of them, from one on, go into a message. */
static size_t fits(const struct results *r, size_t from)
{
	size_t bytes = 0, n = 0;

	while (from + n < r->count) {
		bytes += r->records[from + n].len;
		if (bytes > RECORD_BYTES)
			break;
		n++;
	}
	return n;
}

void v5_nodes_answer(struct v5 *v, const struct v5_sender *to,
		     const struct v5_message *findnode)
{
	struct v5_message m = { .type = V5_NODES, .id = findnode->id };
	struct results r = { 0 };
	size_t total = 0, at = 0;

	collect(v, &r, &to->at.ip, findnode);
	for (size_t i = 0; i < r.count && total < V5_NODES_SENT; total++)
		i += fits(&r, i);
	/* "No result: one NODES, total 1, empty list." */
	m.nodes.total = total ? total : 1;
	for (size_t i = 0; i < m.nodes.total; i++) {
		m.nodes.count = fits(&r, at);
		memcpy(m.nodes.records, &r.records[at],
		       m.nodes.count * sizeof(r.records[0]));
		at += m.nodes.count;
		v5_reply(v, to, &m);
	}
}

/* --- accepting --------------------------------------------------------------
 */

static bool is_asked_for(const struct v5_call *c, const struct node_id *id)
{
	unsigned distance = logdist(&c->to.id, id);

	for (size_t i = 0; i < c->distance_count; i++)
		if (c->distances[i] == distance)
			return true;
	return false;
}

static bool is_there(const struct v5_call *c, const struct node_id *id)
{
	for (size_t i = 0; i < c->count; i++)
		if (node_id_equal(&c->found[i].id, id))
			return true;
	return false;
}

/* The cheap checks, then the signature, then what it alone makes sure. */
static enum err accept(struct v5 *v, struct v5_call *c, struct span raw)
{
	struct contact *out = &c->found[c->count];
	struct enr_endpoint at;
	struct enr record;

	if (enr_decode(&record, raw, NULL))
		return ERR_FORMAT;
	enr_endpoint(&at, &record, &v->seeker.reach);
	if (!v5_is_told_fine(v, &c->to.udp.ip,
			     &(struct addr){ .ip = at.ip, .port = at.udp }))
		return ERR_DENIED;
	if (enr_verify(&record, NULL) || !is_asked_for(c, &record.id))
		return ERR_AUTH;
	if (is_there(c, &record.id))
		return ERR_EXISTS;
	if (!contact_of_record(out, &record, &v->seeker.reach))
		return ERR_DENIED;
	c->count++;
	return ERR_NONE;
}

/* "total is taken from the first message and capped. Each message restarts the
 * 700 ms timer." */
void v5_nodes_take(struct v5 *v, struct v5_call *c,
		   const struct v5_message *nodes)
{
	if (!c->messages)
		c->total = nodes->nodes.total < V5_NODES_READ
				   ? (size_t)nodes->nodes.total
				   : V5_NODES_READ;
	c->messages++;
	for (size_t i = 0; i < nodes->nodes.count; i++) {
		enum err err = ERR_LIMIT;

		if (c->count < V5_RESULTS && c->tries < TRIES) {
			c->tries++;
			err = accept(v, c, nodes->nodes.records[i]);
		}
		if (!err)
			continue;
		c->refused = err;
		v5_dropped(v, V5_DROP_NODE);
	}
	c->due = mono_add_ms(v->now, V5_ANSWER_MS);
	if (c->messages >= c->total)
		v5_calls_over(v, c, ERR_NONE);
}
