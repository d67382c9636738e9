/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- making it ---------------------------------------------------------------
 */

static void *new_array(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p)
		abort();
	return p;
}

static int compare_ids(const void *a, const void *b)
{
	const struct tally_id *x = a, *y = b;

	return memcmp(&x->id, &y->id, sizeof(x->id));
}

static void init_ids(struct tally *t, const struct node_id *ids)
{
	t->ids = new_array(t->nodes, sizeof(*t->ids));
	for (size_t i = 0; i < t->nodes; i++)
		t->ids[i] = (struct tally_id){ ids[i], i };
	qsort(t->ids, t->nodes, sizeof(*t->ids), compare_ids);
}

/* Each node's links stand in by_node one after the other. */
static void init_by_node(struct tally *t)
{
	size_t *filled = new_array(t->nodes, sizeof(*filled));
	size_t at = 0;

	for (size_t i = 0; i < t->links; i++) {
		t->node[t->link[i].link.dialer].degree++;
		t->node[t->link[i].link.listener].degree++;
	}
	for (size_t i = 0; i < t->nodes; i++) {
		t->node[i].first_link = at;
		at += t->node[i].degree;
	}
	t->by_node = new_array(at, sizeof(*t->by_node));
	for (size_t i = 0; i < t->links; i++) {
		size_t ends[2] = { t->link[i].link.dialer,
				   t->link[i].link.listener };

		for (size_t e = 0; e < 2; e++)
			t->by_node[t->node[ends[e]].first_link +
				   filled[ends[e]]++] = i;
	}
	free(filled);
}

void tally_init(struct tally *t, const struct topology *topology, size_t nodes,
		const struct node_id *ids, const struct mesh_link *links,
		size_t link_count, bool wants_talk)
{
	*t = (struct tally){
		.topology = *topology,
		.nodes = nodes,
		.node = new_array(nodes, sizeof(*t->node)),
		.links = link_count,
		.link = new_array(link_count, sizeof(*t->link)),
		.wants_talk = wants_talk,
	};
	for (size_t i = 0; i < link_count; i++)
		t->link[i].link = links[i];
	init_ids(t, ids);
	init_by_node(t);
}

void tally_clear(struct tally *t)
{
	free(t->node);
	free(t->link);
	free(t->ids);
	free(t->by_node);
}

const char *tally_name(char out[TALLY_NAME_MAX], size_t node)
{
	snprintf(out, TALLY_NAME_MAX, "n%zu", node + 1);
	return out;
}

/* --- finding -----------------------------------------------------------------
 */

static const struct tally_id *find_id(const struct tally *t,
				      const struct node_id *id)
{
	const struct tally_id key = { .id = *id };

	return bsearch(&key, t->ids, t->nodes, sizeof(key), compare_ids);
}

struct tally_link *tally_find(const struct tally *t, size_t node,
			      const struct node_id *peer, size_t *end)
{
	const struct tally_id *other = find_id(t, peer);
	const struct tally_node *n = &t->node[node];

	for (size_t i = 0; other && i < n->degree; i++) {
		struct tally_link *l = &t->link[t->by_node[n->first_link + i]];

		*end = l->link.dialer != node;
		if (*end ? l->link.dialer == other->node
			 : l->link.listener == other->node)
			return l;
	}
	return NULL;
}

/* --- what is so --------------------------------------------------------------
 */

static bool is_up(const struct tally_link *l)
{
	return l->ends[0].up && l->ends[1].up;
}

static bool has_talked(const struct tally_end *end)
{
	const struct tally_talk *k = &end->talk;

	return k->foo_in && k->foo_out && k->bar_in && k->bar_out;
}

bool tally_is_done(const struct tally *t, const struct tally_link *l)
{
	return is_up(l) && (!t->wants_talk || (has_talked(&l->ends[0]) &&
					       has_talked(&l->ends[1])));
}

bool tally_node_asks(const struct tally *t, size_t node)
{
	const struct tally_node *n = &t->node[node];

	for (size_t i = 0; i < n->degree; i++) {
		const struct tally_link *l =
			&t->link[t->by_node[n->first_link + i]];
		const struct tally_end *end = &l->ends[l->link.dialer != node];

		if (end->up && !has_talked(end))
			return true;
	}
	return false;
}

bool tally_all_done(const struct tally *t)
{
	return t->done == t->links && !t->strangers;
}

size_t tally_progress(const struct tally *t)
{
	return t->steps;
}

/* --- being told --------------------------------------------------------------
 */

static void copy_why(char out[TALLY_WHY_MAX], const char *why)
{
	snprintf(out, TALLY_WHY_MAX, "%s", why);
}

void tally_listens(struct tally *t, size_t node, const struct enode *self)
{
	struct tally_node *n = &t->node[node];

	if (!n->listens)
		t->steps++;
	n->listens = true;
	n->self = *self;
}

void tally_node_failed(struct tally *t, size_t node, const char *why)
{
	if (!t->node[node].why[0])
		copy_why(t->node[node].why, why);
}

/* A link changed between these two; its sums and the first of each step are
 * kept. */
struct before {
	bool up, done;
};

static struct before look(const struct tally *t, const struct tally_link *l)
{
	return (struct before){ is_up(l), tally_is_done(t, l) };
}

