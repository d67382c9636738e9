/* SPDX-License-Identifier: Apache-2.0 */
#include "node/explore/crawl.h"

#include <utlist.h>

enum visit_state {
	VISIT_WAITING,
	VISIT_ASKED,
	VISIT_RESTING, /* was asked, and is not again for a while */
};

struct crawl_visit {
	struct node_id id;
	enum visit_state state;
	bool is_input;
	uint64_t over;		/* when it began to rest */
	struct contact contact; /* while it waits */
	struct crawl_visit *prev, *next;
	UT_hash_handle hh;
};

void crawl_init(struct crawl *c, struct nodeset *set, size_t parallel,
		const struct reach *reach)
{
	struct nodeset_node *node = NULL;

	*c = (struct crawl){
		.set = set,
		.parallel = parallel,
		.reach = reach,
	};
	c->input = calloc(nodeset_count(set) + 1, sizeof(*c->input));
	if (!c->input)
		abort();
	while ((node = nodeset_next(set, node)))
		c->input[c->input_count++] = node->record.id;
}

void crawl_clear(struct crawl *c)
{
	struct crawl_visit *v, *next;

	HASH_ITER (hh, c->visits, v, next) {
		HASH_DELETE(hh, c->visits, v);
		free(v);
	}
	free(c->input);
	*c = (struct crawl){ 0 };
}

static struct crawl_visit *find(const struct crawl *c, const struct node_id *id)
{
	struct crawl_visit *v;

	HASH_FIND(hh, c->visits, id, sizeof(*id), v);
	return v;
}

static bool is_recent(uint64_t then, uint64_t now)
{
	return then <= now && now - then < CRAWL_REST_S;
}

/* --- rest -------------------------------------------------------------------
 */

static void wake(struct crawl *c, struct crawl_visit *v)
{
	DL_DELETE(c->resting, v);
	c->resting_count--;
	HASH_DELETE(hh, c->visits, v);
	free(v);
}

static void wake_rested(struct crawl *c, uint64_t now)
{
	while (c->resting && !is_recent(c->resting->over, now))
		wake(c, c->resting);
}

static void rest(struct crawl *c, struct crawl_visit *v, uint64_t now)
{
	if (c->resting_count == CRAWL_RESTING_MAX)
		wake(c, c->resting);
	v->state = VISIT_RESTING;
	v->over = now;
	DL_APPEND(c->resting, v);
	c->resting_count++;
}

/* --- meeting ----------------------------------------------------------------
 */

/* The set's own record is better than what others tell, unless theirs is newer:
 * it is signed, and a wrong address must not cost the node its score. */
static bool place_of(struct contact *out, const struct crawl *c,
		     const struct nodeset_node *node, const struct contact *met)
{
	*out = *met;
	return !node || contact_seq(met) >= node->record.seq ||
	       contact_of_record(out, &node->record, c->reach);
}

static struct crawl_visit *visit_new(struct crawl *c, const struct node_id *id)
{
	struct crawl_visit *v = calloc(1, sizeof(*v));

	if (!v)
		abort();
	v->id = *id;
	HASH_ADD(hh, c->visits, id, sizeof(v->id), v);
	return v;
}

void crawl_meet(struct crawl *c, const struct contact *met, uint64_t now)
{
	const struct nodeset_node *node = nodeset_find(c->set, &met->id);
	struct crawl_visit *v;
	struct contact at;

	wake_rested(c, now);
	if (find(c, &met->id) || c->waiting_count == CRAWL_WAITING_MAX ||
	    (node && is_recent(node->last_check, now)) ||
	    !place_of(&at, c, node, met))
		return;
	v = visit_new(c, &met->id);
	v->contact = at;
	DL_APPEND(c->waiting, v);
	c->waiting_count++;
}

/* --- asking -----------------------------------------------------------------
 */

static void lost(struct crawl *c, struct nodeset_node *node, uint64_t now)
{
	c->counts.dead++;
	if (!node || !node->score)
		return; /* "cannot do ENR requests" */
	node->last_check = now;
	node->score /= 2;
	if (node->score)
		return;
	nodeset_remove(c->set, node);
	c->counts.removed++;
}

static struct crawl_visit *take(struct crawl *c, struct crawl_visit *v)
{
	DL_DELETE(c->waiting, v);
	c->waiting_count--;
	return v;
}

/* One that the set began with; NULL: it need not be asked. */
static struct crawl_visit *take_input(struct crawl *c, const struct node_id *id,
				      uint64_t now)
{
	struct nodeset_node *node = nodeset_find(c->set, id);
	struct crawl_visit *v = find(c, id);
	struct contact at;

	if (v && v->state == VISIT_WAITING)
		return take(c, v);
	if (v && v->state == VISIT_ASKED && !v->is_input) {
		v->is_input = true;
		c->input_asked++;
	}
	if (v || !node || is_recent(node->last_check, now))
		return NULL;
	if (!contact_of_record(&at, &node->record, c->reach)) {
		lost(c, node, now);
		return NULL;
	}
	v = visit_new(c, id);
	v->contact = at;
	return v;
}

static struct crawl_visit *next_input(struct crawl *c, uint64_t now)
{
	struct crawl_visit *v = NULL;

	while (!v && c->input_next < c->input_count)
		v = take_input(c, &c->input[c->input_next++], now);
	if (v)
		v->is_input = true;
	return v;
}

/* Old and new nodes by turns, since there may be many of the old. */
static struct crawl_visit *next_visit(struct crawl *c, uint64_t now)
{
	struct crawl_visit *v = NULL;

	c->is_turn_of_input = !c->is_turn_of_input;
	if (c->is_turn_of_input || !c->waiting)
		v = next_input(c, now);
	return !v && c->waiting ? take(c, c->waiting) : v;
}

bool crawl_next(struct crawl *c, struct contact *out, uint64_t now)
{
	struct crawl_visit *v;

	wake_rested(c, now);
	if (c->asked_count == c->parallel)
		return false;
	v = next_visit(c, now);
	if (!v)
		return false;
	v->state = VISIT_ASKED;
	c->asked_count++;
	c->input_asked += v->is_input;
	*out = v->contact;
	return true;
}

static void over(struct crawl *c, struct crawl_visit *v, uint64_t now)
{
	c->asked_count--;
	c->input_asked -= v->is_input;
	rest(c, v, now);
}

void crawl_answered(struct crawl *c, const struct enr *record, uint64_t now)
{
	struct nodeset_node *node = nodeset_find(c->set, &record->id);
	struct crawl_visit *v = find(c, &record->id);
	bool is_new = !node;

	if (!v || v->state != VISIT_ASKED)
		return;
	over(c, v, now);
	c->counts.answered++;
	if (nodeset_put(c->set, &node, record)) {
		c->counts.full++;
		return;
	}
	c->counts.added += is_new;
	node->score++;
	node->last_check = now;
	node->last_response = now;
	if (!node->first_response)
		node->first_response = now;
}

void crawl_failed(struct crawl *c, const struct node_id *id, uint64_t now)
{
	struct crawl_visit *v = find(c, id);

	if (!v || v->state != VISIT_ASKED)
		return;
	over(c, v, now);
	lost(c, nodeset_find(c->set, id), now);
}

bool crawl_is_fresh(const struct crawl *c)
{
	return c->input_next == c->input_count && !c->input_asked;
}
