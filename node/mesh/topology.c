/* SPDX-License-Identifier: Apache-2.0 */
#include "node/mesh/topology.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/base/attr.h"

static const char *const names[] = {
	[TOPOLOGY_LINE] = "line",     [TOPOLOGY_RING] = "ring",
	[TOPOLOGY_STAR] = "star",     [TOPOLOGY_FULL] = "full",
	[TOPOLOGY_RANDOM] = "random",
};

/* --- text --------------------------------------------------------------------
 */

static bool parse_degree(size_t *out, const char *text)
{
	size_t value = 0;

	if (!*text || strlen(text) > 4)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = 10 * value + (size_t)(*text - '0');
	}
	*out = value;
	return value > 0;
}

enum err topology_parse(struct topology *out, const char *text, struct why *why)
{
	for (size_t i = 0; i < TOPOLOGY_RANDOM; i++)
		if (!strcmp(text, names[i])) {
			*out = (struct topology){ (enum topology_kind)i, 0 };
			return ERR_NONE;
		}
	if (!strncmp(text, "random:", 7)) {
		size_t degree;

		if (!parse_degree(&degree, text + 7))
			return err_fail(why, ERR_FORMAT,
					"\"%s\" has no number of links from 1 "
					"to 9999, as in random:4",
					text);
		*out = (struct topology){ TOPOLOGY_RANDOM, degree };
		return ERR_NONE;
	}
	return err_fail(why, ERR_FORMAT,
			"\"%s\" is none of line, ring, star, full, random:K",
			text);
}

const char *topology_text(char out[TOPOLOGY_TEXT_MAX], const struct topology *t)
{
	if (t->kind == TOPOLOGY_RANDOM)
		snprintf(out, TOPOLOGY_TEXT_MAX, "random:%zu", t->degree);
	else
		snprintf(out, TOPOLOGY_TEXT_MAX, "%s", names[t->kind]);
	return out;
}

/* --- size --------------------------------------------------------------------
 */

enum err topology_check(const struct topology *t, size_t nodes, struct why *why)
{
	size_t least = t->kind == TOPOLOGY_RING ? 3 : 2;

	if (nodes < least || nodes > MESH_NODES_MAX)
		return err_fail(why, ERR_LIMIT, "a %s has %zu to %d nodes",
				names[t->kind], least, MESH_NODES_MAX);
	if (t->kind != TOPOLOGY_RANDOM)
		return ERR_NONE;
	if (t->degree >= nodes)
		return err_fail(why, ERR_LIMIT,
				"of %zu nodes none can have %zu links", nodes,
				t->degree);
	if (t->degree < 2 && nodes > 2)
		return err_fail(why, ERR_LIMIT,
				"with one link each, %zu nodes are not "
				"connected; take random:2 or more",
				nodes);
	return ERR_NONE;
}

void topology_size(struct topology_size *out, const struct topology *t,
		   size_t nodes)
{
	switch (t->kind) {
	case TOPOLOGY_LINE:
		*out = (struct topology_size){ nodes - 1, nodes > 2 ? 2 : 1 };
		break;
	case TOPOLOGY_RING:
		*out = (struct topology_size){ nodes, 2 };
		break;
	case TOPOLOGY_STAR:
		*out = (struct topology_size){ nodes - 1, nodes - 1 };
		break;
	case TOPOLOGY_FULL:
		*out = (struct topology_size){ nodes * (nodes - 1) / 2,
					       nodes - 1 };
		break;
	case TOPOLOGY_RANDOM:
		*out = (struct topology_size){ nodes * t->degree / 2,
					       t->degree };
		break;
	}
}

/* --- chance ------------------------------------------------------------------
 */

/* SplitMix64: good enough for who is linked to whom, and the same on every
 * machine. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* What would make the first numbers likelier is drawn again. */
static size_t random_below(uint64_t *state, size_t bound)
{
	uint64_t skip = -(uint64_t)bound % bound; /* 2^64 mod bound */
	uint64_t r;

	do
		r = next_random(state);
	while (r < skip);
	return (size_t)(r % bound);
}

static void shuffle(size_t *list, size_t count, uint64_t *state)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = random_below(state, i);
		size_t t = list[i - 1];

		list[i - 1] = list[j];
		list[j] = t;
	}
}

/* --- links -------------------------------------------------------------------
 */

struct maker {
	size_t nodes;
	struct mesh_link *links;
	size_t count, room;

	/* Of random: */
	uint64_t random;
	uint8_t *linked; /* a bit for each pair of nodes */
	size_t *degrees;
	size_t *order; /* nodes, shuffled */
};

static void *new_array(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		abort();
	return p;
}

static void add(struct maker *m, size_t dialer, size_t listener)
{
	assert(m->count < m->room);
	m->links[m->count++] = (struct mesh_link){ dialer, listener };
}

static void make_line(struct maker *m)
{
	for (size_t i = 0; i + 1 < m->nodes; i++)
		add(m, i, i + 1);
}

static void make_ring(struct maker *m)
{
	for (size_t i = 0; i < m->nodes; i++)
		add(m, i, (i + 1) % m->nodes);
}

static void make_star(struct maker *m)
{
	for (size_t i = 1; i < m->nodes; i++)
		add(m, i, 0);
}