static void settle(struct tally *t, struct tally_link *l, struct before b)
{
	t->up += (size_t)is_up(l) - b.up;
	t->done += (size_t)tally_is_done(t, l) - b.done;
	for (size_t e = 0; e < 2; e++) {
		struct tally_end *end = &l->ends[e];

		if (end->up && !end->was_up) {
			end->was_up = true;
			t->steps++;
		}
		if (has_talked(end) && !end->was_done) {
			end->was_done = true;
			t->steps++;
		}
	}
}

void tally_up(struct tally *t, size_t node, const struct node_id *peer)
{
	size_t end;
	struct tally_link *l = tally_find(t, node, peer, &end);
	struct before b;

	t->node[node].peers++;
	if (!l) {
		t->strangers++;
		return;
	}
	b = look(t, l);
	l->ends[end].up = true;
	settle(t, l, b);
}

static void end_session(struct tally *t, struct tally_link *l, size_t end)
{
	struct before b = look(t, l);

	l->ends[end] = (struct tally_end){
		.was_up = l->ends[end].was_up,
		.was_done = l->ends[end].was_done,
	};
	l->losses += b.up;
	settle(t, l, b);
}

void tally_down(struct tally *t, size_t node, const struct node_id *peer,
		const char *why)
{
	size_t end;
	struct tally_link *l = tally_find(t, node, peer, &end);

	t->node[node].peers--;
	if (!l) {
		t->strangers--;
		return;
	}
	copy_why(l->why, why);
	end_session(t, l, end);
}

void tally_node_gone(struct tally *t, size_t node)
{
	struct tally_node *n = &t->node[node];

	for (size_t i = 0; i < n->degree; i++) {
		struct tally_link *l = &t->link[t->by_node[n->first_link + i]];

		end_session(t, l, l->link.dialer != node);
	}
	n->peers = 0;
}

void tally_dial_failed(struct tally *t, size_t node, const struct node_id *peer,
		       const char *why)
{
	size_t end;
	struct tally_link *l = tally_find(t, node, peer, &end);

	if (l)
		copy_why(l->why, why);
}

void tally_talk(struct tally *t, size_t node, const struct node_id *peer,
		const struct tally_talk *talk)
{
	size_t end;
	struct tally_link *l = tally_find(t, node, peer, &end);
	struct before b;

	if (!l || !l->ends[end].up)
		return;
	b = look(t, l);
	l->ends[end].talk = *talk;
	settle(t, l, b);
}

/* --- sums --------------------------------------------------------------------
 */

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The smallest that `percent` of all are not above. */
static uint64_t percentile(const uint64_t *sorted, size_t count, size_t percent)
{
	size_t rank = (count * percent + 99) / 100;

	return sorted[rank ? rank - 1 : 0];
}

static void sum_times(struct tally_sums *out, const struct tally *t)
{
	uint64_t *times = new_array(2 * t->links, sizeof(*times));
	size_t count = 0;

	for (size_t i = 0; i < t->links; i++)
		for (size_t e = 0; e < 2; e++) {
			uint64_t ns = t->link[i].ends[e].talk.round_trip_ns;

			if (ns)
				times[count++] = ns;
		}
	qsort(times, count, sizeof(*times), compare_times);
	out->round_trips = count;
	if (count) {
		out->least_ns = times[0];
		out->median_ns = percentile(times, count, 50);
		out->p90_ns = percentile(times, count, 90);
		out->p99_ns = percentile(times, count, 99);
		out->most_ns = times[count - 1];
	}
	free(times);
}

void tally_sum(struct tally_sums *out, const struct tally *t)
{
	*out = (struct tally_sums){ .links_failed = t->links - t->done };
	for (size_t i = 0; i < t->nodes; i++) {
		const struct tally_node *n = &t->node[i];

		out->nodes_failed += n->why[0] != '\0';
		out->messages_in += n->messages_in;
		out->messages_out += n->messages_out;
		out->bytes_in += n->bytes_in;
		out->bytes_out += n->bytes_out;
	}
	sum_times(out, t);
}

/* --- reasons -----------------------------------------------------------------
 */

static const char *missing(const struct tally_talk *k)
{
	if (!k->foo_out)
		return "said no foo";
	if (!k->foo_in)
		return "heard no foo";
	if (!k->bar_out)
		return "said no bar";
	return "heard no bar";
}

const char *tally_link_why(char out[TALLY_WHY_MAX], const struct tally *t,
			   const struct tally_link *l)
{
	size_t ends[2] = { l->link.dialer, l->link.listener };
	char name[TALLY_NAME_MAX];

	out[0] = '\0';
	if (tally_is_done(t, l))
		return out;
	for (size_t e = 0; e < 2; e++)
		if (t->node[ends[e]].why[0]) {
			snprintf(out, TALLY_WHY_MAX, "%s failed",
				 tally_name(name, ends[e]));
			return out;
		}
	if (!is_up(l)) {
		snprintf(out, TALLY_WHY_MAX, "%s",
			 l->why[0] ? l->why : "was not dialed");
		return out;
	}
	for (size_t e = 0; e < 2; e++)
		if (!has_talked(&l->ends[e])) {
			snprintf(out, TALLY_WHY_MAX, "up, but %s %s",
				 tally_name(name, ends[e]),
				 missing(&l->ends[e].talk));
			break;
		}
	return out;
}
