/* SPDX-License-Identifier: Apache-2.0 */
/* bed.h - a client of lists on a clock of the test's, a zone in place of DNS,
 * and what the client said. */
#ifndef TEST_UNIT_DNSDISC_BED_H
#define TEST_UNIT_DNSDISC_BED_H

#include "p2p/dnsdisc/client.h"
#include "test/support/unit.h"
#include "test/unit/dnsdisc/zone.h"

enum {
	BED_NODES = 2048,
	BED_LOG = 256,
	SECOND = 1000, /* ms */
	MINUTE = 60 * SECOND,
};

struct bed {
	struct dns_client *c;
	struct zone z;
	struct mono now;
	unsigned times[BED_NODES]; /* each record came, by its seq */
	size_t records, distinct, asked, roots_asked, joined, left, refused,
		failed;
	uint64_t root_seq;
	struct dns_link root_of, left_of;
	enum err err;
	bool is_whole;
	struct why why;
	char asks[BED_LOG][DNS_NAME_MAX];
	struct mono asked_at[BED_LOG];
	bool is_mute; /* nothing is answered */
	uint32_t last_ask;
};

void bed_open(struct bed *b, unsigned char seed);

/* bed_open_list - with the list "a" of records 1 .. count, seq 1, which is
 * added. */
void bed_open_list(struct bed *b, unsigned char seed, unsigned count);
void bed_close(struct bed *b);

/* bed_add - the n-th list. */
void bed_add(struct bed *b, unsigned n, const char *domain);

/* bed_run - all that happens until then, in steps of its own deadlines. */
void bed_run(struct bed *b, uint64_t ms);

/* bed_rest - nothing is wanted for a while, so the root is due; and then all,
 * for a minute. */
void bed_rest(struct bed *b);

#endif
