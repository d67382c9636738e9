/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - a protocol to measure by, and the plugin that speaks it: bench/1,
 * and bench-msg/1, which is the same in message style.
 *
 *     0 DATA   any bytes; no answer
 *     1 END    answered by ENDED, and so counts the DATA before it as taken
 *     2 ENDED
 *     3 WORD   a list of one text; "foo" is answered by "bar"
 *
 * A node whose plugin has the option `drive` answers nothing: its sessions
 * stand by for the calls of drive.c. */
#ifndef PLUGINS_BENCH_BENCH_H
#define PLUGINS_BENCH_BENCH_H

#include <weft/plugin.h>

enum bench_code {
	BENCH_DATA,
	BENCH_END,
	BENCH_ENDED,
	BENCH_WORD,
	BENCH_CODES,
};

enum bench_style {
	BENCH_RUN,
	BENCH_MESSAGE,
	BENCH_STYLES,
};

struct bench_node;

/* A protocol's state. */
struct bench_side {
	struct bench_node *node;
	struct weft_channel *stands_by; /* driving: the last session; or NULL */
};

struct bench_node {
	struct weft_host *host;
	struct bench_side sides[BENCH_STYLES];
	struct weft_event *opened; /* a session stands by */
	struct weft_event *never;
};

/* bench_stand_by - `run` of a side that drives. */
int bench_stand_by(struct weft_peer *peer, struct weft_channel *ch, void *side);

/* bench_add_calls - the admin methods
 *
 *     bench_write [style, bytes, ms]  write DATA for so long
 *     bench_talk [style, outstanding, ms]  say foo, that many at a time
 *
 * Both wait for a session, and give {"count":N,"ns":T}. */
int bench_add_calls(struct bench_node *n);

#endif
