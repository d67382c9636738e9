/* SPDX-License-Identifier: Apache-2.0 */
/* sums.h - a plugin that answers calls of a service, sums/3, and a fiber that
 * makes one that waits: for the tests of services. */
#ifndef TEST_UNIT_NODE_PLUGIN_SUMS_H
#define TEST_UNIT_NODE_PLUGIN_SUMS_H

#include <stdbool.h>

#include "test/unit/node_plugin/subject.h"

enum {
	SUMS_ADD,  /* [u, u]: [u] */
	SUMS_ECHO, /* any bytes: the same */
	SUMS_WAIT, /* any bytes: the same, once woken */
	SUMS_FAIL, /* "u": what it says, as an error */
	SUMS_FILL, /* "u": so many bytes */
	SUMS_COUNT,
};

/* The one that answers. */
struct sums {
	struct weft_host *host;
	struct weft_event *go; /* ends the waits */
	int waiting;
	int last; /* what the wait of the last SUMS_WAIT returned */
};
extern struct sums sums;
extern const struct weft_service sums_service;
extern const struct weft_service_call sums_calls[SUMS_COUNT];
extern const struct weft_plugin sums_plugin;

/* One who asks it to wait; sums_ask is for weft_go. */
struct sums_asker {
	struct weft_service_use *use;
	weft_time deadline;
	char word;
	char answer;
	int rc;
	bool done;
};
int sums_ask(void *asker);

#endif
