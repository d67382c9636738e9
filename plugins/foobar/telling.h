/* SPDX-License-Identifier: Apache-2.0 */
/* telling.h - what of a talk goes to the log, as lines with the peer's id and
 * the text that was sent or received.
 *
 * What a peer makes us tell is limited: TOLD_AT_ONCE lines at a time and
 * TOLD_PER_SECOND in the long run; the others are counted, and the count told
 * now and then. What is ours to cause is always told. */
#ifndef TELLING_H
#define TELLING_H

#include <weft/plugin.h>

enum {
	TOLD_AT_ONCE = 20,
	TOLD_PER_SECOND = 10,
};

enum telling_way {
	TELLING_SENT,
	TELLING_RECEIVED,
};

/* One per peer. */
struct telling {
	struct weft_host *host;
	char peer[2 * 32 + 1]; /* its id in hex */
	weft_time paid;	       /* lines are paid for up to this time */
	uint64_t left_out;     /* since the last count */
	weft_time counted;     /* when that was told */
};

void telling_init(struct telling *t, struct weft_host *host,
		  const uint8_t id[32]);

/* telling_end - tell the last count. */
void telling_end(struct telling *t);

void tell_ours(struct telling *t, enum telling_way way, const char *text);
void tell_theirs(struct telling *t, enum telling_way way, const char *text);

#endif
