/* SPDX-License-Identifier: Apache-2.0 */
/* talkers.h - two plugins in run style: one that answers with what it got, and
 * one that reads when it is told to. */
#ifndef TEST_UNIT_NODE_PLUGIN_TALKERS_H
#define TEST_UNIT_NODE_PLUGIN_TALKERS_H

#include "test/unit/node_plugin/subject.h"

/* The codes of echo/1. */
enum {
	SAY = 0,
	END = 1, /* the payload is what run returns */
	CODES = 2,
};

extern const struct weft_plugin echo, slow;

/* connect_echo - a session with a new one. */
struct weft_channel *connect_echo(void);

struct slow {
	struct weft_host *host;
	struct weft_channel *ch; /* of the last session */
	struct weft_event *go;
	size_t read;
	uint64_t order[4096];
	int last; /* what the last call returned */
	bool ended;
};

extern struct slow *the_slow; /* the last, for the test to look at */

struct weft_channel *connect_slow(void);

#endif
