/* SPDX-License-Identifier: Apache-2.0 */
/* urls.h - the enode URLs under which others reach a node. */
#ifndef NODE_URLS_H
#define NODE_URLS_H

#include "p2p/enode/enode.h"

enum {
	URLS_MAX = 2
};

struct urls {
	char url[URLS_MAX][ENODE_URL_MAX];
	size_t count; /* at least 1 */
};

/* urls_of - of a node that listens where `self` says. One that listens on all
 * interfaces is known by this machine's first address that is not loopback
 * (IPv4 before IPv6), if there is one, and by 127.0.0.1. */
void urls_of(struct urls *out, const struct enode *self);

#endif
