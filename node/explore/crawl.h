/* SPDX-License-Identifier: Apache-2.0 */
/* crawl.h - ask every node that is met for its record, and keep the score of
 * those that answer, in a set of nodes (specs: discovery.md, "Crawl"). A pure
 * core; the times are seconds since 1970.
 *
 *     crawl_init(c, set)              the nodes of earlier crawls, or none
 *     crawl_meet(c, contact)          somebody told of it
 *     while (crawl_next(c, &contact)) ask it for its record
 *     crawl_answered, crawl_failed    what came of that, once for each
 *
 * "A node checked within 10 min is skipped; ask for its record: success score
 * += 1 and times updated; failure on score 0 means ignore (cannot do ENR
 * requests), otherwise score /= 2, removed at 0." */
#ifndef NODE_EXPLORE_CRAWL_H
#define NODE_EXPLORE_CRAWL_H

#include "node/nodeset.h"
#include "p2p/discover/contact.h"

enum {
	CRAWL_REST_S = 600,	  /* before a node is asked again */
	CRAWL_WAITING_MAX = 4096, /* met, and not asked yet; others will be met
				   * again */
	CRAWL_RESTING_MAX = 200000,
	CRAWL_PARALLEL_MAX = 48, /* asked at a time */
};

struct crawl_visit;

/* Since the crawl began. */
struct crawl_counts {
	uint64_t answered;
	uint64_t dead;	  /* asked, without an answer */
	uint64_t added;	  /* to the set */
	uint64_t removed; /* from it */
	uint64_t full;	  /* answered, and there was no room in the set */
};

/* Hash tables inside: not to be copied. */
struct crawl {
	struct nodeset *set;
	size_t parallel;
	const struct reach *reach;
	struct node_id *input; /* what the set began with */
	size_t input_count, input_next;
	size_t input_asked; /* of these, are being asked */
	bool is_turn_of_input;
	struct crawl_visit *visits;	       /* by id */
	struct crawl_visit *waiting, *resting; /* longest first */
	size_t waiting_count, asked_count, resting_count;
	struct crawl_counts counts;
};

/* crawl_init - set is borrowed until crawl_clear, and changed by nobody else.
 * parallel: 1..CRAWL_PARALLEL_MAX. reach: where nodes of the set are asked;
 * borrowed as well. */
void crawl_init(struct crawl *c, struct nodeset *set, size_t parallel,
		const struct reach *reach);
void crawl_clear(struct crawl *c);

/* crawl_meet - a node was met, which may have been asked before. One of the set
 * is asked where its own record says, whatever others tell. */
void crawl_meet(struct crawl *c, const struct contact *met, uint64_t now);

/* crawl_next - whom to ask now; it is being asked then. False: enough are, or
 * there is nobody. Nodes of the set without a UDP endpoint fail in here. */
bool crawl_next(struct crawl *c, struct contact *out, uint64_t now);

/* crawl_answered - with its record, verified. crawl_failed - without one. For a
 * node that is being asked. */
void crawl_answered(struct crawl *c, const struct enr *record, uint64_t now);
void crawl_failed(struct crawl *c, const struct node_id *id, uint64_t now);

/* crawl_is_fresh - all nodes that the set began with are checked: "the time
 * limit is only honoured once the input set has been revalidated". */
bool crawl_is_fresh(const struct crawl *c);

#endif
