/* SPDX-License-Identifier: Apache-2.0 */
#include "p2p/discover/mix.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "p2p/base/attr.h"

struct mix_source {
	bool open;
	char name[MIX_NAME_MAX];
	uint64_t patience_ms;
	size_t first, count; /* of nodes, which is a ring */
	struct contact *nodes;
};

struct mix {
	struct mix_source sources[MIX_SOURCES];
	unsigned turns[MIX_SOURCES]; /* open ones; served longest ago first */
	size_t turn_count;
	size_t count; /* nodes, in all */
	bool waiting; /* for the first in turn */
	struct mono since;
};

struct mix *mix_new(void)
{
	struct mix *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	return m;
}

void mix_free(struct mix *m)
{
	for (size_t i = 0; i < MIX_SOURCES; i++)
		free(m->sources[i].nodes);
	free(m);
}

/* --- turns -----------------------------------------------------------------
 */

static void leave_turns(struct mix *m, unsigned source)
{
	size_t i = 0;

	while (m->turns[i] != source)
		i++;
	memmove(&m->turns[i], &m->turns[i + 1],
		(m->turn_count - i - 1) * sizeof(m->turns[0]));
	m->turn_count--;
	if (i == 0)
		m->waiting = false;
}

static void go_last(struct mix *m, unsigned source)
{
	leave_turns(m, source);
	m->turns[m->turn_count++] = source;
}

/* --- sources ---------------------------------------------------------------
 */

static struct mix_source *source_of(struct mix *m, unsigned source)
{
	assert(source < MIX_SOURCES && m->sources[source].open);
	return &m->sources[source];
}

enum err mix_open(struct mix *m, unsigned *source, const char *name)
{
	struct mix_source *s;
	unsigned i = 0;

	while (i < MIX_SOURCES && m->sources[i].open)
		i++;
	if (i == MIX_SOURCES)
		return ERR_LIMIT;
	s = &m->sources[i];
	*s = (struct mix_source){ .open = true,
				  .patience_ms = MIX_PATIENCE_MS };
	s->nodes = calloc(MIX_BUFFER, sizeof(*s->nodes));
	if (!s->nodes)
		abort();
	memcpy(s->name, name, strnlen(name, MIX_NAME_MAX - 1));
	m->turns[m->turn_count++] = i;
	*source = i;
	return ERR_NONE;
}

void mix_close(struct mix *m, unsigned source)
{
	struct mix_source *s = source_of(m, source);

	m->count -= s->count;
	free(s->nodes);
	*s = (struct mix_source){ .open = false };
	leave_turns(m, source);
}

/* --- buffers ---------------------------------------------------------------
 */

static struct contact *node_at(const struct mix_source *s, size_t i)
{
	return &s->nodes[(s->first + i) % MIX_BUFFER];
}

static struct contact *find(const struct mix_source *s,
			    const struct node_id *id)
{
	for (size_t i = 0; i < s->count; i++)
		if (node_id_equal(&node_at(s, i)->id, id))
			return node_at(s, i);
	return NULL;
}

static void drop_first(struct mix *m, struct mix_source *s)
{
	s->first = (s->first + 1) % MIX_BUFFER;
	s->count--;
	m->count--;
}

void mix_put(struct mix *m, unsigned source, const struct contact *node)
{
	struct mix_source *s = source_of(m, source);
	struct contact *known = find(s, &node->id);

	if (known) {
		if (contact_seq(node) >= contact_seq(known))
			*known = *node;
		return;
	}
	if (s->count == MIX_BUFFER)
		drop_first(m, s);
	*node_at(s, s->count) = *node;
	s->count++;
	m->count++;
}

size_t mix_room(const struct mix *m, unsigned source)
{
	assert(source < MIX_SOURCES && m->sources[source].open);
	return MIX_BUFFER - m->sources[source].count;
}

/* --- taking ----------------------------------------------------------------
 */

static struct mono wait_end(const struct mix *m)
{
	return mono_add_ms(m->since, m->sources[m->turns[0]].patience_ms);
}

/* Is the first in turn still to be waited for? */
static bool must_wait(struct mix *m, struct mono now)
{
	const struct mix_source *s = &m->sources[m->turns[0]];

	if (s->count > 0) {
		m->waiting = false; /* it came in time */
		return false;
	}
	if (!m->waiting)
		m->since = now;
	m->waiting = true;
	return mono_before(now, wait_end(m));
}

static void pass_over(struct mix *m)
{
	m->sources[m->turns[0]].patience_ms /= 2;
	go_last(m, m->turns[0]);
}

static unsigned first_with_a_node(const struct mix *m)
{
	size_t i = 0;

	while (m->sources[m->turns[i]].count == 0)
		i++;
	return m->turns[i];
}

/* One at most is passed over, so that nobody waits for more than one. */
bool mix_take(struct mix *m, struct contact *out, char source[MIX_NAME_MAX],
	      struct mono now)
{
	struct mix_source *s;
	unsigned i;

	if (m->count == 0) {
		m->waiting = false;
		return false;
	}
	if (must_wait(m, now))
		return false;
	if (m->waiting)
		pass_over(m);
	i = first_with_a_node(m);
	s = &m->sources[i];
	*out = *node_at(s, 0);
	if (source)
		memcpy(source, s->name, MIX_NAME_MAX);
	drop_first(m, s);
	s->patience_ms = MIX_PATIENCE_MS;
	go_last(m, i);
	return true;
}

struct mono mix_due(const struct mix *m)
{
	if (m->count == 0)
		return MONO_NEVER;
	if (!m->waiting || m->sources[m->turns[0]].count > 0)
		return (struct mono){ 0 };
	return wait_end(m);
}
