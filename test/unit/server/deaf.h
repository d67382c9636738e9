/* SPDX-License-Identifier: Apache-2.0 */
/* deaf.h - an address where a TCP connection neither comes about nor fails: a
 * listener whose backlog is full, so the kernel ignores whoever comes. */
#ifndef TEST_UNIT_SERVER_DEAF_H
#define TEST_UNIT_SERVER_DEAF_H

#include "p2p/base/addr.h"

enum {
	DEAF_CALLERS = 8
};

struct deaf {
	int listener;
	int callers[DEAF_CALLERS]; /* who fill the backlog */
	struct addr at;
};

void deaf_open(struct deaf *d);
void deaf_close(struct deaf *d);

/* deaf_call - a TCP connection that says nothing, from this address of ours to
 * a port of 127.0.0.1. Returns its socket, which deaf_hang_up closes. */
int deaf_call(const char *from, uint16_t port);
void deaf_hang_up(int call);

#endif
