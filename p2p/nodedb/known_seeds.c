/* SPDX-License-Identifier: Apache-2.0 */
/* What time does to nodes: which are seeds, and which are forgotten. */
#include "p2p/nodedb/known_inside.h"

/* --- seeds ---------------------------------------------------------------- */

/* Some of all that were seen, each as likely as the others. */
struct sample {
	struct known_item *drawn[KNOWN_SEEDS];
	size_t count, seen;
};

static void sample_see(struct sample *s, struct known_item *item,
		       struct drbg *random)
{
	size_t at = s->seen++;

	if (s->count < KNOWN_SEEDS) {
		s->drawn[s->count++] = item;
		return;
	}
	at = drbg_below(random, (uint32_t)at + 1);
	if (at < KNOWN_SEEDS)
		s->drawn[at] = item;
}

/* Fill up with what was drawn; a record that its node did not sign is
 * forgotten with it. */
static size_t take(struct known *k, struct known_node *out, size_t n,
		   const struct sample *s)
{
	for (size_t i = 0; i < s->count && n < KNOWN_SEEDS; i++) {
		if (known_fill(&out[n], s->drawn[i]))
			n++;
		else
			known_remove(k, s->drawn[i]);
	}
	return n;
}

size_t known_seeds(struct known *k, struct known_node out[KNOWN_SEEDS],
		   enum known_seed kind, struct drbg *random, uint64_t unix_s)
{
	struct sample good = { .count = 0 }, failed = { .count = 0 };
	struct known_item *item;
	size_t n;

	DL_FOREACH (k->proven, item) {
		/* "last pong at the record's address" */
		const struct known_times *t = &item->times[item->here];

		if (item->here == item->count || !t->pong ||
		    known_age(unix_s, t->pong) > KNOWN_SEED_S)
			continue;
		if (kind == KNOWN_RECORD && !item->record_len)
			continue;
		sample_see(t->failures ? &failed : &good, item, random);
	}
	n = take(k, out, 0, &good);
	return take(k, out, n, &failed);
}

/* --- expiry --------------------------------------------------------------- */

static bool is_recent(uint64_t unix_s, uint64_t then)
{
	return then && known_age(unix_s, then) <= KNOWN_LIFE_S;
}

/* From now on it grows old like the others. */
static bool correct(uint32_t *then, uint64_t unix_s)
{
	if (*then <= unix_s)
		return false;
	*then = known_time(unix_s);
	return true;
}

/* Forget where it was, and it if nothing is left to remember. */
static void age(struct known *k, struct known_item *item, uint64_t unix_s)
{
	struct entry_node node = known_item_read(item);
	bool stays = false, changed = false;

	node.count = 0;
	for (size_t i = 0; i < item->count; i++) {
		struct entry_address a = node.at[i];
		bool answers;

		changed |= correct(&a.ping, unix_s);
		changed |= correct(&a.pong, unix_s);
		answers = is_recent(unix_s, a.pong);
		if (!answers && (a.pong || !is_recent(unix_s, a.ping)))
			continue;
		/* "When the youngest pong of a node is older than 24 h the
		 * whole node goes." */
		stays |= answers || !item->is_proven;
		node.at[node.count++] = a;
	}
	if (!stays)
		known_remove(k, item);
	else if (node.count != item->count || changed)
		known_replace(k, item, &node);
}

static void age_all(struct known *k, struct known_item *list, uint64_t unix_s)
{
	struct known_item *item, *next;

	DL_FOREACH_SAFE(list, item, next)
	age(k, item, unix_s);
}

void known_expire(struct known *k, uint64_t unix_s)
{
	bool due = k->has_answered && k->is_in_use;

	k->is_in_use = k->has_answered;
	k->has_answered = false;
	if (!due)
		return;
	age_all(k, k->proven, unix_s);
	age_all(k, k->unproven, unix_s);
}