/* Everybody dials about half of the others. */
static void make_full(struct maker *m)
{
	for (size_t i = 0; i < m->nodes; i++)
		for (size_t j = i + 1; j < m->nodes; j++)
			if ((i + j) % 2)
				add(m, i, j);
			else
				add(m, j, i);
}

static bool is_linked(const struct maker *m, size_t a, size_t b)
{
	size_t bit = a * m->nodes + b;

	return m->linked[bit / 8] >> bit % 8 & 1;
}

/* What is noted of a with b, and the reverse, is turned round. */
static void toggle(struct maker *m, size_t a, size_t b)
{
	size_t bit = a * m->nodes + b;
	size_t back = b * m->nodes + a;

	m->linked[bit / 8] ^= (uint8_t)(1u << bit % 8);
	m->linked[back / 8] ^= (uint8_t)(1u << back % 8);
}

/* A new link between them, dialed by either. */
static struct mesh_link link_random(struct maker *m, size_t a, size_t b)
{
	bool turned = random_below(&m->random, 2);

	toggle(m, a, b);
	m->degrees[a]++;
	m->degrees[b]++;
	return (struct mesh_link){ turned ? b : a, turned ? a : b };
}

static void add_random(struct maker *m, size_t a, size_t b)
{
	struct mesh_link l = link_random(m, a, b);

	add(m, l.dialer, l.listener);
}

/* Pairs of those that lack links, until no two of them are unlinked. */
static bool pair_up(struct maker *m, size_t degree)
{
	size_t before = m->count;
	size_t lacking = 0;

	for (size_t i = 0; i < m->nodes; i++)
		if (m->degrees[i] < degree)
			m->order[lacking++] = i;
	shuffle(m->order, lacking, &m->random);
	for (size_t i = 0; i < lacking; i++) {
		size_t a = m->order[i];

		for (size_t j = i + 1; j < lacking; j++) {
			size_t b = m->order[j];

			if (m->degrees[a] < degree && m->degrees[b] < degree &&
			    !is_linked(m, a, b)) {
				add_random(m, a, b);
				break;
			}
		}
	}
	return m->count > before;
}

/* Between a and b of some link, so that a is linked to u and b to v. */
static bool splice(struct maker *m, size_t u, size_t v)
{
	size_t start = random_below(&m->random, m->count);

	for (size_t k = 0; k < 2 * m->count; k++) {
		struct mesh_link *l = &m->links[(start + k / 2) % m->count];
		size_t a = k % 2 ? l->dialer : l->listener;
		size_t b = k % 2 ? l->listener : l->dialer;

		if (a == u || b == u || a == v || b == v ||
		    is_linked(m, a, u) || is_linked(m, b, v))
			continue;
		toggle(m, a, b);
		m->degrees[a]--;
		m->degrees[b]--;
		*l = link_random(m, a, u);
		add_random(m, b, v);
		return true;
	}
	return false;
}

/* Those who still lack links are all linked to each other. One that lacks two,
 * or two of them, take the place of a link elsewhere, which leaves all as
 * connected as they were. */
static bool splice_in(struct maker *m, size_t degree)
{
	size_t u = m->nodes;

	for (size_t i = 0; i < m->nodes; i++) {
		if (m->degrees[i] >= degree)
			continue;
		if (m->degrees[i] + 2 <= degree)
			return splice(m, i, i);
		if (u < m->nodes)
			return splice(m, u, i);
		u = i;
	}
	return false;
}

/* A ring in random order connects them all. */
static void make_random(struct maker *m, size_t degree)
{
	for (size_t i = 0; i < m->nodes; i++)
		m->order[i] = i;
	shuffle(m->order, m->nodes, &m->random);
	for (size_t i = 0; i + 1 < m->nodes; i++)
		add_random(m, m->order[i], m->order[i + 1]);
	if (m->nodes > 2)
		add_random(m, m->order[m->nodes - 1], m->order[0]);
	while (pair_up(m, degree))
		;
	while (splice_in(m, degree))
		;
}

struct mesh_link *topology_links_new(size_t *count, const struct topology *t,
				     size_t nodes, uint64_t seed)
{
	struct maker m = { .nodes = nodes, .random = seed };
	struct topology_size size;

	if (topology_check(t, nodes, NULL))
		abort();
	topology_size(&size, t, nodes);
	m.room = size.links;
	m.links = new_array(m.room, sizeof(*m.links));
	switch (t->kind) {
	case TOPOLOGY_LINE:
		make_line(&m);
		break;
	case TOPOLOGY_RING:
		make_ring(&m);
		break;
	case TOPOLOGY_STAR:
		make_star(&m);
		break;
	case TOPOLOGY_FULL:
		make_full(&m);
		break;
	case TOPOLOGY_RANDOM:
		m.linked = new_array(nodes * nodes / 8 + 1, 1);
		m.degrees = new_array(nodes, sizeof(*m.degrees));
		m.order = new_array(nodes, sizeof(*m.order));
		make_random(&m, t->degree);
		free(m.linked);
		free(m.degrees);
		free(m.order);
		break;
	}
	*count = m.count;
	return m.links;
}
