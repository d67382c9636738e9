/* SPDX-License-Identifier: Apache-2.0 */
/* gossip.h - the plugin interface's second client, beside foobar which only
 * answers. It does what is hard on a host, and counts what came of it, so that
 * tests can judge:
 *
 *     gossip/1 (message style; rumour.c, ask.c)
 *       rumours are made by a timer, posted to every peer as one message, and
 *       passed on by whoever hears one for the first time; each peer is asked
 *       questions that must be answered by a deadline
 *     bulk/1 (run style; bulk.c)
 *       a fiber beside the reader pushes large messages to peers that may read
 *       slowly, or die meanwhile; their content is checked on another thread
 *
 * The options say which of this a node does; "gossip_stats" tells how it went,
 * "gossip_say" makes one rumour now. What the options count ("rumours=5",
 * "asks=3") waits for "gossip_begin", so that all peers can be there first. */
#ifndef GOSSIP_H
#define GOSSIP_H

#include <weft/plugin.h>

enum {
	GOSSIP_RUMOUR = 0, /* [origin, number, text] */
	GOSSIP_ASK = 1,	   /* [number] */
	GOSSIP_ANSWER = 2, /* [number] */
	GOSSIP_CODES = 3,

	BULK_LOAD = 0, /* [number, data] */
	BULK_CODES = 1,

	SEEN_MAX = 1024, /* rumours remembered, the oldest forgotten first */
	ID_HEX = 2 * 32 + 1,
};

/* What happened on a node so far. */
struct gossip_sums {
	int64_t opened, closed; /* sessions of gossip/1 */

	int64_t rumours_made;
	int64_t rumours_heard;	 /* for the first time */
	int64_t rumours_again;	 /* those heard before */
	int64_t rumours_posted;	 /* to one peer each */
	int64_t rumours_skipped; /* its budget was full */

	int64_t asked;
	int64_t answered;
	int64_t late;	 /* the deadline passed */
	int64_t cut;	 /* the session ended meanwhile */
	int64_t strays;	 /* answers that nobody waited for any more */
	int64_t replied; /* answers given to others */
	int64_t ignored; /* questions that a silent node heard */

	int64_t loads_sent;
	int64_t loads_cut;    /* WEFT_ECLOSED while one was made or written */
	int64_t loads_failed; /* any other error */
	int64_t loads_heard;
	int64_t loads_wrong; /* not what was sent, or not in order */
	int64_t load_bytes;  /* heard */
	int64_t longest_write_ms;
};

struct seen {
	uint64_t origin; /* the first bytes of its id */
	uint64_t number;
};

/* One per node. */
struct gossip {
	struct weft_host *host;
	uint8_t id[32];
	struct friend *friends; /* a list */
	struct seen seen[SEEN_MAX];
	size_t seen_next;
	uint64_t rumours; /* the last one's number */
	struct weft_timer *rumour_timer;
	int begun; /* "gossip_begin" was called */
	struct gossip_sums sums;

	/* Options. */
	int64_t rumour_every, ask_every, ask_deadline, answer_after;
	int64_t rumours_most, asks_most; /* 0: without end, and at once */
	int64_t silent;
	int64_t loads, load_size, read_delay;
};

/* One per peer of gossip/1. */
struct friend
{
	struct gossip *g;
	struct weft_channel *ch;
	struct friend *next;
	char id[ID_HEX];
	struct weft_event *heard; /* an answer */
	uint64_t asked;		  /* the last question's number */
	uint64_t awaited;	  /* the one whose answer is awaited, or 0 */
	int64_t rumours, answered, late;
};

/* id_text - 32 bytes in hex. Returns out. */
const char *id_text(char out[ID_HEX], const uint8_t id[32]);

/* --- rumour.c --------------------------------------------------------------
 */

/* rumour_make - tell everybody something new. 0, or WEFT_ELIMIT. */
int rumour_make(struct gossip *g);
int rumour_begin(struct gossip *g); /* to make them by a timer */
int rumour_heard(struct friend *f, const struct weft_msg *msg);

/* --- ask.c -----------------------------------------------------------------
 */

int ask_begin(struct friend *f); /* to ask again and again */
int ask_answer(struct friend *f, const struct weft_msg *msg);
int ask_answered(struct friend *f, const struct weft_msg *msg);

/* --- bulk.c ----------------------------------------------------------------
 */

/* bulk_add - offer bulk/1. */
int bulk_add(struct gossip *g);

/* --- stats.c ---------------------------------------------------------------
 */

/* stats_write - all of it as JSON. Never waits. */
void stats_write(const struct gossip *g, struct weft_text *json);
void stats_write_friend(const struct friend *f, struct weft_text *json);

#endif
