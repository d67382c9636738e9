/* SPDX-License-Identifier: Apache-2.0 */
/* name_server.h - a DNS server on the loopback, UDP and TCP, that says what a
 * test wants. */
#ifndef TEST_UNIT_NET_NAME_SERVER_H
#define TEST_UNIT_NET_NAME_SERVER_H

#include "p2p/net/udp.h"
#include "test/unit/net/scene.h"

enum saying {
	SAYS_VALUES,	/* the row's; ends the list of rows without a name */
	SAYS_LATER,	/* "use TCP", and the values there */
	SAYS_LATER_CUT, /* the same, and half of the values there */
	SAYS_NOBODY,	/* the name does not exist */
	SAYS_NOTHING,	/* the name has no TXT record */
	SAYS_FAILURE,
	SAYS_NO,
	SAYS_CUT,    /* half of the values */
	SAYS_LYING,  /* a string that is longer than its record */
	SAYS_MANY,   /* values_max + 1 values */
	SAYS_SILENT, /* not a byte */
};

struct name_row {
	const char *name; /* "a.example" */
	enum saying saying;
	const char *values[4]; /* '|' ends a string of the value */
};

struct name_server {
	struct scene *sc;
	const struct name_row *rows;
	struct net_udp *udp;
	struct net_listener *tcp; /* NULL: nobody is there */
	struct addr at;
	unsigned asked_udp, asked_tcp;
	struct end ends[8];
	unsigned end_count;
};

/* name_server_open - at the address, with a port of its own. */
void name_server_open(struct scene *sc, struct name_server *s,
		      const struct name_row *rows, struct addr at);

/* name_server_close_tcp - nobody listens there any more. */
void name_server_close_tcp(struct name_server *s);
void name_server_close(struct name_server *s);

#endif
