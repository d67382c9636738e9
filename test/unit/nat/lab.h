/* SPDX-License-Identifier: Apache-2.0 */
/* lab.h - a keeper and its router on a clock of their own. What is asked and
 * what comes of it is written down as lines, which the tests compare. */
#ifndef TEST_UNIT_NAT_LAB_H
#define TEST_UNIT_NAT_LAB_H

#include "p2p/nat/keeper.h"
#include "test/support/unit.h"

enum {
	SECOND = 1000, /* ms */
	MINUTE = 60 * SECOND,
};

/* What the router says when it is asked. */
struct router {
	enum err address_err, map_err, unmap_err;
	struct ip ip;
	bool has_uptime;
	struct mono started;
	uint16_t grants; /* instead of the port that is wished for; 0: that */
	uint32_t lifetime_s;
};

struct lab {
	struct keeper keeper;
	struct router router;
	struct mono start, now;
	char story[16 * 1024];
};

extern struct lab lab;

/* lab_begin - anew, with these ports (0: none) and a router at 198.51.100.7
 * that grants all. */
void lab_begin(uint16_t tcp, uint16_t udp);

/* lab_begin_both - with 30303 and 30304. */
void lab_begin_both(void);

/* lab_settle - all that is to be done now; when there is more. */
struct mono lab_settle(void);

/* lab_run_until - so many ms from the beginning. */
void lab_run_until(uint64_t ms);

/* lab_write_events - take the keeper's events; the functions above do. */
void lab_write_events(void);

/* lab_expect - what was written since the last call, or lab_forget. */
void lab_expect(const char *wanted);
void lab_forget(void);

struct ip ip_of(const char *text);

#endif
